"""Which columns the schedule asks for: every rule, control, hold and quality check, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from rules.minimise import Reads, Use, UseKind
from rules.schedule.actions import written
from rules.schedule.language import (
    LAST_CONTACT,
    After,
    AgeAt,
    Already,
    Among,
    Birthday,
    Compare,
    Condition,
    Counted,
    DaysApart,
    Every,
    Exists,
    FieldOf,
    FieldRef,
    Forever,
    Longer,
    Longest,
    Mentions,
    Missing,
    Not,
    OneOf,
    Readable,
    SameField,
    Some,
    Term,
    Until,
    WithHead,
)
from rules.schedule.values import (
    RecordClass,
    Role,
    Rule,
    Schedule,
)

Place = tuple[str, str]
"""A class and one of its fields."""

_BY_ITSELF: Mapping[Role, str] = {
    Role.KEY: "tells records apart",
    Role.SUBJECT: "finds all records of one person",
    Role.LINKED: "finds people who belong together",
    Role.NAME: "finds people by name, for holds and redaction",
    Role.AUTHOR: "keeps authors from approving their own records",
    Role.DEATH: "has a recorded death read first",
    Role.CONTACT: "knows the latest contact",
    Role.FREE_TEXT: "scans for safeguarding before anything is destroyed",
}


def asked_by(schedule: Schedule) -> Iterator[tuple[Place, Use]]:
    """Yield every field that the schedule, or Winnow by the field's role, reads, with what reads it."""
    for record_class in schedule.classes:
        yield from _by_role(record_class)
        for rule in record_class.rules:
            yield from _rule(schedule, record_class, rule)
        for control in record_class.controls:
            use = Use(UseKind.CONTROL, control.id)
            yield from _conditions(control.flag_when, record_class.name, use)
            if control.after is not None:
                yield from _term(schedule, control.after, record_class, use)
        for hold in record_class.holds:
            yield from _conditions(hold.when, record_class.name, Use(UseKind.HOLD, hold.id))
        for check in record_class.expectations:
            yield from (((record_class.name, name), Use(UseKind.QUALITY, check.id)) for name in check.fields)


def _by_role(record_class: RecordClass) -> Iterator[tuple[Place, Use]]:
    for item in record_class.fields:
        for role in item.roles & _BY_ITSELF.keys():
            yield (record_class.name, item.name), Use(UseKind.WINNOW, _BY_ITSELF[role])
    if record_class.open_when is not None:
        yield from _conditions(
            record_class.open_when, record_class.name, Use(UseKind.WINNOW, "knows which files are open")
        )


def _rule(schedule: Schedule, record_class: RecordClass, rule: Rule) -> Iterator[tuple[Place, Use]]:
    use = Use(UseKind.RULE, rule.id)
    yield from _term(schedule, rule.keep, record_class, use)
    action, names = rule.then, [item.name for item in record_class.fields]
    for condition in (written(rule.applies_to, action, names, record_class.key), rule.only_if, rule.unless):
        if condition is not None:
            yield from _conditions(condition, record_class.name, use)
    empties = action.kind in ("blank", "keep only")
    acts = Use(UseKind.RULE, rule.id, Reads.BLANKS if empties else Reads.REDUCES)
    touched = action.touched(names, record_class.key) if action.on_fields else ()
    yield from (((record_class.name, name), acts) for name in touched)


def _term(schedule: Schedule, term: Term, record_class: RecordClass, use: Use) -> Iterator[tuple[Place, Use]]:
    match term:
        case After(_, triggers, _):
            for trigger in triggers:
                yield from _trigger(schedule, trigger, record_class, use)
        case Birthday():
            yield (record_class.name, term.of), use
            if term.at:
                yield (record_class.name, term.at), use
        case Longest(terms):
            for part in terms:
                yield from _term(schedule, part, record_class, use)
        case WithHead() | Until() | Forever():
            pass
        case _:
            assert_never(term)


def _trigger(schedule: Schedule, trigger: FieldRef, record_class: RecordClass, use: Use) -> Iterator[tuple[Place, Use]]:
    """The field of a trigger; for the last contact, the contact dates of the whole file."""
    if trigger.name != LAST_CONTACT:
        yield (trigger.of or record_class.name, trigger.name), use
        return
    head = record_class.part_of or record_class.name
    for item in (schedule.get(head), *schedule.members(head)):
        yield from (((item.name, name), use) for name in item.with_role(Role.CONTACT))


def _conditions(condition: Condition, class_name: str, use: Use) -> Iterator[tuple[Place, Use]]:
    yield from ((place, use) for place in _fields(condition, (class_name,)))


def _fields(condition: Condition, within: tuple[str, ...]) -> Iterator[Place]:
    """The fields of a condition on the first class of `within`; the others enclose it, nearest first."""
    here = within[0]
    match condition:
        case Compare(name) | OneOf(name) | Missing(name) | Readable(name) | Longer(name) | Mentions(name):
            yield here, name
        case Already(name):
            yield here, name
        case SameField(name, other, up):
            yield from ((here, name), (within[up], other))
        case DaysApart(one, other) | AgeAt(one, other):
            yield from ((within[date.up], date.name) for date in (one, other) if isinstance(date, FieldOf))
        case Not(inner):
            yield from _fields(inner, within)
        case Every(parts) | Some(parts):
            for part in parts:
                yield from _fields(part, within)
        case Exists(class_name, where) | Counted(class_name, where):
            yield from _fields(where, (class_name, *within))
        case Among(name, class_name, other, where):
            yield from ((here, name), (class_name, other))
            yield from _fields(where, (class_name, *within))
        case _:
            assert_never(condition)
