"""The end of an extract: on its own date, or with the first of its source records that is destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from connectors.ledger import releases
from operations.extracting.sources import extracts_holding
from operations.project import Project

SUFFIXES = (".csv", ".xlsx")


def end_extracts_of(project: Project, subjects: Iterable[str]) -> tuple[str, ...]:
    """Destroy every living extract that holds any of these subjects; returns their ids.

    Copies that somebody was given are theirs to destroy: the ids say which.
    """
    return _end(project, extracts_holding(project, subjects))


def end_extracts_past_date(project: Project) -> tuple[str, ...]:
    """Destroy every living extract whose date has come; returns their ids."""
    today = project.today()
    return _end(project, {made.id for made in releases.extracts(project.ledger) if made.destroy_on <= today})


def _end(project: Project, ids: Iterable[str]) -> tuple[str, ...]:
    wanted = set(ids)
    for made in releases.extracts(project.ledger):
        if made.id in wanted:
            for suffix in SUFFIXES:
                # The name may hold dots, so the suffix is added, not replaced.
                Path(made.place + suffix).unlink(missing_ok=True)
            releases.extract_destroyed(project.ledger, made.id, project.now())
    return tuple(sorted(wanted))
