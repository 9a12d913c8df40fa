"""Every database gives the answer of the plain-Python yardstick, whatever the rule and however dirty the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, MetaData, Table, Text, or_, select
from sqlalchemy.types import NullType, TypeEngine

from connectors.engines import engine
from rules.schedule.asked import parts_of
from rules.schedule.calendar import parse_date
from rules.schedule.compile import Compiler, Source, as_text
from rules.schedule.judge import Bench, Contact, State, clocks, follows_head, judge
from rules.schedule.language import (
    After,
    Among,
    AsOf,
    Birthday,
    Condition,
    DaysApart,
    FieldOf,
    FieldRef,
    Query,
    SameField,
    Term,
)
from rules.schedule.refusals import due_without_dates
from rules.schedule.values import Rule
from rules.schedule.yardstick import event_in, flags_of
from tests.generative import schedules
from tests.generative.profile import examples
from tests.generative.schedules import AS_OF, DATES, SCHEDULE, TEXTS, Cell

BENCH = Bench(SCHEDULE, AS_OF)
# The store does not know the contacts of a subject: any real contact can only make a record due later.
LONG_AGO = Contact(date(1800, 1, 1))
Rows = list[dict[str, Cell]]


@contextmanager
def tables(url: str) -> Iterator[tuple[Connection, Compiler]]:
    """The classes of the random schedule as empty tables."""
    with engine(url).connect() as connection:
        sources = {}
        for name in ("record", "other"):
            loose: TypeEngine[Any] = NullType() if connection.dialect.name == "sqlite" else Text()
            kinds = {"record_id": Text(), **{n: Text() for n in (*TEXTS, *DATES)}, "loose": loose}
            letters = " CHARACTER SET utf8mb4" if connection.dialect.name in ("mysql", "mariadb") else ""
            declared = ", ".join(f"{n} {'' if isinstance(k, NullType) else f'TEXT{letters}'}" for n, k in kinds.items())
            connection.exec_driver_sql(f"CREATE TABLE {name} ({declared})")
            table = Table(name, MetaData(), *(Column(n, k) for n, k in kinds.items()))
            sources[name] = Source(table, dict(table.columns.items()))
        yield connection, Compiler(SCHEDULE, sources)


def fill(connection: Connection, compiler: Compiler, class_name: str, rows: Rows) -> list[dict[str, str | None]]:
    """Replace the rows of a table, and read them back as text, as a sift does."""
    source = compiler.source(class_name)
    table = source.table
    assert isinstance(table, Table)
    connection.execute(table.delete())
    for number, row in enumerate(rows):
        is_sqlite = connection.dialect.name == "sqlite"
        cells = {k: v if is_sqlite or v is None else str(v) for k, v in row.items()}
        connection.execute(table.insert().values(record_id=f"R{number}", **cells))
    columns = {name: as_text(column) for name, column in source.columns.items()}
    found = connection.execute(select(*columns.values()).order_by(table.c.record_id)).all()
    return [dict(zip(columns, row, strict=True)) for row in found]


SUBJECTS = ("case_number", "case_number")


def agree(connection: Connection, compiler: Compiler, rule: Rule, records: Rows, others: Rows) -> None:
    """Compare every answer of the database with the yardstick's."""
    here = compiler.source("record")
    held = fill(connection, compiler, "record", records)
    beside = fill(connection, compiler, "other", others)
    flags = dict(compiler.flags(rule))
    brought = or_(compiler.applies(rule) & compiler.in_range(rule.keep, here, AS_OF), compiler.undatable(rule))
    events = [ref for part in clocks(rule.keep) for ref in part.triggers if ref.of]
    wanted = [*flags.values(), *(here.readable(name) for name in DATES)]
    wanted += [compiler.event("record", ref) for ref in events]
    key = here.columns["record_id"]
    said = {row[0]: row[1:] for row in connection.execute(select(key, *wanted)).all()}
    candidates = set(connection.execute(select(key).where(brought)).scalars())
    for row in held:
        expected = flags_of(rule, row, lambda name: {"record": held, "other": beside}[name], BENCH.zone)
        told = said[row["record_id"]][: len(wanted) - len(events)]
        answers = [None if value is None else bool(value) for value in told]
        assert dict(zip(flags, answers, strict=False)) == expected
        readable = [parse_date(row[name], BENCH.zone) is not None for name in DATES]
        assert answers[len(flags) :] == readable
        dates = {name: row[name] for name in DATES}
        for ref, text in zip(events, said[row["record_id"]][len(told) :], strict=True):
            dates[ref.key] = event_in(ref, SUBJECTS, row, lambda _: beside, BENCH.zone)
            assert text == dates[ref.key]
        state = judge(BENCH, rule, dates, expected, LONG_AGO).state
        if state in (State.DUE, State.UNDATABLE, State.BREACH):
            assert row["record_id"] in candidates


