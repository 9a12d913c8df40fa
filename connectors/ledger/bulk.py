"""Many rows into one table of the ledger, by the shortest way that its driver has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, each a tuple in the order of `columns`, inside the connection's transaction.

    Values are bound as they are: text, whole numbers, bytes, dates and None, each what its column holds. Raises
    SQLAlchemy's errors, whatever the way.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, rows)
    else:
        connection.exec_driver_sql(_statement(table, tuple(columns), connection.dialect), list(rows))


def _copy(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    dialect, driver = connection.dialect, _driver(connection)
    names = ", ".join(dialect.identifier_preparer.quote(name) for name in columns)
    statement = f"COPY {dialect.identifier_preparer.format_table(table)} ({names}) FROM STDIN"
    errors: Any = dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as error:
        # As SQLAlchemy would have raised it, so that whoever translates errors knows it, and without the values.
        raise DBAPIError.instance(statement, None, error, errors, hide_parameters=True, dialect=dialect) from None


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


@lru_cache(maxsize=64)
def _statement(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    if compiled.positional:
        return str(compiled)
    # MariaDB's driver takes tuples too, and makes one statement of many rows.
    into = str(compiled).partition(" VALUES ")[0]
    return f"{into} VALUES ({', '.join(['%s'] * len(columns))})"
