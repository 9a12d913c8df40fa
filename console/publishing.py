"""The verb report."""

from __future__ import annotations

from pathlib import Path

from console.options import AsOfOption, JsonOption, OutOption, ProjectOption, here
from console.screen import cell, document, progress, say
from operations.publish import publish


def report(
    as_of: AsOfOption = None,
    out: OutOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Count the declared tables, protect them, attack them together with everything published before; then publish.

    Ends with 1, and writes nothing, where anybody could be found in the tables.

    Example: winnow report --as-of 2026-09-30
    """
    with progress("report") as advance:
        done = publish(here(project), as_of, out, progress=advance)
    files = {"html": done.html, "xlsx": done.xlsx, "csv": done.csv, "metadata": done.metadata}
    if as_json:
        counts = {"shown": done.shown, "hidden": done.hidden, "withheld": done.withheld}
        told = {"release": done.release, "from": done.period.start, "to": done.period.end, **counts}
        document({**told, "compared_with": done.compared_with, "notes": done.notes, "files": files})
        return
    start = f"from {cell(done.period.start)} " if done.period.start else ""
    say(f"{done.release}: {start}to {cell(done.period.end)}.")
    say(f"{done.shown:,} cells shown, {done.hidden:,} hidden, {done.withheld:,} tables withheld.")
    say(f"Attacked together with {done.compared_with} earlier releases: nobody can be found.")
    say(*(f"Look at this before you pass it on: {note}" for note in done.notes))
    say("Written:", *(f"  {path}" for path in files.values()))
