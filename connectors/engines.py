"""The only maker of SQLAlchemy engines: parameters hidden, foreign keys on, no database made by accident.

SQLite transactions are begun by us (`BEGIN IMMEDIATE` for writers), because the driver's own habit starts
them late and upgrades locks midway. Readers are held read-only by the engine itself, not by good manners.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from connectors.trouble import of_database
from rules.errors import BadInput, Problem, StoreUnavailable

BUSY_SECONDS = 30
_as_json = json.JSONEncoder(ensure_ascii=True).encode
DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


def engine(
    url: str | URL,
    read_only: bool = False,
    *,
    destroying: bool = False,
    create: bool = False,
    ledger: bool = False,
    folder: Path | None = None,
) -> Engine:
    """Make an engine for `url` (sqlite, postgresql or mariadb; a relative SQLite path starts at `folder`).

    `read_only` refuses every write; `destroying` overwrites what SQLite deletes, and what it commits outlives a
    loss of power (on MariaDB only while innodb_flush_log_at_trx_commit is 1, its default); `create` allows a new
    SQLite file (in WAL mode); `ledger` settles what MariaDB leaves to its sessions. Raises BadInput for a URL of
    another kind, StoreUnavailable for a missing SQLite file.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, read_only, destroying, create, folder or Path())
    return _server(parsed, read_only, destroying, ledger)


@contextmanager
def scratch() -> Iterator[Connection]:
    """Open a private SQLite database that is gone when it is closed, or when the process dies.

    It lies in memory while it is small. Beyond that SQLite moves it to a file of mode 0600 that it unlinks on opening
    (sqlite.org/tempfiles.html), in SQLITE_TMPDIR, TMPDIR or /var/tmp. Raises StoreUnavailable when that is full.
    """
    made = create_engine("sqlite+pysqlite:///file:?uri=true", hide_parameters=True, poolclass=StaticPool)
    event.listen(made, "connect", _sqlite_set_up(["journal_mode=OFF", "synchronous=OFF", "cache_size=-16000"]))
    event.listen(made, "begin", _sqlite_begin("BEGIN"))
    try:
        with made.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"no room to bring records of several stores together ({foreign(error)})") from None
    finally:
        made.dispose()


def parse(url: str | URL) -> URL:
    """Read a database URL and choose our driver for it. Raises BadInput, which never repeats the URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise BadInput(
            Problem("this is not a database URL", mend="Write sqlite:///file.db, postgresql://… or mariadb://…")
        ) from None
    driver = DRIVERS.get(parsed.drivername.split("+", 1)[0])
    if driver is None:
        known = ", ".join(sorted({"sqlite", "postgresql", "mariadb", "mysql"}))
        raise BadInput(Problem("no driver for this kind of database URL", mend=f"Known kinds: {known}"))
    return parsed.set(drivername=driver)


def foreign(error: BaseException) -> str:
    """Turn a database error into words and a code without data: its class and the driver's own error code.

    SQLAlchemy and driver messages may quote values (invariant 5), so none of their text is used.
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(error, DBAPIError | sqlite3.Error) or original is None:
        return type(error).__name__
    # MariaDB's number says more than its SQLSTATE, which is that of no error in particular for most.
    number = original.args[0] if original.args and isinstance(original.args[0], int) else None
    code = getattr(original, "sqlite_errorname", None) or str(number or getattr(original, "sqlstate", None) or "")
    lost = isinstance(error, OperationalError) and (not code or error.connection_invalidated)
    return ", ".join(filter(None, (of_database(code, lost), f"{type(error).__name__} {code}".strip())))


def _sqlite(url: URL, read_only: bool, destroying: bool, create: bool, folder: Path) -> Engine:
    if url.database in (None, "", ":memory:"):
        made = create_engine(url, hide_parameters=True, poolclass=StaticPool)
        deferred = True  # nobody else is there to lock out
    else:
        path = (folder / str(url.database)).absolute()
        if not create and not path.is_file():
            raise StoreUnavailable(f"the SQLite file {path.name} does not exist")
        deferred = read_only
        mode = "rwc" if create else "rw"  # `rw` never makes a file, even when it vanishes after the check above
        located = url.set(database=f"file:{quote(str(path))}", query={"mode": mode, "uri": "true"})
        made = create_engine(located, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    pragmas = ["foreign_keys=ON"]
    pragmas += ["secure_delete=ON"] if destroying else []
    pragmas += ["journal_mode=WAL"] if create else []
    # FULL would let a power loss bring a journal back, and with it what a commit had destroyed (sqlite.org/pragma).
    pragmas += ["synchronous=EXTRA"] if destroying else ["synchronous=FULL"] if create else []
    pragmas += ["query_only=ON"] if read_only else []
    event.listen(made, "connect", _sqlite_set_up(pragmas))
    event.listen(made, "begin", _sqlite_begin("BEGIN" if deferred else "BEGIN IMMEDIATE"))
    return made


def _sqlite_set_up(pragmas: list[str]) -> Callable[[sqlite3.Connection, object], None]:
    def connected(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").close()

    return connected


def _sqlite_begin(statement: str) -> Callable[[Connection], None]:
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begun


def _server(url: URL, read_only: bool, destroying: bool, ledger: bool) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": BUSY_SECONDS}
    if url.get_backend_name() == "postgresql":
        arguments["application_name"] = "winnow"
    elif ledger:
        url = url.set(drivername=DRIVERS["mariadb"])  # a server that is no MariaDB is then refused
        arguments["init_command"] = _MARIADB_LEDGER
    made = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=arguments)
    if url.get_backend_name() != "postgresql":
        event.listen(made, "do_connect", import_module("connectors.mariadb").connect)
    if destroying and url.get_backend_name() == "postgresql":
        event.listen(made, "connect", _postgresql_durable)
    if not read_only:
        if ledger and url.get_backend_name() == "mariadb":
            # As on PostgreSQL: who loses a race must see what the winner committed, or would lose for ever.
            event.listen(made, "connect", _mariadb_sets("READ COMMITTED"))
        return made
    if url.get_backend_name() == "postgresql":
        # One snapshot for all the classes of a store, and no write whatever the credential allows.
        return made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    event.listen(made, "connect", _mariadb_sets("REPEATABLE READ, READ ONLY"))
    return made


def _postgresql_durable(raw: Any, _record: object) -> None:
    """A commit is on the disk when it returns, even where the server's own default is not to wait for it."""
    with raw.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    raw.commit()


# What does not fit is refused, not cut; nobody waits longer for another's lock than on SQLite.
_MARIADB_LEDGER = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION',"
    f" innodb_lock_wait_timeout = {BUSY_SECONDS}, lock_wait_timeout = {BUSY_SECONDS}"
)


def _mariadb_sets(isolation: str) -> Callable[[Any, object], None]:
    def connected(raw: Any, _record: object) -> None:
        with raw.cursor() as cursor:
            cursor.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")

    return connected


def among(column: ColumnElement[Any], keys: Sequence[str] | Sequence[int], dialect: str) -> ColumnElement[bool]:
    """Whether a column of text, or of whole numbers, holds one of `keys`: one parameter where the database can.

    Rendering and binding a parameter for each key costs more than finding them.
    """
    if dialect == "sqlite" and not any("\0" in key for key in keys if isinstance(key, str)):
        return column.in_(select(func.json_each(_as_json(list(keys))).table_valued("value").c.value))
    return column.in_(keys)


def unavailable(alias: str, error: SQLAlchemyError) -> StoreUnavailable:
    """The error to raise when store `alias` failed us, with the code of `error` only."""
    return StoreUnavailable(f"store {alias} cannot be used now ({foreign(error)})")
