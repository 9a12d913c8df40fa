"""Fold text for comparison without moving a single character.

Names are compared with case, accents, typographic apostrophes and invisible characters taken away. Every
character of the original becomes exactly one character of the folded text, so an offset found in one is
an offset in the other.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

FILLER = "\x01"
"""Stands for a character that shows nothing: a combining accent, a zero-width joiner, a soft hyphen."""

_PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "æ": "a", "œ": "o", "ß": "s", "ı": "i", "ħ": "h", "ŧ": "t",
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip
_INVISIBLE = {"Mn", "Me", "Cf"}
_WORD = re.compile(rf"[^\W_](?:[^\W_]|{FILLER}|'(?=[^\W_]))*")
_NOT_KEY = str.maketrans("", "", "'" + FILLER)


class _Folding(dict[int, str]):
    """A translation table that fills itself, one character to one character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        lower = char.lower()[0]
        if lower in _PLAIN:
            folded = _PLAIN[lower]
        elif unicodedata.category(char) in _INVISIBLE:
            folded = FILLER
        else:
            folded = unicodedata.normalize("NFKD", lower)[0].lower()[0]
            folded = _PLAIN.get(folded, folded)
        self[code] = folded
        return folded


_TABLE = _Folding()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: offsets without a possessive ending, and the folded letters and digits."""

    start: int
    end: int
    key: str
    capital: bool
    upper: bool


def fold(text: str) -> str:
    """Return the text in lower case without accents, of the same length."""
    return text.lower().replace("`", "'") if text.isascii() else text.translate(_TABLE)


def key_of(text: str) -> str:
    """Return only the folded letters and digits of a value, for comparison without spaces or signs."""
    return "".join(word.key for word in words(text, possessives=False))


def words(text: str, *, possessives: bool = True) -> list[Word]:
    """Split a text into words; `possessives` leaves a final 's outside the word it hangs on."""
    folded = fold(text)
    found = []
    for match in _WORD.finditer(folded):
        start, end = match.span()
        if possessives and end - start > 3 and folded.endswith("'s", start, end):
            end -= 2
        shown = text[start:end]
        found.append(
            Word(start, end, folded[start:end].translate(_NOT_KEY), shown[0].isupper(), shown.upper() == shown)
        )
    return found
