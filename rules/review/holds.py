"""Which holds stand over a record. Any hold wins on every path (invariant 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from rules.review.spelling import same_case
from rules.review.values import Hold, Record

_Key = TypeVar("_Key")
Place = tuple[str, str, str]


@dataclass(frozen=True)
class HoldIndex:
    """Active holds by what they cover; values are sorted hold kinds (never reasons).

    Case numbers and keys are in the form of `same_case`: a hold counts however somebody typed it.
    """

    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    records: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def over(self, record: Record) -> tuple[str, ...]:
        """Kinds of the holds over this record: its person's, a linked person's, its class's, its own."""
        people = [name for name in (record.subject, record.linked) if name is not None]
        kinds = {
            *self.classes.get(record.class_name, ()),
            *self.records.get((record.store, record.class_name, same_case(record.key)), ()),
            *(kind for name in people for kind in self.subjects.get(same_case(name), ())),
        }
        return tuple(sorted(kinds))


def active(holds: Iterable[Hold], as_of: date) -> tuple[Hold, ...]:
    """The holds that stand on `as_of`: a release on that day has already freed them."""
    return tuple(hold for hold in holds if hold.released_on is None or hold.released_on > as_of)


def index_holds(
    holds: Iterable[Hold],
    named: Mapping[str, Iterable[str]],
    links: Mapping[str, Iterable[str]],
    automatic: Mapping[str, Iterable[str]] | None = None,
    nameless: Mapping[Place, Iterable[str]] | None = None,
) -> HoldIndex:
    """Index `holds`. `named` gives the case numbers of every held name, `links` those linked to a case number.

    `automatic` gives the kinds of hold that records in the stores put on a person by themselves, `nameless` those over
    single records that bear no case number. Case numbers of the three others are as `same_case` has them.

    A hold on one of two people holds the file that they share, in both directions.
    """
    subjects: dict[str, set[str]] = {}
    records: dict[tuple[str, str, str], set[str]] = {}
    classes: dict[str, set[str]] = {}
    for hold in holds:
        people = {same_case(hold.subject)} if hold.subject else set(named.get(hold.name or "", ()))
        for person in people | {other for one in people for other in links.get(one, ())}:
            subjects.setdefault(person, set()).add(hold.kind)
        if hold.class_name and hold.key is not None and hold.store:
            records.setdefault((hold.store, hold.class_name, same_case(hold.key)), set()).add(hold.kind)
        elif hold.class_name and not hold.subject and not hold.name:
            classes.setdefault(hold.class_name, set()).add(hold.kind)
    for person, kinds in (automatic or {}).items():
        for one in {person, *links.get(person, ())}:
            subjects.setdefault(one, set()).update(kinds)
    for (store, class_name, key), kinds in (nameless or {}).items():
        records.setdefault((store, class_name, same_case(key)), set()).update(kinds)
    return HoldIndex(_frozen(subjects), _frozen(records), _frozen(classes))


def _frozen(found: dict[_Key, set[str]]) -> dict[_Key, tuple[str, ...]]:
    return {key: tuple(sorted(kinds)) for key, kinds in found.items()}
