"""Destroying under hold, change, takeover and failure: what may go goes once; all else stays, accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from connectors.ledger import runs
from connectors.settings import FixedClock, read_settings
from connectors.stores.base import Batch, Recheck, RecordOutcome
from connectors.stores.documents import DocumentStore
from connectors.stores.manual import ManualStore
from connectors.stores.sql import SqlStore
from console.stopping import StoppedError
from operations.destroy import confirmation_for, destroy, work_list
from operations.project import open_project
from operations.sift import sift
from rules.errors import BadInput, Refused, StoreUnavailable
from tests.integration.operations.conftest import APPROVER, MANAGER, leaves

# Fixtures are imported by name, so a parameter of that name is no redefinition.
from tests.integration.operations.destroying_world import (  # noqa: F401
    APPROVED,
    COOLED,
    FILES,
    SCHEDULE,
    World,
    after,
    approved,
    before,
    raising,
    verified,
    world,
)


def test_a_run_ends_closed_and_verified_after_two_people_signed(world: World) -> None:
    """Rows and files go at once, paper when two have signed; its row leaves the register, and nothing is due again."""
    done = world.destroy()
    assert (done.outcomes, done.waiting, done.certified) == ({"done": 10}, {"paper": 2}, None)
    assert (world.keys("clients"), world.keys("sessions"), world.keys("tests")) == ({"CASE-4"}, {"SESSION-4"}, set())
    assert world.files() == {FILES[2]}
    assert [item.key for item in work_list(world.project, world.run)] == ["ITEM-1", "ITEM-2"]
    assert world.sign(MANAGER).certified is None
    done = world.sign(APPROVER)
    assert done.outcomes == {"done": 12}
    assert verified(world, done)
    assert (world.project.folder / "paper.csv").read_text() == "item_id,case_number,box\nITEM-3,CASE-4,Box 2\n"
    assert sift(world.project, COOLED.date()).proposal.count == 0


def test_a_second_call_changes_nothing(world: World) -> None:
    """Calling destroy again, open or closed, adds no outcome and no entry but the documents written anew."""
    world.destroy()
    first = world.said()
    assert world.destroy(hours=1).waiting == {"paper": 2}
    assert world.said() == first
    world.sign(MANAGER)
    closed = world.sign(APPROVER)
    log = leaves(world.project)
    assert world.destroy(hours=2).outcomes == closed.outcomes
    assert leaves(world.project) == log


def test_nothing_starts_before_its_time_or_without_its_words(world: World) -> None:
    """The cooling-off time and the typed words are refused first, and nothing is done."""
    early = replace(world.project, clock=FixedClock(APPROVED + timedelta(days=6)))
    with pytest.raises(Refused, match="cools off until 2026-09-08"):
        destroy(early, world.run, confirmation_for(early, world.run))
    with pytest.raises(Refused, match="type exactly"):
        destroy(world.project, world.run, f"destroy {world.run} 13")
    assert len(world.keys("clients")) == 4
    assert not any(leaf["type"] == "intent" for leaf in leaves(world.project))


def test_a_hold_between_approval_and_run_keeps_the_whole_file(world: World) -> None:
    """A held person's rows, documents and paper stay; by name as well as by case number."""
    world.hold("CASE-1")
    world.hold(name="ben  BIRCH")
    world.destroy()
    said = world.said()
    assert {key for key, one in said.items() if one == "held hold-placed"} == {
        "CASE-1", "SESSION-1", "SESSION-2", "TEST-2", FILES[0], "ITEM-1", "CASE-2", "SESSION-3", FILES[1], "ITEM-2",
    }  # fmt: skip
    assert world.keys("clients") == {"CASE-1", "CASE-2", "CASE-4"}


def test_a_hold_while_a_batch_waits_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold placed after the intents and before the store's transaction wins; who is not held still goes."""
    before(monkeypatch, SqlStore, lambda: world.hold("CASE-1"))
    world.destroy()
    said = world.said()
    assert said["CASE-1"] == said["SESSION-1"] == said[FILES[0]] == said["ITEM-1"] == "held hold-placed"
    assert said["CASE-2"] == said[FILES[1]] == said["TEST-1"] == "done period-over"
    assert world.keys("clients") == {"CASE-1", "CASE-4"}


