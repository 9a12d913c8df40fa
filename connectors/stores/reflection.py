"""Read the shape of a SQL store: its mapped tables, their columns, and what no class claims."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    cast,
    func,
    inspect,
    null,
    select,
    types,
)
from sqlalchemy.exc import NoSuchTableError

from connectors.engines import among
from connectors.stores.base import ClassSource, Unclaimed
from connectors.stores.specs import OWN_TABLES, ClassMap, StoreSpec
from rules.errors import Problem
from rules.schedule.values import Schedule

CHUNK = 500  # keys in one statement; engines limit the number of parameters

_T = TypeVar("_T")


@dataclass(frozen=True)
class Shape:
    """The reflected tables of a store by class, what was wrong with them, and why nothing is destroyed in some."""

    tables: Mapping[str, Table]
    problems: tuple[Problem, ...]
    views: Mapping[str, Problem]


def reflect(connection: Connection, spec: StoreSpec) -> Shape:
    """Reflect the mapped tables only, and name every vanished table and column with the nearest present name."""
    metadata = MetaData()
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for item in spec.classes:
        try:
            table = Table(item.place, metadata, schema=spec.schema or None, autoload_with=connection, resolve_fks=False)
        except NoSuchTableError:
            present = [*inspect(connection).get_table_names(schema=spec.schema or None)]
            problems.append(_vanished(spec, item, f"the table {item.place} is not there", item.place, present))
            continue
        if connection.dialect.name != "postgresql":
            _loosen(table)
        for column in item.fields.values():
            if column not in table.columns:
                what = f"the table {item.place} has no column {column}"
                problems.append(_vanished(spec, item, what, column, table.columns.keys()))
        tables[item.class_name] = table
    return Shape(tables, tuple(problems), _views(connection, spec))


def _views(connection: Connection, spec: StoreSpec) -> dict[str, Problem]:
    """Each class that is mapped to a view, with why nothing can be destroyed there.

    Some engines delete through a view; what hangs on the table behind it, and would go by cascade, nobody would see.
    """
    asked = inspect(connection)
    views = {*asked.get_view_names(schema=spec.schema or None)}
    if connection.dialect.name == "postgresql":
        views.update(asked.get_materialized_view_names(schema=spec.schema or None))
    found = {}
    for item in spec.classes:
        if item.place in views:
            key = f"stores.{spec.alias}.classes.{item.class_name}"
            what = f"{item.place} is a view, from which nothing is destroyed"
            mend = "Map the table that the view shows."
            found[item.class_name] = Problem(what, spec.file, item.line, key, mend)
    return found


def _vanished(spec: StoreSpec, item: ClassMap, what: str, name: str, present: Iterable[str]) -> Problem:
    key = f"stores.{spec.alias}.classes.{item.class_name}"
    return Problem(what, file=spec.file, line=item.line, key=key, mend=nearest(name, present))


def nearest(name: str, present: Iterable[str]) -> str:
    """`Did you mean …?` for the present name closest to `name`, or nothing when none is close."""
    folded = {item.lower(): item for item in present}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"Did you mean {folded[close[0]]}?" if close else ""


def _loosen(table: Table) -> None:
    # SQLite holds anything in a column declared DATE, MariaDB holds 0000-00-00: neither may pass for a sure date,
    # and SQLAlchemy's date types would fail on fetching it.
    for column in table.columns:
        if isinstance(column.type, types.Date | types.DateTime | types.Time):
            column.type = Text()


def sources(shape: Shape, spec: StoreSpec, schedule: Schedule) -> dict[str, ClassSource]:
    """Build the canonical selectable of every class. Text columns are not cast, so indexes serve range conditions."""
    built: dict[str, ClassSource] = {}
    for item in spec.classes:
        table = shape.tables[item.class_name]
        key = table.columns[item.fields[schedule.get(item.class_name).key]]
        selectable = own_keys(table, key)
        columns: dict[str, ColumnElement[object]] = {
            name: selectable.columns[column] for name, column in item.fields.items()
        }
        native = frozenset(name for name in columns if isinstance(columns[name].type, types.Date | types.DateTime))
        columns |= {name: cast(null(), String()) for name in item.absent}
        subject = table.columns.get(item.fields.get(schedule.get(item.class_name).subject or "", ""))
        left_out = None if subject is None else left_out_subjects(table, key, subject)
        built[item.class_name] = ClassSource(selectable, columns, native, left_out=left_out)
    return built


def own_keys(table: Table, key: Column[Any]) -> FromClause:
    """Only the records whose key is theirs alone: the bare table wherever the store itself vouches for that."""
    filled = key.is_not(None)
    if not is_unique(table, key):
        return select(table).where(filled, key.not_in(shared_keys(table, key))).subquery(table.name)
    return select(table).where(filled).subquery(table.name) if _may_be_empty(key) else table


def left_out_subjects(table: Table, key: Column[Any], subject: Column[Any]) -> Select[Any] | None:
    """Select the subjects of the records that `own_keys` leaves out; None where there can be none."""
    if not is_unique(table, key):
        return select(cast(subject, Text)).where(key.is_(None) | key.in_(shared_keys(table, key)))
    return select(cast(subject, Text)).where(key.is_(None)) if _may_be_empty(key) else None


def _may_be_empty(key: Column[Any]) -> bool:
    return bool(key.nullable) and not isinstance(key.type, types.Integer)  # SQLite lets a primary key be NULL


def is_unique(table: Table, key: Column[Any]) -> bool:
    """Whether the store itself vouches that filled values of `key` differ between records."""
    groups: list[Iterable[Any]] = [table.primary_key.columns]
    groups += [constraint.columns for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    groups += [index.columns for index in table.indexes if index.unique and not index.dialect_kwargs]
    return any([column.name for column in group] == [key.name] for group in groups)


def shared_keys(table: Table, key: Column[Any]) -> Any:
    """Select the keys that more than one record has."""
    inner = table.alias()
    column = inner.columns[key.name]
    return select(column).where(column.is_not(None)).group_by(column).having(func.count() > 1)


def count_duplicates(connection: Connection, table: Table, key: Column[Any]) -> int:
    """How many records share their key with another, or have none."""
    left_out: ColumnElement[bool] = key.is_(None)
    if not is_unique(table, key):
        left_out = left_out | key.in_(shared_keys(table, key))
    shared = select(func.count()).select_from(table).where(left_out)
    return int(connection.execute(shared).scalar_one())


def unclaimed(connection: Connection, spec: StoreSpec) -> list[Unclaimed]:
    """Tables and columns (`table.column`) that no class claims, less our own two tables and the ignored ones."""
    claimed: dict[str, set[str]] = {}
    for item in spec.classes:
        claimed.setdefault(item.place, set()).update(item.fields.values())
    present = inspect(connection).get_multi_columns(schema=spec.schema or None)
    found: list[Unclaimed] = []
    for (_schema, table), columns in sorted(present.items(), key=lambda item: item[0][1]):
        if table in OWN_TABLES or table in spec.ignore_tables:
            continue
        if table not in claimed:
            found.append(Unclaimed(table))
            continue
        found += [Unclaimed(f"{table}.{c['name']}") for c in columns if c["name"] not in claimed[table]]
    return found


def typed_key(column: ColumnElement[Any], key: str) -> object:
    """The value to bind for a key that we carry as text, in the type of its column, so that an index serves."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return key
    if kind in (int, Decimal, UUID):
        try:
            return kind(key)
        except (ValueError, ArithmeticError):
            return key
    return key


def is_one_of(column: ColumnElement[Any], keys: Sequence[str], dialect: str = "") -> ColumnElement[bool]:
    """Whether a column holds one of these keys, which we carry as text; an index serves wherever the types agree.

    A key that a column of numbers can't hold, or would write otherwise (0123), is compared as text: some engines refuse
    to compare it as a number, others take it for nought. Where the `dialect` is named, texts travel as one parameter.
    """
    if dialect == "sqlite" and isinstance(column.type, String | Text):
        return among(column, keys, dialect)
    typed = {key: typed_key(column, key) for key in keys}
    fits = [value for key, value in typed.items() if str(value) == key]
    other = [key for key, value in typed.items() if str(value) != key or (value is key and _counts(column))]
    if not other:
        return column.in_(fits)
    return column.in_([value for value in fits if value not in other]) | cast(column, Text).in_(other)


def _counts(column: ColumnElement[Any]) -> bool:
    try:
        return column.type.python_type in (int, Decimal, UUID)
    except NotImplementedError:
        return False


def chunks(items: Iterable[_T], size: int = CHUNK) -> Iterator[list[_T]]:
    """Cut `items` into lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
