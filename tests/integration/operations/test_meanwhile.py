"""What happens while a run is under way, on every engine: holds, changes, new rows, processes that sleep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.ledger import holds
from connectors.stores import state
from connectors.stores.destroying import Destruction
from connectors.stores.specs import QUARANTINE_FOLDER
from connectors.stores.sql import SqlStore
from operations.holds import Placed
from tests.integration.operations.conftest import APPROVER, MANAGER, leaves

# Fixtures are imported by name, so a parameter of that name is no redefinition.
from tests.integration.operations.destroying_world import (  # noqa: F401
    FILES,
    World,
    approved,
    before,
    every_world,
    verified,
    world,
)

ROOT = Path(__file__).resolve().parents[3]
SLEEPER = """
import sys
from pathlib import Path
from connectors.settings import FixedClock, read_settings
from connectors.stores.sql import SqlStore
from operations.destroy import confirmation_for, destroy
from operations.project import open_project
from rules.errors import Refused
from tests.integration.operations.destroying_world import COOLED

folder, run = Path(sys.argv[1]), sys.argv[2]
original = SqlStore.destroy

def slow(store, *given):
    print("about to", flush=True)
    sys.stdin.readline()
    return original(store, *given)

SqlStore.destroy = slow
project = open_project(folder, FixedClock(COOLED), read_settings({}))
try:
    destroy(project, run, confirmation_for(project, run))
except Refused as refused:
    print(refused, flush=True)
    sys.exit(1)
"""


INSIDE = (
    "SqlStore.destroy = slow",
    """from connectors.stores.destroying import Destruction
looked = Destruction._check_dependents

def inside(work, *given):
    found = looked(work, *given)
    print("about to", flush=True)
    sys.stdin.readline()
    Destruction._check_dependents = looked
    return found

Destruction._check_dependents = inside""",
)


def test_a_hold_while_a_batch_waits_stops_it_on_every_engine(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Placed after judgement and intent, just before the transaction: nothing of that person goes, the others do."""
    before(monkeypatch, SqlStore, lambda: every_world.hold("CASE-1"))
    every_world.destroy()
    said = every_world.said()
    assert {said[key] for key in ("CASE-1", "SESSION-1", "TEST-2", FILES[0], "ITEM-1")} == {"held hold-placed"}
    assert said["CASE-2"] == said["CASE-3"] == "done period-over"
    assert {"CASE-1", "CASE-4"} == every_world.keys("clients")


