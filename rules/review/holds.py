"""Which holds stand over a record. Any hold wins on every path (invariant 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from rules.evidence.commitment import blinded_digest
from rules.evidence.leaf import canonical_json
from rules.review.spelling import same_case
from rules.review.values import Hold, Record

_Key = TypeVar("_Key")
Place = tuple[str, str, str]


@dataclass(frozen=True)
class HoldIndex:
    """Active holds by what they cover; values are sorted labels, mostly hold kinds (never reasons).

    Case numbers and keys are in the form of `same_case`: a hold counts however somebody typed it.
    """

    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    records: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def over(self, record: Record) -> tuple[str, ...]:
        """Kinds of the holds over this record: its person's, a linked person's, its class's, its own."""
        if not (self.subjects or self.records or self.classes):
            return ()
        kinds = set(self.classes.get(record.class_name, ()))
        if self.records:
            kinds.update(self.records.get((record.store, record.class_name, same_case(record.key)), ()))
        if self.subjects:
            for name in (record.subject, record.linked):
                if name is not None:
                    kinds.update(self.subjects.get(same_case(name), ()))
        return tuple(sorted(kinds)) if kinds else ()


_COVERS = ("subject", "name", "store", "class_name", "key", "condition")
BROAD_SHARE = 0.1  # of all people or records of a class


@dataclass(frozen=True)
class Reach:
    """How far a hold reached on a day: people for a name or a head's condition, else records; `of` how many."""

    matched: int
    of: int | None
    on: date


def look_again(hold: Hold, reach: Reach | None, today: date) -> tuple[str, ...]:
    """Return why somebody should look at a standing hold again, in words that name nobody."""
    found = []
    if hold.review_on is None:
        found.append("it has no review date")
    elif hold.review_on < today:
        found.append(f"its review date has passed ({hold.review_on.day} {hold.review_on:%B %Y})")
    if hold.class_name and not hold.key and not hold.condition:
        found.append("it holds a whole class")
    if reach is not None and reach.matched == 0:
        found.append("nothing that it could hold was found")
    if reach is not None and hold.name and reach.matched > 1:
        found.append(f"its name fits {reach.matched:,} people")
    if reach is not None and hold.condition and reach.of and reach.matched > BROAD_SHARE * reach.of:
        found.append(f"it holds {reach.matched:,} of {reach.of:,}")
    return tuple(found)


def covered(salt: bytes, hold: Hold) -> str:
    """Return what a hold covers as the log says it: a digest that nobody can test guesses against without the salt."""
    return blinded_digest(salt, canonical_json({name: getattr(hold, name) or "" for name in _COVERS})).hex()


def active(holds: Iterable[Hold], as_of: date) -> tuple[Hold, ...]:
    """The holds that stand on `as_of`: a release on that day has already freed them."""
    return tuple(hold for hold in holds if hold.released_on is None or hold.released_on > as_of)


@dataclass(frozen=True)
class Match:
    """What one hold covers: people (as `same_case` has their case numbers), single records, whole classes."""

    people: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    classes: frozenset[str] = frozenset()


def index_holds(matches: Iterable[tuple[str, Match]], links: Mapping[str, Iterable[str]]) -> HoldIndex:
    """Index what holds cover, each under a label such as its kind. `links` gives those linked to a case number.

    A hold on one of two people holds the file that they share, in both directions.
    """
    subjects: dict[str, set[str]] = {}
    records: dict[Place, set[str]] = {}
    classes: dict[str, set[str]] = {}
    for label, match in matches:
        for person in match.people | {other for one in match.people for other in links.get(one, ())}:
            subjects.setdefault(person, set()).add(label)
        for store, class_name, key in match.places:
            records.setdefault((store, class_name, same_case(key)), set()).add(label)
        for class_name in match.classes:
            classes.setdefault(class_name, set()).add(label)
    return HoldIndex(_frozen(subjects), _frozen(records), _frozen(classes))


def _frozen(found: dict[_Key, set[str]]) -> dict[_Key, tuple[str, ...]]:
    return {key: tuple(sorted(kinds)) for key, kinds in found.items()}
