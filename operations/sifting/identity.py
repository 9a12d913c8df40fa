"""Whose file is it? Case numbers join the stores; where one is written in two ways, nobody can tell, so nothing goes.

A letter filed under c000123 does not count as a contact of C000123, nor is it destroyed with that file: the file waits
until somebody has corrected it, and the sift says how many records there are to correct.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.stores import strangers
from connectors.stores.reading import StoreReader
from connectors.stores.reflection import chunks
from rules.review.spelling import same_case
from rules.schedule.judge import follows_head
from rules.schedule.values import RecordClass, Schedule

SPELT = "one spelling of a case number"
NO_FILE = "a record has a file"

Readers = Callable[[str], Sequence[StoreReader]]


@dataclass(frozen=True)
class Identity:
    """Of one head class: the case numbers (as `same_case` has them) whose files nobody can be sure of.

    `counts` has the records of each store, class and check that are to be corrected.
    """

    doubtful: frozenset[str] = frozenset()
    counts: tuple[tuple[str, str, str, int], ...] = ()


def identify(readers: Readers, schedule: Schedule, head: RecordClass) -> Identity:
    """Compare the case numbers of every member in every store with those of the heads."""
    members = schedule.members(head.name)
    if head.subject is None or not members:
        return Identity()
    strange: dict[tuple[str, str], Counter[str]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    left_out: set[str] = set()
    for record_class in (head, *members):
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
        if not _own_clock(schedule.get(name)):
            counts[alias, name, NO_FILE] += sum(records for one, records in found.items() if one not in spelt)
    listed = tuple((*place, records) for place, records in sorted(counts.items()) if records)
    return Identity(frozenset(spelt | left_out), listed)


def _strange(
    reader: StoreReader, record_class: RecordClass, head: RecordClass, heads: Sequence[StoreReader]
) -> Counter[str]:
    """Records by case number (as `same_case` has it; empty for none) whose file has no head of that very spelling."""
    found: Counter[str] = Counter()
    listed = strangers.strangers(reader, record_class, head)
    for chunk in chunks(list(listed) if reader in heads else listed):  # no cursor stays open where we ask again
        wanted = [subject for subject, _ in chunk if subject is not None]
        there = set().union(*(strangers.known(one, head, wanted) for one in heads)) if wanted else set()
        for subject, records in chunk:
            if subject not in there:
                found["" if subject is None else same_case(subject)] += records
    return found


def _spelt(heads: Sequence[StoreReader], head: RecordClass, strange: frozenset[str]) -> set[str]:
    """Those of the strange case numbers that are a head's, written differently."""
    if not strange - {""}:
        return set()
    every = (same_case(subject) for reader in heads for subject in strangers.subjects(reader, head))
    return {one for one in every if one and one in strange}


def _own_clock(record_class: RecordClass) -> bool:
    return any(not follows_head(rule.keep) for rule in record_class.rules)
