"""The attacker: works out from everything published what a hidden cell can be, and says where a release gives way.

Written apart from protection.py and solved by another program (SciPy's linprog), so that one mistake cannot hide
itself. It knows every shown number of all tables of a population, everything published for the same days before,
that counts are never below nought, that we show noughts, and, as an insider, that a cell counts one person only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from rules.errors import BadInput
from rules.privacy.compare import differences, words
from rules.privacy.intervals import Interval, Knowledge
from rules.privacy.tables import (
    CellKey,
    CountTable,
    EarlierTable,
    Period,
    Policy,
    PublishedTable,
    by_population,
    joint_cells,
)


class BreachKind(Enum):
    """How a release gives way."""

    SHOWN = "a small count is shown"
    UNTRUE = "a number shown is not the true one"
    EXACT = "a hidden count can be worked out exactly"
    NARROW = "a hidden count can be worked out too closely"
    INSIDER = "somebody alone in another cell can work out a hidden count exactly"
    DIFFERENCE = "subtracting an earlier release gives a count of a few people"
    CONTRADICTION = "the numbers shown contradict each other, or could not be checked"


@dataclass(frozen=True)
class Breach:
    """One place where a release gives way. `what` names cells by their categories and never tells a count."""

    kind: BreachKind
    population: str
    what: str

    def __str__(self) -> str:
        return f"{self.population}: {self.kind.value}: {self.what}"


def gate(
    tables: Sequence[PublishedTable],
    policy: Policy,
    truth: Sequence[CountTable] = (),
    period: Period | None = None,
    earlier: Sequence[EarlierTable] = (),
) -> list[Breach]:
    """Return every place where the release gives way; unless the list is empty, it must not be written.

    With `truth` (the true counts of the same tables) each small hidden cell must stay as wide as the policy
    asks; without it (a table from elsewhere), cells are found that are provably small and closely known.
    `earlier` is compared when its days overlap `period`. Raises BadInput for tables too wide to check
    or when `truth` lacks a table.
    """
    if truth and {table.spec.id for table in tables} - {count.spec.id for count in truth}:
        raise BadInput("the true counts of some tables are missing: hand in all of them, or none")
    breaches: list[Breach] = []
    for population, specs in by_population([table.spec for table in tables]).items():
        ids = {spec.id for spec in specs}
        now = [table for table in tables if table.spec.id in ids and not table.withheld]
        before = [
            old
            for old in earlier
            if old.table.spec.population.id == population
            and not old.table.withheld
            and (period is None or period.overlaps(old.period))
        ]
        true = joint_cells([count for count in truth if count.spec.id in {table.spec.id for table in now}])
        found = [*_against_truth(now, policy, true)]
        found += [(BreachKind.DIFFERENCE, what) for what in differences(now, before, policy)]
        breaches += [Breach(kind, population, what) for kind, what in found]
        same_days = [old.table for old in before if old.period == period]
        if now and not found:
            breaches += _attacked(population, now, same_days, policy, true)
    return breaches


def intervals(tables: Sequence[PublishedTable], policy: Policy) -> dict[CellKey, Interval]:
    """Return the least and the greatest count possible for every hidden cell of ONE population's tables.

    An interval that is only cut off by the sum's own bound has `high` None. Raises BadInput when the
    numbers shown contradict each other.
    """
    knowledge = _knowledge(tables, (), policy)
    found = {}
    for key in knowledge.hidden:
        interval = knowledge.interval(key)
        if interval is None:
            raise BadInput("the numbers shown contradict each other: no table fits them all")
        found[key] = interval
    return found


def _knowledge(now: Sequence[PublishedTable], before: Sequence[PublishedTable], policy: Policy) -> Knowledge:
    """Return all shown numbers as one; an earlier table that disagrees counted other people and is left out."""
    known = _shown(now)
    specs = [table.spec for table in now]
    for table in before:
        shown = _shown([table])
        if all(known.get(key, count) == count for key, count in shown.items()):
            known |= shown
            specs.append(table.spec)
    hidden = sorted({key for table in now for key in table.spec.cells()} - known.keys())
    floor = 1 if policy.show_zeros else 0
    return Knowledge(specs, known, hidden, floor, policy.threshold)


def _shown(tables: Sequence[PublishedTable]) -> dict[CellKey, int]:
    return {key: count for table in tables for key, count in table.cells.items() if count is not None}


def _against_truth(
    now: Sequence[PublishedTable], policy: Policy, true: Mapping[CellKey, int]
) -> Iterator[tuple[BreachKind, str]]:
    for key, count in _shown(now).items():
        if policy.is_small(count):
            yield BreachKind.SHOWN, words(key)
        if true and true.get(key) != count:
            yield BreachKind.UNTRUE, words(key)


def _attacked(
    population: str,
    now: Sequence[PublishedTable],
    before: Sequence[PublishedTable],
    policy: Policy,
    true: Mapping[CellKey, int],
) -> list[Breach]:
    knowledge = _knowledge(now, before, policy)
    breaches = []
    # A cell hidden now but shown before for the same days is no longer hidden from anybody.
    for key in sorted({key for table in now for key, count in table.cells.items() if count is None}):
        kind = BreachKind.EXACT if key not in knowledge.hidden else _judged(knowledge, key, policy, true)
        if kind is not None and (not true or policy.is_small(true[key])):
            breaches.append(Breach(kind, population, words(key)))
    for insider, key in _insider_hits(knowledge, policy, true):
        breaches.append(Breach(BreachKind.INSIDER, population, f"{words(key)} (insider: {words(insider)})"))
    return breaches


def _judged(knowledge: Knowledge, key: CellKey, policy: Policy, true: Mapping[CellKey, int]) -> BreachKind | None:
    """Return how a hidden cell gives way, or None. Judged with and without knowing that we show noughts."""
    if true and not policy.is_small(true[key]):
        return None
    plain, knowing = knowledge.interval(key, floor=0), knowledge.interval(key)
    if plain is None or knowing is None:
        return BreachKind.CONTRADICTION
    if not true:
        return _proved_small(knowing, policy)
    if knowing.exact or plain.exact:
        return BreachKind.EXACT
    return None if _wide(knowledge, key, plain, knowing, policy) else BreachKind.NARROW


def _wide(knowledge: Knowledge, key: CellKey, plain: Interval, knowing: Interval, policy: Policy) -> bool:
    """Return whether every count up to the threshold looks possible, from 0, or from 1 if one knows we show noughts.

    A cell that the shown noughts alone keep above that is as wide as it can be made.
    """
    if not knowing.reaches(policy.threshold):
        return False
    if plain.low <= 0 and knowing.low <= 1:
        return True
    structure = knowledge.structure
    free = (structure.interval(key, floor=0), structure.interval(key))
    return all(limit is not None and got.low <= limit.low for got, limit in zip((plain, knowing), free, strict=True))


def _proved_small(interval: Interval, policy: Policy) -> BreachKind | None:
    """Judge without the truth: only what is certainly below the threshold can be called disclosed."""
    if interval.reaches(policy.threshold):
        return None
    return BreachKind.EXACT if interval.exact else BreachKind.NARROW


def _insider_hits(
    knowledge: Knowledge, policy: Policy, true: Mapping[CellKey, int]
) -> Iterator[tuple[CellKey, CellKey]]:
    """Yield (insider's cell, victim's cell) where knowing that the first holds one person fixes the second."""
    small = [key for key in knowledge.hidden if true and policy.is_small(true[key])]
    structure = knowledge.structure
    for insider in (key for key in small if true[key] == 1):
        for key in small:
            # Fixed by the shown noughts alone: the cell counts nobody but the insider.
            if key != insider and knowledge.fixed_by(insider, key) and not structure.fixed_by(insider, key):
                yield insider, key
