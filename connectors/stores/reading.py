"""What the sift asks of a store: pages of records in key order, contacts, counts. Keys, dates and flags only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, and_, case, cast, func, not_, null, or_, select

from connectors.stores.base import ClassSource
from connectors.stores.reflection import is_one_of
from rules.review.spelling import called
from rules.review.values import Record
from rules.schedule.calendar import parse_date
from rules.schedule.compile import Compiler, NotInStoreError, Source, as_text, flag
from rules.schedule.judge import Contact, date_fields, events_of, follows_head
from rules.schedule.language import Condition
from rules.schedule.values import (
    Control,
    RecordClass,
    Role,
    Rule,
    Schedule,
)

PAGE = 4_000
CHUNK = 1_000
_TRUTH = {0: False, 1: True, None: None}


def keyset(
    connection: Connection, query: Select[Any], key: ColumnElement[Any], size: int
) -> Iterator[Sequence[Row[Any]]]:
    """Yield pages of a query whose first column is `key`, in its order.

    No cursor stays open between two pages, and the next page begins after the last key of this one.
    """
    query, after = query.order_by(key).limit(size), None
    while True:
        page = connection.execute(query if after is None else query.where(key > after)).all()
        if page:
            yield page
        if len(page) < size:
            return
        after = page[-1][0]


class StoreReader:
    """One store, open for reading on one connection, and the compiler for its classes."""

    def __init__(
        self, alias: str, connection: Connection, sources: Mapping[str, ClassSource], schedule: Schedule, zone: tzinfo
    ) -> None:
        self.alias, self.connection, self.zone = alias, connection, zone
        self.sources = {name: Source(item.table, item.columns, item.native_dates) for name, item in sources.items()}
        self._names: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self.seals = {name: item.seal for name, item in sources.items()}
        self.left_out = {name: item.left_out for name, item in sources.items()}
        self.compiler = Compiler(schedule, self.sources)

    def candidates(self, record_class: RecordClass, as_of: date) -> Iterator[list[Record]]:
        """Pages of a superset of the records that a rule with its own clock makes due."""
        return self._pages(record_class, self._range(record_class, as_of))

    def undatable(self, record_class: RecordClass, as_of: date) -> Iterator[list[Record]]:
        """Pages of the records that a rule applies to and cannot date, less those among the candidates."""
        unread = [self.compiler.undatable(rule) for rule in record_class.rules if not follows_head(rule.keep)]
        outside = func.coalesce(flag(self._range(record_class, as_of)), 0) == 0
        return self._pages(record_class, and_(or_(*unread), outside))

    def statement(self, record_class: RecordClass, rule: Rule, as_of: date) -> str:
        """The SELECT of a rule's candidates in this store's own SQL, with its cut-off dates written out."""
        here = self.sources[record_class.name]
        where = and_(self.compiler.applies(rule), self.compiler.in_range(rule.keep, here, as_of))
        query = select(*self._columns(record_class)).where(where).order_by(here.columns[record_class.key])
        compiled = query.compile(dialect=self.connection.dialect, compile_kwargs={"literal_binds": True})
        return str(compiled)

    def open_files(self, record_class: RecordClass, as_of: date) -> Iterator[list[Record]]:
        """Pages of the heads that are open by the class's `open_when`, less those that show recent contact."""
        assert record_class.open_when is not None
        here = self.sources[record_class.name]
        is_open = self.compiler.condition(record_class.open_when, here)
        awake = self.compiler.recent_contact(record_class, as_of)
        return self._pages(record_class, and_(is_open, not_(awake)))

    def unruled(self, record_class: RecordClass) -> int:
        """How many heads are neither open nor under any rule: nothing would ever be said about them."""
        here = self.sources[record_class.name]
        said = [self.compiler.applies(rule) for rule in record_class.rules]
        if record_class.open_when is not None:
            said.append(self.compiler.condition(record_class.open_when, here))
        silent = func.coalesce(flag(or_(*said)), 0) == 0
        return int(self.connection.execute(select(func.count()).select_from(here.table).where(silent)).scalar_one())

    def matching(self, record_class: RecordClass, condition: Condition) -> Iterator[list[Record]]:
        """Pages of the records for which a condition is true."""
        return self._pages(record_class, self.compiler.condition(condition, self.sources[record_class.name]))

    def not_excluded(self, record_class: RecordClass, condition: Condition) -> Iterator[list[Record]]:
        """Pages of the records for which a condition is true, or of which nobody can tell."""
        answer = flag(self.compiler.condition(condition, self.sources[record_class.name]))
        return self._pages(record_class, func.coalesce(answer, 1) == 1)

    def any_not_excluded(self, record_class: RecordClass, condition: Condition, keys: Sequence[str]) -> bool:
        """Whether a condition is true of one of these records, or nobody can tell."""
        here = self.sources[record_class.name]
        try:
            answer = func.coalesce(flag(self.compiler.condition(condition, here)), 1) == 1
        except NotInStoreError:
            return True
        for start in range(0, len(keys), CHUNK):
            wanted = is_one_of(here.columns[record_class.key], keys[start : start + CHUNK])
            query = select(here.columns[record_class.key]).where(wanted, answer).limit(1)
            if self.connection.execute(query).first() is not None:
                return True
        return False

    def flagged(self, record_class: RecordClass, control: Control, as_of: date) -> Iterator[list[Record]]:
        """Pages of the records for which a control's condition is true, and its time perhaps over or not to be told."""
        here = self.sources[record_class.name]
        where = self.compiler.condition(control.flag_when, here)
        if control.after is not None:
            over = self.compiler.in_range(control.after, here, as_of)
            where = and_(where, or_(over, self.compiler.undated(record_class.name, control.after)))
        return self._pages(record_class, where)

    def _range(self, record_class: RecordClass, as_of: date) -> ColumnElement[Any]:
        here = self.sources[record_class.name]
        clocks = [rule for rule in record_class.rules if not follows_head(rule.keep)]
        parts = [and_(self.compiler.applies(rule), self.compiler.in_range(rule.keep, here, as_of)) for rule in clocks]
        return or_(*parts)

    def _pages(self, record_class: RecordClass, where: ColumnElement[Any]) -> Iterator[list[Record]]:
        key = self.sources[record_class.name].columns[record_class.key]
        query = select(*self._columns(record_class)).where(where)
        for page in keyset(self.connection, query, key, PAGE):
            yield [self._record(record_class, row) for row in page]

    def key_pages(self, record_class: RecordClass) -> Iterator[list[str]]:
        """Pages of the keys of all records, and of nothing else of them."""
        key = self.sources[record_class.name].columns[record_class.key]
        for page in keyset(self.connection, select(key).where(key.is_not(None)), key, PAGE):
            yield [str(row[0]) for row in page]

    def of_subjects(self, record_class: RecordClass, subjects: Sequence[str]) -> Iterator[Record]:
        """All records of these subjects."""
        if record_class.subject is not None:
            yield from self._matching(record_class, record_class.subject, subjects)

    def by_keys(self, record_class: RecordClass, keys: Sequence[str]) -> Iterator[Record]:
        """The records with these keys, those that are still there."""
        yield from self._matching(record_class, record_class.key, keys)

    def links(self, record_class: RecordClass) -> Iterator[tuple[str, str]]:
        """Yield (subject, linked subject) of every record that names one."""
        here = self.sources[record_class.name]
        for name in record_class.with_role(Role.LINKED):
            if record_class.subject is not None:
                pair = (here.text(record_class.subject), here.text(name))
                rows = self.connection.execute(select(*pair).where(*(one.is_not(None) for one in pair)))
                yield from ((str(subject), str(linked)) for subject, linked in rows.yield_per(PAGE))

    def _matching(self, record_class: RecordClass, field: str, values: Sequence[str]) -> Iterator[Record]:
        column = self.sources[record_class.name].columns[field]
        for start in range(0, len(values), CHUNK):
            wanted = is_one_of(column, values[start : start + CHUNK], self.connection.dialect.name)
            query = select(*self._columns(record_class)).where(wanted)
            for row in self.connection.execute(query).all():
                yield self._record(record_class, row)

    def contacts(self, record_class: RecordClass, subjects: Sequence[str]) -> Iterator[tuple[str, Contact]]:
        """Yield (subject, latest contact) by the class's contact fields, for these subjects."""
        here = self.sources[record_class.name]
        fields = record_class.with_role(Role.CONTACT)
        if record_class.subject is None or not fields:
            return
        subject = here.columns[record_class.subject]
        for start in range(0, len(subjects), CHUNK):
            wanted = is_one_of(subject, subjects[start : start + CHUNK], self.connection.dialect.name)
            for name in fields:
                yield from self._contacts_by(here, subject, name, wanted)

    def _contacts_by(
        self, here: Source, subject: ColumnElement[Any], name: str, wanted: ColumnElement[bool]
    ) -> Iterator[tuple[str, Contact]]:
        text, readable = as_text(here.columns[name]), here.readable(name)
        # Not FILTER (WHERE …), which MariaDB lacks.
        last = func.max(case((readable, text), else_=null()))
        dirty = func.sum(case((and_(here.columns[name].is_not(None), not_(readable)), 1), else_=0))
        query = select(subject, last, dirty).where(wanted).group_by(subject)
        for person, latest, unread in self.connection.execute(query):
            yield str(person), Contact(parse_date(latest, self.zone), unread > 0)

    def filled(self, record_class: RecordClass, fields: Sequence[str]) -> dict[str, int]:
        """How many records of the class hold something in each of `fields`."""
        here = self.sources[record_class.name]
        if not fields:
            return {}
        row = self.connection.execute(
            select(*(func.count(here.text(name)) for name in fields)).select_from(here.table)
        ).one()
        return dict(zip(fields, row, strict=True))

    def place_of(self, record_class: RecordClass, field: str) -> str:
        """Where a field lies in the store: `table.column`."""
        column = self.sources[record_class.name].columns[field]
        table = getattr(getattr(column, "table", None), "name", record_class.name)
        return f"{table}.{getattr(column, 'name', field)}"

    def people_named(
        self, record_class: RecordClass, names: Mapping[str, frozenset[str]]
    ) -> Iterator[tuple[str, str | None, str]]:
        """Yield (name, subject if any, key) of the records of people who may be called one of `names` (with its words).

        Whatever else a record says about names stays here.
        """
        fields = record_class.with_role(Role.NAME)
        if not fields or not names:
            return
        here = self.sources[record_class.name]
        subject = here.text(record_class.subject) if record_class.subject else cast(null(), Text)
        columns = [here.columns[record_class.key], subject.label("subject"), *(here.columns[name] for name in fields)]
        for key, person, *parts in self.connection.execute(select(*columns)).yield_per(PAGE):
            for name in called([str(part or "") for part in parts], names):
                yield name, None if person is None else str(person), str(key)

    def _columns(self, record_class: RecordClass) -> list[ColumnElement[Any]]:
        here = self.sources[record_class.name]
        subject = record_class.subject or record_class.key
        link = next(iter(record_class.with_role(Role.LINKED)), None)
        author = next(iter(record_class.with_role(Role.AUTHOR)), None)
        others = [here.text(name) if name else func.nullif("", "") for name in (link, author)]
        dates = [as_text(here.columns[name]).label(f"d{n}") for n, name in enumerate(date_fields(record_class))]
        events = [
            self.compiler.event(record_class.name, ref).label(f"e{n}") for n, ref in enumerate(events_of(record_class))
        ]
        dates += events
        flags = [value.label(f"f{n}") for n, (_, value) in enumerate(self._flags(record_class))]
        seal = self.seals[record_class.name]
        others.append(func.nullif("", "") if seal is None else seal)
        return [here.columns[record_class.key], as_text(here.columns[subject]), *others, *dates, *flags]

    def _flags(self, record_class: RecordClass) -> list[tuple[str, ColumnElement[Any]]]:
        return [pair for rule in record_class.rules for pair in self.compiler.flags(rule)]

    def _record(self, record_class: RecordClass, row: Sequence[Any]) -> Record:
        names, flag_names = self._named(record_class)
        key, subject, linked, author, seal, *rest = row
        texts = [value if value is None or value.__class__ is str else str(value) for value in rest[: len(names)]]
        dates = dict(zip(names, texts, strict=True))
        flags = {name: _TRUTH[value] for name, value in zip(flag_names, rest[len(names) :], strict=True)}
        if record_class.subject is None:
            subject = None
        elif subject is not None and subject.__class__ is not str:
            subject = str(subject)
        return Record(self.alias, record_class.name, str(key), subject, dates, flags, linked, author, seal)

    def _named(self, record_class: RecordClass) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the dates and of the flags of a class, in the order of their columns."""
        if record_class.name not in self._names:
            dates = (*date_fields(record_class), *(ref.key for ref in events_of(record_class)))
            parts = ("applies_to", "only_if", "unless")
            flags = [f"{rule.id}.{part}" for rule in record_class.rules for part in parts if getattr(rule, part)]
            self._names[record_class.name] = (dates, tuple(flags))
        return self._names[record_class.name]