def test_a_hold_that_reached_no_fence_is_seen_inside_the_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store could not be fenced, the look at the ledger within its transaction stops it."""
    monkeypatch.setattr(SqlStore, "bump", lambda store: raising(StoreUnavailable("down"))())
    with pytest.raises(StoreUnavailable):
        world.destroy()  # a takeover needs the fence
    monkeypatch.undo()
    calls: list[str] = []
    original = SqlStore.destroy

    def destroy_late(store: SqlStore, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        def hold_first(connection: Connection, class_name: str, keys: Any) -> Any:
            if not calls:
                calls.append(class_name)
                with monkeypatch.context() as unreachable:
                    unreachable.setattr(SqlStore, "bump", lambda _: raising(StoreUnavailable("locked"))())
                    world.hold("CASE-1")
            return recheck(connection, class_name, keys)

        return original(store, batch, hold_first)

    monkeypatch.setattr(SqlStore, "destroy", destroy_late)
    world.destroy()
    assert world.said()["CASE-1"] == "held hold-placed"
    assert world.keys("clients") == {"CASE-1", "CASE-4"}


def test_a_hold_after_the_head_has_gone_keeps_what_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between casework and documents: the rows have gone, documents and paper of the held person stay."""
    before(monkeypatch, DocumentStore, lambda: world.hold("CASE-1"))
    world.destroy()
    said = world.said()
    assert (said["CASE-1"], said[FILES[0]], said["ITEM-1"]) == ("done period-over", *["held hold-placed"] * 2)
    assert world.files() == {FILES[0], FILES[2]}
    assert [item.key for item in work_list(world.project, world.run)] == ["ITEM-2"]


def test_a_hold_on_a_work_list_takes_its_record_off(world: World) -> None:
    """A record held after its intent can't be confirmed, and who signed the longer list signs again."""
    world.destroy()
    world.sign(MANAGER)
    world.hold("CASE-1")
    assert [item.key for item in work_list(world.project, world.run)] == ["ITEM-2"]
    assert world.sign(APPROVER).certified is None
    done = world.sign(MANAGER)
    assert done.outcomes == {"done": 11, "held": 1}
    assert verified(world, done)
    assert "ITEM-1" in (world.project.folder / "paper.csv").read_text()


def test_one_person_cannot_sign_twice(world: World) -> None:
    """The second signature is another person's, and only manual stores have a work list to sign."""
    world.destroy()
    world.sign(MANAGER)
    with pytest.raises(Refused, match="second person"):
        world.sign(MANAGER)
    with pytest.raises(BadInput, match="no open work list"):
        world.sign(APPROVER, store="casework")


def test_a_batch_in_doubt_cannot_be_signed_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a database whose outcome is not known yet are on nobody's work list."""
    before(monkeypatch, SqlStore, raising(StoreUnavailable("down")))
    with pytest.raises(StoreUnavailable):
        world.destroy()
    with pytest.raises(BadInput, match="no open work list"):
        world.sign(MANAGER, store="casework")


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ("UPDATE clients SET closed_on = '2010-02-01' WHERE case_number = 'CASE-1'", "CASE-1"),
        ("UPDATE sessions SET ended = '2009-01-06' WHERE session_id = 'SESSION-1'", "SESSION-1"),
    ],
)
def test_a_changed_row_keeps_its_whole_file(world: World, change: str, changed: str) -> None:
    """One record that is not as it was approved, and its file stays in every store."""
    world.run_sql(change)
    world.destroy()
    said = world.said()
    assert said.pop(changed) == "kept changed-since-approval"
    whole = {"CASE-1", "SESSION-1", "SESSION-2", "TEST-2", FILES[0], "ITEM-1"} - {changed}
    assert {said[key] for key in whole} == {"kept rest-of-file-kept"}
    assert FILES[0] in world.files()
    assert said["CASE-2"] == "done period-over"


def test_a_row_changed_in_the_last_moment_keeps_its_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed between judgement and transaction: the store itself keeps the file whole, the other stores follow."""
    late = "UPDATE sessions SET ended = '2009-01-06' WHERE session_id = 'SESSION-1'"
    before(monkeypatch, SqlStore, lambda: world.run_sql(late))
    world.destroy()
    said = world.said()
    assert said["SESSION-1"] == "kept changed-since-approval"
    assert {said[key] for key in ("CASE-1", "SESSION-2", "TEST-2", FILES[0], "ITEM-1")} == {"kept rest-of-file-kept"}
    assert world.keys("sessions") == {"SESSION-1", "SESSION-2", "SESSION-4"}


def test_a_document_written_over_keeps_its_file(world: World) -> None:
    """The same name with other words is another document."""
    (world.project.folder / "documents" / FILES[0]).write_text("Something new")
    world.destroy()
    assert world.said()[FILES[0]] == "kept changed-since-approval"
    assert world.said()["CASE-1"] == "kept rest-of-file-kept"


def test_a_new_record_keeps_its_whole_file(world: World) -> None:
    """A session or document that nobody approved keeps the file to which it belongs."""
    world.run_sql("INSERT INTO sessions VALUES ('SESSION-9', 'CASE-1', '2009-03-05')")
    (world.project.folder / "documents" / "CASE-2_letter_2009-06-05.txt").write_text("late")
    world.destroy()
    assert {world.said()[key] for key in ("CASE-1", "SESSION-1", "CASE-2", FILES[1])} == {"kept rest-of-file-kept"}
    assert world.said()["CASE-3"] == "done period-over"


def test_a_store_that_fails_midway_is_finished_by_the_next_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Casework has gone when the folder can't be reached: the run stays open, and the next call ends it."""
    before(monkeypatch, DocumentStore, raising(StoreUnavailable("the disk is away")))
    with pytest.raises(StoreUnavailable):
        world.destroy()
    assert world.keys("clients") == {"CASE-4"}
    assert world.said()[FILES[0]] == "open"
    assert world.destroy().waiting == {"paper": 2}
    assert world.said()[FILES[0]] == "done period-over"


