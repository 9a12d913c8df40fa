"""Rules in plain English, for the people who review and are reviewed."""

from __future__ import annotations

from rules.schedule.language import (
    After,
    Already,
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
    Missing,
    Not,
    OneOf,
    Readable,
    SameField,
    Some,
    Term,
    Until,
    WithHead,
    ordinal,
)


def in_words(term: Term) -> str:
    """`7 years after the later of closed on and last contact, and until the 25th birthday …`."""
    if isinstance(term, WithHead):
        return f"as long as the file of the {_words(term.head)}"
    if isinstance(term, Until):
        return f"until {term.day.isoformat()}"
    if isinstance(term, Forever):
        return "for good"
    if isinstance(term, Longest):
        return "; and ".join(in_words(part) for part in term.terms)
    if isinstance(term, Birthday):
        return _birthday(term)
    return _after(term)


def _birthday(term: Birthday) -> str:
    older = ""
    if term.older_age is not None:
        older = f" ({ordinal(term.older_age)} for somebody who was {term.if_age} at {_words(term.at)})"
    return f"until the {ordinal(term.age)} birthday counted from {_words(term.of)}{older}"


def _after(term: After) -> str:
    names = [_trigger(ref) for ref in term.triggers]
    start = names[0] if len(names) == 1 else f"the latest of {', '.join(names[:-1])} and {names[-1]}"
    year = f"the end of the {term.rounding} of " if term.rounding else ""
    return f"{term.period} after {year}{start}"


def _trigger(ref: FieldRef) -> str:
    if ref.of:
        return f"the latest {_words(ref.name)} of any {_words(ref.of)}"
    return f"{_words(ref.name)} (if any)" if ref.optional and "_" in ref.name else _words(ref.name)


def _words(name: str) -> str:
    return name.replace("_", " ")


def condition_in_words(condition: Condition) -> str:
    """`disposition is one of to summarise, summarised`; `there is a case record for which …`."""
    match condition:
        case Compare(name, operator, value):
            return f"{_words(name)} is {'' if operator == '=' else 'not '}{value!r}"
        case SameField(name, outer):
            return f"its {_words(name)} is this record's {_words(outer)}"
        case OneOf(name, values):
            return f"{_words(name)} is one of {', '.join(map(repr, values))}"
        case Missing(name):
            return f"{_words(name)} is empty"
        case DaysApart(later, earlier, order, days):
            if days == 0:
                return f"{_of(later)} is {_ORDERED[order]} {_of(earlier)}"
            return f"from {_of(earlier)} to {_of(later)} it is {order} {days} days"
        case Longer(name, order, letters):
            return f"{_words(name)} has {order} {letters} letters"
        case Already(name, form):
            return f"{_words(name)} is {'redacted' if form == 'redacted' else f'no finer than the {form}'} already"
        case Counted(class_name, where, order, number):
            return (
                f"the number of {_words(class_name)} records for which {condition_in_words(where)} is {order} {number}"
            )
        case Not(Missing(name)):
            return f"{_words(name)} is filled"
        case Readable(name):
            return f"{_words(name)} is a date that can be read"
        case Not(inner):
            return f"it is not so that {condition_in_words(inner)}"
        case Every(parts):
            return " and ".join(_inside(part) for part in parts)
        case Some(parts):
            return " or ".join(_inside(part) for part in parts)
        case Exists(class_name, where):
            return f"there is a {_words(class_name)} for which {condition_in_words(where)}"


_ORDERED = {"<": "before", "<=": "not after", ">": "after", ">=": "not before", "=": "the same day as", "<>": "not"}


def _of(field: FieldOf) -> str:
    return f"this record's {_words(field.name)}" if field.outer else _words(field.name)


def _inside(part: Condition) -> str:
    return f"({condition_in_words(part)})" if isinstance(part, Some | Exists) else condition_in_words(part)
