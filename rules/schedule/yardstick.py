"""Conditions in plain Python, in three-valued logic: what every database must agree with.

A blank text is missing, as in the compiled SELECT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import cast

from rules.schedule.actions import has_form
from rules.schedule.asked import asks, joined, joined_by
from rules.schedule.calendar import age_on, parse_date
from rules.schedule.language import (
    AgeAt,
    Already,
    Among,
    AsOf,
    Compare,
    Condition,
    Counted,
    DateOf,
    DaysApart,
    Every,
    Exists,
    FieldRef,
    Longer,
    Mentions,
    Missing,
    Not,
    OneOf,
    Order,
    Query,
    Readable,
    SameField,
    Some,
)
from rules.schedule.values import Rule
from rules.schedule.words import mentions
from rules.schedule.working_days import working_days_between
from rules.schedule.written import written_day

UNREADABLE = "unreadable"  # stands for an event of which some date cannot be read
Row = Mapping[str, str | None]
Lookup = Callable[[str], Iterable[Row]]


def holds(condition: Condition, row: Row, lookup: Lookup, zone: tzinfo, *, cautious: bool = False) -> bool | None:
    """Whether `condition` holds for `row`: True, False, or None where SQL would say unknown.

    `lookup` yields all rows of another class, of every store. `cautious`: a query of another class is unknown, not
    empty, where a row lacks the field that joins the two, or where a query inside it is unknown.
    """
    return _Reading(lookup, zone, (row,), cautious).holds(condition)


@dataclass(frozen=True)
class _Reading:
    """The rows that a condition may speak of, the innermost first. `settled`: an unknown join is none."""

    lookup: Lookup
    zone: tzinfo
    rows: tuple[Row, ...]
    cautious: bool
    settled: bool = False

    def holds(self, condition: Condition) -> bool | None:
        row = self.rows[0]
        match condition:
            case Compare(name, operator, value):
                held = _text(row, name)
                return None if held is None else (held == value) is (operator == "=")
            case SameField(name, outer_name, up):
                # Letter by letter, without trimming, so that the compiled join can use an index.
                left, right = row.get(name), self.rows[up].get(outer_name)
                unknown = left is None or _text(self.rows[up], outer_name) is None
                return (False if self.settled else None) if unknown else left == right
            case OneOf(name, values):
                held = _text(row, name)
                return None if held is None else held in values
            case Missing(name):
                return _text(row, name) is None
            case Readable(name):
                return parse_date(row.get(name), self.zone) is not None
            case DaysApart():
                return self._days(condition)
            case AgeAt(born, at, order, years):
                birth, day = self._day(born), self._day(at)
                unknown = birth is None or day is None or day < birth
                return None if unknown else in_order(age_on(cast(date, birth), cast(date, day)), order, years)
            case Longer(name, order, letters):
                held = _text(row, name)
                return None if held is None else in_order(len(held), order, letters)
            case Mentions(name, words):
                held = _text(row, name)
                return None if held is None else mentions(held, words)
            case Already(name, form):
                held = _text(row, name)
                return None if held is None else has_form(held, form)
            case Not(inner):
                answer = self.holds(inner)
                return None if answer is None else not answer
            case Every(parts):
                return _every([self.holds(part) for part in parts])
            case Some(parts):
                opposite = _every([None if a is None else not a for a in map(self.holds, parts)])
                return None if opposite is None else not opposite
            case Counted(class_name, where, order, number):
                if self._unknown(condition):
                    return None
                found = sum(inside.holds(where) is True for inside in self._inside(class_name))
                return in_order(found, order, number)
            case Exists():
                return self._exists(condition)
            case Among(name):
                if condition.each:
                    return self._each(condition)
                return None if _text(row, name) is None else self._exists(condition)

    def _inside(self, class_name: str, *, settled: bool = False) -> Iterator[_Reading]:
        for other in self.lookup(class_name):
            yield replace(self, rows=(other, *self.rows), settled=settled)

    def _exists(self, query: Exists | Among) -> bool | None:
        where = joined(query)
        if any(inside.holds(where) is True for inside in self._inside(query.class_name)):
            return True
        return None if self._unknown(query) else False

    def _unknown(self, query: Query) -> bool:
        """Whether a query may miss rows: that there are none says nothing then."""
        where = joined(query)
        if not self.cautious:
            return False
        if any(_text(self.rows[out], name) is None for name, out in joined_by(where)):
            return True
        inside = self._inside(query.class_name, settled=True) if asks(where) else iter(())
        return any(one.holds(where) is None for one in inside)

    def _each(self, among: Among) -> bool | None:
        """Whether all values of a list are among those of the query's rows."""
        listed = (_text(self.rows[0], among.field) or "").replace(" ;", ";").replace("; ", ";")
        values = {value for value in listed.split(";") if value}
        if not values:
            return None
        found = [one for one in self._inside(among.class_name) if one.holds(among.where) is True]
        if values <= {_text(one.rows[0], among.other) for one in found}:
            return True
        return None if self._unknown(among) else False

    def _days(self, apart: DaysApart) -> bool | None:
        last, first = self._day(apart.later), self._day(apart.earlier)
        if last is None or first is None:
            return None
        days = (last - first).days if apart.working is None else working_days_between(last, first, apart.working)
        return None if days is None else in_order(days, apart.order, apart.days)

    def _day(self, one: DateOf) -> date | None:
        return one.day if isinstance(one, AsOf) else written_day(self.rows[one.up].get(one.name), self.zone)


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
