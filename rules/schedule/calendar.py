"""Calendar arithmetic of retention: periods, birthdays, year ends, and their exact inverses.

Dates are calendar dates in the schedule's zone. A month that lacks the day ends on its last day
(31 August + 6 months = 28 or 29 February). A person born on 29 February reaches an age on 1 March in a
common year: until then the period has not run out.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from rules.schedule.language import Birthday, Period

EARLIEST_YEAR = 1800
_READABLE = re.compile(r"\A(\d{4})-(\d{2})-(\d{2})(?:[T ](.*))?\Z", re.ASCII | re.DOTALL)


@lru_cache(maxsize=65_536)  # the days of a few decades, again and again
def parse_date(text: str | None, zone: tzinfo) -> date | None:
    """The calendar date that `text` holds, in `zone`; None when it is missing or cannot be read.

    Only ISO 8601 calendar dates from 1800 on are readable, with an optional time after `T` or a space. A
    time with an offset is moved into `zone`; one without is local already.
    """
    match = _READABLE.match(text or "")
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if year < EARLIEST_YEAR or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    if match[4]:
        try:
            instant = datetime.fromisoformat(text or "")
        except ValueError:
            return date(year, month, day)
        if instant.tzinfo is not None:
            try:
                return instant.astimezone(zone).date()
            except OverflowError:  # the last hours of the year 9999
                return date(year, month, day)
    return date(year, month, day)


def add(start: date, period: Period) -> date:
    """`start` + `period`: years and months first, clamped to the month's last day, then weeks and days.

    What lies outside the calendar (year 1 to 9999) is its first or last day.
    """
    months = start.year * 12 + start.month - 1 + period.years * 12 + period.months
    year, month = divmod(months, 12)
    month += 1
    if not date.min.year <= year <= date.max.year:
        return date.max if year > date.max.year else date.min
    moved = date(year, month, min(start.day, monthrange(year, month)[1]))
    try:
        return moved + timedelta(weeks=period.weeks, days=period.days)
    except OverflowError:
        return date.max if period.weeks * 7 + period.days > 0 else date.min


def birthday(born: date, age: int) -> date:
    """The day on which somebody born on `born` reaches `age` (29 February: 1 March in a common year)."""
    if born.year + age > date.max.year:
        return date.max
    if (born.month, born.day) == (2, 29) and monthrange(born.year + age, 2)[1] == 28:
        return date(born.year + age, 3, 1)
    return born.replace(year=born.year + age)


def age_on(born: date, day: date) -> int:
    """Completed years of age on `day`."""
    age = day.year - born.year
    return age if birthday(born, max(age, 0)) <= day else age - 1


def birthday_due(term: Birthday, born: date, at: date | None) -> date:
    """When `term` runs out for somebody born on `born`, with the `at` date of its older-age clause if it has one."""
    if term.older_age is not None and at is not None and age_on(born, at) == term.if_age:
        return birthday(born, term.older_age)
    return birthday(born, term.age)


def year_end(day: date, month: int, last_day: int) -> date:
    """The end of the year (ending on `month`/`last_day`) in which `day` lies."""
    end = date(day.year, month, min(last_day, monthrange(day.year, month)[1]))
    if day <= end:
        return end
    if day.year == date.max.year:
        return date.max
    return date(day.year + 1, month, min(last_day, monthrange(day.year + 1, month)[1]))


def latest_start(due: Callable[[date], date], as_of: date, guess: date) -> date | None:
    """The latest date d with due(d) <= `as_of`, for a `due` that never decreases; None when there is none.

    Exact for month ends and leap days: it starts at a `guess` within about a year of the answer and bisects.
    """
    low, high = max(guess.toordinal() - 800, 1), min(guess.toordinal() + 800, date.max.toordinal())
    if due(date.fromordinal(low)) > as_of:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if due(date.fromordinal(middle)) <= as_of else (low, middle)
    return date.fromordinal(low)
