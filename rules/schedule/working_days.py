"""Working days: neither a Saturday, a Sunday nor a bank holiday that the schedule declares.

Nothing is known outside the years for which holidays are declared, so nothing is counted there.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta

from rules.schedule.calendar import latest_start
from rules.schedule.language import BankHolidays, WorkingDays

# A Monday before the first readable date; days are counted from it, in Python as in SQL.
MONDAY = date(1799, 12, 30)


def working_days_between(later: date, earlier: date, holidays: BankHolidays) -> int | None:
    """How many working days lie after `earlier`, up to and with `later` (negative when it is the earlier one).

    None when either lies outside the declared years.
    """
    if not all(holidays.first <= day <= holidays.last for day in (later, earlier)):
        return None
    return _passed(later, holidays) - _passed(earlier, holidays)


def _passed(day: date, holidays: BankHolidays) -> int:
    """The working days from MONDAY to `day`, both included."""
    weeks, left = divmod((day - MONDAY).days, 7)
    return weeks * 5 + min(left + 1, 5) - bisect_right(on_weekdays(holidays), day)


def on_weekdays(holidays: BankHolidays) -> list[date]:
    """The declared holidays that fall on a Monday to Friday, in order."""
    return [day for day in holidays.days if day.weekday() < 5]


def add_working(start: date, length: WorkingDays) -> date | None:
    """The day on which `length` has passed after `start`; None when that is not known."""
    if not length.holidays.first <= start <= length.holidays.last:
        return None
    day, left, off = start, length.number, set(length.holidays.days)
    while left > 0:
        day += timedelta(days=1)
        if day > length.holidays.last:
            return None
        left -= day.weekday() < 5 and day not in off
    return day


def last_start(length: WorkingDays, as_of: date) -> date | None:
    """The latest day from which `length` has passed on `as_of`; None when there is none that is known."""
    first, last = length.holidays.first, length.holidays.last

    def passed_on(start: date) -> date:
        return start if start < first else add_working(start, length) or date.max

    found = latest_start(passed_on, as_of, min(max(as_of, first), last))
    return None if found is None or found < first else found
