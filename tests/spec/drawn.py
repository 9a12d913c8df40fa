"""Tables drawn as text become real tables; a rule is asked of them as a sift asks it: SELECT, then judge.

`-` is NULL, `''` is an empty text; the column `answer` is what the rule must say of that row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, cast, null, or_, select

from rules.schedule.compile import Compiler, Expression, Source, as_text
from rules.schedule.judge import Bench, Contact, State, Verdict, date_fields, judge
from rules.schedule.values import Rule, Schedule

Row = Mapping[str, str | None]


def rows_of(drawing: str) -> list[dict[str, str | None]]:
    """The rows of a drawn table, by column name."""
    lines = [[cell.strip() for cell in line.split("|")] for line in drawing.strip().splitlines()]
    head, body = lines[0], lines[1:]
    return [{name: _value(cell) for name, cell in zip(head, row, strict=True)} for row in body]


def _value(cell: str) -> str | None:
    return None if cell == "-" else cell.strip("'")


def stand_up(connection: Connection, schedule: Schedule, drawings: Mapping[str, str]) -> Compiler:
    """Make a table of text columns for every drawing and fill it. Fields that are not drawn are absent (NULL)."""
    sources = {}
    for class_name, drawing in drawings.items():
        rows = [{k: v for k, v in row.items() if k != "answer"} for row in rows_of(drawing)]
        table = Table(class_name, MetaData(), *(Column(name, Text) for name in rows[0]))
        table.create(connection)
        connection.execute(table.insert(), rows)
        absent: dict[str, Expression] = {f.name: cast(null(), String()) for f in schedule.get(class_name).fields}
        sources[class_name] = Source(table, absent | dict(table.columns.items()))
    return Compiler(schedule, sources)


def verdicts(connection: Connection, compiler: Compiler, rule: Rule, as_of: date) -> dict[str, Verdict]:
    """What `rule` says of every record that its two SELECTs bring out of the store, by key."""
    record_class = compiler.schedule.get(rule.class_name)
    source = compiler.source(rule.class_name)
    names = date_fields(record_class)
    flags = dict(compiler.flags(rule))
    statement = select(
        as_text(source.columns[record_class.key]),
        *(as_text(source.columns[name]) for name in names),
        *flags.values(),
    ).where(or_(compiler.applies(rule) & compiler.in_range(rule.keep, source, as_of), compiler.undatable(rule)))
    bench, found = Bench(compiler.schedule, as_of), {}
    for key, *rest in connection.execute(statement).all():
        dates = dict(zip(names, rest[: len(names)], strict=True))
        answers = {
            name: None if value is None else bool(value) for name, value in zip(flags, rest[len(names) :], strict=True)
        }
        found[str(key)] = judge(bench, rule, dates, answers, Contact())
    return found


def answers(connection: Connection, compiler: Compiler, rule: Rule, as_of: date) -> dict[str, str]:
    """`due 2026-09-01`, `undatable`, `breach` for every record that the rule has something to say of."""
    said = {}
    for key, verdict in verdicts(connection, compiler, rule, as_of).items():
        if verdict.state is State.DUE:
            said[key] = f"due {verdict.due_on}"
        elif verdict.state in (State.UNDATABLE, State.BREACH):
            said[key] = str(verdict.state)
    return said
