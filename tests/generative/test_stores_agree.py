"""Rules that span stores give the answer of the plain-Python yardstick, wherever each row lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, MetaData, Table, Text, select
from sqlalchemy.types import NullType, TypeEngine

from connectors.engines import engine, scratch
from connectors.stores.base import ClassSource
from connectors.stores.reading import StoreReader
from connectors.stores.spanning import SpanningReader
from rules.schedule.asked import classes_asked
from rules.schedule.compile import as_text
from rules.schedule.judge import Bench, Contact, State, events_of, follows_head, judge
from rules.schedule.values import Rule
from rules.schedule.yardstick import event_in, flags_of
from tests.generative import schedules
from tests.generative.profile import examples
from tests.generative.schedules import AS_OF, DATES, RECORD, SCHEDULE, Cell

BENCH = Bench(SCHEDULE, AS_OF)
LONG_AGO = Contact(date(1800, 1, 1))
CLASSES = tuple(item for item in SCHEDULE.classes if item.name != "head")
Rows = list[tuple[dict[str, Cell], bool]]  # each with whether it lies in the second store


@dataclass(frozen=True)
class Place:
    """One store with all the classes of the random schedule."""

    alias: str
    connection: Connection
    tables: dict[str, Table]

    def fill(self, class_name: str, rows: list[tuple[str, dict[str, Cell]]]) -> list[dict[str, str | None]]:
        """Replace the rows of a class, and read them back as text, as a sift does."""
        table, is_sqlite = self.tables[class_name], self.connection.dialect.name == "sqlite"
        self.connection.execute(table.delete())
        for key, row in rows:
            cells = {name: cell if is_sqlite or cell is None else str(cell) for name, cell in row.items()}
            self.connection.execute(table.insert().values(record_id=key, **cells))
        found = self.connection.execute(select(*map(as_text, table.columns))).all()
        return [dict(zip(table.columns.keys(), row, strict=True)) for row in found]

    def sources(self) -> dict[str, ClassSource]:
        """The classes as a sift reads them."""
        return {name: ClassSource(table, dict(table.columns.items())) for name, table in self.tables.items()}


@contextmanager
def place(alias: str, url: str) -> Iterator[Place]:
    """A store with empty tables."""
    with engine(url).connect() as connection:
        made = {}
        for item in CLASSES:
            loose: TypeEngine[Any] = NullType() if connection.dialect.name == "sqlite" else Text()
            letters = " CHARACTER SET utf8mb4" if connection.dialect.name in ("mysql", "mariadb") else ""
            kinds = {one.name: loose if one.name == "loose" else Text() for one in item.fields}
            declared = ", ".join(f"{n} {'' if isinstance(k, NullType) else 'TEXT'}" for n, k in kinds.items())
            connection.exec_driver_sql(f"CREATE TABLE {item.name} ({declared}){letters}")
            made[item.name] = Table(item.name, MetaData(), *(Column(n, k) for n, k in kinds.items()))
        yield Place(alias, connection, made)


def readers_of(places: list[Place], meeting: Connection) -> list[StoreReader]:
    """A reader of each store that knows of the others."""
    readers: dict[str, StoreReader] = {}
    for one in places:
        made_of = (one.alias, one.connection, one.sources(), SCHEDULE, BENCH.zone)
        readers[one.alias] = SpanningReader(*made_of, readers, meeting)
    return list(readers.values())


def agree(places: list[Place], rule: Rule, rows: dict[str, Rows]) -> None:
    """Compare every answer about every record of both stores with the yardstick's over the rows of both."""
    held: dict[str, list[dict[str, str | None]]] = {}
    for name, drawn in rows.items():
        numbered = [(f"R{number}", row, second) for number, (row, second) in enumerate(drawn)]
        for second, one in enumerate(places):
            mine = [(key, row) for key, row, is_second in numbered if is_second is bool(second)]
            held.setdefault(name, []).extend(one.fill(name, mine))
    record_class = replace(RECORD, rules=(rule,))
    with scratch() as meeting:
        readers = readers_of(places, meeting)
        keys = [str(row["record_id"]) for row in held["record"]]
        said = {record.key: record for reader in readers for record in reader.by_keys(record_class, keys)}
        brought = set()
        if not follows_head(rule.keep):
            for reader in readers:
                for pages in (reader.candidates, reader.undatable):
                    brought |= {record.key for page in pages(record_class, AS_OF) for record in page}
    for row in held["record"]:
        record = said[str(row["record_id"])]
        assert dict(record.flags) == flags_of(rule, row, held.__getitem__, BENCH.zone)
        dates = {name: row[name] for name in DATES}
        for ref in events_of(record_class):
            dates[ref.key] = event_in(ref, ("case_number", "case_number"), row, held.__getitem__, BENCH.zone)
        assert dict(record.dates) == dates
        state = judge(BENCH, rule, dates, record.flags, LONG_AGO).state
        if not follows_head(rule.keep) and state in (State.DUE, State.UNDATABLE, State.BREACH):
            assert record.key in brought


def asks_another(rule: Rule) -> bool:
    """Whether a rule asks about another class at all."""
    parts = [part for part in (rule.applies_to, rule.only_if, rule.unless) if part is not None]
    return any(map(classes_asked, parts)) or bool(events_of(replace(RECORD, rules=(rule,))))


def test_rules_that_span_two_stores_agree_with_the_yardstick(every_engine_url: str, tmp_path: Path) -> None:
    """Flags and events are equal however the rows of each class are split over two engines; nothing due is missed."""
    (tmp_path / "first.db").touch()
    few_rows = st.lists(st.tuples(schedules.rows(), st.booleans()), max_size=4)
    drawn = st.fixed_dictionaries({item.name: few_rows for item in CLASSES})
    with ExitStack() as stack:
        both = [
            stack.enter_context(place(alias, url))
            for alias, url in (("first", f"sqlite:///{tmp_path / 'first.db'}"), ("second", every_engine_url))
        ]

        @examples(50)
        @given(schedules.rules().filter(asks_another), drawn)
        def compare(rule: Rule, rows: dict[str, Rows]) -> None:
            event(f"the record's rows lie in {len({second for _, second in rows['record']})} stores")
            agree(both, rule, rows)

        compare()