def test_the_databases_agree_with_the_yardstick(every_engine_url: str) -> None:
    """Flags are equal, readable means readable, and no due, undatable or breaching record is left in the store."""
    few_rows = st.lists(schedules.rows(), min_size=1, max_size=6)
    with tables(every_engine_url) as (connection, compiler):

        @examples(150)
        @given(schedules.rules(), few_rows, st.lists(schedules.rows(), max_size=3))
        def compare(rule: Rule, records: Rows, others: Rows) -> None:
            agree(connection, compiler, rule, records, others)

        compare()


@examples(400)
@given(schedules.rules(), st.lists(schedules.rows(), max_size=4))
def test_no_rule_that_is_not_refused_selects_a_row_of_nulls(rule: Rule, others: Rows) -> None:
    """Invariant 4, whatever stands in other classes: a record of which nothing is known stays."""
    if follows_head(rule.keep) or due_without_dates(SCHEDULE, rule):
        return
    nothing = dict.fromkeys(["record_id", *TEXTS, *DATES])
    beside = [{k: v if v is None else str(v) for k, v in row.items()} for row in others]
    flags = flags_of(rule, nothing, lambda name: [nothing, *beside] if name == "record" else beside, BENCH.zone)
    dates = dict.fromkeys([*DATES, *(ref.key for part in clocks(rule.keep) for ref in part.triggers)])
    assert judge(BENCH, rule, dates, flags, Contact()).state is not State.DUE


def test_a_date_is_readable_to_a_database_when_it_is_to_us(every_engine_url: str) -> None:
    """Each of ten thousand odd dates is readable to the database exactly when it is to us."""
    with tables(every_engine_url) as (connection, compiler):
        here = compiler.source("record")
        assert isinstance(here.table, Table)
        connection.execute(here.table.insert(), [{"typed": text} for text in schedules.odd_dates()])
        query = select(here.columns["typed"], here.readable("typed"))
        wrong = [
            text
            for text, readable in connection.execute(query).all()
            if bool(readable) is not (parse_date(text, BENCH.zone) is not None)
        ]
        assert wrong == []


def test_the_generator_reaches_every_term_and_condition() -> None:
    """No construct of the language is left out of the comparison."""
    seen: set[object] = set()
    deepest = [0]

    @examples(800)
    @given(schedules.rules())
    def look(rule: Rule) -> None:
        seen.update(schedules.kinds(rule))
        deepest[0] = max(deepest[0], *map(queries_in, (rule.applies_to, rule.only_if, rule.unless)))

    look()
    assert seen >= {*get_args(Term), *get_args(Condition)}
    forms = {(After, "working"), (DaysApart, "working"), (Among, "each"), (AsOf, "day"), (FieldRef, "of")}
    assert seen >= forms | {(FieldOf, "up"), (SameField, "up"), (After, "rounding"), (Birthday, "older_age")}
    assert deepest == [2]


def queries_in(condition: Condition | None) -> int:
    """How many queries lie one inside the other."""
    parts = [] if condition is None else list(parts_of(condition))
    return max((1 + queries_in(part.where) for part in parts if isinstance(part, Query)), default=0)
