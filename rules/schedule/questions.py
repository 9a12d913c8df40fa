"""Compile conditions to SQLAlchemy, in three-valued logic; what the plain-Python yardstick says, every engine says.

A day that is handed in is compared as a text that was computed here; only two dates of records are reckoned by the
database, behind a guard that both can be read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
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
    union_all,
)

from rules.schedule.asked import asks, joined, joined_by
from rules.schedule.calendar import EARLIEST_YEAR
from rules.schedule.language import (
    AgeAt,
    Already,
    Among,
    AsOf,
    BankHolidays,
    Compare,
    Condition,
    Counted,
    DateOf,
    DaysApart,
    Every,
    Exists,
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
from rules.schedule.sql_functions import (
    already,
    days_between,
    exact_text,
    letters_in,
    matches_pattern,
    readable_text,
)
from rules.schedule.words import pattern_of
from rules.schedule.working_days import MONDAY, on_weekdays
from rules.schedule.written import same_day_hours

Expression = ColumnElement[Any]


@dataclass(frozen=True)
class Source:
    """A class as the compiler sees it: its table, its columns by field name, and which of them have a date type."""

    table: FromClause
    columns: Mapping[str, Expression]
    native_dates: frozenset[str] = frozenset()

    def text(self, field: str) -> Expression:
        """The column as text, blank as NULL."""
        return exact_text(self.trimmed(field))

    def trimmed(self, field: str) -> Expression:
        """The column as text without outer spaces, blank as NULL; compared by the rules of its own collation."""
        return func.nullif(func.trim(as_text(self.columns[field])), "")

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
class Questions:
    """Compiles conditions on one record: `rows` are its class and those of the enclosing records, nearest first.

    `alias` gives a class under a name of its own, to be asked. `cautious`: a query is unknown, not empty, where an
    enclosing record lacks the field that joins the two, or where a query inside it is unknown. `settled`: rows whose
    join is unknown are no rows.
    """

    alias: Callable[[str], Source]
    zone: str
    rows: tuple[Source, ...]
    cautious: bool = False
    settled: bool = False

    @property
    def here(self) -> Source:
        """The class whose record is asked about."""
        return self.rows[0]

    def ask(self, condition: Condition) -> Expression:
        """The condition as SQL. Raises KeyError for a field and NotInStoreError for a class that is not there."""
        match condition:
            case Compare(name, sign, value):
                return self.here.text(name) == value if sign == "=" else self.here.text(name) != value
            case SameField():
                return self._same(condition)
            case OneOf(name, values):
                return self.here.text(name).in_(values)
            case Missing(name):
                return self.here.text(name).is_(None)
            case Readable(name):
                return self.here.readable(name)
            case DaysApart():
                return self._days(condition)
            case AgeAt():
                return self._age(condition)
            case Longer(name, order, letters):
                return ordered(letters_in(self.here.trimmed(name)), order, letters)
            case Mentions(name, words):
                return matches_pattern(self.here.trimmed(name), pattern_of(words))
            case Already(name, form):
                return already(self.here.trimmed(name), form)
            case Not(inner):
                return not_(self.ask(inner))
            case Every(parts):
                return and_(*map(self.ask, parts))
            case Some(parts):
                return or_(*map(self.ask, parts))
            case Counted(class_name, where, order, number):
                other = self._inside(class_name)
                figure = other.rows_of(where, func.count()).scalar_subquery()
                unknown = self._unknown(condition)
                return ordered(figure if unknown is None else case((unknown, null()), else_=figure), order, number)
            case Exists(class_name, where):
                return self._exists(condition)
            case Among(name, each=False):
                return case((self.here.text(name).is_(None), null()), else_=self._exists(condition))
            case Among():
                return self._each(condition)

    def _same(self, same: SameField) -> Expression:
        left, right = as_text(self.here.columns[same.field]), self.rows[same.up].filled(same.outer)
        equal = and_(left == right, exact_text(left) == exact_text(right))
        return func.coalesce(equal, false()) if self.settled else equal

    def _inside(self, class_name: str) -> Questions:
        return replace(self, rows=(self.alias(class_name), *self.rows), settled=False)

    def rows_of(self, where: Condition, wanted: Expression, *, unknown: bool = False) -> Select[Any]:
        """Select `wanted` from the rows of a query for which `where` is true (or unknown), around these records."""
        answer = self.ask(where)
        around = [row.table for row in self.rows[1:]]
        query = select(wanted).select_from(self.here.table).where(flag(answer).is_(None) if unknown else answer)
        return query.correlate(*around)

    def _exists(self, query: Exists | Among) -> Expression:
        other = self._inside(query.class_name)
        return self._or_unknown(exists(other.rows_of(joined(query), literal(1))), query)

    def _or_unknown(self, found: Expression, query: Query) -> Expression:
        unknown = self._unknown(query)
        return found if unknown is None else or_(found, case((unknown, null()), else_=false()))

    def _unknown(self, query: Query) -> Expression | None:
        """Whether a query may miss rows: a field that joins it is missing, or a query inside it is unknown."""
        where = joined(query)
        if not self.cautious:
            return None
        reasons: list[Expression] = [self.rows[out].text(name).is_(None) for name, out in joined_by(where)]
        if asks(where):
            other = replace(self._inside(query.class_name), settled=True)
            reasons.append(exists(other.rows_of(where, literal(1), unknown=True)))
        return or_(false(), *reasons) if reasons else None

    def _each(self, among: Among) -> Expression:
        """Whether the rows of the query cover every letter of the list, its values between two marks each."""
        given = self.here.trimmed(among.field)
        for spaced in (" ;", "; "):
            given = func.replace(given, spaced, ";")
        opened, closed = literal("\x01", Text), literal("\x02", Text)
        marked = opened + func.replace(given, ";", closed + opened) + closed
        text = exact_text(func.replace(marked, opened + closed, ""))
        other = self._inside(among.class_name)
        value = other.here.trimmed(among.other)
        gone = func.replace(text, exact_text(opened + value + closed), exact_text(literal("", Text)))
        covered = letters_in(text) - letters_in(gone)
        # Values are summed once each, however many rows bear them; no derived table, which could not see this record.
        total = func.sum(func.max(covered)).over()
        rows = other.rows_of(among.where, total).where(value.is_not(None))
        found = func.coalesce(rows.group_by(exact_text(value)).limit(1).scalar_subquery(), 0) == letters_in(text)
        empty = func.coalesce(letters_in(text), 0) == 0
        return case((empty, null()), else_=self._or_unknown(found, among))

    def _date(self, one: DateOf) -> tuple[Expression, Expression]:
        """Whether a date is known, and its ten letters; no engine is asked to reckon with one that is not."""
        if isinstance(one, AsOf):
            return (false(), literal("")) if one.day is None else (true(), literal(one.day.isoformat()))
        source = self.rows[one.up]
        text = as_text(source.columns[one.name])
        rest = func.substr(text, 11)
        bare = and_(*(rest.not_like(f"%{sign}%") for sign in "Zz+-"))
        utc = and_(or_(rest.like("%Z"), rest.like("%z")), rest.not_like("%+%"), rest.not_like("%-%"))
        same_day = and_(utc, func.substr(rest, 2, 2).in_(same_day_hours(ZoneInfo(self.zone))))
        return and_(source.readable(one.name), or_(rest == "", bare, same_day)), func.substr(text, 1, 10)

    def _days(self, apart: DaysApart) -> Expression:
        (last_known, last), (first_known, first) = self._date(apart.later), self._date(apart.earlier)
        if apart.working is not None:
            return self._working(apart, apart.working)
        if isinstance(apart.later, AsOf) and apart.later.day is not None:
            answer = ordered(first, _MIRRORED[apart.order], _moved(apart.later.day, -apart.days))
        elif isinstance(apart.earlier, AsOf) and apart.earlier.day is not None:
            answer = ordered(last, apart.order, _moved(apart.earlier.day, apart.days))
        else:
            answer = ordered(days_between(last, first), apart.order, apart.days)
        return case((and_(last_known, first_known), answer), else_=null())

    def _working(self, apart: DaysApart, holidays: BankHolidays) -> Expression:
        dates = [self._date(apart.later), self._date(apart.earlier)]
        years = [text.between(holidays.first.isoformat(), holidays.last.isoformat()) for _, text in dates]
        known = and_(*(known for known, _ in dates), *years)
        around = [row.table for row in self.rows]
        last, first = (_working_days(text, holidays, around) for _, text in dates)
        return case((known, ordered(last - first, apart.order, apart.days)), else_=null())

    def _age(self, age: AgeAt) -> Expression:
        (born_known, born), (at_known, at) = self._date(age.born), self._date(age.at)
        last, first = (cast(func.substr(text, 1, 4), Integer) for text in (at, born))
        years = last - first - case((func.substr(at, 6, 5) < func.substr(born, 6, 5), 1), else_=0)
        known = and_(born_known, at_known, born <= at)
        return case((known, ordered(years, age.order, age.years)), else_=null())


def _working_days(text: Expression, holidays: BankHolidays, around: Iterable[FromClause]) -> Expression:
    """The working days from MONDAY to a date of one of the records `around` that lies in the declared years."""
    passed = days_between(text, literal(MONDAY.isoformat()))
    weekdays = passed // 7 * 5 + case((passed % 7 < 4, passed % 7 + 1), else_=5)
    off = on_weekdays(holidays)
    if not off:
        return weekdays
    listed = union_all(*(select(literal(day.isoformat(), Text).label("day")) for day in off)).subquery()
    before = select(func.count()).select_from(listed).where(exact_text(listed.c.day) <= exact_text(text))
    return weekdays - before.correlate(*around).scalar_subquery()


def _moved(day: date, days: int) -> str:
    """The date `days` later in ten letters that sort as it does; outside the calendar, before or after all dates."""
    number = day.toordinal() + days
    if number < 1:
        return "0000-00-00"
    return "9999-99-99" if number > date.max.toordinal() else date.fromordinal(number).isoformat()


_ORDERS: Mapping[Order, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_MIRRORED: Mapping[Order, Order] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def ordered(left: Expression, order: Order, right: int | str) -> Expression:
    """`left` compared with a value."""
    found: Expression = _ORDERS[order](left, literal(right))
    return found


def flag(condition: Expression) -> Expression:
    """A condition as 1, 0 or NULL (unknown), evaluated once."""
    return cast(condition, Integer)
