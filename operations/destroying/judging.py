"""What of a run may still go: judged by rules, holds and versions as they are now, and by the run's own outcomes.

A file goes whole or not at all. Where its head has gone already (a crash, a hold or a store out of order came
between), or records in other stores that its rules ask about, the rules can't be asked about it again: the rest goes if
it is as it was approved and nothing holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.ledger.runs import PLANNED, PlannedRow, Run
from operations.destroying.context import Carrying
from operations.destroying.recheck import judged_now, remaining_now
from operations.sifting.session import Place
from rules.review.values import Finding, Hold, Kind
from rules.review.version import own_part
from rules.schedule.actions import takes_row
from rules.schedule.spanning import asked_by
from rules.schedule.values import Schedule

DONE, KEPT, HELD = "done", "kept", "held"
HOLD_PLACED = "hold-placed"
REST_KEPT = "rest-of-file-kept"
CHANGED = "changed-since-approval"
NOT_DUE = "no-longer-due"
GONE = "already-gone"


@dataclass(frozen=True)
class Grounds:
    """What a judgement rests on: fences, then holds, read before it began. A store or hold that moved since ends it."""

    epochs: Mapping[str, int]
    holds: tuple[Hold, ...]
    at: str


@dataclass(frozen=True)
class Verdict:
    """What becomes of one approved record now: `ready`, or an outcome with its reason."""

    row: PlannedRow
    state: str = "ready"
    reason: str = ""


@dataclass
class Standing:
    """What a run has approved, and which files its outcomes have broken or beheaded.

    `broken` gives each file of which something stays the outcome of the rest: kept with it, or held with it. `begun`
    has the classes of which the run has destroyed something, by file, and `spread` those that other stores are asked
    about for a record of the file. `again`: all of it had been destroyed before and came back from a backup, perhaps
    in part, so no rule is asked about it.
    """

    schedule: Schedule
    approved: dict[Place, str] = field(default_factory=dict)
    broken: dict[str, tuple[str, str]] = field(default_factory=dict)
    headless: set[str] = field(default_factory=set)
    begun: dict[str, set[str]] = field(default_factory=dict)
    spread: dict[str, set[str]] = field(default_factory=dict)
    last_batch: int = 0
    again: bool = False

    def note(self, row: PlannedRow, state: str) -> None:
        """Remember the outcome of an approved record for the rest of its file."""
        file = file_of(self.schedule, row)
        if file and own_part(row.version) != row.version:
            self.spread.setdefault(file, set()).update(asked_by(self.schedule.get(row.class_name)))
        if file and state == DONE:
            self.begun.setdefault(file, set()).add(row.class_name)
        if file and state == DONE and file == file_of_head(row):
            self.headless.add(file)
        elif file and state not in (DONE, PLANNED):
            held = state == HELD or self.broken.get(file, ("", ""))[0] == HELD
            self.broken[file] = (HELD, HOLD_PLACED) if held else (KEPT, REST_KEPT)

    def beyond_asking(self, file: str) -> bool:
        """Whether the rules can't be asked about a file again: its head has gone, or what they would ask about has."""
        gone = self.begun.get(file, set())
        return self.again or file in self.headless or not self.spread.get(file, set()).isdisjoint(gone)

    def rest(self, row: PlannedRow) -> Verdict | None:
        """The outcome of a record whose file is no longer whole; None while it is."""
        fate = self.broken.get(file_of(self.schedule, row)) if self.broken else None
        return Verdict(row, *fate) if fate else None


def standing_of(schedule: Schedule, rows: Iterable[PlannedRow], again: bool) -> Standing:
    """How a run stands by all that it has approved."""
    standing = Standing(schedule, again=again)
    for row in rows:
        standing.approved[row.store, row.class_name, row.key] = row.version
        standing.last_batch = max(standing.last_batch, row.batch or 0)
        standing.note(row, row.state)
    return standing


def file_of(schedule: Schedule, row: PlannedRow) -> str:
    """A name for the file with which a record goes; empty for one that goes by a clock of its own."""
    head = schedule.heads.get(row.rule)
    return f"{head} {row.subject}" if head and row.subject is not None and takes_row(row.action) else ""


def file_of_head(row: PlannedRow) -> str:
    """The name of the file whose head this record would be."""
    return f"{row.class_name} {row.subject}"


def judge(
    carrying: Carrying, run: Run, standing: Standing, rows: Sequence[PlannedRow], holds: tuple[Hold, ...]
) -> list[Verdict]:
    """Judge approved records, in their order. Raises StoreUnavailable, BadInput when a store can't be asked."""
    schedule = carrying.schedule
    asked = [row for row in rows if standing.rest(row) is None]
    begun = [row for row in asked if standing.beyond_asking(file_of(schedule, row))]
    whole = [row for row in asked if not standing.beyond_asking(file_of(schedule, row))]
    now = judged_now(carrying, run.as_of, whole, holds) if whole else {}
    torn = _torn(standing, now.values())
    said = {row.ordinal: _verdict(schedule, row, now.get(_place(row)), torn) for row in whole}
    said |= remaining(carrying, run, begun, holds)
    return [standing.rest(row) or said[row.ordinal] for row in rows]


def remaining(carrying: Carrying, run: Run, rows: Sequence[PlannedRow], holds: tuple[Hold, ...]) -> dict[int, Verdict]:
    """Judge records, by ordinal, of which the rules can say no more: as approved, changed, held or gone."""
    if not rows:
        return {}
    schedule = carrying.schedule
    now = remaining_now(carrying, run.as_of, rows, holds)
    held = {file_of(schedule, row) for row in rows if (one := now.get(_place(row))) and one.kind is Kind.HELD} - {""}
    verdicts = {}
    for row in rows:
        found = now.get(_place(row))
        if found is None:
            verdicts[row.ordinal] = Verdict(row, KEPT, GONE)
        elif found.kind is Kind.HELD or file_of(schedule, row) in held:
            verdicts[row.ordinal] = Verdict(row, HELD, HOLD_PLACED)
        elif own_part(found.version) != own_part(row.version):
            verdicts[row.ordinal] = Verdict(row, KEPT, CHANGED)
        else:
            verdicts[row.ordinal] = Verdict(row)
    return verdicts


def _verdict(schedule: Schedule, row: PlannedRow, found: Finding | None, torn: set[str]) -> Verdict:
    if found is None or found.action != row.action:
        return Verdict(row, KEPT, NOT_DUE)
    if found.kind is Kind.HELD:
        return Verdict(row, HELD, HOLD_PLACED)
    if found.version != row.version:
        return Verdict(row, KEPT, CHANGED)
    if file_of(schedule, row) in torn:
        return Verdict(row, KEPT, REST_KEPT)
    return Verdict(row)


def _torn(standing: Standing, now: Iterable[Finding]) -> set[str]:
    """Files of which some record was not approved, or is no longer as it was approved."""
    schedule = standing.schedule
    torn = set()
    for one in now:
        head = schedule.heads.get(one.rule)
        approved = standing.approved.get((one.store, one.class_name, one.key))
        if approved != one.version and head and one.subject is not None and takes_row(one.action):
            torn.add(f"{head} {one.subject}")
    return torn


def _place(row: PlannedRow) -> Place:
    return (row.store, row.class_name, row.key)
