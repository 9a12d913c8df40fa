"""Once a run is closed no byte of ours names what it destroyed: the ledger's own files are searched, on each engine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from connectors.engines import engine
from connectors.ledger import purge
from connectors.ledger.base import Ledger
from operations.holds import place_hold, release_hold
from operations.review import write_pack
from operations.sift import sift
from rules.review.values import Hold
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, passphrase
from tests.integration.operations.destroying_world import APPROVED, COOLED, World, cooled, make_approved

PEOPLE = {b"ANN ASH", b"BEN BIRCH", b"CY CEDAR"}
WORD = re.compile(rb"(?<![A-Z0-9])(?:CASE|SESSION|TEST|ITEM)-\d+(?!\d)|ANN ASH|BEN BIRCH|CY CEDAR")


def named(gone: set[bytes], *places: Path) -> set[bytes]:
    """Which of these the bytes of the files hold."""
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    return {word for file in files for word in WORD.findall(file.read_bytes().upper())} & gone


def closed_run(folder: Path, ledger: str) -> tuple[World, set[bytes]]:
    """A run that has destroyed everything, with reviews, packs and released holds that named it; and what it names."""
    run = make_approved(folder, ledger)
    world = cooled(folder, run, f"sqlite:///{folder / 'casework.db'}")
    project = world.project
    wanted = Hold("", "sar", "SAR-1", "", project.today(), name="Ann Ash")
    placed = place_hold(project, wanted, DPO, passphrase(DPO), "CASE-1 asked for a copy").hold
    release_hold(project, placed.id, DPO, passphrase(DPO), "over", "SAR-1")
    pack = write_pack(project, sift(project, COOLED.date()).proposal.id)
    for path in (pack.html, pack.xlsx):
        os.utime(path, (APPROVED.timestamp(), APPROVED.timestamp()))  # nobody has written in it since
    world.destroy()
    for name in (MANAGER, APPROVER):
        done = world.sign(name)
    assert done.certified is not None
    return world, PEOPLE | {b"CASE-1", b"CASE-2", b"CASE-3"} | {key.upper().encode() for key in world.keys_of.values()}


def ours(world: World) -> list[Path]:
    """All of the project folder that is no store."""
    return [
        path for path in world.project.folder.iterdir() if not path.name.startswith(("casework", "documents", "paper"))
    ]


def test_a_ledger_in_a_file_holds_nothing_of_what_went(tmp_path: Path) -> None:
    """Neither the file nor its write-ahead log, and no paper, pack, cache or quality page beside it."""
    world, gone = closed_run(tmp_path / "project", "")
    assert named(gone, *ours(world)) == set()


@pytest.mark.postgres
def test_a_ledger_in_postgresql_keeps_it_in_its_write_ahead_log_only(fresh_postgres: str, tmp_path: Path) -> None:
    """The tables' own files are rebuilt; the log is the server's own, which it writes over with time."""
    world, gone = closed_run(tmp_path / "project", fresh_postgres)
    with engine(fresh_postgres).connect() as connection:
        free = connection.execution_options(isolation_level="AUTOCOMMIT")
        place = Path(str(free.exec_driver_sql("SHOW data_directory").scalar()))
        mine = free.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar()
        free.exec_driver_sql("CHECKPOINT")
    assert named(gone, place / "pg_wal") >= {b"CASE-1", b"ANN ASH"}
    assert named(gone, *ours(world), place / "base" / str(mine)) == set()


@pytest.mark.postgres
def test_a_reader_of_the_ledger_delays_its_rebuilding(
    fresh_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing a run does not wait for whoever reads; the next closing rebuilds what this one left."""
    monkeypatch.setattr(purge, "_PATIENCE", 1)
    world, gone = closed_run_while_read(tmp_path / "project", fresh_postgres)
    assert named(gone, *ours(world)) == set()
    purge.compact(world.project.ledger)


def closed_run_while_read(folder: Path, ledger: str) -> tuple[World, set[bytes]]:
    """The same, while somebody reads the table of findings all along."""
    compact = purge.compact

    def read(of: Ledger) -> None:
        with engine(ledger, read_only=True).connect() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM finding").all()
            compact(of)

    with pytest.MonkeyPatch.context() as reading:
        reading.setattr(purge, "compact", read)
        return closed_run(folder, ledger)
