"""The verb backup: register backup sets with their expiry, list them, say that one is gone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from console.options import JsonOption, ProjectOption, day, here, verbs
from console.screen import cell, document, say, table
from operations import backups as backing_up
from rules.evidence.backups import BEYOND_USE, FINAL, Standing

app = verbs("Register backup sets: until the last one is gone, what was destroyed is beyond use, not final.")
WORDS = {FINAL: "final", BEYOND_USE: "beyond use until {}"}


@app.command("add")
def add(
    store: Annotated[str, typer.Argument(metavar="STORE", help="The store that was backed up, as stores.yaml has it.")],
    taken: Annotated[date, typer.Option("--taken", parser=day, metavar="YYYY-MM-DD", help="The day it was taken.")],
    expires: Annotated[
        date, typer.Option("--expires", parser=day, metavar="YYYY-MM-DD", help="The day on which it is deleted.")
    ],
    name: Annotated[
        str, typer.Option("--set", metavar="NAME", help="A name for the set; several stores may lie in one.")
    ] = "",
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Register a backup of a store. Certificates say beyond use until the last backup with the records is gone.

    Example: winnow backup add casework --taken 2026-09-01 --expires 2026-12-01 --set weekly-35
    """
    made = backing_up.add_backup(here(project), store, taken, expires, name)
    if as_json:
        document(vars(made))
        return
    say(f"Registered: {made.name}, of {made.store}, taken {cell(taken)}, expires {cell(expires)}.")
    say(f"When it is gone, say so: winnow backup expired {made.name}")


@app.command("list")
def list_backups(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List the backup sets, and how final each closed run is.

    Example: winnow backup list
    """
    opened = here(project)
    known, runs, today = backing_up.backups(opened), backing_up.standings_of(opened), opened.today()
    if as_json:
        document({"backups": [vars(one) for one in known], "runs": [vars(one) for one in runs]})
        return
    rows = []
    for one in known:
        late = not one.expired and date.fromisoformat(one.expires) <= today
        state = "gone" if one.expired else "its day has come: is it gone?" if late else "beyond use"
        days = [cell(date.fromisoformat(text)) for text in (one.taken, one.expires)]
        rows.append((one.name, one.store, *days, state))
    if rows:
        table("Backup sets", ("Set", "Store", "Taken", "Expires", "State"), rows)
    else:
        say("No backup set is registered.")
    if runs:
        shown = [(one.run, _state(one), ", ".join(one.unregistered)) for one in runs]
        table("Closed runs", ("Run", "State", "No backup registered for"), shown)


@app.command("expired")
def expired(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The backup set that no longer exists.")],
    early: Annotated[bool, typer.Option("--early", help="It was destroyed before its day.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Say that a backup set is gone. Runs that become final by this get their certificate anew.

    Ends with 1 where a certificate could not be written.

    Example: winnow backup expired weekly-35
    """
    ended = backing_up.backup_expired(here(project), name, early)
    files = [path for one in ended.written for path in vars(one).values()]
    if as_json:
        document({"set": ended.name, "final": ended.final, "files": files, "not_written": ended.not_written})
        return 1 if ended.not_written else 0
    say(f"{ended.name} is gone.", *(f"{run} is final now." for run in ended.final))
    if files:
        say("Written:", *(f"  {path}" for path in files))
    for run in ended.not_written:
        say(f"{run}: its documents could not be written; `winnow destroy {run}` says why.")
    return 1 if ended.not_written else 0


def _state(run: Standing) -> str:
    until = cell(date.fromisoformat(run.until)) if run.until else ""
    return WORDS.get(run.state, run.state).format(until)
