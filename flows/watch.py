"""The nightly watch over the destruction log and over what waits for somebody."""

from __future__ import annotations

from prefect import flow

from flows.wiring import project_at, publish_counts, step
from operations.watch import watch


@step
def watch_log(project: str) -> dict[str, int]:
    """Read the log back, leave a heartbeat; returns its size and what is overdue."""
    found = watch(project_at(project))
    return {
        "log entries": found.size,
        **found.overdue,
        **dict.fromkeys((f"{run} is final now" for run in found.final), 1),
        **dict.fromkeys((f"{hold}: {why}" for hold, whys in found.holds.items() for why in whys), 1),
    }


@flow(name="nightly-watch", persist_result=False)
def nightly_watch(project: str = ".") -> None:
    """Check the log, sign a checkpoint, count what is overdue."""
    publish_counts("nightly-watch", "The log and what is overdue", watch_log(project))
