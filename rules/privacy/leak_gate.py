"""The gate: search a whole extract for everybody in the register, and refuse on a hit (invariant 8).

One Aho-Corasick automaton holds the joined, folded form of every name, number and address. Each cell
is searched as its letters and digits alone, so `Wells, Brandon`, `brandon.wells` and `BrandonWells46` are
one form; marks remember where words began. A leak is told by kind, row and column, never by its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ahocorasick

from rules.privacy.folding import Word, key_of, words
from rules.privacy.identity import OwnRecord
from rules.privacy.ordinary_words import NAMES_THAT_ARE_WORDS
from rules.privacy.own_record import address_keys, phone_keys
from rules.privacy.redaction import LABEL, Kind, Span

_LONG_NAME = 10
_SHORTEST_FAMILY = 3


class LeakKind(StrEnum):
    """What leaked."""

    FULL_NAME = "full name"
    FAMILY_NAME = "family name"
    GIVEN_NAME = "given name"
    PHONE = "telephone number"
    EMAIL = "e-mail address"
    POSTCODE = "postcode"
    ADDRESS = "address"
    CASE_NUMBER = "case number"
    CODE = "other number"


_AS_KIND = {
    LeakKind.FULL_NAME: Kind.PERSON,
    LeakKind.FAMILY_NAME: Kind.PERSON,
    LeakKind.GIVEN_NAME: Kind.PERSON,
    LeakKind.PHONE: Kind.PHONE,
    LeakKind.EMAIL: Kind.EMAIL,
    LeakKind.POSTCODE: Kind.POSTCODE,
    LeakKind.ADDRESS: Kind.ADDRESS,
    LeakKind.CASE_NUMBER: Kind.ID,
    LeakKind.CODE: Kind.ID,
}


@dataclass(frozen=True, order=True, slots=True)
class Leak:
    """Something of the register in the extract: what kind, in which row (from 1), in which column."""

    kind: LeakKind
    row: int
    column: str


@dataclass(frozen=True)
class GateColumn:
    """A column for the gate: free text is searched hardest; a value among `categories` is not searched."""

    name: str
    free_text: bool = False
    categories: frozenset[str] = frozenset()


class RegisterIndex:
    """The searchable register: every name, alias, telephone, e-mail, postcode, address and number of everybody."""

    def __init__(self, register: Iterable[OwnRecord]) -> None:
        self._automaton = ahocorasick.Automaton()
        found: dict[str, set[LeakKind]] = {}
        for record in register:
            for key, kind in _identifiers(record):
                found.setdefault(key, set()).add(kind)
        for key, kinds in found.items():
            self._automaton.add_word(key, (len(key), tuple(sorted(kinds))))
        self._empty = not found
        if found:
            self._automaton.make_automaton()

    def find(self, text: str, *, free_text: bool) -> Iterator[tuple[LeakKind, int, int]]:
        """Yield (kind, start, end) of each identifier of the register in a text."""
        if self._empty:
            return
        cell = _Cell(text)
        for last, (length, kinds) in self._automaton.iter(cell.joined):
            for kind in kinds:
                if (kind is not LeakKind.GIVEN_NAME or free_text) and cell.counts(kind, last + 1 - length, last + 1):
                    yield kind, *cell.place(last + 1 - length, last + 1)

    def spans(self, text: str) -> list[Span]:
        """Return what the gate would refuse in a free text, as spans for redaction."""
        return [Span(start, end, _AS_KIND[kind]) for kind, start, end in self.find(text, free_text=True)]


class _Cell:
    """A text as joined letters and digits, with the word that each character came from."""

    def __init__(self, text: str) -> None:
        self.words = words(text)
        self.joined = "".join(word.key for word in self.words)
        self.of = [index for index, word in enumerate(self.words) for _ in word.key]
        self.first: list[int] = []
        at = 0
        for word in self.words:
            self.first.append(at)
            at += len(word.key)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the text the words of a joined passage begin and end."""
        return self._word(start).start, self._word(end - 1).end

    def counts(self, kind: LeakKind, start: int, end: int) -> bool:
        """Say whether a passage of the joined text is the identifier, and not a piece of other words."""
        begins = self.first[self.of[start]] == start
        ends = end == len(self.joined) or self.first[self.of[end]] == end
        if kind in (LeakKind.FAMILY_NAME, LeakKind.GIVEN_NAME):
            return begins and ends and self._word(start).capital
        if kind is LeakKind.FULL_NAME:
            whole = begins and (ends or self.joined[end].isdigit())
            return whole or (end - start >= _LONG_NAME and self.of[start] == self.of[end - 1])
        if kind is LeakKind.PHONE:
            return not self._digit(start - 1, start) and not self._digit(end, end - 1)
        return begins and ends

    def _word(self, at: int) -> Word:
        return self.words[self.of[at]]

    def _digit(self, at: int, beside: int) -> bool:
        """Say whether the neighbouring character is a digit of the same word."""
        return 0 <= at < len(self.joined) and self.joined[at].isdigit() and self.of[at] == self.of[beside]


