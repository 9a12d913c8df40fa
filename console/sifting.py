"""The verb sift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsOfOption, JsonOption, ProjectOption, here
from console.screen import cell, document, progress, say, table
from operations.sift import Sifted
from operations.sift import sift as sift_stores
from rules.review.values import Kind
from rules.schedule.values import Schedule

if TYPE_CHECKING:
    from operations.quality import QualityGate

WORDS = {
    Kind.PAST_RETENTION: "past retention: to be decided",
    Kind.HELD: "past retention, but on hold",
    Kind.UNDATABLE: "undatable: a date is missing or unreadable",
    Kind.DORMANT: "dormant: open, and nobody has been in contact",
    Kind.QUALITY: "quality: faults in the records",
    Kind.CONTROL_BREACH: "control breaches",
    Kind.BEYOND_MINIMUM: "beyond the minimum: held for no purpose",
    Kind.UNCLAIMED: "unclaimed: no class of the schedule claims it",
}


def sift(
    as_of: AsOfOption = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CLASS", help="Only this class, by its own clock; repeat.")
    ] = None,
    no_quality: Annotated[bool, typer.Option("--no-quality", help="Leave the quality checks out.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Look through all stores for records past retention and freeze the findings as a proposal. No store is changed.

    Example: winnow sift --as-of 2026-09-01
    """
    opened = here(project)
    with progress("sift") as advance:
        gate = _gate(opened.schedule, no_quality or bool(only))  # a sift of some classes checks no quality
        done = sift_stores(opened, as_of, tuple(only or ()), quality=gate, progress=advance)
    page = gate.write(opened, done.as_of, done.proposal.id) if gate is not None else None
    line = first_line(done)
    if as_json:
        document(
            {
                "first_line": line,
                "as_of": done.as_of,
                "proposal": done.proposal.id,
                "hash": done.proposal.hash,
                "counts": {kind.value: count for kind, count in done.by_kind().items()},
                "quality_page": page,
            }
        )
        return
    _show(done, line)
    if page is not None:
        say(f"What every quality check counted: {page}")


def first_line(done: Sifted) -> str:
    """Return the line that always adds up. Nothing is destroyed by a sift, and silence keeps."""
    counts = done.by_kind()
    past, held = counts[Kind.PAST_RETENTION], counts[Kind.HELD]
    adds_up = f"due {past + held} = destroyed 0 + kept {past} + held {held} + failed 0"
    return f"{adds_up}; undatable {counts[Kind.UNDATABLE]}"


def _gate(schedule: Schedule, unwanted: bool) -> QualityGate | None:
    if unwanted or not any(item.expectations for item in schedule.classes):
        return None
    # Great Expectations takes seconds to load, so not before a sift asks for it.
    from operations.quality import QualityGate

    return QualityGate()


def _show(done: Sifted, line: str) -> None:
    say(line, f"As of {cell(done.as_of)}. {done.proposal.count:,} findings are frozen as {done.proposal.id}.", "")
    by_kind = [(WORDS[kind], count) for kind, count in done.by_kind().items()]
    table("What was found", ("Kind", "Findings"), by_kind)
    due = [row for row in done.counts if row.kind in (Kind.PAST_RETENTION, Kind.HELD)]
    due.sort(key=lambda row: (row.rule, row.store, row.class_name, row.kind))
    rows = [
        (row.rule, row.store, row.class_name, "held" if row.kind is Kind.HELD else "due", row.n, row.earliest)
        for row in due
    ]
    if rows:
        table("Past retention, by rule", ("Rule", "Store", "Class", "State", "Records", "Earliest due"), rows)
    say("Nothing was changed. Next: `winnow review` writes the pack; then `winnow decide`.")
