"""Holds: placed and released by a named person; the fence of every store goes up, and what had already gone is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from connectors.ledger import gone, holds, log, people, releases
from connectors.ledger.base import writing
from connectors.ledger.gone import Gone
from operations.people import sign_in
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, Problem, Refused, WinnowError
from rules.evidence.statement import signed_leaf
from rules.review.authority import RELEASE_REASONS, check_hold, scope_of
from rules.review.values import Hold


@dataclass(frozen=True)
class Placed:
    """A hold in force, and what it met.

    `fenced` are the stores whose fence went up; `not_fenced` could not be reached or were never prepared (nothing is
    destroyed there without a look at the ledger). `gone` had been destroyed before; `unsearchable` runs are closed, so
    only the DPO can still tell what they destroyed.
    """

    hold: Hold
    fenced: tuple[str, ...]
    not_fenced: tuple[str, ...]
    gone: tuple[Gone, ...]
    unsearchable: tuple[str, ...]


def place_hold(project: Project, wanted: Hold, officer: str, passphrase: str, reason: str = "") -> Placed:
    """Place a hold. `id`, `placed_by` and `placed_on` of `wanted` are filled in; `reason` is kept apart from it.

    It stands in the ledger before any fence goes up: a destroying transaction begun earlier aborts. Raises BadInput
    with every problem, Refused for a role that may not.
    """
    today = project.today()
    problems = check_hold(wanted, today)
    if problems:
        raise BadInput(problems)
    signatory = sign_in(project, officer, passphrase, "hold")
    at = project.now()
    with writing(project.ledger) as connection:
        number = len(holds.all_holds(connection)) + 1
        placed_by = signatory.person.slug
        hold = replace(wanted, id=f"hold-{today.isoformat()}-{number}", placed_by=placed_by, placed_on=today)
        fields = {"hold": hold.id, "scope": scope_of(hold), "reason": hold.kind}
        signed = signatory.signs("hold", fields, at)
        index = log.record(connection, [signed_leaf("hold", signed, at)], at)
        holds.place(connection, hold, reason)
        people.add_statement(connection, "hold", hold.id, signatory.person.slug, signed, at, index)
    fenced, not_fenced = _fence(project)
    found, unsearchable = gone.already_gone(project.ledger, hold)
    project.sign_log()
    return Placed(hold, fenced, not_fenced, tuple(found), tuple(unsearchable))


def _fence(project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        stores = stores_of(project)
    except WinnowError:  # a mistake in stores.yaml stops destruction, but it must not stop a hold
        return (), ("every store: stores.yaml can't be used",)
    fenced, not_fenced = [], []
    for alias, store in stores.items():
        try:
            epoch = store.bump()
        except WinnowError:
            not_fenced.append(alias)
        else:
            releases.set_epoch(project.ledger, alias, epoch, project.now())
            fenced.append(alias)
    return tuple(fenced), tuple(not_fenced)


def list_holds(project: Project, as_of: date | None = None) -> list[Hold]:
    """Return every hold ever placed, or those in force on a day. Reasons are not among what is returned."""
    return holds.all_holds(project.ledger) if as_of is None else list(holds.active_holds(project.ledger, as_of))


def release_hold(project: Project, hold_id: str, officer: str, passphrase: str, reason: str, authority: str) -> Hold:
    """Release a hold; it stays in the ledger. `reason` is a code of RELEASE_REASONS, `authority` who allowed it.

    What was held becomes due by the next sift, not by this. Raises BadInput, or Refused where it does not stand.
    """
    problems = []
    if reason not in RELEASE_REASONS:
        mend = f"One of: {', '.join(RELEASE_REASONS)}"
        problems.append(Problem("there is no such reason for a release", key="reason", mend=mend))
    if not authority.strip():
        problems.append(Problem("a release needs its authority", key="authority"))
    if holds.get(project.ledger, hold_id) is None:
        problems.append(Problem("there is no hold of this id", key="hold", mend="`winnow hold list` shows all."))
    if problems:
        raise BadInput(problems)
    signatory = sign_in(project, officer, passphrase, "release")
    at = project.now()
    signed = signatory.signs("release", {"hold": hold_id, "reason": reason}, at)
    with writing(project.ledger) as connection:
        if not holds.release(connection, hold_id, project.today(), signatory.person.slug, authority):
            raise Refused(f"{hold_id} has been released already")
        index = log.record(connection, [signed_leaf("release", signed, at)], at)
        people.add_statement(connection, "release", hold_id, signatory.person.slug, signed, at, index)
    project.sign_log()
    released = holds.get(project.ledger, hold_id)
    assert released is not None
    return released
