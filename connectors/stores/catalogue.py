"""Ask each engine's own catalogue what a DELETE would touch: references, triggers and rewrite rules.

Reflection misses some of it (triggers, references from tables that no class maps, other schemas), and what
it misses would be destroyed without a finding of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

Place = tuple[str, str]  # schema ('' in SQLite) and table


@dataclass(frozen=True)
class Reference:
    """A foreign key: rows of `child` refer to rows of `parent`, column by column."""

    child: Place
    child_columns: tuple[str, ...]
    parent: Place
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """All references of a database, and which (place, event) pairs fire a trigger or a rule."""

    schema: str
    references: tuple[Reference, ...]
    triggers: frozenset[tuple[Place, str]]

    def fires(self, table: str, event: str) -> bool:
        """Whether `DELETE` or `UPDATE` on `table` of our schema makes the database do more."""
        return ((self.schema, table), event) in self.triggers


def read_catalogue(connection: Connection, schema: str) -> Catalogue:
    """Read the catalogue on this connection; `schema` is ours, or empty for the connection's own."""
    if connection.dialect.name == "sqlite":
        return _sqlite(connection)
    if connection.dialect.name == "postgresql":
        return _postgresql(connection, schema or str(connection.scalar(text("SELECT current_schema()"))))
    return _mariadb(connection, schema or str(connection.scalar(text("SELECT database()"))))


_EVENT = re.compile(r"\b(DELETE|INSERT|UPDATE)\b(?:\s+OF\b[^;]*?)?\s+ON\b", re.IGNORECASE)


def sqlite_events(definition: str) -> set[str]:
    """The events on which a CREATE TRIGGER may fire. Where a quoted name confuses the reading, all that it may be."""
    head = re.split(r"\bBEGIN\b", definition, maxsplit=1, flags=re.IGNORECASE)[0]
    return {event.upper() for event in _EVENT.findall(head)} or {"DELETE", "UPDATE"}


def _sqlite(connection: Connection) -> Catalogue:
    tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    real = {name.lower(): name for name in tables}
    columns = {name: _sqlite_columns(connection, name) for name in tables}
    listed = text('SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(:name) ORDER BY id, seq')
    rows: list[tuple[object, Place, Place, str, str | None]] = []
    for child in tables:
        for number, named, source, target in connection.execute(listed, {"name": child}):
            parent = real.get(named.lower())
            if parent is not None:
                here = columns[child][0][source.lower()]
                there = columns[parent][0].get(target.lower()) if target else None
                rows.append(((child, number), ("", child), ("", parent), here, there))
    primary = {("", name): keys for name, (_, keys) in columns.items()}
    triggers: set[tuple[Place, str]] = set()
    for table, definition in connection.execute(text("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")):
        place = ("", real.get(table.lower(), table))
        triggers |= {(place, event) for event in sqlite_events(definition)}
    return Catalogue("", _grouped(rows, primary), frozenset(triggers))


def _sqlite_columns(connection: Connection, table: str) -> tuple[dict[str, str], tuple[str, ...]]:
    found = connection.execute(text("SELECT name, pk FROM pragma_table_info(:name)"), {"name": table}).all()
    keys = tuple(name for name, place in sorted(found, key=lambda row: row[1]) if place)
    return {name.lower(): name for name, _ in found}, keys


def _grouped(
    rows: Iterable[tuple[object, Place, Place, str, str | None]], primary: dict[Place, tuple[str, ...]] | None = None
) -> tuple[Reference, ...]:
    """Gather one reference from its columns; a reference that names no column means the parent's primary key."""
    groups: dict[tuple[object, Place, Place], list[tuple[str, str | None]]] = defaultdict(list)
    for number, child, parent, here, there in rows:
        groups[(number, child, parent)].append((here, there))
    made: list[Reference] = []
    for (_, child, parent), pairs in groups.items():
        named = tuple(there for _, there in pairs if there is not None)
        target = named if len(named) == len(pairs) else (primary or {}).get(parent, ())[: len(pairs)]
        if len(target) == len(pairs):
            made.append(Reference(child, tuple(here for here, _ in pairs), parent, target))
    return tuple(made)


_PG_REFERENCES = """
SELECT k.oid, cn.nspname, c.relname, pn.nspname, p.relname, ca.attname, pa.attname
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair(here, there, place)
JOIN pg_attribute ca ON ca.attrelid = c.oid AND ca.attnum = pair.here
JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = pair.there
WHERE k.contype = 'f' ORDER BY k.oid, pair.place
"""
# tgtype: bit 3 is DELETE, bit 4 is UPDATE. A rewrite rule does as much harm as a trigger.
_PG_TRIGGERS = """
SELECT n.nspname, c.relname, t.tgtype & 8 <> 0, t.tgtype & 16 <> 0
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
UNION ALL
SELECT n.nspname, c.relname, r.ev_type = '4', r.ev_type = '2'
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND r.ev_type IN ('2', '4')
"""


def _postgresql(connection: Connection, schema: str) -> Catalogue:
    rows = [
        (number, (child_schema, child), (parent_schema, parent), here, there)
        for number, child_schema, child, parent_schema, parent, here, there in connection.execute(text(_PG_REFERENCES))
    ]
    triggers: set[tuple[Place, str]] = set()
    for named, table, deletes, updates in connection.execute(text(_PG_TRIGGERS)):
        triggers |= {((named, table), "DELETE")} if deletes else set()
        triggers |= {((named, table), "UPDATE")} if updates else set()
    return Catalogue(schema, _grouped(rows), frozenset(triggers))


_MARIADB_REFERENCES = """
SELECT constraint_name, table_schema, table_name, referenced_table_schema, referenced_table_name,
       column_name, referenced_column_name
FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL
ORDER BY table_schema, table_name, constraint_name, ordinal_position
"""
_MARIADB_TRIGGERS = (
    "SELECT event_object_schema, event_object_table, event_manipulation FROM information_schema.triggers"
)


def _mariadb(connection: Connection, schema: str) -> Catalogue:
    rows = [
        (number, (child_schema, child), (parent_schema, parent), here, there)
        for number, child_schema, child, parent_schema, parent, here, there in connection.execute(
            text(_MARIADB_REFERENCES)
        )
    ]
    found = connection.execute(text(_MARIADB_TRIGGERS)).all()
    return Catalogue(schema, _grouped(rows), frozenset(((named, table), event) for named, table, event in found))
