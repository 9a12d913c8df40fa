"""Find the people of a record in its own text: the register knows the names, so no model has to guess.

Names in every order and case, short forms both ways, initials, hyphen parts, slips of one edit, handles,
and phones, codes, postcodes and addresses whatever their spacing. All of it is one table of joined keys
matched over neighbouring words, so `Wells, Brandon`, `brandon-wells` and `BrandonWells46` are one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, permutations

from rules.privacy.folding import Word, key_of, words
from rules.privacy.identity import OwnRecord, Person
from rules.privacy.redaction import Kind, Span
from rules.privacy.sentences import acts_like_a_person, is_ordinary, opens_a_sentence
from rules.privacy.uk_names import forms_of

_GAP = re.compile(r"[^\w\n]{0,3}\n?[^\w\n]{0,2}")
# Initials that mean something else in a note count only when dots or spaces part them.
_ACRONYMS = frozenset("am cp cv dr dv eu gp hr id ii iq it iv mr ms ni ok ot pc pe pm tv uk us".split())  # noqa: SIM905
_STREET_FORMS = (
    ("street", "st", "str"), ("road", "rd"), ("avenue", "ave", "av"), ("lane", "ln"), ("close", "cl"),
    ("drive", "dr"), ("crescent", "cres"), ("terrace", "terr", "ter"), ("gardens", "gdns"), ("grove", "gr"),
    ("place", "pl"), ("court", "ct"), ("square", "sq"), ("saint", "st"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a key must be written to count: `capital` letter first, all `upper`, in at least so many words."""

    kind: Kind
    capital: bool = False
    upper: bool = False
    least_words: int = 1


@dataclass(frozen=True)
class OwnMatcher:
    """The compiled words of one record. Build with `compile_record`, use with `find`."""

    entries: Mapping[str, _Entry]
    prefixes: frozenset[str]
    slips: Mapping[str, tuple[tuple[str, Kind], ...]]
    ordinary: frozenset[str]

    def find(self, text: str) -> list[Span]:
        """Return a span for each mention of the record's people, places, numbers and addresses."""
        found = words(text)
        hits: dict[int, tuple[int, Kind]] = {}
        weak: dict[int, Kind] = {}
        for index, word in enumerate(found):
            hit = self._longest(text, found, index, weak) or self._handle(word)
            hit = hit or self._slip(text, word, index, weak)
            if hit:
                hits[index] = (index + hit[0], hit[1])
        spans = [Span(found[first].start, found[last - 1].end, kind) for first, (last, kind) in hits.items()]
        taken = {index for first, (last, _) in hits.items() for index in range(first, last)}
        sure = {index for index in weak if acts_like_a_person(text, found[index])}
        spans += [Span(found[index].start, found[index].end, weak[index]) for index in sure - taken]
        return spans + list(_beside(text, found, taken | sure, weak))

    def _longest(self, text: str, found: list[Word], first: int, weak: dict[int, Kind]) -> tuple[int, Kind] | None:
        best: tuple[int, Kind] | None = None
        joined = ""
        for last in range(first, min(first + 9, len(found))):
            if last > first and not _GAP.fullmatch(text, found[last - 1].end, found[last].start):
                break
            joined += found[last].key
            entry = self.entries.get(joined)
            if entry and _written_so(entry, found[first : last + 1]):
                best = (last + 1 - first, entry.kind)
            elif entry and last == first:
                weak[first] = entry.kind
            if joined not in self.prefixes:
                break
        return best

    def _handle(self, word: Word) -> tuple[int, Kind] | None:
        letters = word.key.rstrip("0123456789")
        if letters == word.key or len(letters) < 4:
            return None
        entry = self.entries.get(letters)
        return (1, entry.kind) if entry else None

    def _slip(self, text: str, word: Word, index: int, weak: dict[int, Kind]) -> tuple[int, Kind] | None:
        """Find a name with a slip in it. One that makes another word (Ticker for Tucker) needs more to count."""
        key = word.key
        if len(key) < 3 or not key.isalpha() or (not word.capital and len(key) < 6):
            return None
        near = (pair for form in (key, *_shorter(key)) for pair in self.slips.get(form, ()))
        kind = next((kind for name, kind in near if one_edit(key, name)), None)
        if kind is None:
            return None
        if not self._ordinary(key):
            return 1, kind
        if word.capital:
            weak[index] = kind
            if len(key) > 4 and not opens_a_sentence(text, word):
                return 1, kind
        return None

    def _ordinary(self, key: str) -> bool:
        return is_ordinary(key, self.ordinary)


def compile_record(
    own: OwnRecord,
    nicknames: Mapping[str, frozenset[str]],
    name_words: frozenset[str],
    ordinary: frozenset[str] = frozenset(),
) -> OwnMatcher:
    """Compile a record. `name_words` need a capital to be names; no slip is looked for among `ordinary` words."""
    entries: dict[str, _Entry] = {}
    slips: dict[str, list[tuple[str, Kind]]] = {}
    for key, entry in [*_other_entries(own), *_people_entries(own.people, nicknames, name_words)]:
        if key not in entries or entries[key].capital >= entry.capital:
            entries[key] = entry
    for person in own.people:
        for key in _name_keys(person):
            if len(key) >= 4:
                for form in (key, *_shorter(key)):
                    slips.setdefault(form, []).append((key, person.kind))
    prefixes = frozenset(key[:end] for key in entries for end in range(1, len(key)))
    return OwnMatcher(entries, prefixes, {form: tuple(names) for form, names in slips.items()}, ordinary | name_words)