def test_what_committed_and_was_not_told_is_settled_by_its_watermark(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the commit is lost: the next call reads the watermark, even under another schedule."""
    after(monkeypatch, SqlStore, raising(StoreUnavailable("the answer was lost")))
    with pytest.raises(StoreUnavailable):
        world.destroy()
    assert world.said()["CASE-1"] == "open"
    schedule = world.project.folder / "schedule.yaml"
    schedule.write_text(SCHEDULE.replace("version: 2026-04", "version: 2026-05"))
    later = open_project(world.project.folder, world.project.clock, read_settings({}))
    done = destroy(later, world.run, confirmation_for(later, world.run))
    assert world.said()["CASE-1"] == "done period-over"
    assert world.said()[FILES[0]] == "kept schedule-superseded"
    schedule.write_text(SCHEDULE)
    assert (done.outcomes, done.waiting) == ({"done": 8, "kept": 4}, {})
    assert done.certified is not None


def test_who_slept_through_the_lease_can_do_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process takes over while the first sleeps before its transaction; when it wakes, it is refused."""
    before(monkeypatch, SqlStore, lambda: world.destroy(hours=1))
    with pytest.raises(Refused, match="another process has taken over"):
        world.destroy()
    assert set(world.said().values()) == {"done period-over", "open"}
    world.sign(MANAGER)
    assert verified(world, world.sign(APPROVER))


def test_a_run_is_in_one_pair_of_hands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a lease lasts, a second process is told until when."""

    def second() -> None:
        with pytest.raises(Refused, match="wait until 12:10 UTC"):
            world.destroy()

    before(monkeypatch, SqlStore, second)
    assert world.destroy().waiting == {"paper": 2}


def test_a_register_that_cannot_be_written_is_struck_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcomes stand, the run stays open, and the next call strikes the rows before it closes."""
    world.destroy()
    world.sign(MANAGER)
    with monkeypatch.context() as failing:
        failing.setattr(ManualStore, "strike", lambda *_: raising(StoreUnavailable("locked"))())
        with pytest.raises(StoreUnavailable):
            world.sign(APPROVER)
    assert world.said()["ITEM-1"] == "done period-over"
    assert world.destroy(hours=1).certified is not None
    assert "ITEM-1" not in (world.project.folder / "paper.csv").read_text()


def test_a_closed_run_leaves_no_name_behind(world: World) -> None:
    """No table of the ledger and no document holds a key, case number or name of what was destroyed."""
    world.destroy()
    world.sign(MANAGER)
    world.sign(APPROVER)
    gone = ("CASE-1", "CASE-2", "CASE-3", "SESSION-1", "TEST-1", "TEST-2", "ITEM-1", "Ann Ash", "Box 1")
    found: list[str] = []
    with world.project.ledger.reader.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                found += [f"{table}: {word}" for word in gone if word in str(tuple(row))]
    for path in (world.project.folder / "out").iterdir():
        found += [f"{path.name}: {word}" for word in gone if word.encode() in path.read_bytes()]
    assert found == []


def test_a_lease_from_a_clock_that_was_ahead_stops_nobody(world: World) -> None:
    """A process that was killed while the clock stood years ahead leaves a lease that is no longer than any other."""
    ledger = world.project.ledger
    assert runs.claim(ledger, world.run, "killed", "2031-01-01T00:00:00Z", "2031-01-01T00:10:00Z")
    assert world.destroy().outcomes == {"done": 10}


def test_a_run_that_is_stopped_gives_its_lease_back(world: World) -> None:
    """Who stops a run with Ctrl-C can start it again at once, and it goes on from there."""

    def stopped(*_: object) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        destroy(world.project, world.run, confirmation_for(world.project, world.run), stopped)
    assert world.destroy().outcomes == {"done": 10}
