"""One batch, one transaction: gone is what was intended, and nothing else is, not by cascade or trigger either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Connection, text

from connectors.engines import engine
from connectors.settings import read_settings
from connectors.stores.catalogue import sqlite_events
from connectors.stores.destroying import waves
from connectors.stores.sql import SqlStore
from rules.errors import BadInput, StoreUnavailable
from rules.schedule.language import Forever
from rules.schedule.values import Rule
from tests.integration.stores.conftest import (
    MAPS,
    SCHEDULE,
    TABLES,
    Rechecker,
    Said,
    batch_of,
    class_map,
    rows,
    run_script,
    sql_store,
)

COUNTS = "SELECT (SELECT count(*) FROM clients), (SELECT count(*) FROM sessions), (SELECT count(*) FROM notes)"


def test_a_whole_file_goes_children_first(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """A client goes with sessions and notes that are in the plan, whatever their order in it."""
    batch = batch_of(prepared, "client C1", "session 1", "session 2", "note 10")
    assert set(carry_out(prepared, batch).values()) == {"done row deleted"}
    assert rows(small_url, COUNTS) == [(3, 1, 1)]


def test_a_cascade_never_takes_a_row_outside_the_plan(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """A note not in the plan keeps its session, although the foreign key would cascade; and so the client."""
    said = carry_out(prepared, batch_of(prepared, "client C1", "session 1", "session 2"))
    assert said == {
        "client C1": "kept dependent-record-remains",
        "session 1": "kept dependent-record-remains",
        "session 2": "done row deleted",
    }
    assert rows(small_url, COUNTS) == [(4, 2, 2)]


def test_nothing_is_destroyed_through_a_view(prepared: SqlStore, small_url: str) -> None:
    """Some engines delete through a view, and what hangs on the table behind it would go unseen; `check` says so."""
    run_script(small_url, "CREATE VIEW people AS SELECT * FROM clients")
    store = sql_store(small_url, (class_map("client", "people"), *MAPS[1:]))
    assert store.problems() == []  # to be read only
    client = replace(SCHEDULE.classes[0], rules=(Rule("file", "client", Forever()),))
    ruled = replace(SCHEDULE, classes=(client, *SCHEDULE.classes[1:]))
    (problem,) = SqlStore(store._spec, ruled, Path("/"), read_settings({})).problems()
    assert (problem.line, problem.key) == (7, "stores.casework.classes.client")
    batch = batch_of(store, "client C1", "session 1", "session 2", "note 10")
    with pytest.raises(BadInput, match="people is a view"):
        store.destroy(batch, Rechecker(store))
    assert rows(small_url, COUNTS) == [(4, 3, 2)]
    assert prepared.problems() == []


def test_a_row_of_a_table_that_no_class_maps_keeps_its_parent(
    prepared: SqlStore, small_url: str, carry_out: Said
) -> None:
    """Dependents are read from the engine's catalogue, so a table that nobody mapped counts too."""
    run_script(small_url, "INSERT INTO letters VALUES (1, 'C2');\nDELETE FROM notes WHERE note_id = 11;\n")
    batch = batch_of(prepared, "client C3", "session 3", "client C2")
    assert carry_out(prepared, batch)["client C2"] == "kept dependent-record-remains"
    assert rows(small_url, "SELECT count(*) FROM letters") == [(1,)]


def test_a_nullable_reference_from_a_row_that_stays_keeps_its_target(prepared: SqlStore, carry_out: Said) -> None:
    """Another client's link is not blanked for us: the linked client is kept, unless both go together."""
    first = batch_of(prepared, "client C2", "session 3", "note 11")
    assert carry_out(prepared, first)["client C2"] == "kept dependent-record-remains"
    both = batch_of(prepared, "client C2", "client C3", number=2)
    assert set(carry_out(prepared, both).values()) == {"done row deleted"}


