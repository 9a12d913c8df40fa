"""Engines are made in one place: nothing is created by accident, nothing shown, readers do not write."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, NoResultFound

from connectors.engines import engine, foreign, parse
from rules.errors import BadInput, StoreUnavailable


def pragma(folder: Path, name: str, **how: bool) -> object:
    """The value of a pragma on a connection made so."""
    with engine("sqlite:///a.db", folder=folder, **how).connect() as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


def test_a_missing_sqlite_file_is_an_error_unless_it_is_to_be_made(tmp_path: Path) -> None:
    """Only `create` makes a file; a path relative to the folder and with odd signs is found again."""
    with pytest.raises(StoreUnavailable, match="does not exist"):
        engine("sqlite:///odd name?.db", folder=tmp_path)
    with engine("sqlite:///a #1.db", create=True, folder=tmp_path).begin() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
    assert (tmp_path / "a #1.db").exists()
    with engine("sqlite:///a #1.db", read_only=True, folder=tmp_path).connect() as connection:
        assert connection.execute(text("SELECT * FROM t")).all() == []


def test_sqlite_is_set_up_by_purpose(tmp_path: Path) -> None:
    """Foreign keys always; overwriting for destroying; WAL only for files of our own making."""
    sqlite3.connect(tmp_path / "a.db").executescript("CREATE TABLE t (a)").close()
    assert pragma(tmp_path, "foreign_keys") == 1
    assert pragma(tmp_path, "journal_mode") == "delete"
    assert pragma(tmp_path, "secure_delete", destroying=True) == 1
    assert pragma(tmp_path, "query_only", read_only=True) == 1
    assert pragma(tmp_path, "journal_mode", create=True) == "wal"


def test_a_writer_holds_the_lock_from_its_first_statement(tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: a second writer is shut out before it has read anything stale."""
    engine("sqlite:///a.db", create=True, folder=tmp_path).connect().close()
    other = sqlite3.connect(tmp_path / "a.db", timeout=0)
    with engine("sqlite:///a.db", folder=tmp_path).begin() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_rollback_takes_back_ddl_too(tmp_path: Path) -> None:
    """A table made in a transaction that is rolled back is not there."""
    made = engine("sqlite:///a.db", create=True, folder=tmp_path)
    with made.connect() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
        connection.rollback()
        assert connection.scalar(text("SELECT count(*) FROM sqlite_master")) == 0


def test_errors_are_codes_without_data(tmp_path: Path) -> None:
    """A database error becomes its class and code; its statement and values are not repeated."""
    made = engine("sqlite:///a.db", create=True, folder=tmp_path)
    with made.connect() as connection:
        connection.execute(text("CREATE TABLE t (a TEXT PRIMARY KEY)"))
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text("INSERT INTO t VALUES (:a), (:a)"), {"a": "topsecret"})
    assert foreign(caught.value) == "IntegrityError SQLITE_CONSTRAINT_PRIMARYKEY"
    assert "topsecret" not in str(caught.value)
    assert foreign(NoResultFound("topsecret")) == "NoResultFound"


@pytest.mark.parametrize("url", ["oracle://u:topsecret@h/d", "no url: topsecret", "postgresql://u:topsecret@h:port/d"])
def test_a_url_that_we_cannot_use_is_not_repeated(url: str) -> None:
    """The message names the known kinds, never the URL with its password."""
    with pytest.raises(BadInput) as caught:
        parse(url)
    assert "topsecret" not in str(caught.value)


def test_every_kind_of_url_gets_our_driver() -> None:
    """The drivers are ours to choose."""
    names = {kind: parse(f"{kind}://h/d").drivername for kind in ("postgresql", "postgres", "mysql", "mariadb")}
    assert set(names.values()) == {"postgresql+psycopg", "mysql+pymysql", "mariadb+pymysql"}
    assert parse("sqlite:///x").drivername == "sqlite+pysqlite"


def test_what_a_destroying_commit_removes_stays_removed_when_the_power_goes(tmp_path: Path) -> None:
    """SQLite syncs the folder after it has dropped a journal: one that came back would undo the commit."""
    (tmp_path / "store.db").touch()
    with engine(f"sqlite:///{tmp_path / 'store.db'}", destroying=True).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3


@pytest.mark.postgres
def test_a_destroying_commit_waits_for_the_disk_whatever_the_server_says(postgres_url: str) -> None:
    """The test server answers a commit before it is on the disk; not to a connection that destroys."""
    for destroying, wanted in ((False, "off"), (True, "on")):
        with engine(postgres_url, destroying=destroying).connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == wanted


def test_connections_to_mariadb_share_what_is_slow_to_make_and_nothing_else(mariadb_url: str) -> None:
    """Certificates of the machine, which the driver would read for each and then not use."""
    made = [engine(mariadb_url + "mysql", read_only=choice) for choice in (False, True)]
    with made[0].connect() as one, made[1].connect() as two:
        drivers: list[Any] = [each.connection.driver_connection for each in (one, two)]
        assert drivers[0].ctx is drivers[1].ctx
        assert drivers[0].thread_id() != drivers[1].thread_id()
