"""A whole year of a charity whose every name, contact and free text is a canary, as real flows, good and failing.

A program, so that all it prints is caught: `python -m tests.functional.canary_year FOLDER CANARY CASE_NUMBER CLIENTS
MORE`, where MORE is how many canaries go into long texts beside those that every field has. It leaves copies of the
ledger as it was under review and when the run was closed, what was destroyed, and how each flow ended.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.ledger import runs
from connectors.settings import SystemClock, read_settings
from flows.demo import PURPOSES, summarise
from flows.destruction import destroy_approved_run
from flows.sift import annual_sift, daily_notes_sift
from flows.statistics_release import pseudonymised_extract, quarterly_statistics
from flows.watch import nightly_watch
from operations import demo
from operations.holds import place_hold, release_hold
from operations.project import Project
from rules.review.values import Hold
from tests.functional.canary_faults import APPROVED, dirty_fields, endings


def main(folder: Path, canary: str, due: str, clients: str, more: str) -> None:
    """Run the year in `folder`/charity and the failures in copies of it beside it."""
    charity = folder / "charity"
    project = demo.set_up(
        demo.DemoOptions(charity, int(clients), canary=canary), SystemClock(), read_settings(), lambda _text: None
    )
    dirty_fields(charity, canary)
    _more_canaries(charity, canary, int(more))
    _released_holds(project, due)
    where: dict[str, Any] = {"project": str(charity)}
    daily_notes_sift(**where)
    proposal = str(annual_sift(**where))
    quarterly_statistics(**where)
    run = demo.take_decisions(project, proposal)
    _copy_ledger(charity, folder / "under-review")
    packs = sorted(path.name for path in (charity / "out").glob("review-pack-*"))
    (folder / "under-review" / "packs").write_text("\n".join(packs))
    planned = _planned(project, run)
    shutil.copytree(charity, folder / APPROVED)
    destroy_approved_run(run=run, **where)
    demo.sign_work_lists(project, run, project.today())
    _copy_ledger(charity, folder / "closed")
    for purpose in PURPOSES:
        pseudonymised_extract(purpose=purpose, **where)
    nightly_watch(**where)
    summarise(project, proposal, run)
    done = {row.ordinal for row in runs.iterate_planned(project.ledger, run) if row.state == "done"}
    (folder / "destroyed.json").write_text(json.dumps([line for number, line in planned.items() if number in done]))
    (folder / "endings.json").write_text(json.dumps(endings(folder, canary, run)))


def _more_canaries(charity: Path, canary: str, count: int) -> None:
    """Long texts of the database that together hold so many canaries more, numbered from ten million."""
    store = sqlite3.connect(charity / "casework.db")
    tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = [
        (name, row[1]) for name in tables for row in store.execute(f"PRAGMA table_info({name})") if row[2] == "TEXT"
    ]
    filled = {
        one: store.execute(f"SELECT count(*) FROM {one[0]} WHERE {one[1]} LIKE '%{canary}%'").fetchone()[0]
        for one in columns
    }
    each = -(-count // max(1, sum(filled.values())))
    numbers = itertools.count(10_000_000)
    store.create_function("more", 0, lambda: " ".join(f"{canary}T{next(numbers)}" for _ in range(each)))
    with store:
        for (table, column), rows in filled.items():
            if rows and each:
                told = f"{column} || ' ' || more()"
                store.execute(f"UPDATE {table} SET {column} = {told} WHERE {column} LIKE '%{canary}%'")
    store.close()


def _released_holds(project: Project, due: str) -> None:
    """Holds that stood on a person and on a record, and were released before the sift."""
    today = project.today()
    person = Hold("", "sar", "SAR-1", "", today, subject=due)
    record = replace(person, subject=None, store="casework", class_name="client", key=due)
    for wanted in (person, record):
        placed = place_hold(project, wanted, demo.DPO, demo.PASSPHRASE, f"{due} asked for a copy").hold
        release_hold(project, placed.id, demo.DPO, demo.PASSPHRASE, "over", "SAR-1")


def _copy_ledger(charity: Path, to: Path) -> None:
    to.mkdir()
    for path in charity.glob("ledger.db*"):
        shutil.copy(path, to)


def _planned(project: Project, run: str) -> dict[int, dict[str, str]]:
    return {
        row.ordinal: {"class": row.class_name, "key": row.key, "subject": row.subject or "", "action": row.action}
        for row in runs.iterate_planned(project.ledger, run)
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
