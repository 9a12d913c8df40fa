"""What Alembic runs for the ledger: on the connection it is handed, in that connection's transaction."""

from __future__ import annotations

import re

from alembic import context
from sqlalchemy import Connection, event

from connectors.ledger.tables import metadata

# MariaDB commits every CREATE, ALTER and DROP by itself, so a kill may cut a revision short there. What it had done is
# passed over when it is run again. Texts that differ in case, accents or blanks at their end are different texts.
_OPTIONS = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"
_REPEATABLE = (
    (re.compile(r"(\s*CREATE TABLE )(.*)", re.S), rf"\1IF NOT EXISTS \2 {_OPTIONS}"),
    (re.compile(r"(\s*CREATE (?:UNIQUE )?INDEX )"), r"\1IF NOT EXISTS "),
    (re.compile(r"(\s*ALTER TABLE \S+ ADD COLUMN )"), r"\1IF NOT EXISTS "),
    (re.compile(r"(\s*DROP (?:TABLE|INDEX) )"), r"\1IF EXISTS "),
    (re.compile(r"(\s*ALTER TABLE \S+ DROP COLUMN )"), r"\1IF EXISTS "),
)


def _repeatable(_at: Connection, _cursor: object, statement: str, values: object, *_: object) -> tuple[str, object]:
    for pattern, more in _REPEATABLE:
        if pattern.match(statement):
            return pattern.sub(more, statement, count=1), values
    return statement, values


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
by_itself = connection.dialect.name == "mariadb"
if by_itself:
    event.listen(connection, "before_cursor_execute", _repeatable, retval=True)
try:
    with context.begin_transaction():
        context.run_migrations()
finally:
    if by_itself:
        event.remove(connection, "before_cursor_execute", _repeatable)