def test_blanking_empties_only_the_named_fields(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """Blanked fields are NULL, the rest of the row stays, and a reference blanked so releases its target."""
    batch = batch_of(prepared, "client C4", "feedback F1: blank case_number, comment", "note 10: blank ended")
    assert carry_out(prepared, batch) == {
        "client C4": "done row deleted",
        "feedback F1": "done fields blanked",
        "note 10": "kept field-must-be-filled",
    }
    assert rows(small_url, "SELECT * FROM feedback ORDER BY feedback_id") == [("F1", None, None), ("F2", None, None)]


def test_changed_and_vanished_records_are_kept(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """A record that changed after approval is kept, and one that is gone is said to be."""
    batch = batch_of(prepared, "feedback F1", "feedback F2", "feedback F9")
    run_script(small_url, "UPDATE feedback SET comment = 'new' WHERE feedback_id = 'F1';\n")
    assert carry_out(prepared, batch) == {
        "feedback F1": "kept changed-since-approval",
        "feedback F2": "done row deleted",
        "feedback F9": "kept already-gone",
    }


def test_a_record_no_longer_due_is_kept(prepared: SqlStore) -> None:
    """A record that the re-check no longer names is kept."""
    batch = batch_of(prepared, "feedback F1")
    (outcome,) = prepared.destroy(batch, lambda connection, class_name, keys: {})
    assert (outcome.state, outcome.reason) == ("kept", "changed-since-approval")


def test_a_hold_placed_in_between_stops_everything(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """A batch whose epoch is older than the fence destroys nothing and leaves no watermark."""
    batch = batch_of(prepared, "feedback F1", "feedback F2", epoch=prepared.epoch())
    assert prepared.bump() == batch.epoch + 1
    assert set(carry_out(prepared, batch).values()) == {"kept hold-placed"}
    assert prepared.watermark(batch) is None
    assert rows(small_url, "SELECT count(*) FROM feedback") == [(2,)]


def test_the_watermark_tells_what_was_done_and_a_second_try_does_nothing(
    prepared: SqlStore, small_url: str, carry_out: Said
) -> None:
    """The outcomes can be read back by position, and repeating a batch that committed changes nothing."""
    batch = batch_of(prepared, "feedback F1", "session 1")
    assert prepared.watermark(batch) is None
    first = carry_out(prepared, batch)
    kept = prepared.watermark(batch)
    assert kept is not None
    assert {f"{o.class_name} {o.key}": f"{o.state} {o.reason or o.grade}" for o in kept} == first
    assert carry_out(prepared, batch) == first
    mark = rows(small_url, "SELECT run, batch, intent_index, log_size, log_root, outcomes FROM winnow_watermark")
    told = '[[0,"done","","row deleted"],[1,"kept","dependent-record-remains",""]]'
    assert mark == [("run-1", 1, 7, 8, "root", told)]


def test_a_batch_that_fails_changes_nothing(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """When the database refuses, all of the batch is taken back and said to have failed."""
    batch = batch_of(prepared, "feedback F1", "feedback F2")

    def breaks(connection: Connection, class_name: str, keys: object) -> dict[str, str]:
        connection.execute(text("SELECT * FROM no_such_table"))
        return {}

    assert {o.reason for o in prepared.destroy(batch, breaks)} == {"store-error"}
    assert rows(small_url, "SELECT count(*) FROM feedback") == [(2,)]
    assert prepared.watermark(batch) is None
    assert set(carry_out(prepared, batch).values()) == {"done row deleted"}


def test_a_record_planned_twice_goes_once(prepared: SqlStore, carry_out: Said) -> None:
    """The second entry of one record in a plan is kept with a reason of its own."""
    batch = batch_of(prepared, "feedback F1", "feedback F1")
    outcomes = prepared.destroy(batch, Rechecker(prepared))
    assert [(o.state, o.reason) for o in outcomes] == [("done", ""), ("kept", "planned-twice")]


TRIGGERS = {
    "mariadb": "CREATE TRIGGER copy_it AFTER DELETE ON feedback FOR EACH ROW INSERT INTO letters VALUES (9, NULL);\n",
    "sqlite": "CREATE TRIGGER copy_it AFTER DELETE ON feedback BEGIN INSERT INTO letters VALUES (9, NULL); END;\n",
    "postgresql": "CREATE FUNCTION copy_it() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO letters VALUES (9, NULL); RETURN OLD; END $$;\n"
    "CREATE TRIGGER copy_it AFTER DELETE ON feedback FOR EACH ROW EXECUTE FUNCTION copy_it();\n",
}


def test_a_delete_trigger_keeps_the_records_of_its_table(prepared: SqlStore, small_url: str, carry_out: Said) -> None:
    """A trigger might destroy or copy more than was approved: its table is left alone, others are not."""
    run_script(small_url, TRIGGERS[engine(small_url).dialect.name])
    said = carry_out(prepared, batch_of(prepared, "feedback F1", "feedback F2: blank comment", "note 10"))
    assert said == {
        "feedback F1": "kept trigger-on-table",
        "feedback F2": "done fields blanked",
        "note 10": "done row deleted",
    }
    assert rows(small_url, "SELECT count(*) FROM letters") == [(0,)]


@pytest.mark.postgres
def test_a_rewrite_rule_counts_as_a_trigger(fresh_postgres: str, carry_out: Said) -> None:
    """A PostgreSQL rule on DELETE keeps the records of its table."""
    script = "CREATE TABLE feedback (feedback_id TEXT PRIMARY KEY, case_number TEXT, comment TEXT);\n"
    script += "INSERT INTO feedback VALUES ('F1', 'C1', '');\n"
    run_script(fresh_postgres, script + "CREATE RULE never AS ON DELETE TO feedback DO INSTEAD NOTHING;\n")
    store = sql_store(fresh_postgres, MAPS[3:])
    store.prepare()
    assert carry_out(store, batch_of(store, "feedback F1")) == {"feedback F1": "kept trigger-on-table"}


@pytest.mark.postgres
def test_a_reference_from_another_schema_counts(fresh_postgres: str, carry_out: Said) -> None:
    """A dependent row in a schema that we were never shown keeps its parent."""
    more = "CREATE SCHEMA other;\nCREATE TABLE other.copies (of_case VARCHAR(20) REFERENCES public.clients "
    run_script(fresh_postgres, TABLES + more + "ON DELETE SET NULL);\nINSERT INTO other.copies VALUES ('C3');\n")
    store = sql_store(fresh_postgres)
    store.prepare()
    assert carry_out(store, batch_of(store, "client C3")) == {"client C3": "kept dependent-record-remains"}


def test_preparing_shows_its_statements_and_can_be_repeated(small_url: str) -> None:
    """The DDL is shown before it is run; a prepared store needs nothing more and keeps its epoch."""
    store = sql_store(small_url)
    statements = store.prepare_statements()
    assert [line.split("(")[0].strip() for line in statements] == [
        "CREATE TABLE winnow_fence",
        "CREATE TABLE winnow_watermark",
        "INSERT INTO winnow_fence",
    ]
    with pytest.raises(BadInput, match="never prepared"):
        store.epoch()
    with pytest.raises(BadInput, match="never prepared"):
        store.destroy(batch_of(store, "feedback F1"), Rechecker(store))
    store.prepare()
    assert store.bump() == 2
    assert store.prepare_statements() == []
    store.prepare()
    assert store.epoch() == 2


def test_a_store_that_is_down_destroys_nothing(prepared: SqlStore) -> None:
    """A store that cannot be reached raises, so that only the watermark decides later."""
    lost = sql_store("sqlite:////nowhere/at/all.db")
    with pytest.raises(StoreUnavailable):
        lost.destroy(replace(batch_of(prepared, "feedback F1")), Rechecker(lost))


def test_sqlite_trigger_events_are_read_with_suspicion() -> None:
    """A definition that our reading does not understand counts as firing on everything."""
    assert sqlite_events("CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM y; END") == {"INSERT"}
    assert sqlite_events("create trigger t update of a, b on x begin select 1; end") == {"UPDATE"}
    assert sqlite_events('CREATE TRIGGER "on delete" DELETE\nON x BEGIN SELECT 1; END') == {"DELETE"}
    assert sqlite_events("CREATE TRIGGER t /* odd */") == {"DELETE", "UPDATE"}


def test_what_sqlite_deletes_is_overwritten(tmp_path: Path, carry_out: Said) -> None:
    """After a row is deleted from SQLite, its text is nowhere in the file."""
    file = tmp_path / "any.db"
    file.touch()
    run_script(f"sqlite:///{file}", TABLES)
    store = sql_store(f"sqlite:///{file}")
    store.prepare()
    assert b"a note of a secret" in file.read_bytes()
    carry_out(store, batch_of(store, "note 10"))
    assert b"a note of a secret" not in file.read_bytes()


def test_rows_of_one_table_go_before_those_they_refer_to() -> None:
    """A chain within one table goes from its end; a circle goes in one statement."""
    assert list(waves(["a", "b", "c"], {("a", "b"), ("b", "c"), ("c", "elsewhere")})) == [["c"], ["b"], ["a"]]
    assert list(waves(["a", "b"], {("a", "b"), ("b", "a")})) == [["a", "b"]]


def test_a_hold_waits_for_the_batch_under_way_and_stops_the_next(prepared: SqlStore) -> None:
    """Raising the fence waits for a transaction that holds it; the batch after it aborts."""
    first = batch_of(prepared, "feedback F1")
    order: list[str] = []
    holder = Thread(target=lambda: order.append(f"fence at {prepared.bump()}"))
    versions = Rechecker(prepared)

    def slow(connection: Connection, class_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        holder.start()
        holder.join(0.3)  # it cannot get through: we hold the fence
        order.append(f"held back {holder.is_alive()}")
        return versions(connection, class_name, keys)

    assert [o.state for o in prepared.destroy(first, slow)] == ["done"]
    holder.join()
    assert order == ["held back True", "fence at 2"]
    second = batch_of(prepared, "feedback F2", number=2)
    assert [o.reason for o in prepared.destroy(second, versions)] == ["hold-placed"]
