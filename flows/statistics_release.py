"""The quarterly statistics, and the extracts that people ask for."""

from __future__ import annotations

from datetime import date

from prefect import flow

from flows.wiring import project_at, publish_counts, step
from operations.pseudonymise import pseudonymise
from operations.publish import publish
from operations.quality import check_extract


@step
def publish_statistics(project: str, as_of: str | None) -> dict[str, int]:
    """Count, protect, attack and publish; returns how many cells are shown and hidden."""
    published = publish(project_at(project), date.fromisoformat(as_of) if as_of else None)
    return {"published": published.shown, "suppressed": published.hidden}


@step
def make_extract(project: str, purpose: str, as_of: str | None) -> int:
    """Make one pseudonymised extract; returns how many rows it has."""
    day = date.fromisoformat(as_of) if as_of else None
    made = pseudonymise(project_at(project), purpose, day, checks=check_extract)
    return made.counts.written


@flow(name="quarterly-statistics", persist_result=False)
def quarterly_statistics(project: str = ".", as_of: str | None = None) -> None:
    """Publish the declared tables as of a date (today by default)."""
    publish_counts("quarterly-statistics", "Cells published and suppressed", publish_statistics(project, as_of))


@flow(name="pseudonymised-extract", persist_result=False)
def pseudonymised_extract(purpose: str, project: str = ".", as_of: str | None = None) -> None:
    """Make the extract for one purpose."""
    publish_counts("extract", f"Rows of the extract for {purpose}", {"rows": make_extract(project, purpose, as_of)})
