"""An insider writes to the ledger while a run is under way, or waits for people: what was signed is what happens."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest

from connectors.ledger import runs
from connectors.stores.sql import SqlStore
from operations.destroy import work_list
from operations.destroying import run as running
from operations.destroying.batches import cut
from rules.errors import Refused, StoreUnavailable
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, MANAGER, leaves
from tests.integration.operations.destroying_world import FILES, PAPER, World, after, before, raising, verified
from tests.integration.operations.test_restores import only_sqlite

approved, world = destroying_world.approved, destroying_world.world

NO_HOLD = ("DELETE FROM hold_event", "DELETE FROM statement WHERE kind = 'hold'", "DELETE FROM hold")
OTHER_HOLD = ("UPDATE hold SET subject = 'CASE-999'",)
RELEASED = ("UPDATE hold SET released_on = '2026-09-01', released_by = 'dana-okoro', release_authority = 'nobody'",)
PAPER_EDITS = {
    "another key": ("UPDATE planned SET key = 'ITEM-3' WHERE key = 'ITEM-2'",),
    "another version": ("UPDATE planned SET version = '00' WHERE key = 'ITEM-2'",),
    "another person": ("UPDATE planned SET subject = 'CASE-4' WHERE key = 'ITEM-2'",),
    "another commitment": (f"UPDATE planned SET commitment = '{'ab' * 32}' WHERE key = 'ITEM-2'",),
    "kept": ("UPDATE planned SET course = 'keep' WHERE key = 'ITEM-2'",),
    "taken out": ("DELETE FROM planned WHERE key = 'ITEM-2'",),
    "put in": (
        "CREATE TEMP TABLE more AS SELECT * FROM planned WHERE key = 'ITEM-2'",
        f"UPDATE more SET ordinal = 99, key = 'ITEM-3', commitment = '{'ab' * 32}'",
        "INSERT INTO planned SELECT * FROM more",
    ),
}


def edit(world: World, statements: Sequence[str]) -> None:
    """Write to the ledger as a person would who has its file: no key of a table is looked at."""
    database = sqlite3.connect(world.project.folder / "ledger.db", timeout=20)
    for statement in statements:
        assert database.execute(statement).rowcount != 0, statement
    database.commit()
    database.close()


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is a single file, and judged by itself."""
    monkeypatch.setattr(running, "cut", lambda rows, order: cut(rows, order, 1))
    monkeypatch.setattr(running, "JUDGED_AT_ONCE", 1)


@only_sqlite
@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("statements", [NO_HOLD, OTHER_HOLD, RELEASED], ids=["no hold", "another hold", "released"])
@pytest.mark.parametrize("when", [before, after])
def test_a_hold_rewritten_during_a_run_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch, statements: Sequence[str], when: object
) -> None:
    """From the moment of the edit nothing is destroyed, though holds had been compared when the run began."""
    world.hold("CASE-2")
    assert callable(when)
    when(monkeypatch, SqlStore, lambda: edit(world, statements))
    with pytest.raises(Refused, match="the ledger differs from the hold that was signed"):
        world.destroy()
    assert {"CASE-2", "CASE-3"} < world.keys("clients")
    assert FILES[1] in world.files()
    with pytest.raises(Refused, match="the ledger differs from the hold"):
        world.destroy(hours=1)


