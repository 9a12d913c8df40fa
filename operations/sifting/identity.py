"""Whose file is it? Case numbers join the stores; where one is written in two ways, nobody can tell, so nothing goes.

A letter filed under c000123 does not count as a contact of C000123, nor is it destroyed with that file: the file waits
until somebody has corrected it, and the sift says how many records there are to correct. Where one person seems to
have two numbers, a named person reads both files first: contact under the one would keep the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.stores import strangers
from connectors.stores.namesakes import Namesakes, can_tell, perhaps_twice
from connectors.stores.reading import StoreReader
from connectors.stores.reflection import chunks
from rules.review.spelling import same_case
from rules.review.values import Record
from rules.schedule.asked import joined, parts_of
from rules.schedule.judge import events_of, follows_head
from rules.schedule.language import Missing, Query, SameField
from rules.schedule.spanning import conditions_of
from rules.schedule.values import RecordClass, Schedule

SPELT = "one spelling of a case number"
NO_FILE = "a record has a file"
ONE_NUMBER = "one case number for each person"
PERHAPS_TWICE = "perhaps the same person as another case number"

Readers = Callable[[str], Sequence[StoreReader]]


@dataclass(frozen=True)
class Identity:
    """Of one head class: the case numbers (as `same_case` has them) whose files nobody can be sure of.

    `counts` has the records of each store, class and check that are to be corrected.
    """

    doubtful: frozenset[str] = frozenset()
    counts: tuple[tuple[str, str, str, int], ...] = ()


def identify(readers: Readers, schedule: Schedule, head: RecordClass) -> Identity:
    """Compare the case numbers of every member in every store, and of what its rules ask about, with the heads'."""
    members, beside = schedule.members(head.name), _beside(schedule, head)
    if head.subject is None or not (members or beside):
        return Identity()
    strange: dict[tuple[str, str], Counter[str]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    left_out: set[str] = set()
    for record_class in (head, *members, *beside):
        for reader in readers(record_class.name):
            left_out.update(map(same_case, strangers.left_out(reader, record_class)))
            if record_class is not head:
                place = reader.alias, record_class.name
                strange[place] = _strange(reader, record_class, head, readers(head.name))
            elif head.subject != head.key:
                counts[reader.alias, head.name, NO_FILE] += strangers.without_subject(reader, head)
    spelt = _spelt(readers(head.name), head, frozenset().union(*strange.values()))
    for (alias, name), found in strange.items():
        counts[alias, name, SPELT] += sum(records for one, records in found.items() if one in spelt)
        if _goes_with_file(schedule.get(name), head):
            counts[alias, name, NO_FILE] += sum(records for one, records in found.items() if one not in spelt)
    listed = tuple((*place, records) for place, records in sorted(counts.items()) if records)
    return Identity(frozenset(spelt | left_out), listed)


def entered_twice(readers: Readers, schedule: Schedule, secret: bytes) -> Namesakes:
    """Look over all stores for one name and date of birth under two case numbers. Raises StoreUnavailable."""
    telling = [record_class for record_class in schedule.classes if can_tell(record_class)]
    places = [(reader, record_class) for record_class in telling for reader in readers(record_class.name)]
    return perhaps_twice(places, secret) if places else Namesakes()


def without_file(
    readers: Readers, schedule: Schedule, head: RecordClass, doubtful: frozenset[str]
) -> Iterator[Iterable[Record]]:
    """Pages of the members that go with a file and have none: nothing would ever be proposed about them.

    Case numbers that are only written differently are left out.
    """
    for record_class in schedule.members(head.name) if head.subject is not None else ():
        for reader in readers(record_class.name) if _goes_with_file(record_class, head) else ():
            for unknown in list(_unknown(reader, record_class, head, readers(head.name))):  # no cursor stays open
                subjects = [one for one, _ in unknown if one is not None and same_case(one) not in doubtful]
                yield reader.of_subjects(record_class, subjects)
            if record_class.subject is not None:
                yield from reader.matching(record_class, Missing(record_class.subject))


def _beside(schedule: Schedule, head: RecordClass) -> tuple[RecordClass, ...]:
    """Classes outside the file that its rules ask about by case number: one written in two ways would not be found."""
    family = (head, *schedule.members(head.name))
    numbers = {item.subject for item in family}
    asked: set[str] = set()
    for record_class in family:
        asked |= {ref.of for ref in events_of(record_class)}
        for _, condition in conditions_of(record_class):
            for query in (part for part in parts_of(condition) if isinstance(part, Query)):
                theirs = schedule.get(query.class_name).subject
                pairs = {(one.field, one.outer) for one in parts_of(joined(query)) if isinstance(one, SameField)}
                if any(field == theirs and outer in numbers for field, outer in pairs):
                    asked.add(query.class_name)
    return tuple(item for item in schedule.classes if item.name in asked and item not in family)


def _strange(
    reader: StoreReader, record_class: RecordClass, head: RecordClass, heads: Sequence[StoreReader]
) -> Counter[str]:
    """Records by case number (as `same_case` has it; empty for none) whose file has no head of that very spelling."""
    found: Counter[str] = Counter()
    for unknown in _unknown(reader, record_class, head, heads):
        for subject, records in unknown:
            found["" if subject is None else same_case(subject)] += records
    return found


def _unknown(
    reader: StoreReader, record_class: RecordClass, head: RecordClass, heads: Sequence[StoreReader]
) -> Iterator[list[tuple[str | None, int]]]:
    """Case numbers, with how many records bear them, that no head bears, letter by letter; None for no number."""
    listed = strangers.strangers(reader, record_class, head)
    for chunk in chunks(list(listed) if reader in heads else listed):  # no cursor stays open where we ask again
        wanted = [subject for subject, _ in chunk if subject is not None]
        there = set().union(*(strangers.known(one, head, wanted) for one in heads)) if wanted else set()
        yield [pair for pair in chunk if pair[0] not in there]


def _spelt(heads: Sequence[StoreReader], head: RecordClass, strange: frozenset[str]) -> set[str]:
    """Those of the strange case numbers that are a head's, written differently."""
    if not strange - {""}:
        return set()
    every = (same_case(subject) for reader in heads for subject in strangers.subjects(reader, head))
    return {one for one in every if one and one in strange}


def _goes_with_file(record_class: RecordClass, head: RecordClass) -> bool:
    """Whether a record of the class goes with its file alone: it is a member, and has no clock of its own."""
    return record_class.part_of == head.name and all(follows_head(rule.keep) for rule in record_class.rules)
