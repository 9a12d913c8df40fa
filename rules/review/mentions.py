"""Find identifiers in running text: the case numbers and keys of what was destroyed, as whole words, in any case."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[^\W_]+")
_SHORTEST, _SHORTEST_NUMBER = 4, 6


def is_telling(identifier: str) -> bool:
    """Whether an identifier is long enough to be found in a text without being there by chance.

    Four letters and digits, one of them a digit; six where there are only digits.
    """
    signs = [sign for sign in identifier if sign.isalnum()]
    digits = sum(sign.isdigit() for sign in signs)
    return digits > 0 and len(signs) >= (_SHORTEST_NUMBER if digits == len(signs) else _SHORTEST)


class Mentions:
    """The identifiers that are looked for, ready to look in many texts; those that tell nothing are left out."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        wanted = {item.strip().casefold() for item in identifiers}
        telling = {one: _WORD.findall(one) for one in wanted if is_telling(one)}
        self.count, self.untelling = len(telling), len(wanted) - len(telling)
        often = Counter(word for words in telling.values() for word in words)
        self._by_word: dict[str, list[str]] = {}
        for one, words in telling.items():
            self._by_word.setdefault(min(words, key=often.__getitem__), []).append(one)

    def found_in(self, text: str) -> bool:
        """Whether any of them stands in the text as a word of its own."""
        return next(self._all(text), None) is not None

    def _all(self, text: str) -> Iterator[str]:
        folded = text.casefold()
        for word in self._by_word.keys() & set(_WORD.findall(folded)):
            yield from (one for one in self._by_word[word] if _stands(one, folded))


def _stands(one: str, text: str) -> bool:
    at = text.find(one)
    while at >= 0:
        end = at + len(one)
        if not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum()):
            return True
        at = text.find(one, at + 1)
    return False