def one_edit(first: str, second: str) -> bool:
    """Say whether two words differ by at most one insertion, deletion, substitution or swap of neighbours."""
    if first == second:
        return True
    if len(first) > len(second):
        first, second = second, first
    if len(second) - len(first) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
    if len(first) < len(second):
        return first[at:] == second[at + 1 :]
    return first[at + 1 :] == second[at + 1 :] or (
        first[at : at + 2] == second[at : at + 2][::-1] and first[at + 2 :] == second[at + 2 :]
    )


def _shorter(key: str) -> Iterator[str]:
    return (key[:at] + key[at + 1 :] for at in range(len(key)))


def _written_so(entry: _Entry, found: list[Word]) -> bool:
    if len(found) < entry.least_words:
        return False
    if entry.upper:
        return all(word.upper for word in found)
    return found[0].capital or not entry.capital


def _beside(text: str, found: list[Word], taken: set[int], weak: Mapping[int, Kind]) -> Iterator[Span]:
    """Accept a name that is an ordinary word in lower case where a sure name stands beside it."""
    for left, right in pairwise(range(len(found))):
        for here, there in ((left, right), (right, left)):
            near = _GAP.fullmatch(text, found[left].end, found[right].start)
            if here in weak and here not in taken and there in taken and near and "\n" not in near.group():
                yield Span(found[here].start, found[here].end, weak[here])


def _parts(name: str) -> list[str]:
    return [word.key for word in words(name, possessives=False)]


def _name_keys(person: Person) -> set[str]:
    """Return the single words of a person's names, and hyphenated names joined."""
    names = [person.given, person.family, person.known_as, person.middle, *person.aliases]
    return {key for name in names for key in (*_parts(name), key_of(name)) if len(key) > 1}


def _people_entries(
    people: Iterable[Person], nicknames: Mapping[str, frozenset[str]], name_words: frozenset[str]
) -> Iterator[tuple[str, _Entry]]:
    for person in people:
        kind = person.kind
        given = [key for name in (person.given, person.known_as) for key in (*_parts(name)[:1], key_of(name)) if key]
        short = {form for name in given for form in forms_of(name, nicknames) if len(form) > 1}
        family = [key for key in (key_of(person.family), *_parts(person.family)) if key]
        for key in _name_keys(person) | short:
            yield key, _Entry(kind, capital=key in name_words or len(key) < 3 or (key in short and len(key) < 4))
        for first in {*given, *short}:
            for last in family:
                for joined in (first + last, last + first):
                    yield joined, _Entry(kind)
                for joined in (first[0] + last, first + last[0], last + first[0]):
                    yield joined, _Entry(kind, capital=len(joined) < 4, least_words=2 if len(joined) < 7 else 1)
        yield from ((key, _Entry(kind, upper=True)) for key in _initials(person) if key not in _ACRONYMS)
        yield from ((key, _Entry(kind, upper=True, least_words=2)) for key in _initials(person) & _ACRONYMS)


def _initials(person: Person) -> set[str]:
    first = {name[0] for name in (*_parts(person.given)[:1], *_parts(person.known_as)[:1])}
    middle = "".join(part[0] for part in [*_parts(person.given)[1:], *_parts(person.middle)])
    last = "".join(part[0] for part in _parts(person.family))
    if not last:
        return set()
    return {one + between + end for one in first for between in {"", middle} for end in {last, last[0]}}


def _other_entries(own: OwnRecord) -> Iterator[tuple[str, _Entry]]:
    for town in own.towns:
        yield key_of(town), _Entry(Kind.PLACE, capital=True)
    for name in own.organisations:
        yield key_of(name), _Entry(Kind.ORGANISATION, capital=len(_parts(name)) == 1)
    for line in own.addresses:
        yield from ((key, _Entry(Kind.ADDRESS, least_words=2)) for key in address_keys(line))
    for phone in own.phones:
        yield from ((key, _Entry(Kind.PHONE)) for key in phone_keys(phone))
    for email in own.emails:
        yield key_of(email), _Entry(Kind.EMAIL)
        local = email.split("@")[0]
        if len(key_of(local)) > 4:
            yield key_of(local), _Entry(Kind.EMAIL)
    for postcode in own.postcodes:
        outward = key_of(postcode)[:-3]
        yield key_of(postcode), _Entry(Kind.POSTCODE)
        if outward:
            yield outward, _Entry(Kind.POSTCODE, upper=True)
    for code in (*own.case_numbers, *own.codes):
        if len(key_of(code)) > 2:
            yield key_of(code), _Entry(Kind.ID)


def phone_keys(phone: str) -> set[str]:
    """Return a UK telephone number as digits in each way of writing it: 0161…, 161…, 44161…, 0044161…"""
    digits = "".join(char for char in phone if char.isdigit())
    national = re.sub(r"^(?:0044|44)?0?", "", digits)
    return {lead + national for lead in ("", "0", "44", "440", "0044", "00440")} if len(national) > 6 else set()


def address_keys(line: str) -> set[str]:
    """Return the core of a first address line, number and street, in each way of writing the street's type."""
    parts = _parts(line)
    if not parts:
        return set()
    while len(parts) > 2 and parts[0] in ("flat", "apartment", "apt", "unit", "room"):
        parts = parts[2:]
    forms = {"".join(parts), "".join(parts[1:])} if len(parts) > 2 else {"".join(parts)}
    keys = set(forms)
    for group in _STREET_FORMS:
        for old, new in permutations(group, 2):
            if parts[-1] == old:
                keys |= {form[: -len(old)] + new for form in forms}
    if len(parts) > 2 and parts[0][0].isdigit():
        keys.add("".join(parts[:-1]))
    return {key for key in keys if len(key) > 4}
