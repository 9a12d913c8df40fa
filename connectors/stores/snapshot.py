"""A private SQLite database in memory, one table for each class, that lives as long as one reader.

It lets the same compiled SELECT serve stores that are not databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, cast, delete, func, insert, null, or_, select
from sqlalchemy.schema import CreateIndex, CreateTable, Index

from connectors.stores.base import ClassSource
from connectors.stores.specs import StoreSpec
from rules.schedule.values import Schedule

Row = Mapping[str, str | None]
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Loaded:
    """How many records of a class were left out: no key of their own, or not readable."""

    duplicates: int
    unreadable: int


class Snapshot:
    """The tables of one store, columns named and typed (text) by the fields of the schedule."""

    def __init__(self, spec: StoreSpec, schedule: Schedule) -> None:
        metadata = MetaData()
        self._keys = {item.class_name: schedule.get(item.class_name).key for item in spec.classes}
        self._tables: dict[str, Table] = {}
        self._left_out: dict[str, Table] = {}
        self._subjects: dict[str, str | None] = {}
        self._absent = {item.class_name: item.absent for item in spec.classes}
        for item in spec.classes:
            held = [Column(name, Text) for name in item.fields]
            self._tables[item.class_name] = Table(item.class_name, metadata, *held)
            self._left_out[item.class_name] = Table(f"{item.class_name} left out", metadata, Column("subject", Text))
            subject = schedule.get(item.class_name).subject
            self._subjects[item.class_name] = subject if subject in item.fields else None

    def sources(self) -> dict[str, ClassSource]:
        """The selectable of every class; absent fields are NULL."""
        return {
            name: ClassSource(
                table,
                {**dict(table.columns.items()), **{gap: cast(null(), String()) for gap in self._absent[name]}},
                left_out=select(self._left_out[name].columns["subject"]),
            )
            for name, table in self._tables.items()
        }

    def fill(self, connection: Connection, class_name: str, rows: Iterable[Row | None]) -> Loaded:
        """Load the rows of a class (None for one that cannot be read), less those without a key of their own."""
        table = self._tables[class_name]
        connection.execute(CreateTable(table))
        unreadable = 0
        for part in _parts(rows):
            readable = [dict(row) for row in part if row is not None]
            unreadable += len(part) - len(readable)
            if readable:
                connection.execute(insert(table), readable)
        key = table.columns[self._keys[class_name]]
        connection.execute(CreateIndex(Index(f"{class_name}_key", key)))
        shared = select(key).where(key.is_not(None)).group_by(key).having(func.count() > 1)
        apart = or_(key.is_(None), key.in_(shared))
        connection.execute(CreateTable(self._left_out[class_name]))
        subject = self._subjects[class_name]
        if subject is not None:
            whose = select(table.columns[subject]).where(apart)
            connection.execute(insert(self._left_out[class_name]).from_select(["subject"], whose))
        left_out = connection.execute(delete(table).where(apart))
        return Loaded(left_out.rowcount, unreadable)


def _parts(rows: Iterable[Row | None]) -> Iterator[list[Row | None]]:
    rest = iter(rows)
    while part := list(islice(rest, ROWS_AT_ONCE)):
        yield part
