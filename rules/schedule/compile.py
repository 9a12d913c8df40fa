"""Compile conditions and terms to SQLAlchemy: each rule becomes SELECTs that its own store runs.

A SELECT of candidates returns a superset of what is due: sargable ranges over the trigger columns, whose
cut-off dates are computed here and not per row. A second SELECT finds what cannot be dated. `judge` decides
every row of both, so a date that a database would compare by accident (`''`, `12/01/2026`, 1700000000)
can never make a record due.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)

from rules.schedule.asked import joined_by
from rules.schedule.calendar import EARLIEST_YEAR, add, birthday, latest_start, year_end
from rules.schedule.judge import clocks
from rules.schedule.language import (
    LAST_CONTACT,
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
    Order,
    Period,
    Readable,
    SameField,
    Some,
    Term,
    Until,
    WithHead,
)
from rules.schedule.sql_functions import already, days_between, exact_text, letters_in, readable_text
from rules.schedule.values import Rule, Schedule
from rules.schedule.yardstick import UNREADABLE

Expression = ColumnElement[Any]


@dataclass(frozen=True)
class Source:
    """A class as the compiler sees it: its table, its columns by field name, and which of them have a date type."""

    table: FromClause
    columns: Mapping[str, Expression]
    native_dates: frozenset[str] = frozenset()

    def text(self, field: str) -> Expression:
        """The column as text, blank as NULL."""
        return exact_text(func.nullif(func.trim(as_text(self.columns[field])), ""))

    def filled(self, field: str) -> Expression:
        """The column as it is (an index still serves), blank as NULL."""
        column = as_text(self.columns[field])
        return case((func.trim(column) != "", column), else_=null())

    def readable(self, field: str) -> Expression:
        """Whether the field holds a readable date; never NULL."""
        column = self.columns[field]
        if field in self.native_dates:  # PostgreSQL has infinite dates and dates before Christ, MariaDB has zeros
            return func.coalesce(column.between(date(EARLIEST_YEAR, 1, 1), date.max), false())
        return func.coalesce(readable_text(as_text(column)), false())


def as_text(column: Expression) -> Expression:
    """The column itself when it is text already (an index still serves), else cast to text."""
    return column if isinstance(column.type, Text) or getattr(column.type, "length", None) else cast(column, Text)


class NotInStoreError(Exception):
    """A condition needs a class or field that this store does not hold."""


@dataclass(frozen=True)
class Compiler:
    """Compiles for one store: `sources` are its classes."""

    schedule: Schedule
    sources: Mapping[str, Source]

    def source(self, class_name: str) -> Source:
        """The source of a class. Raises NotInStoreError."""
        if class_name not in self.sources:
            raise NotInStoreError(class_name)
        return self.sources[class_name]

    def condition(
        self, condition: Condition, here: Source, outer: Source | None = None, *, cautious: bool = False
    ) -> Expression:
        """The condition as SQL in three-valued logic. Raises NotInStoreError.

        `cautious`: a query is unknown, not empty, where the enclosing record lacks the field that joins the two.
        """

        def again(part: Condition) -> Expression:
            return self.condition(part, here, outer, cautious=cautious)

        try:
            match condition:
                case Compare(name, sign, value):
                    return here.text(name) == value if sign == "=" else here.text(name) != value
                case SameField(name, outer_name):
                    assert outer is not None  # the parser allows it inside `exists` only
                    left, right = as_text(here.columns[name]), outer.filled(outer_name)
                    return and_(left == right, exact_text(left) == exact_text(right))
                case OneOf(name, values):
                    return here.text(name).in_(values)
                case Missing(name):
                    return here.text(name).is_(None)
                case Readable(name):
                    return here.readable(name)
                case DaysApart(later, earlier, order, days):
                    return _ordered(self._days(here, outer, later, earlier), order, days)
                case Longer(name, order, letters):
                    trimmed = func.nullif(func.trim(as_text(here.columns[name])), "")
                    return _ordered(letters_in(trimmed), order, letters)
                case Already(name, form):
                    return already(func.nullif(func.trim(as_text(here.columns[name])), ""), form)
                case Counted(class_name, where, order, number):
                    other = self._alias(class_name)
                    counted = select(func.count()).select_from(other.table).where(self.condition(where, other, here))
                    figure = counted.scalar_subquery()
                    known = case((self._unjoined(where, here), null()), else_=figure) if cautious else figure
                    return _ordered(known, order, number)
                case Not(inner):
                    return not_(again(inner))
                case Every(parts):
                    return and_(*map(again, parts))
                case Some(parts):
                    return or_(*map(again, parts))
                case Exists(class_name, where):
                    other = self._alias(class_name)
                    query = select(literal(1)).select_from(other.table).where(self.condition(where, other, here))
                    if not cautious or not joined_by(where):
                        return exists(query)
                    return or_(exists(query), case((self._unjoined(where, here), null()), else_=false()))
        except KeyError as missing:
            raise NotInStoreError(str(missing.args[0])) from None

    def _unjoined(self, where: Condition, here: Source) -> Expression:
        """Whether a field by which the enclosing record finds its rows is missing."""
        return or_(false(), *(here.text(name).is_(None) for name in joined_by(where)))

    def _days(self, here: Source, outer: Source | None, later: FieldOf, earlier: FieldOf) -> Expression:
        """Days between two dates as written; NULL when either is unreadable (no engine is asked to read it)."""
        pairs = [((outer or here) if one.outer else here, one.name) for one in (later, earlier)]
        both = and_(*(source.readable(name) for source, name in pairs))
        last, first = (func.substr(as_text(source.columns[name]), 1, 10) for source, name in pairs)
        return case((both, days_between(last, first)), else_=null())

    def _alias(self, class_name: str) -> Source:
        source = self.source(class_name)
        alias = source.table.alias()
        columns = {
            # A field that the store declares absent is a bare NULL, of no table.
            name: alias.c[column.key] if column.key is not None and column.key in alias.c else column
            for name, column in source.columns.items()
        }
        return Source(alias, columns, source.native_dates)

    def _absent(self, class_name: str, ref: FieldRef) -> Expression:
        if ref.of:
            return self.event(class_name, ref).is_(None)
        return self.source(class_name).columns[ref.name].is_(None)

    def event(self, class_name: str, ref: FieldRef) -> Expression:
        """The latest date of a field in another class for the same subject: NULL when there is none.

        A date among them that cannot be read makes the whole event unreadable. Raises NotInStoreError.
        """
        here, other = self.source(class_name), self._alias(ref.of)
        mine, theirs = self.schedule.get(class_name).subject, self.schedule.get(ref.of).subject
        assert mine is not None  # the parser sees to both
        assert theirs is not None
        try:
            person, self_ = as_text(other.columns[theirs]), here.filled(mine)
            same = and_(person == self_, exact_text(person) == exact_text(self_))
            text = as_text(other.columns[ref.name])
        except KeyError as missing:
            raise NotInStoreError(str(missing.args[0])) from None
        dirty = and_(same, other.columns[ref.name].is_not(None), not_(other.readable(ref.name)))
        found = select(literal(1)).select_from(other.table).where(dirty)
        latest = select(func.max(text)).select_from(other.table).where(same).scalar_subquery()
        # Whose events a record without a subject has, nobody knows.
        return case((or_(here.text(mine).is_(None), exists(found)), literal(UNREADABLE)), else_=latest)

    def flags(self, rule: Rule) -> Iterator[tuple[str, Expression]]:
        """Yield (flag name, 1 / 0 / NULL) for the rule's conditions, as `judge` expects them."""
        here = self.source(rule.class_name)
        parts = {"applies_to": rule.applies_to, "only_if": rule.only_if, "unless": rule.unless}
        for name, part in parts.items():
            if part is not None:
                yield f"{rule.id}.{name}", flag(self.condition(part, here, cautious=name != "applies_to"))

    def applies(self, rule: Rule) -> Expression:
        """The rule's `applies_to`, or true."""
        return self.condition(rule.applies_to, self.source(rule.class_name)) if rule.applies_to else true()

    def in_range(self, term: Term, here: Source, as_of: date) -> Expression:
        """A sargable superset of the records whose `term` has run out on `as_of` (readable dates only)."""
        if isinstance(term, WithHead):
            return true()
        if isinstance(term, Until | Forever):
            return true() if isinstance(term, Until) and term.day <= as_of else false()
        if isinstance(term, Longest):
            return and_(*(self.in_range(part, here, as_of) for part in term.terms))
        if isinstance(term, Birthday):
            return self._up_to(here, term.of, cutoff(self.schedule, term, as_of), optional=False)
        names = [(ref.name, ref.optional) for ref in term.triggers if own(ref)]
        last = cutoff(self.schedule, term, as_of)
        return and_(true(), *(self._up_to(here, name, last, optional=optional) for name, optional in names))

    def _up_to(self, here: Source, name: str, last: date | None, *, optional: bool) -> Expression:
        if last is None:
            return false()
        column = here.columns[name]
        # An instant may be written in an offset that is a day and a half ahead of the schedule's zone, at most.
        end = min(last, date.max - timedelta(days=3)) + timedelta(days=3)
        within = column < (end if name in here.native_dates else end.isoformat())
        return or_(within, column.is_(None)) if optional else within

    def undatable(self, rule: Rule) -> Expression:
        """Records to which `rule` applies and one of whose triggers is missing or unreadable."""
        here = self.source(rule.class_name)
        bad = [
            and_(here.columns[name].is_not(None), not_(here.readable(name))) if optional else not_(here.readable(name))
            for name, optional in triggers_of(rule.keep)
        ]
        # A clock whose triggers are all optional and all absent has no start either.
        bad += [
            and_(*(self._absent(rule.class_name, ref) for ref in part.triggers))
            for part in clocks(rule.keep)
            if all(ref.optional and ref.name != LAST_CONTACT for ref in part.triggers)
        ]
        for ref in (ref for part in clocks(rule.keep) for ref in part.triggers if ref.of):
            event = self.event(rule.class_name, ref)
            bad.append(event == UNREADABLE if ref.optional else func.coalesce(event, UNREADABLE) == UNREADABLE)
        return and_(self.applies(rule), or_(false(), *bad))


