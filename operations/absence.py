"""The verb `absence`: look in every store and export folder for identifiers that somebody names; keep none of them."""

from __future__ import annotations

from collections.abc import Collection

from operations.destroying.absence import OUT, Absence, search
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, Problem
from rules.review.mentions import Mentions, is_telling


def look_for(project: Project, identifiers: Collection[str]) -> Absence:
    """Search all stores and folders, as a run does before it closes. Nothing is changed, kept or logged.

    Raises BadInput for identifiers so short that they would be found everywhere.
    """
    short = [number for number, one in enumerate(identifiers, start=1) if not is_telling(one)]
    if short or not identifiers:
        mend = "Name case numbers or keys of four signs or more, one of them a digit; six where all are digits"
        said = "is too short to be told from others"
        raise BadInput([Problem(said, key=f"identifier {number}", mend=mend) for number in short or [1]])
    folders = {OUT: project.settings.out, **project.settings.exports}
    (found,) = search(stores_of(project), project.schedule, [Mentions(identifiers)], folders)
    return found
