"""Holds: placed, looked at again and released by named people; fences go up, and what had already gone is said."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from connectors.ledger import gone, holds, log, people, releases
from connectors.ledger.base import writing
from connectors.ledger.gone import Gone, counted_by_class
from connectors.ledger.holds import HoldEvent
from operations.hold_reach import measure, sort_begun
from operations.holds_stand import StandingHolds
from operations.people import sign_in
from operations.project import Project, slug_of
from operations.stores import stores_of
from rules.errors import BadInput, Problem, Refused, WinnowError
from rules.evidence.commitment import KEY_SIZE
from rules.evidence.leaf import Leaf
from rules.evidence.statement import signed_leaf
from rules.located import suggest
from rules.review.authority import RELEASE_REASONS, check_hold, scope_of
from rules.review.holds import Reach, covered, look_again
from rules.review.values import Hold
from rules.schedule.conditions import NotUnderstood, parse_condition


@dataclass(frozen=True)
class Placed:
    """A hold in force, and what it met.

    `fenced` are the stores whose fence went up; `not_fenced` could not be reached or were never prepared (nothing is
    destroyed there without a look at the ledger). `gone` had been destroyed before; `just_gone` as well, by a run under
    way that has not written it yet; `in_doubt` is being destroyed, and nobody can tell yet. `unsearchable` runs are
    closed, or know nothing of what is held. `reach` is None where the stores could not be asked.
    """

    hold: Hold
    fenced: tuple[str, ...]
    not_fenced: tuple[str, ...]
    gone: tuple[Gone, ...]
    unsearchable: tuple[str, ...]
    just_gone: tuple[Gone, ...] = ()
    in_doubt: tuple[Gone, ...] = ()
    reach: Reach | None = None


@dataclass(frozen=True)
class CaredFor:
    """A hold as those see it who look after holds: how far it reached, and why it should be looked at again."""

    hold: Hold
    reach: Reach | None
    because: tuple[str, ...]


def place_hold(project: Project, wanted: Hold, officer: str, passphrase: str, reason: str = "") -> Placed:
    """Place a hold. `id`, `placed_by` and `placed_on` of `wanted` are filled in; `reason` is kept apart from it.

    It stands in the ledger before any fence goes up: a destroying transaction begun earlier aborts. Raises BadInput
    with every problem, Refused for a role that may not.
    """
    today = project.today()
    problems = check_hold(wanted, today) + _not_of_schedule(project, wanted)
    if problems:
        raise BadInput(problems)
    signatory = sign_in(project, officer, passphrase, "hold")
    at = project.now()
    with writing(project.ledger) as connection:
        logged = sum(1 for _ in log.read_types(connection, {"hold"}))  # a name is never given twice
        number = max(logged, len(holds.all_holds(connection))) + 1
        placed_by = signatory.person.slug
        hold = replace(wanted, id=f"hold-{today.isoformat()}-{number}", placed_by=placed_by, placed_on=today)
        salt = project.random(KEY_SIZE)
        fields = {"hold": hold.id, "scope": scope_of(hold), "subject": covered(salt, hold), "reason": hold.kind}
        signed = signatory.signs("hold", fields, at)
        index = log.record(connection, [signed_leaf("hold", signed, at)], at)
        holds.place(connection, hold, reason, salt.hex())
        holds.add_event(connection, HoldEvent(hold.id, "placed", placed_by, at, hold.authority, hold.review_on))
        people.add_statement(connection, "hold", hold.id, signatory.person.slug, signed, at, index)
    fenced, not_fenced = _fence(project)
    found, unsearchable = gone.already_gone(project.ledger, hold)
    just_gone, in_doubt = _under_way(project, hold, fenced)
    project.sign_log()
    reach = None
    with suppress(WinnowError):  # a store that can't be asked must not stop a hold
        reach = measure(project, [hold])[hold.id]
    return Placed(hold, fenced, not_fenced, tuple(found), tuple(unsearchable), just_gone, in_doubt, reach)


def _not_of_schedule(project: Project, wanted: Hold) -> list[Problem]:
    """What a hold says of classes and fields that the schedule does not have: such a hold would hold nothing."""
    fields = {item.name: frozenset(part.name for part in item.fields) for item in project.schedule.classes}
    if wanted.class_name and wanted.class_name not in fields:
        mend = f"Write {suggest(wanted.class_name, fields)}"
        return [Problem(f"the schedule has no class {wanted.class_name!r}", key="class", mend=mend)]
    if wanted.condition and wanted.class_name:
        try:
            parse_condition(wanted.condition, wanted.class_name, fields, project.schedule.holidays)
        except (NotUnderstood, RecursionError) as error:
            said = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
            return [Problem(f"the condition {said}", key="where", mend="Write it as in schedule.yaml.")]
    return []


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


def _under_way(project: Project, hold: Hold, fenced: tuple[str, ...]) -> tuple[tuple[Gone, ...], tuple[Gone, ...]]:
    """What a run under way has destroyed of this and not written yet, and what nobody can tell of."""
    begun = gone.begun(project.ledger, hold)
    if hold.name or hold.condition:
        return (), tuple(counted_by_class(begun))
    try:
        just_gone, in_doubt = sort_begun(project, begun, fenced)
    except WinnowError:  # a store that can't be asked must not stop a hold
        just_gone, in_doubt = [], begun
    return tuple(counted_by_class(just_gone)), tuple(counted_by_class(in_doubt))


def list_holds(project: Project, as_of: date | None = None) -> list[Hold]:
    """Return every hold ever placed, or those in force on a day. Reasons are not among what is returned."""
    return holds.all_holds(project.ledger) if as_of is None else list(holds.active_holds(project.ledger, as_of))


def care_for(project: Project, everything: bool = False) -> list[CaredFor]:
    """Return the standing holds (or all of them) with what calls for somebody's look; no store is asked."""
    today, reaches = project.today(), holds.reaches(project.ledger)
    return [
        CaredFor(hold, reach, () if _over(hold, today) else look_again(hold, reach, today))
        for hold in list_holds(project, None if everything else today)
        for reach in [reaches.get(hold.id)]
    ]


