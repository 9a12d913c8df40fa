"""The generator's own calendar arithmetic, so that the answer key never leans on the rules it will judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

DAY = timedelta(days=1)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if _is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def add_months(start: date, months: int) -> date:
    """Return the same day `months` later, or the last day of a month that lacks it (31 August + 6: end of February)."""
    count = start.year * 12 + start.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(start.day, _month_length(year, month)))


def add_years(start: date, years: int) -> date:
    """Return the same day `years` later; 29 February becomes 28 February in other years."""
    return add_months(start, 12 * years)


def birthday(born: date, age: int) -> date:
    """Return the day a person attains `age`; one born on 29 February does so on 1 March in other years."""
    year = born.year + age
    if (born.month, born.day) == (2, 29) and not _is_leap(year):
        return date(year, 3, 1)
    return date(year, born.month, born.day)


def academic_year_end(day: date) -> date:
    """Return the next 31 August on or after `day`."""
    return date(day.year + (1 if day.month > 8 else 0), 8, 31)


def last_that(reaches: Callable[[date], date], target: date, guess: date) -> date:
    """Return the last start whose end, `reaches(start)`, is no later than `target`; `guess` is right within days."""
    start = guess + 5 * DAY
    while reaches(start) > target:
        start -= DAY
    return start


def months_ago(target: date, months: int) -> date:
    """Return the last day whose `add_months(day, months)` is no later than `target`."""
    return last_that(lambda day: add_months(day, months), target, add_months(target, -months))


def years_ago(target: date, years: int) -> date:
    """Return the last day whose `add_years(day, years)` is no later than `target`."""
    return months_ago(target, 12 * years)


def born_to_turn(age: int, target: date) -> date:
    """Return the last date of birth whose `age`th birthday is no later than `target`."""
    return last_that(lambda born: birthday(born, age), target, add_years(target, -age))


def leap_day(no_later_than: date) -> date:
    """Return the last 29 February no later than the day given."""
    year = no_later_than.year
    while not _is_leap(year) or date(year, 2, 29) > no_later_than:
        year -= 1
    return date(year, 2, 29)
