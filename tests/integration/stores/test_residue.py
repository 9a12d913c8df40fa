"""What is left of deleted rows in a database's own files: canaries are looked for byte by byte."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.engines import engine
from connectors.stores import residue
from connectors.stores.residue import CLEAR, REWRITE, clear_residue
from tests.integration.stores.conftest import TABLES, run_script, sql_store

CANARY, ROWS = "ZQXKV", 1_000
TABLE = "CREATE TABLE notes (note_id INTEGER PRIMARY KEY, body VARCHAR(200))"


def filled(url: str) -> Engine:
    """A database of a thousand canaries and one other row, open with the destroying credential."""
    made = engine(url, destroying=True)
    with made.begin() as connection:
        connection.exec_driver_sql(TABLE)
        rows = ", ".join(f"({number}, '{CANARY}{number:06d} said so')" for number in range(ROWS))
        connection.exec_driver_sql(f"INSERT INTO notes VALUES {rows}, ({ROWS}, 'stays')")
    return made


def emptied(made: Engine) -> None:
    """Delete the canaries, as a run does."""
    with made.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM notes WHERE note_id < {ROWS}")


def left(*places: Path) -> int:
    """How many different canaries the bytes of these files hold."""
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    return len({found for file in files for found in re.findall(rb"ZQXKV\d{6}", file.read_bytes())})


@pytest.mark.parametrize("mode", ["delete", "truncate", "wal"])
def test_sqlite_keeps_nothing_of_a_deleted_row(tmp_path: Path, mode: str) -> None:
    """In each mode of its journal: a thousand canaries before, none in any of its files afterwards."""
    sqlite3.connect(tmp_path / "store.db").execute(f"PRAGMA journal_mode={mode}").connection.close()
    made = filled(f"sqlite:///{tmp_path / 'store.db'}")
    assert left(tmp_path) == ROWS
    emptied(made)
    assert clear_residue(made, CLEAR, ["notes"]) == residue.OVERWRITTEN
    assert left(tmp_path) == 0
    assert clear_residue(made, CLEAR, ["notes"]) == residue.OVERWRITTEN


def test_sqlite_says_when_a_reader_keeps_its_log(tmp_path: Path) -> None:
    """A connection that still reads the write-ahead log keeps it from being emptied, and the answer says so."""
    sqlite3.connect(tmp_path / "store.db").execute("PRAGMA journal_mode=wal").connection.close()
    made = filled(f"sqlite:///{tmp_path / 'store.db'}")
    reader = sqlite3.connect(tmp_path / "store.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM notes").fetchall()
    emptied(made)
    assert clear_residue(made, CLEAR, ["notes"]) == residue.IN_USE
    reader.close()
    assert clear_residue(made, CLEAR, ["notes"]) == residue.OVERWRITTEN
    assert left(tmp_path) == 0


def test_sqlite_rewrites_what_others_deleted_carelessly(tmp_path: Path) -> None:
    """Old copies from before Winnow lie on free pages; only a rewritten file is free of them."""
    (tmp_path / "store.db").touch()
    made = filled(f"sqlite:///{tmp_path / 'store.db'}")
    careless = sqlite3.connect(tmp_path / "store.db")
    careless.execute("PRAGMA secure_delete=OFF")
    careless.execute(f"DELETE FROM notes WHERE note_id < {ROWS}")
    careless.commit()
    careless.close()
    assert clear_residue(made, CLEAR, ["notes"]).cleared
    assert left(tmp_path) > 0
    assert clear_residue(made, REWRITE, ["notes"]) == residue.REWRITTEN
    assert left(tmp_path) == 0


@pytest.mark.postgres
def test_postgresql_is_clear_only_when_rewritten(fresh_postgres: str) -> None:
    """VACUUM is not called clear; rewriting the table and cycling the log leaves no canary in the server's files."""
    made = filled(fresh_postgres)
    with made.connect() as connection:
        place = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
        oid = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar()
        connection.exec_driver_sql("CHECKPOINT")
    files = (place / "base" / str(oid), place / "pg_wal")
    assert left(*files) == ROWS
    emptied(made)
    assert clear_residue(made, CLEAR, ["notes"]) == residue.VACUUMED
    assert left(*files) > 0
    assert clear_residue(made, REWRITE, ["notes"]) == residue.REWRITTEN
    assert left(*files) == 0


@pytest.mark.postgres
def test_postgresql_says_what_an_account_may_not_do(fresh_postgres: str) -> None:
    """Who doesn't own a table can't vacuum it; who may not cycle the log leaves it; both are said."""
    made = filled(fresh_postgres)
    with made.begin() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS destroyer")
        connection.exec_driver_sql("CREATE ROLE destroyer LOGIN")
    url = made.url.set(username="destroyer")
    assert clear_residue(engine(url, destroying=True), CLEAR, ["notes"]) == residue.FAILED
    with made.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE notes OWNER TO destroyer")
    assert clear_residue(engine(url, destroying=True), CLEAR, ["notes"]) == residue.VACUUMED
    assert clear_residue(engine(url, destroying=True), REWRITE, ["notes"]) == residue.LOG_REMAINS
    with made.begin() as connection:
        connection.exec_driver_sql("DROP TABLE notes")
        connection.exec_driver_sql("DROP ROLE destroyer")


def test_mariadb_is_never_called_clear(fresh_mariadb: str) -> None:
    """Its logs may keep rows for a while: the answer claims neither more nor less."""
    made = filled(fresh_mariadb)
    emptied(made)
    assert clear_residue(made, CLEAR, ["notes"]) == residue.LEFT
    assert clear_residue(made, REWRITE, ["notes"]) == residue.LOG_REMAINS
    assert clear_residue(made, REWRITE, ["nowhere"]) == residue.FAILED


def test_a_store_clears_the_tables_that_it_maps(every_engine_url: str) -> None:
    """The store hands its own tables to its engine; one that cannot be reached says so and raises nothing."""
    run_script(every_engine_url, TABLES)
    kind = engine(every_engine_url).dialect.name
    answers = {"sqlite": residue.OVERWRITTEN, "postgresql": residue.VACUUMED}
    assert sql_store(every_engine_url).clear_residue() == answers.get(kind, residue.LEFT)
    assert sql_store("sqlite:///nowhere.db").clear_residue() == residue.FAILED