def find_leaks(
    rows: Iterable[Sequence[str]],
    columns: Sequence[GateColumn],
    register: RegisterIndex,
    own: Sequence[OwnRecord] = (),
) -> list[Leak]:
    """Return every leak of an extract: none means that it may be written.

    `rows` hold the cells as they would be written, in the order of `columns`; `own` holds the record behind each
    row, whose names are searched in every column and in any case. Other people's given names are searched in free
    text, with a capital. Labels such as [PLACE] are not searched. No value is returned (invariant 5).
    """
    leaks: set[Leak] = set()
    for ordinal, row in enumerate(rows, start=1):
        givens = _own_names(own[ordinal - 1]) if own else {}
        for column, cell in zip(columns, row, strict=True):
            if cell and cell not in column.categories:
                text = LABEL.sub(" | ", cell) if column.free_text else cell
                hits = {kind for kind, _, _ in register.find(text, free_text=column.free_text)}
                hits |= _own_hits(text, givens)
                leaks |= {Leak(kind, ordinal, column.name) for kind in hits}
    return sorted(leaks)


def _own_hits(text: str, names: Mapping[str, LeakKind]) -> set[LeakKind]:
    return {
        names[word.key]
        for word in words(text)
        if word.key in names and (word.capital or word.key not in NAMES_THAT_ARE_WORDS)
    }


def _own_names(own: OwnRecord) -> dict[str, LeakKind]:
    found: dict[str, LeakKind] = {}
    for person in own.people:
        found |= {key: LeakKind.FAMILY_NAME for key in _parts(person.family) if len(key) >= _SHORTEST_FAMILY}
        for name in (person.given, person.known_as, person.middle, *person.aliases):
            found |= {key: LeakKind.GIVEN_NAME for key in _parts(name) if len(key) > 1}
    return found


def _identifiers(record: OwnRecord) -> Iterator[tuple[str, LeakKind]]:
    for person in record.people:
        givens = [name for name in (person.given, person.known_as) if key_of(name)]
        family = key_of(person.family)
        for given in givens:
            firsts = {key_of(given), *_parts(given)[:1]}
            yield from ((joined, LeakKind.FULL_NAME) for g in firsts if family for joined in (g + family, family + g))
        for alias in person.aliases:
            if len(_parts(alias)) > 1:
                yield key_of(alias), LeakKind.FULL_NAME
        for key in {family, *_parts(person.family)}:
            if len(key) >= _SHORTEST_FAMILY:
                yield key, LeakKind.FAMILY_NAME
        for name in (*givens, person.middle, *person.aliases):
            yield from ((key, LeakKind.GIVEN_NAME) for key in _parts(name) if len(key) > 1)
    values = (
        (LeakKind.EMAIL, {key_of(value) for value in record.emails}),
        (LeakKind.POSTCODE, {key_of(value) for value in record.postcodes}),
        (LeakKind.CASE_NUMBER, {key_of(value) for value in record.case_numbers}),
        (LeakKind.CODE, {key_of(value) for value in record.codes}),
        (LeakKind.PHONE, {key for value in record.phones for key in phone_keys(value)}),
        (LeakKind.ADDRESS, {key for line in record.addresses for key in address_keys(line) if key[0].isdigit()}),
    )
    yield from ((key, kind) for kind, keys in values for key in keys if len(key) > 2)


def _parts(name: str) -> list[str]:
    return [word.key for word in words(name, possessives=False)]
