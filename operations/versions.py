"""Two versions of the schedule, compared in words and in records: files, or adopted versions kept in the project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.ledger import people
from connectors.schedule_file import load_schedule
from operations.kept import kept_schedule
from operations.project import Project
from operations.sifting.session import Progress, silent
from operations.trial import WhatIf, compare, try_sift
from rules.errors import BadInput, Problem
from rules.schedule.difference import Change, differences
from rules.schedule.values import Schedule

SHORTEST_DIGEST = 6


@dataclass(frozen=True)
class Difference:
    """Two versions of the schedule compared, in words and in records.

    `records` is None where it was not asked for, or where the stores can't be asked by one of them: `why_not` says so.
    """

    old: Schedule
    new: Schedule
    changes: tuple[Change, ...]
    records: WhatIf | None = None
    why_not: tuple[Problem, ...] = ()


def diff(
    project: Project,
    old: str = "",
    new: str = "",
    as_of: date | None = None,
    *,
    in_records: bool = True,
    progress: Progress = silent,
) -> Difference:
    """Compare two versions: by default the one adopted last, and the project's file as it stands.

    `old` and `new` are files, or adopted versions by their name or the beginning of their digest. Raises BadInput for
    one that can't be found or read, StoreUnavailable.
    """
    before, after = _version(project, old, adopted=True), _version(project, new, adopted=False)
    changes = differences(before, after)
    if not in_records:
        return Difference(before, after, changes)
    day = as_of or project.today()
    try:
        then = try_sift(project, after, day, progress)
        now = try_sift(project, before, day, progress)
    except BadInput as error:
        return Difference(before, after, changes, why_not=tuple(error.problems))
    return Difference(before, after, changes, compare(now, then))


def _version(project: Project, named: str, *, adopted: bool) -> Schedule:
    if not named:
        return _adopted_last(project) if adopted else project.schedule
    if Path(named).is_file():
        return load_schedule(Path(named))
    found = {
        one.schedule_digest
        for one in people.adoptions(project.ledger)
        if named == one.schedule_version or _begins(one.schedule_digest, named)
    }
    if len(found) != 1:
        what = "several adopted versions are called" if found else "there is no file and no adopted version"
        raise BadInput(Problem(f"{what} {named!r}", key="version", mend=_listed(project)))
    return _kept(project, found.pop())


def _begins(digest: str, named: str) -> bool:
    return len(named) >= SHORTEST_DIGEST and re.fullmatch("[0-9a-f]+", named) is not None and digest.startswith(named)


def _adopted_last(project: Project) -> Schedule:
    adoptions: Sequence[people.Adoption] = people.adoptions(project.ledger)
    if not adoptions:
        raise BadInput(Problem("no schedule has been adopted yet", key="old", mend="Name the file to compare with."))
    return _kept(project, adoptions[-1].schedule_digest)


def _kept(project: Project, digest: str) -> Schedule:
    """An adopted version, from the copy kept of it or the project's own file."""
    if project.schedule.digest == digest:
        return project.schedule
    path = kept_schedule(project, digest)
    if not path.is_file():
        mend = "Name the file itself: versions adopted before copies were kept are not here."
        raise BadInput(Problem("no copy of this adopted version was kept", file=str(path), mend=mend))
    found = load_schedule(path)
    if found.digest != digest:
        raise BadInput(Problem("this copy is no longer what was adopted", file=str(path), mend="Restore the file."))
    return found


def _listed(project: Project) -> str:
    known = {one.schedule_digest: one.schedule_version for one in people.adoptions(project.ledger)}
    said = ", ".join(f"{version} ({digest[:12]})" for digest, version in known.items())
    return f"Adopted: {said or 'none yet'}."
