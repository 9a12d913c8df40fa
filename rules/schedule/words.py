"""Whole words in a text: the same answer by reading it in Python and by the pattern that a database is handed.

Letters A to Z count the same in capitals or not, whatever the locale. A word ends where a blank, a hyphen or a mark of
punctuation stands; between the words of a phrase stand blanks or hyphens and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_BLANKS = " \t\r\n\u00a0-\u2010\u2011\u2013\u2014"
_MARKS = "!\"#$%&'()*+,./:;<=>?@[\\]^_`{|}~\u2018\u2019\u201c\u201d\u2026\u00ab\u00bb\u2022"
_SPACED = str.maketrans({**dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_MARKS, "|")})
_FOLDED = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def mentions(text: str, words: Iterable[str]) -> bool:
    """Whether `text` holds one of `words`; each is of letters A to Z and digits, with blanks or hyphens between."""
    plain = "|" + _spaced(text) + "|"
    return any(_stands(plain, _spaced(word)) for word in words)


def _spaced(text: str) -> str:
    """Every blank or hyphen as one space, every other mark as a bar, capitals folded."""
    return re.sub(" +", " ", text.translate(_SPACED).translate(_FOLDED))


def _stands(plain: str, word: str) -> bool:
    start = plain.find(word)
    while start >= 0:
        if plain[start - 1] in " |" and plain[start + len(word)] in " |":
            return True
        start = plain.find(word, start + 1)
    return False


def pattern_of(words: Iterable[str]) -> str:
    """The regular expression, alike to SQLite, PostgreSQL and MariaDB, that finds one of `words`."""
    either = "|".join(f"[{_listed(_BLANKS)}]+".join(map(_letters, re.split("[ -]", word))) for word in words)
    edge = f"[{_listed(_BLANKS + _MARKS)}]"
    return f"(^|{edge})({either})({edge}|$)"


def _letters(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in word)


def _listed(signs: str) -> str:
    """Signs as they stand between square brackets: the hyphen last, what means something there escaped."""
    ordered = signs.replace("-", "") + ("-" if "-" in signs else "")
    return "".join(f"\\{sign}" if sign in "\\[]^" else sign for sign in ordered)
