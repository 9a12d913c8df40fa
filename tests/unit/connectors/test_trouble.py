"""What a failing disk or database is called: words for people and a code, never the foreign text."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from connectors.engines import engine, foreign
from connectors.trouble import DISK, of_disk


@pytest.mark.parametrize("number", sorted(DISK))
def test_every_failure_of_a_disk_has_words_and_a_code(number: int) -> None:
    """People read what is wrong, the technical helper its code, and nobody the name of a file."""
    said = of_disk(OSError(number, "secret", "C000123.txt"))
    assert said == f"{DISK[number]}, {errno.errorcode[number]}"


def test_a_failure_without_words_keeps_its_code() -> None:
    """An error that has no words here is still told apart from others."""
    assert of_disk(OSError(errno.ENOENT, "secret")) == "ENOENT"
    assert of_disk(TimeoutError("secret")) == "TimeoutError"


def test_a_full_database_is_told_as_a_full_disk(tmp_path: Path) -> None:
    """Where SQLite finds no room, people read that the disk is full."""
    path = tmp_path / "store.db"
    sqlite3.connect(path).executescript("CREATE TABLE t (a TEXT); PRAGMA user_version = 1")
    with engine(f"sqlite:///{path}").connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        with pytest.raises(SQLAlchemyError) as caught:
            connection.exec_driver_sql("INSERT INTO t VALUES (?)", ("secret" * 10_000,))
    assert foreign(caught.value) == "the disk is full, OperationalError SQLITE_FULL"


def test_something_else_than_a_database_is_told_as_one(tmp_path: Path) -> None:
    """A file that is no database is said to be damaged."""
    path = tmp_path / "store.db"
    path.write_text("no database, but a secret\n" * 100)
    with engine(f"sqlite:///{path}", read_only=True).connect() as connection, pytest.raises(SQLAlchemyError) as caught:
        connection.exec_driver_sql("SELECT * FROM sqlite_master")
    assert foreign(caught.value).startswith("the file is damaged: bring it back from a backup, ")


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach() -> None:
    """The drivers give no code where nobody answers."""
    with pytest.raises(OperationalError) as caught, engine("postgresql://nobody@127.0.0.1:1/none").connect():
        pass
    assert foreign(caught.value) == "the server can't be reached, or broke off, OperationalError"