@only_sqlite
@pytest.mark.usefixtures("one_by_one")
def test_a_hold_placed_and_taken_out_during_a_run_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holds of the ledger are what they were, but the log knows of one more."""

    def act() -> None:
        world.hold("CASE-2")
        edit(world, NO_HOLD)
        world.run_sql("UPDATE winnow_fence SET epoch = epoch - 1")

    after(monkeypatch, SqlStore, act)
    with pytest.raises(Refused, match="the ledger differs from the hold that was signed"):
        world.destroy()
    assert "CASE-2" in world.keys("clients")


@only_sqlite
def test_a_hold_that_nobody_signed_stops_a_run(world: World) -> None:
    """Nor can somebody keep a record out of a run by hand, and let it look like a hold."""
    world.hold("CASE-2")
    copied = "CREATE TEMP TABLE more AS SELECT * FROM hold"
    edit(world, [copied, "UPDATE more SET id = 'hold-x', subject = 'CASE-3'", "INSERT INTO hold SELECT * FROM more"])
    with pytest.raises(Refused, match="a hold that nobody signed"):
        world.destroy()


@only_sqlite
@pytest.mark.parametrize("statements", PAPER_EDITS.values(), ids=PAPER_EDITS)
def test_a_work_list_rewritten_while_it_waits_is_neither_shown_nor_signed(
    world: World, statements: Sequence[str]
) -> None:
    """People are not led to destroy another file than the approved one, and the log says nothing about it."""
    world.destroy()
    edit(world, statements)
    size = len(leaves(world.project))
    for act in (lambda: work_list(world.project, world.run), lambda: world.sign(MANAGER)):
        with pytest.raises(Refused, match="the ledger differs from the approval"):
            act()
    assert len(leaves(world.project)) == size
    assert (world.project.folder / "paper.csv").read_text() == PAPER


@only_sqlite
def test_a_first_destruction_is_not_made_to_look_like_a_second(world: World) -> None:
    """What came back from a backup goes without asking the rules again; nobody gets that by renaming a sift."""
    edit(world, ["UPDATE sift SET scope = '(restored)'"])
    (world.project.folder / "documents" / "CASE-2_letter_2026-08-05.txt").write_text("Something new")
    world.destroy()
    assert world.said()["CASE-2"].startswith("kept ")
    assert world.keys("clients") == {"CASE-2", "CASE-4"}


@only_sqlite
def test_rows_exchanged_at_the_moment_a_run_is_taken_stop_it(world: World) -> None:
    """A trigger in the ledger acts after log and ledger were compared, and before the rows are read."""
    steps = "BEGIN UPDATE planned SET key = 'CASE-4', subject = 'CASE-4' WHERE key = 'CASE-3'; END"
    edit(world, [f"CREATE TRIGGER swap AFTER UPDATE OF owner ON run {steps}"])
    with pytest.raises(Refused, match="which record is meant"):
        world.destroy()
    assert len(world.keys("clients")) == 4


@only_sqlite
@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE planned SET batch = NULL",
        "UPDATE planned SET batch = 77 WHERE batch IS NOT NULL",
        "UPDATE planned SET batch = 1 WHERE batch IS NULL",
        "UPDATE planned SET state = 'done'",
        "UPDATE planned SET state = 'planned'",
    ],
)
def test_how_far_a_run_has_come_is_told_by_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """What was begun and settled before a crash can't be rewritten: nothing is begun twice, nothing passed over."""
    second = SqlStore.destroy

    def fails_at_second(store: SqlStore, *given: object) -> object:
        if [leaf for leaf in leaves(world.project) if leaf["type"] == "done"]:
            raise KeyboardInterrupt
        return second(store, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(SqlStore, "destroy", fails_at_second)
    with pytest.raises(KeyboardInterrupt):
        world.destroy()
    monkeypatch.setattr(SqlStore, "destroy", second)
    edit(world, [statement])
    clients, files, size = world.keys("clients"), world.files(), len(leaves(world.project))
    with pytest.raises(Refused, match=r"how far .* has come: the ledger differs from the log"):
        world.destroy(hours=1)
    assert (world.keys("clients"), world.files(), len(leaves(world.project))) == (clients, files, size)


@only_sqlite
def test_a_run_whose_records_were_taken_out_meanwhile_is_not_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A work list emptied by hand does not make a run look complete: no certificate says so."""
    after(monkeypatch, SqlStore, lambda: edit(world, ["DELETE FROM planned WHERE store = 'paper'"]))
    with pytest.raises(Refused, match="differs from what was approved; the run is not closed"):
        world.destroy()
    assert "run-closed" not in {leaf["type"] for leaf in leaves(world.project)}
    assert not list(world.project.settings.out.glob("certificate-*"))


@only_sqlite
def test_without_an_insider_the_run_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The baseline: interrupted, held in part, signed by two, closed and verified."""
    world.hold("CASE-2")
    after(monkeypatch, SqlStore, raising(StoreUnavailable("gone")))
    with pytest.raises(StoreUnavailable):
        world.destroy()
    world.destroy(hours=1)
    assert {one.key for one in work_list(world.project, world.run)} == {"ITEM-1"}
    world.sign(MANAGER)
    assert verified(world, world.sign(APPROVER))
    assert runs.outcome_counts(world.project.ledger, world.run) == {"done": 8, "held": 4}
