"""Where records of several stores meet: a few tables of a private database, filled a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    not_,
    select,
)
from sqlalchemy.schema import CreateIndex, CreateTable, Index

from connectors.stores.base import ClassSource
from connectors.stores.reading import CHUNK, PAGE, StoreReader, keyset
from connectors.stores.reflection import is_one_of
from rules.schedule.compile import Source, as_text, flag
from rules.schedule.judge import date_fields
from rules.schedule.spanning import ALWAYS, RECORD, Brought, Join, Spanning
from rules.schedule.sql_functions import exact_text
from rules.schedule.values import RecordClass, Role, Schedule
from rules.schedule.yardstick import UNREADABLE

SEAL = "its seal"


class Bridge:
    """One class whose conditions were cut: `pages` brings together what it needs, and `reader` decides over that."""

    def __init__(
        self,
        home: StoreReader,
        spanning: Spanning,
        readers: Mapping[str, StoreReader],
        scratch: Connection,
        schedule: Schedule,
        number: int,
    ) -> None:
        self.record_class, self.beyond = spanning.record_class, spanning.beyond
        self._home, self._readers, self._scratch, self._schedule = home, readers, scratch, schedule
        wanted = dict.fromkeys([*_read_of(spanning.record_class), *spanning.record.fields])
        self._record = replace(spanning.record, fields=tuple(wanted))
        self._asked = {one.name: one for one in spanning.brought}
        self._events = dict(spanning.events)
        self._once: set[str] = set()
        metadata, self._before = MetaData(), f"{home.alias} {number}"
        self._tables = {RECORD: self._table(metadata, RECORD, [*wanted, *_pieces(self._record), SEAL])}
        for one in self._asked.values():
            self._tables[one.name] = self._table(metadata, one.name, [ALWAYS, *one.fields, *_pieces(one)], one.join)
        for name, dates in self._events.items():
            person = str(schedule.get(name).subject)
            columns = dict.fromkeys([person, *dates])
            self._tables[name] = self._table(metadata, f"events of {name}", columns, Join(person, RECORD, ""))
        self.reader = self._made_reader()

    def _table(self, metadata: MetaData, name: str, columns: Any, join: Join | None = None) -> Table:
        made = Table(f"{self._before} {name}", metadata, *(Column(one, Text) for one in columns))
        self._scratch.execute(CreateTable(made))
        if join is not None:
            self._scratch.execute(CreateIndex(Index(f"{made.name} joined", made.columns[join.field])))
        return made

    def _made_reader(self) -> StoreReader:
        record = self._tables[RECORD]
        sealed = self._home.seals[self.record_class.name] is not None
        source = ClassSource(record, dict(record.columns.items()), seal=record.columns[SEAL] if sealed else None)
        sources = {self.record_class.name: source}
        reader = StoreReader(self._home.alias, self._scratch, sources, self._schedule, self._home.zone)
        asked = {name: Source(table, dict(table.columns.items())) for name, table in self._tables.items()}
        reader.compiler = replace(reader.compiler, asked=asked)
        return reader

    def pages(self, where: ColumnElement[Any]) -> Iterator[list[str]]:
        """Bring the records for which `where` holds, a page at a time with all they ask about; yield their keys.

        What was read of a page must be taken before the next is asked for: both lie in the same tables.
        """
        key = self._home.sources[self.record_class.name].columns[self.record_class.key]
        for page in keyset(self._home.connection, self._records(where), key, PAGE):
            self._bring([row[1:] for row in page])
            yield [str(row[0]) for row in page]

    def statement(self, where: ColumnElement[Any], as_of: date) -> str:
        """What each store is asked for the candidates of the first rule, and what decides over what they answer."""
        home = self._home
        said = [f"-- Asked of {home.alias}: which records may be meant.", _shown(home, self._records(where))]
        for one in self._asked.values():
            for reader in self._holders(one.class_name):
                said.append(
                    f"-- Asked of {reader.alias}: {one.class_name}, for one page of those records (as {one.name})."
                )
                said.append(_shown(reader, self._rows(reader, one, ["…"])))
        for name, dates in self._events.items():
            for reader in self._holders(name):
                said.append(f"-- Asked of {reader.alias}: the latest of {name}, for one page of those records.")
                said.append(_shown(reader, self._latest(reader, name, dates, ["…"])))
        said.append(
            "-- Decided over what was brought together: keys, dates and answers, in a database that is not kept."
        )
        return "\n".join([*said, self.reader.statement(self.record_class, self.record_class.rules[0], as_of)])

    def _records(self, where: ColumnElement[Any]) -> Select[Any]:
        here, compiler = self._home.sources[self.record_class.name], self._home.compiler
        fields = [as_text(here.columns[name]).label(f"v{n}") for n, name in enumerate(self._record.fields)]
        pieces = [
            flag(compiler.condition(one.condition, here, cautious=one.cautious)).label(f"p{n}")
            for n, one in enumerate(self._record.pieces)
        ]
        seal = self._home.seals[self.record_class.name]
        sealed = literal("") if seal is None else seal
        return select(here.columns[self.record_class.key], *fields, *pieces, sealed.label("seal")).where(where)

    def _bring(self, page: Sequence[Sequence[Any]]) -> None:
        for name, table in self._tables.items():
            if name not in self._once:
                self._scratch.execute(delete(table))
        self._put(RECORD, page)
        for one in self._asked.values():
            if one.name not in self._once:
                self._bring_asked(one)
            if not self._hangs(one.join):
                self._once.add(one.name)
        people = str(self.record_class.subject)
        for name, dates in self._events.items():
            for chunk in self._values(RECORD, people):
                for reader in self._holders(name):
                    self._put_all(name, reader, self._latest(reader, name, dates, chunk))

    def _hangs(self, join: Join | None) -> bool:
        """Whether what is wanted differs from page to page."""
        return join is not None and (join.of == RECORD or self._hangs(self._asked[join.of].join))

    def _bring_asked(self, one: Brought) -> None:
        for reader in self._holders(one.class_name):
            if one.join is None:
                self._put_all(one.name, reader, self._rows(reader, one, None))
            else:
                for chunk in self._values(one.join.of, one.join.other):
                    self._put_all(one.name, reader, self._rows(reader, one, chunk))

    def _rows(self, reader: StoreReader, one: Brought, values: Sequence[str] | None) -> Select[Any]:
        """The rows of a query's class, joined by these values: fields as text and pieces as 1, 0 or nothing."""
        here, compiler = reader.sources[one.class_name], reader.compiler
        columns = [as_text(here.columns[name]).label(f"v{n}") for n, name in enumerate(one.fields)]
        columns += [flag(compiler.condition(p.condition, here)).label(f"p{n}") for n, p in enumerate(one.pieces)]
        query = (
            select(*[literal("1").label("one"), *columns])
            .select_from(here.table)
            .where(*(compiler.condition(part, here) for part in one.only))
        )
        if one.join is not None and values is not None:
            query = query.where(is_among(here.columns[one.join.field], values))
        return query

    def _latest(self, reader: StoreReader, name: str, dates: Sequence[str], people: Sequence[str]) -> Select[Any]:
        """For each of these people the latest of each date in one store; `unreadable` where one cannot be read."""
        here, field = reader.sources[name], str(self._schedule.get(name).subject)
        subject = as_text(here.columns[field])
        columns: dict[str, ColumnElement[Any]] = {field: func.max(subject)}
        for one in dates:
            dirty = func.sum(case((and_(here.columns[one].is_not(None), not_(here.readable(one))), 1), else_=0))
            columns[one] = case((dirty > 0, literal(UNREADABLE)), else_=func.max(as_text(here.columns[one])))
        wanted = select(*(column.label(f"v{n}") for n, column in enumerate(columns.values())))
        return wanted.where(is_among(here.columns[field], people)).group_by(exact_text(subject))

    def _holders(self, class_name: str) -> list[StoreReader]:
        return [reader for reader in self._readers.values() if class_name in reader.sources]

    def _values(self, frame: str, name: str) -> Iterator[list[str]]:
        """Chunks of the filled values of a column that was brought, each once."""
        column = self._tables[frame].columns[name]
        query = select(column).where(func.trim(column) != "").distinct().order_by(column).limit(CHUNK)
        chunk: list[str] = list(self._scratch.scalars(query))
        while chunk:
            yield chunk
            chunk = list(self._scratch.scalars(query.where(column > chunk[-1])))

    def _put_all(self, name: str, reader: StoreReader, query: Select[Any]) -> None:
        for part in reader.connection.execute(query, execution_options={"yield_per": PAGE}).partitions():
            self._put(name, part)

    def _put(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        table = self._tables[name]
        names = table.columns.keys()
        texts = ([None if cell is None else str(cell) for cell in row] for row in rows)
        self._scratch.execute(insert(table), [dict(zip(names, row, strict=True)) for row in texts])


def is_among(column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column, written as text, is one of these values; an index serves where the column is text or whole."""
    try:
        kind = column.type.python_type
    except NotImplementedError:
        kind = object
    return is_one_of(column if kind in (str, int) else as_text(column), values)


def _pieces(one: Brought) -> list[str]:
    return [piece.name for piece in one.pieces]


def _read_of(record_class: RecordClass) -> list[str]:
    """The fields that a reader takes of every record."""
    links = record_class.with_role(Role.LINKED)[:1] + record_class.with_role(Role.AUTHOR)[:1]
    return [record_class.key, *filter(None, [record_class.subject]), *links, *date_fields(record_class)]


def _shown(reader: StoreReader, query: Select[Any]) -> str:
    return str(query.compile(dialect=reader.connection.dialect, compile_kwargs={"literal_binds": True}))
