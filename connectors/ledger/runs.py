"""Runs: an approved proposal on its way, record by record, until every outcome is terminal."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select, update

from connectors.engines import among
from connectors.ledger.base import Source, chunks, reading, to_json, writing
from connectors.ledger.bulk import insert_rows
from connectors.ledger.tables import outcome, planned, run
from rules.errors import Refused

APPROVED, RUNNING, CLOSED = "approved", "running", "closed"

# The course of a due record in a run. Those to be kept or held were not approved, but need an outcome as well.
DESTROY, KEEP, HOLD = "destroy", "keep", "hold"
PLANNED = "planned"
_PAGE = 5_000
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Run:
    """One approval being carried out. `sealed_key` is JSON, sealed to each DPO; instants are UTC text."""

    id: str
    proposal: str
    state: str
    as_of: date
    schedule_digest: str
    approved_by: str
    approved_at: str
    cooling_off_until: str
    commitments_root: str
    sealed_key: str
    approval_leaf: int
    owner: str = ""
    lease_until: str = ""
    closed_at: str | None = None

    @property
    def sealed_keys(self) -> Mapping[str, str]:
        """The run key, sealed to each DPO: slug to base 64."""
        return dict(json.loads(self.sealed_key))


class PlannedRow(NamedTuple):
    """One due record of a run: where it is, what was decided, and what the log may say of it.

    `ordinal` is the finding's; `version` is what the sift judged, `version_tag` its keyed form for the log; `action` is
    `destroy` or `blank field, field`; `reason` is a code; `course` says whether the action was approved; `state` is
    `planned` until there is an outcome, then the outcome's.
    """

    ordinal: int
    store: str
    class_name: str
    key: str
    subject: str | None
    rule: str
    due_on: date | None
    version: str
    action: str
    reason: str
    commitment: str
    tag: str
    version_tag: str
    course: str = DESTROY
    state: str = PLANNED
    batch: int | None = None


class Outcome(NamedTuple):
    """What became of one planned record: `done`, `kept`, `held` or `failed`, and the leaf that says so."""

    ordinal: int
    state: str
    reason: str
    grade: str
    at: str
    leaf: int | None = None


# By place, not by name: runs have a hundred thousand records.
AS_ROW = tuple(planned.c[name] for name in PlannedRow._fields)
_state_of = attrgetter("state")


def create_run(source: Source, new: Run, rows: Iterable[PlannedRow]) -> None:
    """Store a run and its records."""
    with writing(source) as connection:
        connection.execute(insert(run).values(asdict(new)))
        for chunk in chunks(rows, _PAGE):
            connection.execute(insert(planned), [{**row._asdict(), "run": new.id} for row in chunk])


def get_run(source: Source, run_id: str) -> Run | None:
    """Return the run with this id, or None."""
    with reading(source) as connection:
        row = connection.execute(select(run).where(run.c.id == run_id)).first()
    return None if row is None else Run(**row._asdict())


def lock(connection: Connection, run_id: str) -> Run:
    """Return the run and keep every other writer from it until this transaction ends."""
    return Run(**connection.execute(select(run).where(run.c.id == run_id).with_for_update()).one()._asdict())


def runs(source: Source, states: Collection[str] = (), proposal_id: str = "") -> list[Run]:
    """Return the runs (in these states, of this proposal, where given), oldest first."""
    query = select(run).order_by(run.c.approved_at, run.c.id)
    if states:
        query = query.where(run.c.state.in_(list(states)))
    if proposal_id:
        query = query.where(run.c.proposal == proposal_id)
    with reading(source) as connection:
        return [Run(**row._asdict()) for row in connection.execute(query)]


def claim(source: Source, run_id: str, owner: str, now: str, lease_until: str) -> bool:
    """Take the run for one process until `lease_until` (or prolong its own lease); say whether that worked.

    Nobody else gets it before the lease is over, unless a clock that was ahead gave it for longer than leases last.
    Instants are UTC text of one form, so they compare as text.
    """
    over = (run.c.lease_until < now) | (run.c.lease_until > lease_until)
    free = (run.c.owner == owner) | (run.c.owner == "") | over
    mine = update(run).where(run.c.id == run_id, run.c.state != CLOSED, free)
    with writing(source) as connection:
        values = {"owner": owner, "lease_until": lease_until, "state": RUNNING}
        return connection.execute(mine.values(values)).rowcount == 1


def prolong(source: Source, run_id: str, owner: str, lease_until: str) -> bool:
    """Prolong the lease of the process that has the run; False when another has taken it over.

    Inside a transaction this locks the run, so what is written with it was written by its owner.
    """
    mine = update(run).where(run.c.id == run_id, run.c.owner == owner)
    with writing(source) as connection:
        return connection.execute(mine.values(lease_until=lease_until)).rowcount == 1


def give_back(source: Source, run_id: str, owner: str) -> None:
    """End the lease of this process, if it has the run: the next one need not wait."""
    mine = update(run).where(run.c.id == run_id, run.c.owner == owner)
    with writing(source) as connection:
        connection.execute(mine.values(owner="", lease_until=""))


def planned_rows(
    source: Source,
    run_id: str,
    courses: Collection[str] = (),
    store: str = "",
    batch: int | None = None,
    state: str = "",
    after: int = 0,
    limit: int = _PAGE,
) -> list[PlannedRow]:
    """Return at most `limit` records of a run above ordinal `after`, in order, narrowed by what is given."""
    query = select(*AS_ROW).where(planned.c.run == run_id, planned.c.ordinal > after)
    if courses:
        query = query.where(planned.c.course.in_(list(courses)))
    if store:
        query = query.where(planned.c.store == store)
    if batch is not None:
        query = query.where(planned.c.batch == batch)
    if state:
        query = query.where(planned.c.state == state)
    with reading(source) as connection:
        return list(map(planned_of_row, connection.execute(query.order_by(planned.c.ordinal).limit(limit)).all()))


def iterate_planned(
    source: Source,
    run_id: str,
    courses: Collection[str] = (),
    store: str = "",
    batch: int | None = None,
    state: str = "",
) -> Iterator[PlannedRow]:
    """Yield the records of a run in order, page by page, narrowed by what is given."""
    after, page = 0, planned_rows(source, run_id, courses, store, batch, state)
    while page:
        yield from page
        after = page[-1].ordinal
        page = planned_rows(source, run_id, courses, store, batch, state, after) if len(page) == _PAGE else []


def planned_places(source: Source, run_id: str, state: str = "") -> set[tuple[str, str]]:
    """Return the (store, class) of the records of a run, of those in one state where it is given."""
    query = select(planned.c.store, planned.c.class_name).where(planned.c.run == run_id).distinct()
    if state:
        query = query.where(planned.c.state == state)
    with reading(source) as connection:
        return {(row[0], row[1]) for row in connection.execute(query)}


def subjects_of(source: Source, run_id: str, state: str) -> set[str]:
    """Return whose records of a run, approved for destruction, are in this state."""
    query = select(planned.c.subject).where(planned.c.run == run_id, planned.c.state == state)
    query = query.where(planned.c.course == DESTROY, planned.c.subject.is_not(None)).distinct()
    with reading(source) as connection:
        return {str(subject) for subject in connection.scalars(query)}


def planned_count(source: Source, run_id: str, course: str = "") -> int:
    """Return how many records a run has: all of them, or those of a course."""
    query = select(func.count()).select_from(planned).where(planned.c.run == run_id)
    query = query.where(planned.c.course == course) if course else query
    with reading(source) as connection:
        return int(connection.scalar(query) or 0)


def approved_ordinals(source: Source, proposal_id: str) -> set[int]:
    """Return which findings of a proposal are approved for destruction, in any of its runs."""
    mine = select(planned.c.ordinal).join(run, run.c.id == planned.c.run)
    with reading(source) as connection:
        approved = mine.where(run.c.proposal == proposal_id, planned.c.course == DESTROY)
        return {int(ordinal) for ordinal in connection.scalars(approved)}


def set_batches(source: Source, run_id: str, batches: Mapping[int, int]) -> None:
    """Say in which batch each record (by ordinal) goes."""
    by_batch: dict[int, list[int]] = {}
    for ordinal, batch in batches.items():
        by_batch.setdefault(batch, []).append(ordinal)
    with writing(source) as connection:
        for batch, ordinals in by_batch.items():
            for chunk in chunks(ordinals, _AT_ONCE):
                connection.execute(update(planned).where(_these(connection, run_id, chunk)).values(batch=batch))


def add_outcomes(source: Source, run_id: str, outcomes: Iterable[Outcome]) -> None:
    """Store terminal outcomes. A second outcome of one record breaks a key of the table and nothing is stored."""
    with writing(source) as connection:
        for chunk in chunks(outcomes, _AT_ONCE):
            insert_rows(connection, outcome, ("run", *Outcome._fields), [(run_id, *one) for one in chunk])
            for state, alike in groupby(sorted(chunk, key=_state_of), key=_state_of):
                mine = _these(connection, run_id, [one.ordinal for one in alike])
                connection.execute(update(planned).where(mine).values(state=state))


def outcomes(source: Source, run_id: str, after: int = 0, limit: int = _PAGE) -> list[Outcome]:
    """Return at most `limit` outcomes of a run above ordinal `after`, in order."""
    names = ("ordinal", "state", "reason", "grade", "at", "leaf")
    query = select(*(outcome.c[name] for name in names)).where(outcome.c.run == run_id, outcome.c.ordinal > after)
    with reading(source) as connection:
        return [Outcome(**row._asdict()) for row in connection.execute(query.order_by(outcome.c.ordinal).limit(limit))]


def outcome_counts(source: Source, run_id: str) -> dict[str, int]:
    """Return how many records of a run had each outcome."""
    query = select(outcome.c.state, func.count()).where(outcome.c.run == run_id).group_by(outcome.c.state)
    with reading(source) as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query)}


def changed_count(source: Source, run_id: str) -> int:
    """Return how many records of a run stay, with less in them: done, and not destroyed."""
    done = planned.c.run == run_id, planned.c.state == "done", planned.c.action != DESTROY
    with reading(source) as connection:
        return int(connection.scalar(select(func.count()).select_from(planned).where(*done)) or 0)


def without_outcome(source: Source, run_id: str) -> int:
    """Return how many records of a run have no outcome yet."""
    settled = exists().where(outcome.c.run == planned.c.run, outcome.c.ordinal == planned.c.ordinal)
    query = select(func.count()).select_from(planned).where(planned.c.run == run_id, ~settled)
    with reading(source) as connection:
        return int(connection.scalar(query) or 0)


def close_run(source: Source, run_id: str, at: str) -> None:
    """Close a run. Raises Refused while a record has no outcome."""
    with writing(source) as connection:
        left = without_outcome(connection, run_id)
        if left:
            raise Refused(f"run {run_id} can't be closed: {left} of its records have no outcome yet")
        connection.execute(update(run).where(run.c.id == run_id).values(state=CLOSED, closed_at=at, owner=""))


def reseal(source: Source, run_id: str, sealed: Mapping[str, str]) -> None:
    """Replace how the key of a run is sealed: slug of each holder to base 64. Nobody holds it when that is empty."""
    with writing(source) as connection:
        connection.execute(update(run).where(run.c.id == run_id).values(sealed_key=to_json(dict(sealed))))


def forget_key(source: Source, run_id: str) -> None:
    """Destroy the key of a run: nobody can tell any more whom its entries are about."""
    reseal(source, run_id, {})


def planned_of_row(row: Row[Any]) -> PlannedRow:
    """Read a row of the columns AS_ROW."""
    return PlannedRow._make(row)


def _these(connection: Connection, run_id: str, ordinals: Sequence[int]) -> ColumnElement[bool]:
    return (planned.c.run == run_id) & among(planned.c.ordinal, ordinals, connection.dialect.name)
