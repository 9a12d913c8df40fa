"""A SQL store is read as it is: dirty dates, vanished columns, duplicates, and columns nobody claims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from connectors.stores.base import ClassSource
from connectors.stores.reading import StoreReader
from connectors.stores.sql import SqlStore
from rules.errors import BadInput, StoreUnavailable
from rules.schedule.values import Role
from tests.integration.stores.conftest import MAPS, SCHEDULE, class_map, record_class, run_script, sql_store


def test_dates_leave_as_the_text_that_is_there(small_url: str) -> None:
    """What is in a date column leaves as text, however wrong."""
    store = sql_store(small_url)
    source = store.sources()["client"]
    with store.reader() as connection:
        read = connection.execute(select(source.columns["closed_on"]).order_by(source.columns["case_number"]))
        assert read.scalars().all() == ["2010-01-31", "0000-00-00", "31/02/2020", ""]
    assert source.native_dates == frozenset()


def test_a_sqlite_date_column_may_hold_anything(tmp_path: Path) -> None:
    """A column that SQLite calls DATE is read as text, because it can hold text and numbers."""
    file = tmp_path / "any.db"
    file.touch()
    run_script(
        f"sqlite:///{file}",
        "CREATE TABLE clients (case_number TEXT PRIMARY KEY, closed_on DATE, linked_case TEXT);\n"
        "INSERT INTO clients VALUES ('C1', 'soon', NULL), ('C2', 1700000000, NULL);\n",
    )
    store = sql_store(f"sqlite:///{file}", MAPS[:1])
    source = store.sources()["client"]
    with store.reader() as connection:
        assert [str(item) for item in connection.scalars(select(source.columns["closed_on"]))] == ["soon", "1700000000"]


def test_real_date_columns_are_named(any_engine_url: str) -> None:
    """A column of a true date type is listed as such where the engine enforces it."""
    run_script(any_engine_url, "CREATE TABLE clients (case_number VARCHAR(9) PRIMARY KEY, closed_on DATE);\n")
    source = sql_store(any_engine_url, [class_map("client", "clients", absent=["linked_case"])]).sources()["client"]
    assert source.native_dates == ({"closed_on"} if "postgresql" in any_engine_url else frozenset())


def test_an_absent_field_is_null(small_url: str) -> None:
    """A field declared absent can be selected and compared, and is NULL."""
    store = sql_store(small_url, [class_map("client", "clients", absent=["linked_case"])])
    absent = store.sources()["client"].columns["linked_case"]
    with store.reader() as connection:
        assert connection.execute(select(absent).where(absent.is_(None)).limit(1)).scalars().all() == [None]


def test_vanished_tables_and_columns_are_all_named(small_url: str) -> None:
    """A table or column that is no longer there is a problem with its line and the nearest name, all at once."""
    store = sql_store(small_url, [class_map("client", "client"), class_map("note", "notes", ended="endd", text="body")])
    said = [str(problem) for problem in store.problems()]
    assert said == [
        "stores.yaml:7: stores.casework.classes.client: the table client is not there. Did you mean clients?",
        "stores.yaml:7: stores.casework.classes.note: the table notes has no column endd. Did you mean ended?",
    ]
    with pytest.raises(BadInput):
        store.sources()


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql://u:topsecret@127.0.0.1:1/x"])
def test_a_store_that_is_down_is_a_problem_and_its_password_is_not_told(url: str) -> None:
    """A store that cannot be reached says so without its URL."""
    store = sql_store(url)
    (problem,) = store.problems()
    assert "casework" in str(problem) or "does not exist" in str(problem)
    assert "topsecret" not in str(problem)
    with pytest.raises(StoreUnavailable), store.reader():
        pass


def test_a_missing_sqlite_file_is_never_made(tmp_path: Path) -> None:
    """Opening a SQLite store that is not there leaves no file behind."""
    assert sql_store(f"sqlite:///{tmp_path / 'none.db'}").problems()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write(prepared: SqlStore) -> None:
    """A reading connection refuses every write, whatever the credential allows."""
    with pytest.raises(StoreUnavailable), prepared.reader() as connection:
        connection.execute(text("DELETE FROM feedback"))


def test_what_nobody_claims_is_found(prepared: SqlStore, small_url: str) -> None:
    """Tables and columns that no class claims are listed; our own two tables are not."""
    assert [item.key for item in prepared.unclaimed()] == ["clients.religion", "letters"]
    ignoring = sql_store(small_url, ignore_tables=frozenset({"letters"}))
    assert [item.key for item in ignoring.unclaimed()] == ["clients.religion"]


def test_records_that_share_a_key_are_left_out_and_counted(any_engine_url: str) -> None:
    """Two records with one key, and one without, are in no selectable and are counted."""
    run_script(
        any_engine_url,
        "CREATE TABLE feedback (feedback_id VARCHAR(9), case_number VARCHAR(9), comment TEXT);\n"
        "INSERT INTO feedback VALUES ('A', 'C1', ''), ('A', 'C2', ''), ('B', 'C3', 'ok'), (NULL, 'C4', '');\n",
    )
    store = sql_store(any_engine_url, [class_map("feedback", "feedback")])
    columns = store.sources()["feedback"].columns
    with store.reader() as connection:
        assert connection.scalars(select(columns["feedback_id"])).all() == ["B"]
    assert store.duplicates() == {"feedback": 3}
    assert store.unreadable() == {"feedback": 0}


def test_free_text_is_read_by_key(prepared: SqlStore) -> None:
    """Free text comes with its key, only for the records asked for, and numbers serve as keys."""
    assert list(prepared.texts("note", ["10", "99"], ["text"])) == [("10", "a note of a secret")]
    assert list(prepared.texts("feedback", ["F1", "F2"], ["comment"])) == [("F1", "kind words")]


def test_an_error_while_reading_tells_no_data(prepared: SqlStore) -> None:
    """A failing statement becomes a code: neither its text nor its parameters are repeated."""
    with pytest.raises(StoreUnavailable) as caught, prepared.reader() as connection:
        connection.execute(text("SELECT nothing FROM clients WHERE case_number = :key"), {"key": "Topsecret"})
    assert "casework" in str(caught.value)
    assert "Topsecret" not in str(caught.value)
    assert "SELECT" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_zero_date_of_mariadb_is_text_like_any_other(fresh_mariadb: str) -> None:
    """A true DATE column of MariaDB may hold 0000-00-00, which leaves as that text and does not raise."""
    script = "SET SESSION sql_mode = '';\nCREATE TABLE clients (case_number VARCHAR(9) PRIMARY KEY, closed_on DATE);\n"
    run_script(fresh_mariadb, script + "INSERT INTO clients VALUES ('C1', '0000-00-00'), ('C2', '2020-01-31');\n")
    source = sql_store(fresh_mariadb, [class_map("client", "clients", absent=["linked_case"])]).sources()["client"]
    assert source.native_dates == frozenset()
    with sql_store(fresh_mariadb).reader() as connection:
        found = connection.scalars(select(source.columns["closed_on"]).order_by(source.columns["case_number"]))
        assert [str(item) for item in found] == ["0000-00-00", "2020-01-31"]


def test_what_is_compared_letter_by_letter_leaves_as_text(prepared: SqlStore) -> None:
    """A linked person, an author and a person found by name are texts on every engine, never bytes."""
    fields = {"number": Role.KEY, "case_number": Role.SUBJECT, "called": Role.NAME, "author": Role.AUTHOR}
    fields |= {"linked": Role.LINKED}
    client = record_class("client", **fields)
    table = prepared.sources()["client"].table
    number = table.c["case_number"]
    source = ClassSource(table, {**dict.fromkeys(fields, number), "linked": table.c["linked_case"]})
    with prepared.reader() as connection:
        schedule = replace(SCHEDULE, classes=(client,))
        reader = StoreReader("casework", connection, {"client": source}, schedule, ZoneInfo("Europe/London"))
        (record,) = reader.by_keys(client, ["C3"])
        assert (record.linked, record.author) == ("C2", "C3")
        assert list(reader.links(client)) == [("C3", "C2")]
        assert list(reader.people_named(client, {"c 3": frozenset({"c3"})})) == [("c 3", "C3", "C3")]
