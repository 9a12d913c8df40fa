"""The verb watch: what the nightly flow does, once and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.options import JsonOption, ProjectOption, here
from console.screen import document, say, table
from operations.watch import watch as watch_once


def watch(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint or proof that somebody kept; repeat."),
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Read the whole log back, compare it with stores and kept checkpoints, sign a checkpoint, count what is overdue.

    Ends with 1 where the log was changed, or a store or the ledger was restored from a backup.

    Example: winnow watch --checkpoint certificate-2025.checkpoint
    """
    found = watch_once(here(project), checkpoint or ())
    if as_json:
        document({"log_size": found.size, "root": found.root, "overdue": found.overdue, "final": found.final})
        return
    say(f"The log has {found.size:,} entries and gives its root. No store and no ledger came back from a backup.")
    say(*(f"{run} is final now: its certificate was written anew." for run in found.final))
    table("What waits for somebody", ("What", "How many"), list(found.overdue.items()))
