"""Sifts that are only tried: what would be due under other parameters, or on a later day. Nothing is kept."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from connectors.ledger import holds, sifts
from connectors.ledger.base import open_ledger
from connectors.schedule_file import load_schedule
from operations.project import Project
from operations.sifting.run import run_sift
from operations.sifting.session import Place, Progress, SiftInputs, silent
from operations.stores import stores_of
from rules.review.values import Kind
from rules.schedule.calendar import add
from rules.schedule.language import Period
from rules.schedule.values import Schedule

FORECAST = Period(years=5)


@dataclass(frozen=True)
class Trial:
    """The due records of a tried sift: place to (kind, rule, due date). `actions`: what would be done with each."""

    due: Mapping[Place, tuple[Kind, str, date | None]]
    undatable: int
    actions: Mapping[Place, str]


@dataclass(frozen=True)
class Moved:
    """One record about which two tried sifts differ. `held`: a hold keeps it all the same."""

    change: Literal["becomes due", "stops being due"]
    store: str
    class_name: str
    key: str
    rule: str
    due_on: date | None
    held: bool


@dataclass(frozen=True)
class WhatIf:
    """What another choice would change: the records that become due or stop being due, held ones among them."""

    records: tuple[Moved, ...]
    due_now: int
    due_then: int
    undatable_now: int
    undatable_then: int

    @property
    def becomes_due(self) -> Mapping[tuple[str, str], int]:
        """How many records become due, by class and rule; those that a hold would keep are among them."""
        return Counter((one.class_name, one.rule) for one in self.records if one.change == "becomes due")

    @property
    def stops_being_due(self) -> Mapping[tuple[str, str], int]:
        """How many records stop being due, by class and by the rule under which they are due now."""
        return Counter((one.class_name, one.rule) for one in self.records if one.change == "stops being due")

    @property
    def held(self) -> int:
        """How many of those that become due are held."""
        return sum(1 for one in self.records if one.change == "becomes due" and one.held)


def try_sift(project: Project, schedule: Schedule, as_of: date, progress: Progress = silent) -> Trial:
    """Sift into a ledger that is thrown away; free text is not read. Raises StoreUnavailable, BadInput."""
    inputs = SiftInputs(
        schedule=schedule.on(as_of),
        stores=stores_of(project, schedule),
        as_of=as_of,
        holds=tuple(holds.all_holds(project.ledger)),
        progress=progress,
        scan_text=False,
    )
    with tempfile.TemporaryDirectory(prefix="winnow-") as folder:
        ledger = open_ledger("sqlite:///trial.db", folder=Path(folder))
        try:
            sift_id = run_sift(ledger, inputs, project.now(), project.now)
            due, actions = {}, {}
            for one in sifts.iterate(ledger, sift_id, (Kind.PAST_RETENTION, Kind.HELD)):
                place = (one.finding.store, one.finding.class_name, one.finding.key)
                due[place] = (one.finding.kind, one.finding.rule, one.finding.due_on)
                actions[place] = one.finding.action
            counts = sifts.counts(ledger, sift_id)
        finally:
            ledger.engine.dispose()
    return Trial(due, sum(row.n for row in counts if row.kind is Kind.UNDATABLE), actions)


def what_if(
    project: Project, overrides: Mapping[str, str], as_of: date | None = None, progress: Progress = silent
) -> WhatIf:
    """Compare the schedule with itself under other parameters, as of one day. Raises BadInput for unknown ones."""
    day = as_of or project.today()
    other = load_schedule(project.settings.schedule, overrides)
    now, then = try_sift(project, project.schedule, day, progress), try_sift(project, other, day, progress)
    return compare(now, then)


def compare(now: Trial, then: Trial) -> WhatIf:
    """The difference between two tried sifts, record by record, in the order of class, rule, store and key.

    A record with which something else would be done stops being due by the one rule, and becomes due by the other.
    """
    gained = [_moved("becomes due", *one) for one in then.due.items() if _other(one[0], now, then)]
    lost = [_moved("stops being due", *one) for one in now.due.items() if _other(one[0], now, then)]
    return WhatIf(
        records=tuple(
            sorted(gained + lost, key=lambda one: (one.change, one.class_name, one.rule, one.store, one.key))
        ),
        due_now=len(now.due),
        due_then=len(then.due),
        undatable_now=now.undatable,
        undatable_then=then.undatable,
    )


def _other(place: Place, now: Trial, then: Trial) -> bool:
    return now.actions.get(place) != then.actions.get(place)


def _moved(
    change: Literal["becomes due", "stops being due"], place: Place, due: tuple[Kind, str, date | None]
) -> Moved:
    return Moved(change, *place, rule=due[1], due_on=due[2], held=due[0] is Kind.HELD)


def forecast(project: Project, as_of: date, progress: Progress = silent) -> tuple[tuple[str, int], ...]:
    """How many records fall due in each month of the next five years, if nobody is in contact again.

    Returns (month as 2026-09, records), every month in order; what is due already is left out.
    """
    end = add(as_of, FORECAST)
    trial = try_sift(project, project.schedule, end, progress)
    months = Counter(due.strftime("%Y-%m") for _, _, due in trial.due.values() if due is not None and due > as_of)
    return tuple((month, months[month]) for month in _months(as_of, end))


def _months(start: date, end: date) -> list[str]:
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(first, last + 1)]
