"""What a database keeps of a row after DELETE, and how far its engine can be told to overwrite it.

By default only what harms nobody at work: SQLite empties its write-ahead log (what is deleted by us it overwrites at
once), PostgreSQL vacuums. `residue: rewrite` in stores.yaml rebuilds tables, which locks them, and cycles the
write-ahead log. Whatever could not be done is said; a method is never called by a stronger word than it deserves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

CLEAR, REWRITE = "clear", "rewrite"
PATIENCE = 2_000  # milliseconds for whoever is reading a SQLite file
LONG_PATIENCE = 20  # seconds for whoever is using a table of a server that is to be rebuilt
LOCKED = "55P03"
MOST_SEGMENTS = 64
FEWEST_SEGMENTS = 6  # where the server does not say how many it keeps
SEGMENTS_OVER = 2


@dataclass(frozen=True)
class Residue:
    """What was done about the traces of deleted rows, as a code, and whether the store's own files are free of them.

    Copies of the disk, of the log or of the server elsewhere are never spoken of.
    """

    method: str
    cleared: bool


OVERWRITTEN = Residue("residue-overwritten", True)
REWRITTEN = Residue("residue-rewritten", True)
IN_USE = Residue("residue-store-in-use", False)
VACUUMED = Residue("residue-vacuumed", False)
LOG_REMAINS = Residue("residue-rewritten-log-remains", False)
LEFT = Residue("residue-left-to-engine", False)
FAILED = Residue("residue-not-cleared", False)


def clear_residue(engine: Engine, how: str, tables: Sequence[str], schema: str = "") -> Residue:
    """Have the engine overwrite what it can of deleted rows of these tables. A second time does no harm.

    `engine` has the destroying credential. What the database refuses makes a weaker answer, never an error.
    """
    try:
        if engine.dialect.name == "sqlite":
            return _sqlite(engine, how)
        with engine.connect() as connection:
            free = connection.execution_options(isolation_level="AUTOCOMMIT")
            if engine.dialect.name == "postgresql":
                return _postgresql(free, how, [_quoted(free, schema, name) for name in tables])
            return _mariadb(free, how, [_quoted(free, schema, name) for name in tables])
    except (SQLAlchemyError, sqlite3.Error):  # of SQLite's own come from a raw connection
        return FAILED


def _quoted(connection: Connection, schema: str, table: str) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(schema)}.{quote(table)}" if schema else quote(table)


def _sqlite(engine: Engine, how: str) -> Residue:
    """Deleting overwrote the rows (PRAGMA secure_delete); old page images are left in a write-ahead log only."""
    # The driver's own connection: neither statement runs inside the transaction that ours would begin.
    raw: Any = engine.raw_connection()
    try:
        cursor = raw.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout={PATIENCE}")
            if how == REWRITE:
                cursor.execute("VACUUM")
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if busy:
                    return IN_USE
        except engine.dialect.loaded_dbapi.Error:
            return IN_USE
        finally:
            cursor.close()
    finally:
        raw.close()
    return REWRITTEN if how == REWRITE else OVERWRITTEN


def _postgresql(connection: Connection, how: str, tables: Sequence[str]) -> Residue:
    """VACUUM frees the rows and leaves bytes in the free space of pages; only a rewritten table has none.

    Nor has that if somebody's older transaction might still read them: it then keeps them, and we say so.
    """
    connection.exec_driver_sql(f"SET lock_timeout = '{LONG_PATIENCE}s'")
    # Every transaction before this one is over in a table whose oldest transaction is a later one.
    last = connection.exec_driver_sql("SELECT mod(txid_current(), 4294967296)::text").scalar()
    for table in tables:
        # Who does not own a table gets a warning and nothing done, so we ask first.
        owned = text("SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(:t)")
        if not connection.execute(owned, {"t": table}).scalar():
            return FAILED
        if how != REWRITE:
            connection.exec_driver_sql(f"VACUUM {table}")
            continue
        try:
            connection.exec_driver_sql(f"VACUUM (FULL, FREEZE) {table}")
        except OperationalError as error:
            return IN_USE if getattr(error.orig, "sqlstate", "") == LOCKED else FAILED
        over = text("SELECT age(relfrozenxid) < age(CAST(:last AS xid)) FROM pg_class WHERE oid = to_regclass(:t)")
        if not connection.execute(over, {"t": table, "last": last}).scalar():
            return IN_USE
    if how != REWRITE:
        return VACUUMED
    try:
        connection.exec_driver_sql("CHECKPOINT")
        for _ in range(_segments(connection) + SEGMENTS_OVER):
            connection.exec_driver_sql("SELECT pg_switch_wal()")
            connection.exec_driver_sql("CHECKPOINT")
    except SQLAlchemyError:  # only some roles may
        return LOG_REMAINS
    kept = "SELECT current_setting('archive_mode') <> 'off' OR EXISTS (SELECT FROM pg_replication_slots)"
    return LOG_REMAINS if connection.exec_driver_sql(kept).scalar() else REWRITTEN


def _segments(connection: Connection) -> int:
    """How many files the write-ahead log has: each is written over once."""
    try:
        count = int(connection.exec_driver_sql("SELECT count(*) FROM pg_ls_waldir()").scalar() or 0)
    except SQLAlchemyError:
        return FEWEST_SEGMENTS
    return min(max(count, FEWEST_SEGMENTS), MOST_SEGMENTS)


def _mariadb(connection: Connection, how: str, tables: Sequence[str]) -> Residue:
    """InnoDB purges by itself; a rebuilt table has no old rows. What else holds them no account may empty for certain.

    Measured on 10.11: the redo log, the undo log and the doublewrite buffer keep whole rows long after; binary logs do
    by their nature.
    """
    if how != REWRITE:
        return LEFT
    connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {LONG_PATIENCE}")  # its default is a day
    for table in tables:
        answers = connection.exec_driver_sql(f"OPTIMIZE TABLE {table}").all()
        if any(str(row[2]).lower() == "error" for row in answers):
            return FAILED
    return LOG_REMAINS
