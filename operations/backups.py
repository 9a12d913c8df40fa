"""The verb `backup`: sets registered in the log with their expiry, and what their end makes of each certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from connectors.ledger import log
from connectors.ledger.base import writing
from operations.certify import Certified, certify
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, Problem, Refused, WinnowError
from rules.evidence.backups import FINAL, LEAF_TYPES, STANDING_TYPES, Backup, Standing, registered, standings
from rules.evidence.leaf import Leaf, fits


@dataclass(frozen=True)
class Ended:
    """A backup set that is gone, the runs that are final because of it, and their documents as written anew.

    `not_written` are final runs whose documents could not be made (their schedule is no longer here).
    """

    name: str
    final: tuple[str, ...]
    written: tuple[Certified, ...]
    not_written: tuple[str, ...]


def add_backup(project: Project, store: str, taken: date, expires: date, name: str = "") -> Backup:
    """Register a backup set of one store in the log. One name may cover several stores: it is one set.

    Raises BadInput with every problem: an unknown store, a day that can't be, a set that is there or gone already.
    """
    name = name or f"{store}-{taken.isoformat()}"
    known = backups(project)
    problems = []
    if store not in stores_of(project):
        problems.append(Problem(f"stores.yaml has no store {store!r}", key="STORE"))
    if not fits("slug", name):
        mend = "Use letters, digits, dots, hyphens and underscores; at most 64."
        problems.append(Problem("this is not a name that the log can carry", key="--set", mend=mend))
    if taken > project.today():
        problems.append(Problem("lies in the future", key="--taken"))
    if expires <= taken:
        problems.append(Problem("must lie after the day on which it was taken", key="--expires"))
    if any((one.name, one.store) == (name, store) for one in known):
        problems.append(Problem(f"the set {name} of {store} is registered already", key="--set"))
    elif any(one.name == name and one.expired for one in known):
        problems.append(Problem(f"the set {name} is gone already", key="--set", mend="Give this one another name."))
    if problems:
        raise BadInput(problems)
    made = Backup(name, store, taken.isoformat(), expires.isoformat(), expired=False)
    leaf = {"type": "backup", "set": name, "store": store, "taken": made.taken, "expires": made.expires}
    log.record(project.ledger, [leaf], project.now())
    project.sign_log()
    return made


def backup_expired(project: Project, name: str, early: bool = False) -> Ended:
    """Say that a backup set no longer exists, and issue the documents of every run that is final now.

    Raises BadInput for an unknown set, Refused for one that is gone already, or whose day has not come unless `early`.
    """
    mine = [one for one in backups(project) if one.name == name]
    if not mine:
        raise BadInput(Problem("no backup set of this name is registered", key="NAME", mend="`winnow backup list`"))
    if all(one.expired for one in mine):
        raise Refused(f"the set {name} is gone already")
    last = max(one.expires for one in mine)
    if project.today().isoformat() < last and not early:
        raise Refused(f"the set {name} expires on {last}; with --early you say that it was destroyed before its day")
    before = standings_of(project)
    with writing(project.ledger) as connection:
        log.record(connection, [{"type": "backup-expired", "set": name}], project.now())
    project.sign_log()
    final = newly_final(before, standings_of(project))
    return Ended(name, final, *issue(project, final))


def issue(project: Project, runs: Sequence[str]) -> tuple[tuple[Certified, ...], tuple[str, ...]]:
    """Write the documents of these closed runs anew; return them, and the runs for which that can't be done."""
    written, failed = [], []
    for run in runs:
        try:
            written.append(certify(project, run))
        except WinnowError:  # told by its name: one schedule that was lost must not hide the other runs
            failed.append(run)
    return tuple(written), tuple(failed)


def backups(project: Project) -> tuple[Backup, ...]:
    """Every backup set in the log, oldest registration first."""
    return registered(leaf for _, leaf in log.read_types(project.ledger, LEAF_TYPES))


def standings_of(project: Project) -> list[Standing]:
    """How final each closed run is, by the log as it is now."""
    return standings(_standing_leaves(project))


def final_since_heartbeat(project: Project) -> tuple[str, ...]:
    """Closed runs that are final now and were not when the last heartbeat was logged."""
    leaves = _standing_leaves(project, "heartbeat")
    beats = [place for place, leaf in enumerate(leaves) if leaf["type"] == "heartbeat"]
    before = standings(leaves[: beats[-1]]) if beats else []
    return newly_final(before, standings(leaves))


def newly_final(before: Sequence[Standing], after: Sequence[Standing]) -> tuple[str, ...]:
    """The runs that have become final, in their order."""
    known = {one.run for one in before if one.state == FINAL}
    return tuple(one.run for one in after if one.state == FINAL and one.run not in known)


def _standing_leaves(project: Project, *more: str) -> list[Leaf]:
    return [leaf for _, leaf in log.read_types(project.ledger, {*STANDING_TYPES, *more})]
