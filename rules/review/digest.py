"""The digest of a row of the review pack: a row that was changed, or comes from another pack, shows.

A digest has no key: whoever recomputes it can make a row that agrees with itself, so the caller also
compares each answered row with its own frozen proposal. Digests are taken over the visible form of a
text, the one that survives every spreadsheet program (control characters are escaped in XLSX in ways
that programs do not share).
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

LONGEST_VISIBLE = 1000  # characters of one cell; far below the 32,767 of the file format

# ECMA-376 part 1, 22.9.2.19: `_x0041_` in a cell means the letter A to some programs and itself to others.
_ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def visible(text: str) -> str:
    """Return `text` as a cell shows it: nothing invisible, at most 1,000 characters; twice is as once.

    Control characters, lone surrogates, marks that turn the writing direction and spaces at either end become
    escapes such as \\x07. A longer text keeps its beginning and gets the SHA-256 of the whole.
    """
    if len(text) > LONGEST_VISIBLE:
        whole = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{visible(text[:100])} … (too long to show; sha256 {whole})"
    shown = _ESCAPE_LOOKALIKE.sub(r"\\x5f", "".join(map(_visible_character, text)))
    inner = shown.strip(" ")
    if inner != shown:
        left = len(shown) - len(shown.lstrip(" "))
        shown = "\\x20" * left + inner + "\\x20" * (len(shown) - left - len(inner))
    return shown if len(shown) <= LONGEST_VISIBLE else visible(shown)


def _visible_character(character: str) -> str:
    code = ord(character)
    if character.isprintable() or (unicodedata.category(character) == "Cf" and character not in _DIRECTION_MARKS):
        return character
    if unicodedata.category(character) == "Co":  # private use: a font of the organisation's own may show it
        return character
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def row_digest(
    pack_id: str,
    proposal_hash: str,
    ordinal: int,
    store: str,
    class_name: str,
    key: str,
    rule: str,
    due_on: str,
) -> str:
    """Return the SHA-256 in hex that binds one row to its pack, proposal and place. `due_on` is ISO or empty."""
    return _digest("winnow-pack-row/1", pack_id, proposal_hash, str(ordinal), store, class_name, key, rule, due_on)


def group_digest(pack_id: str, proposal_hash: str, number: int, rule: str, count: int, flagged: int) -> str:
    """Return the SHA-256 in hex that binds a group's row: its number, rule and how many records it covers."""
    return _digest("winnow-pack-group/1", pack_id, proposal_hash, str(number), rule, str(count), str(flagged))


def _digest(domain: str, *parts: str) -> str:
    # A JSON list keeps the parts apart: ("ab", "c") and ("a", "bc") differ.
    canonical = json.dumps([domain, *map(visible, parts)], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
