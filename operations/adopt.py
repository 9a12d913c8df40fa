"""Adoption: named people put a version of the retention schedule into force, each with their own signature."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from connectors.ledger import log, people
from connectors.ledger.base import writing
from connectors.ledger.people import Adoption
from operations.kept import keep_schedule
from operations.people import sign_in
from operations.project import Project
from rules.errors import BadInput, Problem, Refused
from rules.evidence.leaf import decode, fits
from rules.evidence.statement import signed_leaf
from rules.review.authority import check_adoption


def adopt(project: Project, signers: Mapping[str, str], minute: date, accepted: Collection[str] = ()) -> Adoption:
    """Adopt the project's schedule. `signers` are names with their passphrases; `minute` is the date of the decision.

    `accepted` names each rule of confidence `general`. Raises BadInput, listing them, where one is missing or too many.
    """
    schedule = project.schedule
    problems = check_adoption(schedule, minute, accepted, project.today())
    if not fits("slug", schedule.version) or not fits("name", schedule.name):
        problems.append(Problem("the schedule's name or version can't stand in the log", key="version"))
    if not signers:
        problems.append(Problem("nobody adopts", key="signers", mend="Name at least one person with --by."))
    if problems:
        raise BadInput(problems)
    who = [sign_in(project, name, passphrase, "adopt") for name, passphrase in sorted(signers.items())]
    at = project.now()
    fields = {
        "schedule": schedule.digest,
        "version": schedule.version,
        "minute": minute.isoformat(),
        "accepted": sorted(accepted),
    }
    adopted = Adoption(
        schedule_digest=schedule.digest,
        schedule_version=schedule.version,
        minute_date=minute,
        people=tuple(signatory.person.slug for signatory in who),
        accepted=tuple(sorted(accepted)),
        at=at,
    )
    statements = [signatory.signs("adoption", fields, at) for signatory in who]
    keep_schedule(project)
    with writing(project.ledger) as connection:
        if not people.adoptions(connection, schedule.digest):
            log.record(connection, [_schedule_leaf(project)], at)
        first = log.record(connection, [signed_leaf("adoption", one, at) for one in statements], at)
        for index, (signatory, signed) in enumerate(zip(who, statements, strict=True), start=first):
            people.add_statement(connection, "adoption", schedule.digest, signatory.person.slug, signed, at, index)
        people.add_adoption(connection, adopted)
    project.sign_log()
    return adopted


def _schedule_leaf(project: Project) -> dict[str, str]:
    schedule = project.schedule
    return {
        "type": "schedule",
        "name": schedule.name,
        "version": schedule.version,
        "hash": schedule.digest,
        "file": project.schedule_file_digest,
    }


def require_adopted(project: Project) -> None:
    """Raise Refused unless the schedule on disk is the one adopted last, by a leaf in the log that says so."""
    last = [one.schedule_digest for one in people.adoptions(project.ledger)][-1:]
    statements = people.statements(project.ledger, project.schedule.digest, "adoption")
    if last != [project.schedule.digest] or not any(_is_logged(project, one.leaf) for one in statements):
        raise Refused("this version of the schedule has not been adopted, or another one since: run `winnow adopt`")


def _is_logged(project: Project, index: int | None) -> bool:
    if index is None:
        return False
    leaves = [decode(data) for _, data in log.read_leaves(project.ledger, index, index + 1)]
    return (leaves[0]["type"], leaves[0].get("schedule")) == ("adoption", project.schedule.digest)
