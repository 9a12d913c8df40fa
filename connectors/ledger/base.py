"""Opening the ledger database, and the two ways to use it: a read, and a write that holds the write lock."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError

from connectors.engines import engine as make_engine
from connectors.engines import foreign, parse
from rules.errors import BadInput, Problem, StoreUnavailable

Item = TypeVar("Item")

# SQLite allows 32,766 bound values in one statement, PostgreSQL 65,535; 500 keys stay far below either.
CHUNK = 500
_OLDEST_MARIADB = (10, 6)  # the first of which a kill cannot leave half a table
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


@dataclass(frozen=True)
class Ledger:
    """The ledger database, migrated to the newest revision. `reader` can't write and waits for no writer."""

    engine: Engine
    reader: Engine


Source = Ledger | Connection
"""Every function of the ledger works on a ledger, or inside a transaction that the caller has begun."""


def open_ledger(url: str, *, create: bool = True, folder: Path | None = None) -> Ledger:
    """Open the ledger at `url` and bring its tables to the newest revision.

    A SQLite path that is relative starts at `folder`; its file is made only if `create`. A commit is on the disk when
    it returns, and what is deleted is overwritten. Raises BadInput for a URL of another kind, StoreUnavailable.
    """
    engine = make_engine(url, destroying=True, create=create, ledger=True, folder=folder)
    with translated():
        if engine.dialect.name == "mariadb":
            require_mariadb(engine)
        if not _is_newest(engine):
            # Alembic is slow to load, and nearly always there is nothing for it to do.
            import_module("connectors.ledger.migrate").upgrade(engine)
    in_memory = engine.dialect.name == "sqlite" and parse(url).database in (None, "", ":memory:")
    return Ledger(engine, engine if in_memory else make_engine(url, read_only=True, ledger=True, folder=folder))


def require_mariadb(engine: Engine) -> None:
    """Raise BadInput for a server that speaks the same language and is MySQL, or too old."""
    try:
        with engine.connect():
            version = engine.dialect.server_version_info
    except InvalidRequestError:
        version = None
    if version is None or version < _OLDEST_MARIADB:
        mend = "Use MariaDB 10.6 or newer, PostgreSQL, or sqlite:///ledger.db"
        raise BadInput(Problem("a ledger cannot be kept on this server", key="ledger", mend=mend))


def _is_newest(engine: Engine) -> bool:
    """Whether the ledger's tables are there in their newest revision; the revisions' files are numbered in order."""
    newest = max(file.name[1:5] for file in (Path(__file__).parent / "migrations" / "versions").glob("r*.py"))
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == newest


@contextmanager
def reading(source: Source) -> Iterator[Connection]:
    """Yield a connection to read from: one snapshot, no lock that a writer would wait for; or the one handed in."""
    if isinstance(source, Connection):
        yield source
    else:
        with translated(), source.reader.connect() as connection:
            yield connection


@contextmanager
def writing(source: Source) -> Iterator[Connection]:
    """Yield a connection in a write transaction, committed at the end, rolled back on any error.

    A connection handed in is yielded as it is, so that several writes make one transaction. On SQLite the engine takes
    the write lock at once: a transaction that reads first could fail when it writes.
    """
    if isinstance(source, Connection):
        yield source
    else:
        with translated(), source.engine.begin() as connection:
            yield connection


@contextmanager
def attended(ledger: Ledger) -> Iterator[None]:
    """Keep a ledger in SQLite from writing its whole log of changes back at the end of every single use meanwhile.

    It would, with several syncs of the disk, whenever nobody else has the database open. Raises StoreUnavailable.
    """
    if ledger.engine.dialect.name != "sqlite":
        yield
        return
    with translated():
        raw = ledger.engine.raw_connection()
    try:
        yield
    finally:
        with translated():
            raw.close()


@contextmanager
def translated() -> Iterator[None]:
    """Raise StoreUnavailable, without a word of the database's own, for every error of the ledger's database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:  # of SQLite's own come from raw connections
        raise StoreUnavailable(f"the ledger failed: {foreign(error)}") from None


def to_json(value: object) -> str:
    """Return canonical JSON: sorted keys, no spaces, ASCII only."""
    return _canonical(value)


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[Sequence[Item]]:
    """Yield the items in lists of at most `size`."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
        del chunk  # before the next is made: whoever took it may have let it go
