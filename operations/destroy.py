"""The verbs `destroy` and `confirm`: carry out an approved run, and close it when people have done their part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from connectors.ledger import holds, log, people, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import DESTROY, PLANNED, PlannedRow, Run
from connectors.stores.base import RecordOutcome
from operations.adopt import require_adopted
from operations.approve import planned_of
from operations.certify import Certified, certify
from operations.destroying import leaves
from operations.destroying.closing import close_if_done
from operations.destroying.context import Carrying, Progress, silent
from operations.destroying.run import RunUnderWay, confirmation_words, take
from operations.people import sign_in
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, Problem, Refused
from rules.evidence.leaf import fits
from rules.evidence.plan import plan_root
from rules.evidence.statement import signed_leaf

LEASE = timedelta(minutes=30)
INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Destroyed:
    """How far a run came: outcomes by state, what waits on work lists, and the documents once it is closed."""

    run: str
    outcomes: Mapping[str, int]
    waiting: Mapping[str, int]
    certified: Certified | None


@dataclass(frozen=True)
class WorkItem:
    """One record that people destroy by hand: where it is, by its key in the manual store's own register."""

    store: str
    class_name: str
    key: str
    action: str


def destroy(project: Project, run_id: str, confirmation: str, progress: Progress = silent) -> Destroyed:
    """Carry out an approved run, or what a crash left of it. Raises Refused (nothing done), StoreUnavailable.

    `confirmation` is what the person typed: see `confirmation_for`.
    """
    run = known_run(project, run_id)
    require_adopted(project)
    if run.schedule_digest != project.schedule.digest:
        raise Refused("the schedule has changed since this run was approved; run a new sift")
    carrying = carrying_of(project, progress)
    take(carrying, run, confirmation)
    RunUnderWay(carrying, run).carry_out()
    return finish(project, carrying, run)


def finish(project: Project, carrying: Carrying, run: Run) -> Destroyed:
    """Close the run if all is done, and say how far it came."""
    closed = close_if_done(carrying, run)
    outcomes = runs.outcome_counts(project.ledger, run.id)
    waiting: dict[str, int] = {}
    for row in _open_rows(project, run.id):
        waiting[row.store] = waiting.get(row.store, 0) + 1
    return Destroyed(run.id, outcomes, waiting, certify(project, run.id) if closed else None)


def confirmation_for(project: Project, run_id: str) -> str:
    """The words that start a run."""
    return confirmation_words(carrying_of(project), known_run(project, run_id))


def work_list(project: Project, run_id: str, store: str = "") -> list[WorkItem]:
    """What people have still to destroy by hand for a run."""
    rows = _open_rows(project, known_run(project, run_id).id, store)
    return [WorkItem(row.store, row.class_name, row.key, row.action) for row in rows]


def confirm(
    project: Project, run_id: str, store: str, officer: str, passphrase: str, method: str, done_on: date
) -> Destroyed:
    """Sign that the work list of a manual store is done; the second person's signature settles its records.

    `method` is a code such as `cross-cut-4x15`. Raises BadInput, or Refused for the same person twice.
    """
    run = known_run(project, run_id)
    rows = _open_rows(project, run.id, store)
    problems = []
    if not rows:
        problems.append(Problem("has no open work list in this run", key=store or "store"))
    if not fits("slug", method):
        problems.append(Problem("must be a code without spaces", key="method", mend="Write e.g. cross-cut-4x15"))
    if done_on > project.today():
        problems.append(Problem("lies in the future", key="done_on"))
    if problems:
        raise BadInput(problems)
    signatory = sign_in(project, officer, passphrase, "confirm")
    about = f"{run.id}/{store}"
    before = people.statements(project.ledger, about, "confirmation")
    if any(one.person == signatory.person.slug for one in before):
        raise Refused(f"{signatory.person.name} has signed this work list already; a second person must sign it")
    at = project.now()
    fields: dict[str, Any] = {
        "run": run.id,
        "store": store,
        "count": len(rows),
        "root": plan_root(planned_of(row) for row in rows),
        "method": method,
        "done_on": done_on.isoformat(),
    }
    signed = signatory.signs("confirmation", fields, at)
    with writing(project.ledger) as connection:
        index = log.record(connection, [signed_leaf("confirmation", signed, at)], at)
        people.add_statement(connection, "confirmation", about, signatory.person.slug, signed, at, index)
        indexes = [*(one.leaf for one in before if one.leaf is not None), index]
        if len(indexes) == 2:
            done = [RecordOutcome(row.class_name, row.key, "done", "", "work list") for row in rows]
            pairs = list(zip(rows, done, strict=True))
            said = [
                {**leaves.outcome(run.id, run.approval_leaf, row, one, recovered=False), "confirmations": indexes}
                for row, one in pairs
            ]
            first = log.record(connection, said, at)
            found = [
                runs.Outcome(row.ordinal, "done", row.reason, "work-list", at, first + place)
                for place, row in enumerate(rows)
            ]
            runs.add_outcomes(connection, run.id, found)
    project.sign_log()
    return finish(project, carrying_of(project), run)


def _open_rows(project: Project, run_id: str, store: str = "") -> list[PlannedRow]:
    """Records of manual stores whose intents are in the log and that nobody has settled."""
    return [
        row
        for row in runs.iterate_planned(project.ledger, run_id, (DESTROY,))
        if row.state == PLANNED and row.batch is not None and (not store or row.store == store)
    ]


def known_run(project: Project, run_id: str) -> Run:
    """The run of this id. Raises BadInput when there is none."""
    run = runs.get_run(project.ledger, run_id)
    if run is None:
        raise BadInput(
            Problem(f"there is no run {run_id!r}", key="run", mend="`winnow approve` names the run it makes")
        )
    return run


def carrying_of(project: Project, progress: Progress = silent) -> Carrying:
    """What a run needs of the project."""
    owner = project.random(8).hex()
    return Carrying(
        ledger=project.ledger,
        schedule=project.schedule,
        stores=stores_of(project),
        signers=[project.log_signer()],
        organisation=project.settings.organisation,
        owner=owner,
        now=project.now,
        lease=lambda: (project.clock.now() + LEASE).strftime(INSTANT),
        today=project.today(),
        holds=lambda: tuple(holds.all_holds(project.ledger)),
        progress=progress,
    )
