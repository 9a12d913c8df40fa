"""The verbs `destroy` and `confirm`: carry out an approved run, and close it when people have done their part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from connectors.ledger import runs
from connectors.ledger.base import attended
from connectors.ledger.people import Statement
from connectors.ledger.runs import Run
from connectors.stores.manual import ManualStore
from operations.adopt import require_adopted
from operations.approval_stands import require_approval
from operations.certify import Certified, certify
from operations.destroying.absence import OUT, Absence
from operations.destroying.closing import close_if_done
from operations.destroying.context import Carrying, Progress, silent
from operations.destroying.naming import NamesRead, look_for_names
from operations.destroying.redacting import MakeRedactor, presidio, redact_for
from operations.destroying.run import RunUnderWay
from operations.destroying.taking import confirmation_words, take
from operations.destroying.work_lists import (
    Handwork,
    list_fields,
    open_rows,
    settle_held,
    sign_list,
    still_to_do,
    strike,
)
from operations.extracting.expiry import end_extracts_of
from operations.holds_stand import StandingHolds
from operations.kept import keep_schedule
from operations.packs import EndedPacks, end_packs
from operations.people import sign_in
from operations.project import Project
from operations.restores import require_no_restore
from operations.rubbish import little_rubbish
from operations.stores import stores_of
from rules.errors import BadInput, Problem, Refused, StoreUnavailable, WinnowError

# Prolonged with every batch; a takeover is safe at any time, so this only spares two processes each other's way.
LEASE = timedelta(minutes=10)
NO_PACKS = EndedPacks()
INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Destroyed:
    """How far a run came: outcomes by state, what waits on work lists, and the documents once it is closed.

    `ended` are the extracts that died with their first destroyed source, `packs` the review packs that went with
    their review: copies given away are still to be destroyed. `absence` is what the search at the run's end found, and
    `names` what the search for the people's names found, which comes when their records have just gone.
    """

    run: str
    outcomes: Mapping[str, int]
    waiting: Mapping[str, int]
    certified: Certified | None
    ended: tuple[str, ...] = ()
    packs: EndedPacks = NO_PACKS
    absence: Absence | None = None
    names: Absence | None = None


@dataclass(frozen=True)
class WorkItem:
    """One record that people destroy by hand: its key in the manual store's register, and what that says of its place.

    `where` are headings and values: box and shelf, or system and screen.
    """

    store: str
    class_name: str
    key: str
    action: str
    where: tuple[tuple[str, str], ...] = ()


def destroy(
    project: Project, run_id: str, confirmation: str, progress: Progress = silent, redactor: MakeRedactor = presidio
) -> Destroyed:
    """Carry out an approved run, or what a crash left of it; one that is closed is only documented again.

    `confirmation` is what the person typed: see `confirmation_for`. Raises Refused (nothing done) before anything
    is begun; StoreUnavailable and BadInput at any time, and then the next call goes on from there.
    """
    with attended(project.ledger), little_rubbish():
        return _destroy(project, known_run(project, run_id), confirmation, progress, redactor)


def _destroy(project: Project, run: Run, confirmation: str, progress: Progress, redactor: MakeRedactor) -> Destroyed:
    carrying = carrying_of(project, run, progress)
    if run.state == runs.CLOSED:
        return finish(project, carrying, run)
    superseded = run.schedule_digest != project.schedule.digest
    if superseded and run.state == runs.APPROVED:
        raise Refused("the schedule has changed since this run was approved; run a new sift")
    if not superseded:
        require_adopted(project)
        carrying = _compared(carrying, run)
    require_no_restore(project)
    names = NamesRead(carrying.schedule)
    try:
        take(carrying, run, confirmation)
        if not superseded:
            keep_schedule(project)
            carrying = replace(carrying, redact=redact_for(project, run, redactor))
        under_way = RunUnderWay(carrying, run, names)
        under_way.wind_up() if superseded else under_way.carry_out()
    except (StoreUnavailable, BadInput):
        with suppress(WinnowError):  # whose records have gone by now, the next process can't know by name
            look_for_names(carrying, run, names, ())
        raise
    finally:
        with suppress(WinnowError):  # what went wrong before must be heard; the lease ends by itself as well
            runs.give_back(project.ledger, run.id, carrying.owner)
    return finish(project, carrying, run, names)


def finish(project: Project, carrying: Carrying, run: Run, names: NamesRead | None = None) -> Destroyed:
    """Close the run if all is done, and say how far it came. `names` are of those whose records have just gone."""
    ended: tuple[str, ...] = ()
    if run.state != runs.CLOSED:
        strike(carrying, run)
        # Before the run is closed and forgets whose records they were.
        ended = end_extracts_of(project, _gone_people(project, run.id))
    closed = close_if_done(carrying, run, names or NamesRead(carrying.schedule))
    outcomes = runs.outcome_counts(project.ledger, run.id)
    waiting = Counter(row.store for row in open_rows(project.ledger, run.id, carrying.stores))
    if not closed.done:
        project.sign_log()
        return Destroyed(run.id, outcomes, waiting, None, ended, names=closed.names)
    packs = end_packs(project)
    papers = certify(project, run.id)
    return Destroyed(run.id, outcomes, waiting, papers, ended, packs, closed.absence, closed.names)


def _gone_people(project: Project, run_id: str) -> set[str]:
    """Whose records this run has destroyed so far."""
    return runs.subjects_of(project.ledger, run_id, "done")


def confirmation_for(project: Project, run_id: str) -> str:
    """The words that start a run."""
    run = known_run(project, run_id)
    return confirmation_words(carrying_of(project, run), run)


def work_list(project: Project, run_id: str, store: str = "") -> list[WorkItem]:
    """What people have still to destroy by hand for a run, place by place; held records are not on it."""
    run = known_run(project, run_id)
    carrying = _compared(carrying_of(project, run), run)
    rows = sorted(still_to_do(carrying, run, store), key=lambda row: (row.store, row.class_name, row.ordinal))
    items: list[WorkItem] = []
    for (alias, class_name), together in groupby(rows, key=lambda row: (row.store, row.class_name)):
        listed, place = list(together), carrying.stores[alias]
        told = place.places(class_name, [row.key for row in listed]) if isinstance(place, ManualStore) else {}
        items += [WorkItem(alias, class_name, row.key, row.action, told.get(row.key, ())) for row in listed]
    return items


def confirm(
    project: Project,
    run_id: str,
    store: str,
    officer: str,
    passphrase: str,
    method: str,
    done_on: date,
    *,
    standard: str = "",
    contractor: str = "",
    receipt: str = "",
    counted: int | None = None,
) -> Destroyed:
    """Sign that the work list of a manual store is done; the second person's signature settles its records.

    See `Handwork` for how it was done. What is held, or changed since the approval, is taken off the list
    first: who signed the longer list signs again. Raises BadInput, also for a count that is not the list's or a day on
    which nothing could be destroyed yet, or Refused for the same person twice.
    """
    run = known_run(project, run_id)
    carrying = carrying_of(project, run)
    problems = []
    if not open_rows(project.ledger, run.id, carrying.stores, store):
        problems.append(Problem("has no open work list in this run", key=store or "store"))
    how = Handwork(method, done_on, standard, contractor, receipt, counted)
    problems += how.problems()
    if done_on > project.today():
        problems.append(Problem("lies in the future", key="done_on"))
    if problems:
        raise BadInput(problems)
    signatory = sign_in(project, officer, passphrase, "confirm")
    carrying = _compared(carrying, run)
    seen = settle_held(carrying, run)
    rows = open_rows(project.ledger, run.id, carrying.stores, store)
    carrying.as_approved(rows)
    if rows:
        if wrong := how.does_not_fit(run, project.schedule.zone, len(rows)):
            raise BadInput(wrong)
        at, about = project.now(), f"{run.id}/{store}"
        fields = list_fields(run, store, rows, how)
        signed = signatory.signs("confirmation", fields, at)
        mine = Statement(0, "confirmation", about, signatory.person.slug, signed, at, None)
        sign_list(carrying, run, rows, mine, seen)
    project.sign_log()
    return finish(project, carrying, run)


def _compared(carrying: Carrying, run: Run) -> Carrying:
    """The same, where the ledger says of the run and of holds what people signed. Raises Refused."""
    if run.state == runs.CLOSED:
        return carrying
    approved = require_approval(carrying.ledger, run)
    carrying.holds()
    return replace(carrying, as_approved=approved.require, again=approved.again)


def known_run(project: Project, run_id: str) -> Run:
    """The run of this id. Raises BadInput when there is none."""
    run = runs.get_run(project.ledger, run_id)
    if run is None:
        raise BadInput(
            Problem(f"there is no run {run_id!r}", key="run", mend="`winnow approve` names the run it makes")
        )
    return run


def carrying_of(project: Project, run: Run, progress: Progress = silent) -> Carrying:
    """What a run needs of the project."""
    owner = project.random(8).hex()
    return Carrying(
        ledger=project.ledger,
        schedule=project.schedule.on(run.as_of),  # the rules by which its records were judged
        stores=stores_of(project),
        signers=project.log_signers(),
        organisation=project.settings.organisation,
        owner=owner,
        now=project.now,
        lease=lambda: (project.clock.now() + LEASE).strftime(INSTANT),
        today=project.today(),
        holds=StandingHolds(project.ledger),
        random=project.random,
        folders={OUT: project.settings.out, **project.settings.exports},
        progress=progress,
    )
