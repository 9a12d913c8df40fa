"""Schedules that are refused whole, however well they are written: what could destroy for the wrong reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

from rules.schedule.judge import Bench, Contact, State, clocks, date_fields, follows_head, judge
from rules.schedule.language import (
    After,
    Birthday,
    Condition,
    Counted,
    Every,
    Exists,
    Longest,
    Not,
    SameField,
    Some,
    Term,
    WithHead,
)
from rules.schedule.values import RecordClass, Role, Rule, Schedule
from rules.schedule.yardstick import Row, holds


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
            if rule.then.on_fields:
                yield from ((rule.id, why, mend) for why, mend in _field_action(schedule, record_class, rule))


def _field_action(schedule: Schedule, record_class: RecordClass, rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong, mend): a field action must leave what later judgements about the record rest on."""
    action = rule.then
    touched = action.touched([item.name for item in record_class.fields], record_class.key)
    listed = action.kind == "keep only"
    if follows_head(rule.keep):
        yield "does something to fields when the whole file goes", "Give the rule a clock of its own"
    if record_class.key in touched:
        yield f"{action.kind}s the key of the record", f"Leave the key out of `{action.kind}`"
    if not touched:
        yield "keeps every field that there is", "Name fewer fields after `keep only`"
    if action.kind not in ("blank", "keep only") and record_class.subject in touched:
        yield "changes whose record it is", "A field that says whose record it is can only be blanked"
    counted = _counted_from(schedule, record_class)
    for name in touched:
        if name in counted:
            mend = f"Add {name} to `keep only`" if listed else f"Leave {name} as it is"
            yield f"changes {name}, from which a rule counts", mend


def _counted_from(schedule: Schedule, record_class: RecordClass) -> frozenset[str]:
    """The dates of a class from which anything is counted; contacts too, as they may keep a file."""
    counted = {*record_class.with_role(Role.CONTACT), *record_class.with_role(Role.DEATH)}
    for item in schedule.classes:
        terms = [rule.keep for rule in item.rules] + [one.after for one in item.controls if one.after is not None]
        counted |= {name for term in terms for of, name in _triggers(term, item.name) if of == record_class.name}
    return frozenset(counted)


def _triggers(term: Term, class_name: str) -> Iterator[tuple[str, str]]:
    """Yield (class, field) of every date that a term counts from."""
    if isinstance(term, Longest):
        for part in term.terms:
            yield from _triggers(part, class_name)
    elif isinstance(term, Birthday):
        yield from ((class_name, name) for name in (term.of, term.at) if name)
    elif isinstance(term, After):
        yield from ((ref.of or class_name, ref.name) for ref in term.triggers)


def heads_of(term: Term) -> frozenset[str]:
    """The heads whose files a term follows."""
    if isinstance(term, WithHead):
        return frozenset({term.head})
    return frozenset().union(*map(heads_of, term.terms)) if isinstance(term, Longest) else frozenset()


def due_without_dates(schedule: Schedule, rule: Rule) -> bool:
    """Whether `rule` may select a row of NULLs, whatever stands in other classes."""
    if follows_head(rule.keep):
        return False  # judged with its file only, never by its own clock
    record_class = schedule.get(rule.class_name)
    nothing: dict[str, str | None] = {item.name: None for item in record_class.fields}
    events = [ref.key for part in clocks(rule.keep) for ref in part.triggers]
    dates = {name: None for name in (*date_fields(record_class), *events)}
    # The last day but one of the calendar: what is kept for ever is not due even then.
    bench = Bench(schedule, date.max - timedelta(days=1))
    parts = {"applies_to": rule.applies_to, "only_if": rule.only_if, "unless": rule.unless}
    names = [name for name, part in parts.items() if part is not None]
    given = [_answers(part, nothing, bench, name != "applies_to") for name, part in parts.items() if part is not None]
    for answers in product(*given):
        flags = {f"{rule.id}.{name}": answer for name, answer in zip(names, answers, strict=True)}
        if judge(bench, rule, dates, flags, Contact()).state is State.DUE:
            return True
    return False


def _answers(condition: Condition, row: Row, bench: Bench, cautious: bool) -> set[bool | None]:
    """What a condition may answer for a row: a query that is not joined to it, anything."""
    if isinstance(condition, Not):
        return {None if one is None else not one for one in _answers(condition.inner, row, bench, cautious)}
    if isinstance(condition, Every | Some):
        decisive = isinstance(condition, Some)
        found: set[bool | None] = {not decisive}
        for part in condition.parts:  # one by one: all parts at once are too many together
            pairs = product(found, _answers(part, row, bench, cautious))
            found = {decisive if decisive in pair else None if None in pair else not decisive for pair in pairs}
        return found
    if isinstance(condition, Exists | Counted) and not _tied(condition.where):
        return {True, False, None}
    return {holds(condition, row, lambda _: (), bench.zone, cautious=cautious)}


def _tied(where: Condition) -> bool:
    """Whether no row of a query can fit a record of NULLs, as it must share a field with it."""
    if isinstance(where, Every):
        return any(map(_tied, where.parts))
    return isinstance(where, SameField) and where.up == 1