_ORDERS: Mapping[Order, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


def _ordered(left: Expression, order: Order, right: int) -> Expression:
    found: Expression = _ORDERS[order](left, literal(right))
    return found


def own(ref: FieldRef) -> bool:
    """Whether a trigger lies in the record itself."""
    return not ref.of and ref.name != LAST_CONTACT


def flag(condition: Expression) -> Expression:
    """A condition as 1, 0 or NULL (unknown), evaluated once."""
    return cast(condition, Integer)


def triggers_of(term: Term) -> tuple[tuple[str, bool], ...]:
    """The (field, optional) triggers of a term that lie in the record itself, each once."""
    found: dict[str, bool] = {}
    for part in term.terms if isinstance(term, Longest) else (term,):
        if isinstance(part, Longest):
            nested = triggers_of(part)
        elif isinstance(part, Birthday):
            nested = tuple((name, False) for name in (part.of, part.at) if name)
        elif isinstance(part, After):
            nested = tuple((ref.name, ref.optional) for ref in part.triggers if own(ref))
        else:
            nested = ()
        for name, optional in nested:
            found[name] = found.get(name, True) and optional
    return tuple(found.items())


def cutoff(schedule: Schedule, term: After | Birthday, as_of: date) -> date | None:
    """The latest trigger date whose term has run out on `as_of` (for a birthday, by its younger age); exact."""
    if isinstance(term, Birthday):
        age = min(term.age, term.older_age or term.age)
        return latest_start(lambda born: birthday(born, age), as_of, add(as_of, Period(years=-age)))
    period = term.period
    guess = add(as_of, Period(-period.years, -period.months, -period.weeks, -period.days))
    if not term.rounding:
        return latest_start(lambda start: add(start, period), as_of, guess)
    month, day = next((m, d) for name, m, d in schedule.year_ends if name == term.rounding)
    return latest_start(lambda start: add(year_end(start, month, day), period), as_of, guess)