def _over(hold: Hold, today: date) -> bool:
    return hold.released_on is not None and hold.released_on <= today


def history(project: Project, hold_id: str) -> list[HoldEvent]:
    """Return what people did about a hold, oldest first. Raises BadInput for an unknown one."""
    hold = _known(project, hold_id)
    found = holds.events(project.ledger, hold_id)
    if not found:  # placed before events were kept
        found = [HoldEvent(hold.id, "placed", hold.placed_by, hold.placed_on.isoformat(), hold.authority)]
    return found


def review_hold(project: Project, hold_id: str, officer: str, passphrase: str, review_on: date, authority: str) -> Hold:
    """Note that somebody looked at a hold and leaves it standing until another day of review.

    Raises BadInput, or Refused where it does not stand or the role may not.
    """
    problems = []
    if review_on <= project.today():
        problems.append(Problem("the day of review must lie in the future", key="review_on"))
    if not authority.strip():
        problems.append(Problem("leaving a hold needs its authority", key="authority"))
    if problems:
        raise BadInput(problems)
    _known(project, hold_id)
    who = sign_in(project, officer, passphrase, "hold").person.slug
    with writing(project.ledger) as connection:
        if not holds.review(connection, hold_id, review_on):
            raise Refused(f"{hold_id} has been released already")
        holds.add_event(connection, HoldEvent(hold_id, "looked at", who, project.now(), authority, review_on))
    return _known(project, hold_id)


def release_hold(project: Project, hold_id: str, officer: str, passphrase: str, reason: str, authority: str) -> Hold:
    """Release a hold; it stays in the ledger. `reason` is a code of RELEASE_REASONS, `authority` who allowed it.

    What was held becomes due by the next sift, not by this. A hold that the ledger has lost is released in the log,
    which still knows its name: that ends the difference once it was placed again. Raises BadInput, or Refused where it
    does not stand.
    """
    problems = []
    if reason not in RELEASE_REASONS:
        mend = f"One of: {', '.join(RELEASE_REASONS)}"
        problems.append(Problem("there is no such reason for a release", key="reason", mend=mend))
    if not authority.strip():
        problems.append(Problem("a release needs its authority", key="authority"))
    stored, in_log = holds.get(project.ledger, hold_id), StandingHolds(project.ledger).unreleased()
    if stored is None and hold_id not in in_log:
        problems.append(_unknown())
    if problems:
        raise BadInput(problems)
    signatory = sign_in(project, officer, passphrase, "release")
    at, who = project.now(), signatory.person.slug
    signed = signatory.signs("release", {"hold": hold_id, "reason": reason}, at)
    with writing(project.ledger) as connection:
        if not holds.release(connection, hold_id, project.today(), who, authority) and hold_id not in in_log:
            raise Refused(f"{hold_id} has been released already")
        index = log.record(connection, [signed_leaf("release", signed, at)], at)
        if stored is not None:
            holds.add_event(connection, HoldEvent(hold_id, "released", who, at, authority))
        people.add_statement(connection, "release", hold_id, who, signed, at, index)
    project.sign_log()
    return _known(project, hold_id) if stored else _lost(in_log[hold_id], project.today())


def _lost(leaf: Leaf, today: date) -> Hold:
    """What the log still knows of a hold that the ledger has lost, now released."""
    placed_on = date.fromisoformat(leaf["signed_at"][:10])
    return Hold(leaf["hold"], leaf["reason"], "", slug_of(leaf["officer"]), placed_on, released_on=today)


def _known(project: Project, hold_id: str) -> Hold:
    found = holds.get(project.ledger, hold_id)
    if found is None:
        raise BadInput(_unknown())
    return found


def _unknown() -> Problem:
    return Problem("there is no hold of this id", key="hold", mend="`winnow hold list` shows all.")
