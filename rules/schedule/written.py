"""The day that a text stands for in a condition: as it is written, or unknown where the zone might make it another.

A time in UTC is another day in the schedule's zone near midnight only. A database that knows no zones can tell the
hours that are far enough from it; of the others, and of times in another offset, a condition says nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from rules.schedule.calendar import parse_date


def written_day(text: str | None, zone: tzinfo) -> date | None:
    """The calendar date of `text` in `zone`; None when it is missing, unreadable, or may be another day there."""
    if text is None or parse_date(text, zone) is None:
        return None
    rest = text[10:]
    if any(sign in rest for sign in "Zz+-") and not (
        rest[-1] in "Zz" and "+" not in rest and "-" not in rest and rest[1:3] in same_day_hours(zone)
    ):
        return None
    return date.fromisoformat(text[:10])


@lru_cache(maxsize=64)
def same_day_hours(zone: tzinfo) -> tuple[str, ...]:
    """The hours of UTC, `00` to `23`, that fall on the same date in `zone` all the year round, since 1970."""
    months = [datetime(year, month, 15, 12) for year in range(1970, 2038) for month in range(1, 13)]
    offsets = {offset for month in months if (offset := zone.utcoffset(month)) is not None}
    day, hour = timedelta(days=1), timedelta(hours=1)
    safe = [
        n for n in range(24) if all(timedelta() <= n * hour + off and (n + 1) * hour + off <= day for off in offsets)
    ]
    return tuple(f"{n:02d}" for n in safe)
