"""Working days are counted from Monday to Friday, without the bank holidays that the schedule declares."""

from __future__ import annotations

from datetime import date, timedelta

from rules.schedule.language import BankHolidays, WorkingDays
from rules.schedule.working_days import add_working, last_start, working_days_between

HOLIDAYS = BankHolidays(
    (
        date(2025, 12, 25),
        date(2025, 12, 26),
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
    )
)


def test_a_weekend_and_a_bank_holiday_do_not_count() -> None:
    """From the Thursday before Easter 2026 the first working day is the Tuesday after it."""
    assert add_working(date(2026, 4, 2), WorkingDays(1, HOLIDAYS)) == date(2026, 4, 7)
    assert working_days_between(date(2026, 4, 7), date(2026, 4, 2), HOLIDAYS) == 1
    assert working_days_between(date(2026, 4, 6), date(2026, 4, 2), HOLIDAYS) == 0
    assert working_days_between(date(2026, 4, 2), date(2026, 4, 7), HOLIDAYS) == -1
    assert add_working(date(2026, 4, 4), WorkingDays(0, HOLIDAYS)) == date(2026, 4, 4)


def test_every_day_of_two_years_is_counted_as_one_counts_by_hand() -> None:
    """The formula gives what a walk through the calendar gives, for every pair of a day and a distance."""
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(730)]
    for start in days[::3]:
        walked = 0
        for n in range(1, 40):
            day = start + timedelta(days=n)
            if day > HOLIDAYS.last:
                break
            walked += day.weekday() < 5 and day not in HOLIDAYS.days
            assert working_days_between(day, start, HOLIDAYS) == walked


def test_the_cut_off_is_the_exact_inverse() -> None:
    """Of every day of a year: what began on the cut-off has passed, what began a day later has not."""
    for number in (0, 1, 5, 23):
        length = WorkingDays(number, HOLIDAYS)
        for n in range(365):
            as_of = date(2026, 1, 1) + timedelta(days=n)
            cut = last_start(length, as_of)
            assert cut is not None
            due, next_due = add_working(cut, length), add_working(cut + timedelta(days=1), length)
            assert due is not None
            assert due <= as_of
            assert next_due is None or next_due > as_of


def test_of_years_without_declared_holidays_nothing_is_known() -> None:
    """Neither a count nor a due date is guessed."""
    length = WorkingDays(5, HOLIDAYS)
    assert working_days_between(date(2027, 1, 4), date(2026, 12, 1), HOLIDAYS) is None
    assert working_days_between(date(2026, 1, 4), date(2024, 12, 31), HOLIDAYS) is None
    assert add_working(date(2024, 12, 31), length) is None
    assert add_working(date(2026, 12, 29), length) is None
    assert last_start(length, date(2025, 1, 3)) is None
