"""Rules in plain English, for the people who review and are reviewed."""

from __future__ import annotations

from rules.schedule.language import (
    After,
    AgeAt,
    Already,
    Among,
    AsOf,
    Birthday,
    Compare,
    Condition,
    Counted,
    DateOf,
    DaysApart,
    Every,
    Exists,
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
    ordinal,
)
from rules.schedule.values import Expectation


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
    return f"{term.working or term.period} after {year}{start}"


def _trigger(ref: FieldRef) -> str:
    if ref.of:
        return f"the latest {_words(ref.name)} of any {_words(ref.of)}"
    return f"{_words(ref.name)} (if any)" if ref.optional and "_" in ref.name else _words(ref.name)


def _words(name: str) -> str:
    return name.replace("_", " ")


def condition_in_words(condition: Condition) -> str:
    """`disposition is one of to summarise, summarised`; `there is a case record for which …`."""
    return _said(condition, ("this record",))


def _said(condition: Condition, within: tuple[str, ...]) -> str:
    """The words of a condition on a record of the first class of `within`; the others enclose it."""
    match condition:
        case Compare(name, operator, value):
            return f"{_words(name)} is {'' if operator == '=' else 'not '}{value!r}"
        case SameField(name, outer, up):
            return f"its {_words(name)} is {within[up]}'s {_words(outer)}"
        case OneOf(name, values):
            return f"{_words(name)} is one of {', '.join(map(repr, values))}"
        case Missing(name):
            return f"{_words(name)} is empty"
        case DaysApart(later, earlier, order, days, working):
            if days == 0 and working is None:
                return f"{_of(later, within)} is {_ORDERED[order]} {_of(earlier, within)}"
            unit = "days" if working is None else "working days"
            return f"from {_of(earlier, within)} to {_of(later, within)} it is {_COMPARED[order]} {days} {unit}"
        case AgeAt(born, at, order, years):
            return f"the age by {_of(born, within)} on {_of(at, within)} is {_AGED[order]} {years}"
        case Longer(name, order, letters):
            return f"{_words(name)} has {_COMPARED[order]} {letters} letters"
        case Mentions(name, words):
            return f"{_words(name)} mentions {_either(words)}"
        case Among(name, class_name, other, where, each):
            subject = f"every value of {_words(name)}" if each else _words(name)
            return f"{subject} is the {_words(other)} of a {_rows(class_name, where, within)}"
        case Already(name, form):
            return f"{_words(name)} is {'redacted' if form == 'redacted' else f'no finer than the {form}'} already"
        case Counted(class_name, where, order, number):
            return (
                f"the number of {_words(class_name)} records for which {_said(where, _into(class_name, within))} is"
                f" {_COMPARED[order]} {number}"
            )
        case Not(Missing(name)):
            return f"{_words(name)} is filled"
        case Readable(name):
            return f"{_words(name)} is a date that can be read"
        case Not(inner):
            return f"it is not so that {_said(inner, within)}"
        case Every(parts):
            return " and ".join(_inside(part, within) for part in parts)
        case Some(parts):
            return " or ".join(_inside(part, within) for part in parts)
        case Exists(class_name, where):
            return f"there is a {_rows(class_name, where, within)}"


_ORDERED = {"<": "before", "<=": "not after", ">": "after", ">=": "not before", "=": "the same day as", "<>": "not"}


_COMPARED = {"<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least", "=": "exactly", "<>": "other than"}
_AGED = {**_COMPARED, "<": "under", ">": "over"}


def _of(date: DateOf, within: tuple[str, ...]) -> str:
    if isinstance(date, AsOf):
        return "the day of the sift"
    return f"{within[date.up]}'s {_words(date.name)}" if date.up else _words(date.name)


def _into(class_name: str, within: tuple[str, ...]) -> tuple[str, ...]:
    """The classes that a condition inside a query lies within."""
    return (f"that {_words(class_name)}", *within)


def _rows(class_name: str, where: Condition, within: tuple[str, ...]) -> str:
    return f"{_words(class_name)} for which {_said(where, _into(class_name, within))}"


def _either(words: tuple[str, ...]) -> str:
    said = [repr(word) for word in words]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _inside(part: Condition, within: tuple[str, ...]) -> str:
    said = _said(part, within)
    return f"({said})" if isinstance(part, Some | Exists | Among) else said


def check_in_words(check: Expectation) -> str:
    """What a quality check looks at: `date of birth is a day between 1900 and today`."""
    names = " and ".join(_words(name) for name in check.fields)
    return {
        "not empty": f"{names} is filled",
        "readable date": f"{names} is a date that can be read",
        "not in the future": f"{names} is not a day of the future",
        "plausible birthday": f"{names} is a day between 1900 and today",
        "unique together": f"no two records have the same {names}",
    }[check.kind]
