"""Base 64 with one spelling per value (RFC 4648 section 4): what decodes must encode back to itself.

Python's decoder takes stray bits in the last character; evidence must not, or one signature has many spellings.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error

from rules.errors import BadInput


def to_base64(data: bytes) -> str:
    """Write bytes as standard base 64 with padding."""
    return b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """Read standard base 64. Raises BadInput naming `what` for anything but its one canonical spelling."""
    try:
        data = b64decode(text, validate=True)
    except (Error, ValueError):
        raise BadInput(f"{what} is not base 64") from None
    if to_base64(data) != text:
        raise BadInput(f"{what} is not canonical base 64")
    return data
