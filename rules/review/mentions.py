"""Find in running text what was destroyed: its case numbers and keys, and the names of the people whose it was.

Identifiers are whole words, in any case. A name may be another person's, so what bears one is a possible mention.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rules.review.spelling import spoken_forms, words_in

_WORD = re.compile(r"[^\W_]+")
_SHORTEST, _SHORTEST_NUMBER = 4, 6


def is_telling(identifier: str) -> bool:
    """Whether an identifier is long enough to be found in a text without being there by chance.

    Four letters and digits, one of them a digit; six where there are only digits.
    """
    signs, digits = sum(map(str.isalnum, identifier)), sum(map(str.isdigit, identifier))
    return digits > 0 and signs >= (_SHORTEST_NUMBER if digits == signs else _SHORTEST)


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


class Names:
    """Full names that are looked for: given and family name beside each other in any order, whatever case and accents.

    A middle name may stand between them. `people` have their name fields each, in the order of the schedule.
    """

    def __init__(self, people: Iterable[Sequence[str]]) -> None:
        wanted = [spoken_forms(parts) for parts in people]
        self.count = sum(bool(forms) for forms in wanted)
        self.untelling = len(wanted) - self.count
        every = frozenset[frozenset[str]]().union(*wanted)
        often = Counter(word for form in every for word in form)
        self._by_word: dict[str, list[frozenset[str]]] = {}
        for form in every:
            self._by_word.setdefault(min(form, key=lambda word: (often[word], word)), []).append(form)

    def found_in(self, text: str) -> bool:
        """Whether any of them stands in the text."""
        words = words_in(text)
        telling = self._by_word.keys() & set(words)
        return bool(telling) and any(
            form <= set(words[max(0, place - len(form)) : place + len(form) + 1])
            for place, word in enumerate(words)
            if word in telling
            for form in self._by_word[word]
        )


def _stands(one: str, text: str) -> bool:
    at = text.find(one)
    while at >= 0:
        end = at + len(one)
        if not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum()):
            return True
        at = text.find(one, at + 1)
    return False