def test_a_row_changed_while_a_batch_waits_stays_on_every_engine(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed after judgement and intent: the transaction sees it, and keeps the file whole."""
    late = "UPDATE sessions SET ended = '2009-01-06' WHERE session_id = 'SESSION-1'"
    before(monkeypatch, SqlStore, lambda: every_world.run_sql(late))
    every_world.destroy()
    assert every_world.said()["SESSION-1"] == "kept changed-since-approval"
    assert every_world.said()["CASE-1"] == "kept rest-of-file-kept"
    assert every_world.keys("clients") == {"CASE-1", "CASE-4"}


def test_a_row_that_refers_to_the_file_after_its_intent_keeps_it_on_every_engine(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session written after judgement and intent is no part of the plan: nobody is destroyed from under it."""
    late = "INSERT INTO sessions VALUES ('SESSION-9', 'CASE-1', '2009-03-05')"
    before(monkeypatch, SqlStore, lambda: every_world.run_sql(late))
    every_world.destroy()
    said = every_world.said()
    assert (said["CASE-1"], said["SESSION-1"]) == ("kept dependent-record-remains", "kept rest-of-file-kept")
    assert said["CASE-2"] == "done period-over"
    assert every_world.keys("sessions") == {"SESSION-1", "SESSION-2", "SESSION-4", "SESSION-9"}


def test_a_row_cannot_slip_in_between_the_look_at_dependents_and_the_deleting(
    every_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes a session of a person whose rows are just going waits for the transaction, and is then refused."""
    original = Destruction._check_dependents
    failed: list[str] = []
    writers: list[threading.Thread] = []

    def insert() -> None:
        try:
            every_world.run_sql("INSERT INTO sessions VALUES ('SESSION-9', 'CASE-1', '2009-03-05')")
        except Exception as error:  # noqa: BLE001 - whatever the driver calls it
            failed.append(type(error).__name__)

    def then_insert(work: Destruction, *given: Any) -> Any:
        found = original(work, *given)
        if not writers:
            writers.append(threading.Thread(target=insert))
            writers[0].start()
            time.sleep(0.3)
            assert failed == [], "the writer did not wait"
        return found

    monkeypatch.setattr(Destruction, "_check_dependents", then_insert)
    every_world.destroy()
    writers[0].join()
    # MariaDB may call it a deadlock, and end it with that.
    assert failed in (["IntegrityError"], ["OperationalError"])
    assert every_world.said()["CASE-1"] == "done period-over"
    assert every_world.keys("sessions") == {"SESSION-4"}


def test_a_document_written_over_between_check_and_move_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes that were approved are the bytes that go: new ones under the old name are put back."""
    path = world.project.folder / "documents" / FILES[0]
    original = state.FileState.write_mark

    def late(marks: state.FileState, *given: Any, **more: Any) -> None:
        original(marks, *given, **more)
        if more.get("committed") == "" and marks.folder.name == "documents" and path.read_text() == "Dear all":
            path.write_text("Something new")

    monkeypatch.setattr(state.FileState, "write_mark", late)
    world.destroy()
    assert world.said()[FILES[0]] == "kept changed-since-approval"
    assert world.said()[FILES[1]] == "done period-over"
    assert path.read_text() == "Something new"
    assert world.files() == {FILES[0], FILES[2]}
    assert not list((world.project.folder / "documents" / QUARANTINE_FOLDER).glob("*"))


def test_a_process_stopped_past_its_lease_destroys_nothing_when_it_wakes(every_world: World) -> None:
    """A real process is stopped before its transaction, a second takes the run over, the first wakes and is refused."""
    folder = every_world.project.folder
    command = [sys.executable, "-c", SLEEPER, str(folder), every_world.run]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sleeper:
        assert sleeper.stdin is not None
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == "about to\n"
        os.kill(sleeper.pid, signal.SIGSTOP)
        every_world.run_sql("INSERT INTO clients VALUES ('CASE-9', 'Flo Fir', NULL, 'open')")
        done = every_world.destroy(hours=1)
        assert done.waiting == {"paper": 2}
        entries = len(leaves(every_world.project))
        os.kill(sleeper.pid, signal.SIGCONT)
        sleeper.stdin.write("go on\n")
        sleeper.stdin.flush()
        assert "another process has taken over" in sleeper.stdout.read()
        assert sleeper.wait() == 1
    assert len(leaves(every_world.project)) == entries
    assert every_world.keys("clients") == {"CASE-4", "CASE-9"}
    every_world.sign(MANAGER)
    assert verified(every_world, every_world.sign(APPROVER))


def test_a_hold_placed_while_a_transaction_is_open_waits_for_it_and_tells(every_world: World) -> None:
    """A real process has looked at holds and not yet committed: the hold waits, names what went, and keeps the rest."""
    folder = every_world.project.folder
    command = [sys.executable, "-c", SLEEPER.replace(*INSIDE), str(folder), every_world.run]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as destroyer:
        assert destroyer.stdin is not None
        assert destroyer.stdout is not None
        assert destroyer.stdout.readline() == "about to\n"
        placed: list[Placed] = []
        holder = threading.Thread(target=lambda: placed.append(every_world.hold("CASE-1")))
        holder.start()
        while not holds.all_holds(every_world.project.ledger):
            time.sleep(0.05)
        time.sleep(0.3)
        assert placed == [], "the hold did not wait"
        destroyer.stdin.write("go on\n")
        destroyer.stdin.flush()
        assert destroyer.wait() == 0
        holder.join()
    told = sum(one.count for one in (*placed[0].gone, *placed[0].just_gone, *placed[0].in_doubt))
    assert told == 4
    assert "CASE-1" not in every_world.keys("clients")
    assert every_world.said()[FILES[0]] == every_world.said()["ITEM-1"] == "held hold-placed"
    assert FILES[0] in every_world.files()


def test_an_export_written_over_while_its_new_version_is_made_stays(tmp_path: Path) -> None:
    """The last look at the file comes after everything that takes time."""
    path = tmp_path / "enquiries.csv"
    path.write_text("as it was checked")
    assert not state.write_atomically(path, b"without the record", still="0" * 64)
    assert path.read_text() == "as it was checked"
    assert state.write_atomically(path, b"without the record", still=state.digest_of(path))
    assert [file.name for file in tmp_path.iterdir()] == ["enquiries.csv"]
