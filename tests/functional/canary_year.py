"""A whole year of a charity whose every name, contact and free text is a canary, as real flows, good and failing.

A program, so that all it prints is caught: `python -m tests.functional.canary_year FOLDER CANARY CASE_NUMBER CLIENTS`.
It leaves copies of the ledger as it was under review and when the run was closed, what was destroyed, and how each
flow ended.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import Flow

import flows.sift as sifting
from connectors import engines
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


def main(folder: Path, canary: str, due: str, clients: str) -> None:
    """Run the year in `folder`/charity and the failures in copies of it beside it."""
    charity = folder / "charity"
    project = demo.set_up(
        demo.DemoOptions(charity, int(clients), canary=canary), SystemClock(), read_settings(), lambda _text: None
    )
    _dirty_dates(charity, canary)
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
    destroy_approved_run(run=run, **where)
    demo.sign_work_lists(project, run, project.today())
    _copy_ledger(charity, folder / "closed")
    for purpose in PURPOSES:
        pseudonymised_extract(purpose=purpose, **where)
    nightly_watch(**where)
    summarise(project, proposal, run)
    done = {row.ordinal for row in runs.iterate_planned(project.ledger, run) if row.state == "done"}
    (folder / "destroyed.json").write_text(json.dumps([line for number, line in planned.items() if number in done]))
    (folder / "endings.json").write_text(json.dumps(_failures(folder, canary)))


def _dirty_dates(charity: Path, canary: str) -> None:
    """A name where a date belongs, as people type it."""
    with engines.engine(f"sqlite:///{charity / 'casework.db'}").begin() as connection:
        for column in ("closed_on", "date_of_birth"):
            connection.exec_driver_sql(
                f"UPDATE clients SET {column} = '{canary}N see file' WHERE case_number IN "
                f"(SELECT case_number FROM clients WHERE {column} LIKE '20%' ORDER BY case_number DESC LIMIT 2)"
            )


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


def _failures(folder: Path, canary: str) -> dict[str, str]:
    """How the annual sift ends where a store breaks midway, a workbook or an export is unreadable, or a bug quotes."""

    def broken_database(charity: Path) -> None:
        store = charity / "casework.db"
        whole = store.read_bytes()
        store.write_bytes(whole[: len(whole) // 2])

    def vanished_database(charity: Path) -> None:
        (charity / "casework.db").unlink()

    def unreadable_workbook(charity: Path) -> None:
        (charity / "people.xlsx").write_bytes(b"PK\x03\x04" + f"{canary}N a name".encode() * 20)

    def headless_export(charity: Path) -> None:
        lines = (charity / "enquiries.csv").read_bytes().splitlines(keepends=True)
        (charity / "enquiries.csv").write_bytes(b"".join(lines[2:]))

    def quoting_bug(_charity: Path) -> None:
        def gate(*_given: object) -> None:
            name = f"{canary}N quoted by a library"
            try:
                raise KeyError(name)
            except KeyError as error:
                raise ValueError(f"invalid literal: {name}") from error

        setattr(sifting, "QualityGate", lambda: gate)  # noqa: B010 - it stands in for the real one

    sifting.sift_stores = sifting.sift_stores.with_options(retries=1, retry_delay_seconds=0)
    ways: list[Callable[[Path], None]] = [
        broken_database,
        vanished_database,
        unreadable_workbook,
        headless_export,
        quoting_bug,
    ]
    return {way.__name__: _ending(folder, way, annual_sift) for way in ways}


def _ending(folder: Path, spoil: Callable[[Path], None], flow: Flow[..., Any]) -> str:
    copy = folder / "failing" / spoil.__name__
    shutil.copytree(folder / "charity", copy)
    spoil(copy)
    state: Any = flow(project=str(copy), return_state=True)
    return type(state.result(raise_on_failure=False)).__name__


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
