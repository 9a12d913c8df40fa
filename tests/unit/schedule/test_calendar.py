"""Calendar arithmetic: month ends, leap days, birthdays, year ends, and the exact inverse of each."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.schedule.calendar import add, age_on, birthday, birthday_due, latest_start, parse_date, year_end
from rules.schedule.compile import cutoff
from rules.schedule.language import (
    After,
    Birthday,
    FieldRef,
    Period,
    Rounding,
)
from rules.schedule.values import Schedule

LONDON = ZoneInfo("Europe/London")
SCHEDULE = Schedule("s", "1", "Europe/London", (), "")
DAYS = [date(2015, 1, 1) + timedelta(days=n) for n in range(3 * 366)]


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        (date(2026, 8, 31), Period(months=6), date(2027, 2, 28)),
        (date(2027, 8, 31), Period(months=6), date(2028, 2, 29)),
        (date(2016, 2, 29), Period(years=7), date(2023, 2, 28)),
        (date(2016, 2, 29), Period(years=8), date(2024, 2, 29)),
        (date(2026, 12, 31), Period(days=1), date(2027, 1, 1)),
        (date(2026, 1, 31), Period(months=1, days=1), date(2026, 3, 1)),
        (date(2026, 1, 1), Period(weeks=2), date(2026, 1, 15)),
        (date(2026, 1, 15), Period(), date(2026, 1, 15)),
        (date(9999, 12, 31), Period(days=1), date.max),
        (date(9998, 6, 1), Period(years=7), date.max),
        (date(1800, 1, 1), Period(years=-2000), date.min),
        (date(1, 1, 1), Period(days=-1), date.min),
    ],
)
def test_a_month_that_lacks_the_day_ends_on_its_last_day(start: date, period: Period, end: date) -> None:
    """Adding a period clamps to the end of the month and never leaves the calendar."""
    assert add(start, period) == end


def test_somebody_born_on_29_february_comes_of_age_on_1_march() -> None:
    """A birthday of 29 February falls on 1 March in a common year, so the period runs a day longer, not shorter."""
    born = date(2004, 2, 29)
    assert birthday(born, 25) == date(2029, 3, 1)
    assert birthday(born, 24) == date(2028, 2, 29)
    assert age_on(born, date(2029, 2, 28)) == 24
    assert age_on(born, date(2029, 3, 1)) == 25
    assert birthday(date(9990, 1, 1), 25) == date.max


@pytest.mark.parametrize(
    ("closed", "due"),
    [
        (date(2017, 6, 14), date(2025, 6, 15)),  # still 16
        (date(2017, 6, 15), date(2026, 6, 15)),  # 17 that day
        (date(2018, 6, 14), date(2026, 6, 15)),  # 17 for the last day
        (date(2018, 6, 15), date(2025, 6, 15)),  # 18 that day
    ],
)
def test_seventeen_at_close_means_the_26th_birthday(closed: date, due: date) -> None:
    """The older age holds from the 17th birthday to the eve of the 18th, both included."""
    assert birthday_due(Birthday(25, "dob", 26, 17, "closed"), date(2000, 6, 15), closed) == due


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2025, 8, 31), date(2025, 8, 31)),
        (date(2025, 9, 1), date(2026, 8, 31)),
        (date(2025, 1, 1), date(2025, 8, 31)),
        (date(9999, 12, 31), date.max),
    ],
)
def test_an_academic_year_ends_on_31_august(day: date, end: date) -> None:
    """The last day of a year belongs to that year, and the last year of the calendar has an end too."""
    assert year_end(day, 8, 31) == end


PERIODS = [
    Period(days=2),
    Period(weeks=1),
    Period(months=1),
    Period(months=6),
    Period(months=18),
    Period(years=1),
    Period(years=6),
    Period(years=7),
    Period(years=1, months=1, days=1),
    Period(),
]
ROUNDINGS: list[Rounding] = ["", "calendar year", "financial year", "academic year"]


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_the_cut_off_is_exact_on_every_day_of_three_years(period: Period, rounding: Rounding) -> None:
    """The cut-off date is due and the day after it is not: nothing is missed and nothing is taken too early."""
    term = After(period, (FieldRef("d"),), rounding)
    month, day = {"calendar year": (12, 31), "financial year": (3, 31), "academic year": (8, 31)}.get(rounding, (0, 0))

    def due(start: date) -> date:
        return add(year_end(start, month, day) if rounding else start, period)

    for as_of in DAYS:
        last = cutoff(SCHEDULE, term, as_of)
        assert last is not None
        assert due(last) <= as_of < due(last + timedelta(days=1))


@pytest.mark.parametrize("age", [18, 21, 25, 26])
def test_the_cut_off_of_a_birthday_is_exact_on_every_day_of_three_years(age: int) -> None:
    """Who was born on the cut-off date has reached the age, who was born a day later has not."""
    for as_of in DAYS:
        last = cutoff(SCHEDULE, Birthday(age, "dob"), as_of)
        assert last is not None
        assert birthday(last, age) <= as_of < birthday(last + timedelta(days=1), age)


def test_the_cut_off_agrees_with_looking_at_every_day() -> None:
    """Bisection finds what trying every date finds."""
    for as_of in DAYS[::97]:
        tried = max(d for d in DAYS if add(d, Period(months=1)) <= as_of) if as_of > date(2015, 3, 1) else None
        if tried is not None:
            assert latest_start(lambda start: add(start, Period(months=1)), as_of, as_of) == tried


def test_a_period_longer_than_the_calendar_is_never_over() -> None:
    """No start is early enough for a period of three thousand years, and asking does not fail."""
    assert cutoff(SCHEDULE, After(Period(years=3000), (FieldRef("d"),)), date(2026, 9, 1)) is None
    assert cutoff(SCHEDULE, After(Period(days=1), (FieldRef("d"),)), date.max) is not None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-01", date(2026, 9, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-09-01 23:30:00", date(2026, 9, 1)),
        ("2026-08-31T23:30:00+00:00", date(2026, 9, 1)),  # British Summer Time
        ("2026-01-31T23:30:00Z", date(2026, 1, 31)),
        ("2026-09-01T00:30:00+02:00", date(2026, 8, 31)),
        ("2026-09-01 at noon", date(2026, 9, 1)),
        ("9999-12-31T23:59:59-12:00", date(9999, 12, 31)),
        *((text, None) for text in (None, "", " ", "0000-00-00", "2023-02-29", "1900-02-29", "31/02/2020")),
        *((text, None) for text in ("12/01/2026", "1700000000", "2026-9-1", "20260901", " 2026-09-01", "2026-09-01\n")),
        *((text, None) for text in ("1799-12-31", "2026-09-011", "2026-13-01", "２０２６-09-01", "2026-09-01t10:00")),
    ],
)
def test_only_iso_dates_from_1800_on_are_readable(text: str | None, day: date | None) -> None:
    """A date that could mean two days, or none, is not read at all; an instant is a day of the schedule's zone."""
    assert parse_date(text, LONDON) == day
