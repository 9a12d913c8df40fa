"""Keyed pseudonyms, one family per purpose, that cannot be joined across purposes.

A pseudonym is HMAC-SHA256 under a key derived for its purpose. Without the key nobody can test a guess
("is this case 1234?"), which a plain hash of a case number would allow (ICO, pseudonymisation guidance; FIPS 198-1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from rules.errors import BadInput, Problem

KEY_BYTES = 32
LENGTH = 16


def purpose_key(key: bytes, purpose: str) -> bytes:
    """Derive the 32-byte key of one purpose from the organisation's 32-byte key (one HKDF-Expand block, RFC 5869).

    Raises BadInput for a key of another length or an empty purpose.
    """
    if len(key) != KEY_BYTES:
        raise BadInput(Problem("the pseudonym key is not 32 bytes long", mend="Give a fresh 32-byte key."))
    if not purpose.strip():
        raise BadInput(Problem("a pseudonym needs a purpose", mend="Name the purpose, such as statistics."))
    return hmac.new(key, b"winnow pseudonym v1\x00" + purpose.encode() + b"\x01", hashlib.sha256).digest()


def pseudonym(key: bytes, purpose: str, subject: str) -> str:
    """Return 16 base32 characters (80 bits) for a subject, the same each time for one key and purpose.

    Collisions: among n subjects the chance that any two share a pseudonym is about n² / 2^81, that is
    7e-14 for 400,000 clients and 4e-11 for ten million. The key is what protects the link, not the length.
    There are no hyphens: a group of four letters could spell a surname. Raises BadInput as `purpose_key` does.
    """
    digest = hmac.new(purpose_key(key, purpose), subject.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[: LENGTH * 5 // 8]).decode("ascii")
