"""The scheduled sifts: the whole schedule once a year, session notes every day (S3 4.9 cannot wait)."""

from __future__ import annotations

from datetime import date

from prefect import flow

from flows.wiring import project_at, publish_counts, step
from operations.quality import QualityGate
from operations.review import write_pack
from operations.sift import sift

DAILY = ("session_note",)


@step
def sift_stores(project: str, as_of: str | None, only: tuple[str, ...]) -> tuple[str, dict[str, int]]:
    """Sift and freeze; returns the proposal's id and counts by kind."""
    day = date.fromisoformat(as_of) if as_of else None
    opened, gate = project_at(project), QualityGate()
    found = sift(opened, day, only, quality=gate)
    gate.write(opened, found.as_of, found.proposal.id)
    return found.proposal.id, {kind.value: count for kind, count in found.by_kind().items()}


@step
def write_review_pack(project: str, proposal: str) -> str:
    """Write the pack for the reviewers; returns its first line, which holds counts only."""
    return write_pack(project_at(project), proposal, ahead=True).header.first_line


def _sift(project: str, as_of: str | None, only: tuple[str, ...], key: str) -> str:
    proposal, counts = sift_stores(project, as_of, only)
    line = write_review_pack(project, proposal)
    publish_counts(key, line, counts)
    return str(proposal)


@flow(name="annual-sift", persist_result=False)
def annual_sift(project: str = ".", as_of: str | None = None) -> str:
    """Sift every store as of a date (today by default) and write the review pack; returns the proposal's id."""
    return _sift(project, as_of, (), "annual-sift")


@flow(name="daily-notes-sift", persist_result=False)
def daily_notes_sift(project: str = ".", as_of: str | None = None) -> str:
    """Sift session notes alone; returns the proposal's id."""
    return _sift(project, as_of, DAILY, "daily-notes-sift")
