"""Schedules that are refused whole, however well they are written: what could destroy for the wrong reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from rules.schedule.judge import Bench, Contact, State, date_fields, events_of, follows_head, judge
from rules.schedule.language import Longest, Term, WithHead
from rules.schedule.values import Role, Rule, Schedule
from rules.schedule.yardstick import flags_of


def refuse(schedule: Schedule) -> Iterator[tuple[str, str, str]]:
    """Yield (rule id, what is wrong, mend) for every rule that must not be loaded."""
    for record_class in schedule.classes:
        for rule in record_class.rules:
            if due_without_dates(schedule, rule):
                yield rule.id, "would destroy a record that has no dates at all (invariant 4)", "Name a trigger date"
            for head in sorted(heads_of(rule.keep) - {record_class.part_of}):
                yield (
                    rule.id,
                    f"follows the file of {head}, but its class is not part of it",
                    f"Write `part_of: {head}`",
                )
            if rule.then.kind == "blank" and set(rule.then.fields) & set(record_class.with_role(Role.KEY)):
                yield rule.id, "blanks the key of the record", "Leave the key out of `blank`"


def heads_of(term: Term) -> frozenset[str]:
    """The heads whose files a term follows."""
    if isinstance(term, WithHead):
        return frozenset({term.head})
    return frozenset().union(*map(heads_of, term.terms)) if isinstance(term, Longest) else frozenset()


def due_without_dates(schedule: Schedule, rule: Rule) -> bool:
    """Whether `rule` selects a row of NULLs beside empty tables."""
    if follows_head(rule.keep):
        return False  # judged with its file only, never by its own clock
    record_class = schedule.get(rule.class_name)
    nothing: dict[str, str | None] = {item.name: None for item in record_class.fields}
    flags = flags_of(rule, nothing, lambda _: (), ZoneInfo(schedule.zone))
    dates = {name: None for name in (*date_fields(record_class), *(ref.key for ref in events_of(record_class)))}
    # The last day but one of the calendar: what is kept for ever is not due even then.
    bench = Bench(schedule, date.max - timedelta(days=1))
    return judge(bench, rule, dates, flags, Contact()).state is State.DUE
