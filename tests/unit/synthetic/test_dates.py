"""The generator's calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from synthetic.dates import (
    academic_year_end,
    add_months,
    add_years,
    birthday,
    born_to_turn,
    leap_day,
    months_ago,
)

DAY = timedelta(days=1)


def test_months_end_with_the_month() -> None:
    """31 August and six months is the last day of February."""
    assert add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert add_years(date(2016, 2, 29), 7) == date(2023, 2, 28)


def test_leap_birthday() -> None:
    """One born on 29 February comes of an age on 1 March of other years, and on the day itself in leap years."""
    assert birthday(date(2000, 2, 29), 25) == date(2025, 3, 1)
    assert birthday(date(2000, 2, 29), 24) == date(2024, 2, 29)


def test_academic_year() -> None:
    """An academic year ends on 31 August and the next day belongs to the next."""
    assert academic_year_end(date(2020, 8, 31)) == date(2020, 8, 31)
    assert academic_year_end(date(2020, 9, 1)) == date(2021, 8, 31)


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2027, 2, 28), date(2027, 3, 1), date(2026, 8, 31)])
def test_the_last_start_is_the_last(today: date) -> None:
    """The last start ends by the target, and the day after it ends later."""
    for months in (2, 6, 18, 84):
        start = months_ago(today, months)
        assert add_months(start, months) <= today < add_months(start + DAY, months)
    for age in (18, 25, 26):
        born = born_to_turn(age, today)
        assert birthday(born, age) <= today < birthday(born + DAY, age)


def test_leap_day() -> None:
    """The last 29 February is found across years without one."""
    assert leap_day(date(2027, 5, 1)) == date(2024, 2, 29)
    assert leap_day(date(2024, 2, 28)) == date(2020, 2, 29)
