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
LONG = 9_000  # letters of a text that does not fit on a page
TABLES_OF_NOTES = (
    "CREATE TABLE notes (note_id INTEGER PRIMARY KEY, body VARCHAR(200), story {text})",
    "CREATE INDEX notes_by_body ON notes (body)",
    "CREATE TABLE others (other_id INTEGER PRIMARY KEY)",
)


def filled(url: str) -> Engine:
    """A database of a thousand canaries and one other row, open with the destroying credential.

    Each lies in a column, in an index and behind a long text, and was once changed.
    """
    made = engine(url, destroying=True)
    kind = made.dialect.name
    with made.begin() as connection:
        for statement in TABLES_OF_NOTES:
            connection.exec_driver_sql(statement.format(text="LONGTEXT" if kind == "mariadb" else "TEXT"))
        if kind == "postgresql":  # a packed text would hide from a search of bytes
            connection.exec_driver_sql("ALTER TABLE notes ALTER story SET STORAGE EXTERNAL")
        story, wanted = "x" * LONG, made.dialect.paramstyle
        mark = "?" if wanted == "qmark" else "%s"
        said = [(number, f"{CANARY}{number:06d}", f"{story}{CANARY}{number:06d}") for number in range(ROWS)]
        insert = f"INSERT INTO notes VALUES ({mark}, {mark}, {mark})"
        connection.exec_driver_sql(insert, [*said, (ROWS, "stays", story)])
    with made.begin() as connection:
        changed = "concat(body, ' said so')" if kind == "mariadb" else "body || ' said so'"
        connection.exec_driver_sql(f"UPDATE notes SET body = {changed} WHERE note_id < {ROWS}")
    return made


def touched(path: Path) -> Path:
    """An empty file, which a store may be made of."""
    path.touch()
    return path


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


def test_sqlite_leaves_no_journal_of_others(tmp_path: Path) -> None:
    """A journal that another program keeps beside the file, full of old pages, goes with the deletion."""
    made = filled(f"sqlite:///{touched(tmp_path / 'store.db')}")
    keeping = sqlite3.connect(tmp_path / "store.db")
    keeping.execute("PRAGMA journal_mode=persist")
    keeping.execute(f"UPDATE notes SET body = body || '.' WHERE note_id < {ROWS}").connection.commit()
    keeping.close()
    assert left(tmp_path / "store.db-journal") > 0
    emptied(made)
    assert clear_residue(made, CLEAR, ["notes"]) == residue.OVERWRITTEN
    assert left(tmp_path) == 0


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
def test_postgresql_says_when_an_older_transaction_keeps_rows(
    fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who began before the deletion might still read them: a rebuilt table then keeps them, and is not called clear."""
    monkeypatch.setattr(residue, "LONG_PATIENCE", 1)
    made, other = filled(fresh_postgres), engine(fresh_postgres, read_only=True)
    with made.connect() as connection:
        place = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar()))
    with other.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM others").all()
        emptied(made)
        assert clear_residue(made, REWRITE, ["notes"]) == residue.IN_USE
        assert left(place / "base") == ROWS
    with other.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM notes").all()
        assert clear_residue(made, REWRITE, ["notes"]) == residue.IN_USE
    assert clear_residue(made, REWRITE, ["notes"]) == residue.REWRITTEN
    assert left(place) == 0


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
    """A rebuilt table has no old rows, and the server's own logs have nearly all of them: no stronger word is used."""
    made = filled(fresh_mariadb)
    emptied(made)
    assert clear_residue(made, CLEAR, ["notes"]) == residue.LEFT
    assert clear_residue(made, REWRITE, ["notes"]) == residue.LOG_REMAINS
    assert not residue.LOG_REMAINS.cleared
    assert clear_residue(made, REWRITE, ["nowhere"]) == residue.FAILED
    with made.connect() as connection:
        place = Path(str(connection.exec_driver_sql("SELECT @@datadir").scalar()))
        base = str(connection.exec_driver_sql("SELECT database()").scalar())
    assert left(place / base) == 0
    assert left(place / "ib_logfile0") > ROWS // 2


def test_mariadb_says_what_an_account_may_not_do(fresh_mariadb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebuilding a table needs the right to insert; a table in use is left alone after a while."""
    monkeypatch.setattr(residue, "LONG_PATIENCE", 1)
    made = filled(fresh_mariadb)
    emptied(made)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE USER destroyer@127.0.0.1")
        connection.exec_driver_sql("GRANT SELECT, UPDATE, DELETE ON *.* TO destroyer@127.0.0.1")
    mine = engine(made.url.set(username="destroyer"), destroying=True)
    assert clear_residue(mine, REWRITE, ["notes"]) == residue.FAILED
    with made.begin() as connection:
        connection.exec_driver_sql("GRANT INSERT ON *.* TO destroyer@127.0.0.1")
    with engine(fresh_mariadb).connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM notes").all()
        assert clear_residue(mine, REWRITE, ["notes"]) == residue.FAILED
    assert clear_residue(mine, REWRITE, ["notes"]) == residue.LOG_REMAINS
    with made.begin() as connection:
        connection.exec_driver_sql("DROP USER destroyer@127.0.0.1")


def test_a_store_clears_the_tables_that_it_maps(every_engine_url: str) -> None:
    """The store hands its own tables to its engine; one that cannot be reached says so and raises nothing."""
    run_script(every_engine_url, TABLES)
    kind = engine(every_engine_url).dialect.name
    answers = {"sqlite": residue.OVERWRITTEN, "postgresql": residue.VACUUMED}
    assert sql_store(every_engine_url).clear_residue() == answers.get(kind, residue.LEFT)
    assert sql_store("sqlite:///nowhere.db").clear_residue() == residue.FAILED
