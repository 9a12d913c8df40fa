"""Conditions in plain Python, in three-valued logic: what every database must agree with.

A blank text is missing, as in the compiled SELECT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, tzinfo

from rules.schedule.actions import has_form
from rules.schedule.asked import joined_by
from rules.schedule.calendar import parse_date
from rules.schedule.language import (
    Already,
    Compare,
    Condition,
    Counted,
    DaysApart,
    Every,
    Exists,
    FieldRef,
    Longer,
    Missing,
    Not,
    OneOf,
    Order,
    Readable,
    SameField,
    Some,
)
from rules.schedule.values import Rule

UNREADABLE = "unreadable"  # stands for an event of which some date cannot be read
Row = Mapping[str, str | None]
Lookup = Callable[[str], Iterable[Row]]


def holds(
    condition: Condition, row: Row, lookup: Lookup, zone: tzinfo, outer: Row | None = None, *, cautious: bool = False
) -> bool | None:
    """Whether `condition` holds for `row`: True, False, or None where SQL would say unknown.

    `lookup` yields all rows of another class in the same store. `cautious`: a query of another class is unknown, not
    empty, where the row lacks the field that joins the two.
    """

    def again(part: Condition) -> bool | None:
        return holds(part, row, lookup, zone, outer, cautious=cautious)

    match condition:
        case Compare(name, operator, value):
            held = _text(row, name)
            return None if held is None else (held == value) is (operator == "=")
        case SameField(name, outer_name):
            # Letter by letter, without trimming, so that the compiled join can use an index.
            left, right = row.get(name), (outer or {}).get(outer_name)
            return None if left is None or _text(outer or {}, outer_name) is None else left == right
        case OneOf(name, values):
            held = _text(row, name)
            return None if held is None else held in values
        case Missing(name):
            return _text(row, name) is None
        case Readable(name):
            return parse_date(row.get(name), zone) is not None
        case DaysApart(later, earlier, order, days):
            last, first = (_day((outer or {}) if one.outer else row, one.name, zone) for one in (later, earlier))
            return None if last is None or first is None else in_order((last - first).days, order, days)
        case Longer(name, order, letters):
            held = _text(row, name)
            return None if held is None else in_order(len(held), order, letters)
        case Already(name, form):
            held = _text(row, name)
            return None if held is None else has_form(held, form)
        case Counted(class_name, where, order, number):
            if cautious and _unjoined(where, row):
                return None
            found = sum(holds(where, other, lookup, zone, row) is True for other in lookup(class_name))
            return in_order(found, order, number)
        case Not(inner):
            answer = again(inner)
            return None if answer is None else not answer
        case Every(parts):
            return _every([again(part) for part in parts])
        case Some(parts):
            opposite = _every([None if a is None else not a for a in map(again, parts)])
            return None if opposite is None else not opposite
        case Exists(class_name, where):
            if any(holds(where, other, lookup, zone, row) is True for other in lookup(class_name)):
                return True
            return None if cautious and _unjoined(where, row) else False


def _unjoined(where: Condition, row: Row) -> bool:
    """Whether the row lacks a field by which a query finds its rows: that there are none says nothing then."""
    return any(_text(row, name) is None for name in joined_by(where))


def in_order(left: int, order: Order, right: int) -> bool:
    """Whether `left` stands to `right` as `order` says."""
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "=": left == right,
        "<>": left != right,
    }[order]


def _day(row: Row, name: str, zone: tzinfo) -> date | None:
    """The date as written, without moving an instant into the zone: so the databases compare too."""
    text = row.get(name)
    return None if parse_date(text, zone) is None else date.fromisoformat((text or "")[:10])


def _every(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    # SQL's trim takes spaces only; so does the yardstick.
    return None if value is None or not value.strip(" ") else value.strip(" ")


def flags_of(rule: Rule, row: Row, lookup: Lookup, zone: tzinfo) -> dict[str, bool | None]:
    """The answers of a rule's conditions for one row, keyed as `judge` expects them."""
    parts = {"applies_to": rule.applies_to, "only_if": rule.only_if, "unless": rule.unless}
    return {
        # What a rule requires or is spared by must be known; a control may well be about what is missing.
        f"{rule.id}.{name}": holds(part, row, lookup, zone, cautious=name != "applies_to")
        for name, part in parts.items()
        if part is not None
    }


def event_in(ref: FieldRef, subjects: tuple[str, str], row: Row, lookup: Lookup, zone: tzinfo) -> str | None:
    """The latest date of a trigger in another class; `subjects` are the fields of the person there and here.

    `unreadable` when some date of the person there cannot be read, or nobody knows who it is; None for no event.
    """
    theirs, mine = subjects
    person = row.get(mine)
    if _text(row, mine) is None:
        return UNREADABLE  # whose events they would be, nobody knows
    texts = [other.get(ref.name) for other in lookup(ref.of) if other.get(theirs) == person]
    known = [text for text in texts if text is not None]
    if any(parse_date(text, zone) is None for text in known):
        return UNREADABLE
    return max(known, default=None)
