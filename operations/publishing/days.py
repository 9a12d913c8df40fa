"""Which days a release covers: everybody so far, or the last whole year or quarter before the day of the release."""

from __future__ import annotations

from datetime import date, timedelta

from rules.privacy.tables import Period

EVERYBODY = "everybody"
_STARTS = {
    "last quarter": (1, 4, 7, 10),
    "last calendar year": (1,),
    "last financial year": (4,),
    "last academic year": (9,),
}
COVERS = (EVERYBODY, *_STARTS)


def period_of(covers: str, as_of: date) -> Period:
    """Return the days that a release as of a date covers; a year or quarter has ended before that date."""
    if covers == EVERYBODY:
        return Period(None, as_of)
    starts = [
        date(year, month, 1) for year in (as_of.year - 2, as_of.year - 1, as_of.year) for month in _STARTS[covers]
    ]
    begun = [start for start in starts if start <= as_of]
    return Period(begun[-2], begun[-1] - timedelta(days=1))
