"""Make values coarser: bands, months, areas and regions instead of dates, places and ages.

Every function takes text as a store gives it and answers `not known` for what it cannot read: an
unreadable value is never passed through. Ages of 90 and over share one band (as in the HIPAA safe-harbour rule,
45 CFR 164.514(b)(2)(i)(C)), because very old people are few in any town.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

NOT_KNOWN = "not known"
TOP_AGE = 90
BANDS = ((0, 10), (11, 15), (16, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74), (75, 89))
FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y", "%d %B %Y")

_AREA = re.compile(r"([A-Z]{1,2})\d[A-Z\d]?\s*(?:\d[A-Z]{2})?")


def read_date(value: str, formats: tuple[str, ...] = FORMATS) -> date | None:
    """Return the calendar date that a text states in one of the formats, or None."""
    for form in formats:
        try:
            return datetime.strptime(value.strip(), form).date()
        except ValueError:
            continue
    return None


def age_at(born: date, at: date) -> int:
    """Return whole years from birth to a date; a person born on 29 February has a birthday on 1 March."""
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def age_band(date_of_birth: str, at: date) -> str:
    """Return the age band at a date, such as `25 to 34`; `90 or over` is the top."""
    born = read_date(date_of_birth)
    if born is None or born > at or age_at(born, at) > 120:
        return NOT_KNOWN
    age = age_at(born, at)
    return next((f"{low} to {high}" for low, high in BANDS if low <= age <= high), f"{TOP_AGE} or over")


def age_bands() -> tuple[str, ...]:
    """Return every value that `age_band` can give."""
    return (*(f"{low} to {high}" for low, high in BANDS), f"{TOP_AGE} or over", NOT_KNOWN)


def month(value: str) -> str:
    """Return the month of a date as `2026-09`."""
    day = read_date(value)
    return NOT_KNOWN if day is None else f"{day.year:04d}-{day.month:02d}"


def quarter(value: str) -> str:
    """Return the calendar quarter of a date as `2026-Q3`."""
    day = read_date(value)
    return NOT_KNOWN if day is None else f"{day.year:04d}-Q{(day.month + 2) // 3}"


def postcode_area(value: str) -> str:
    """Return the letters at the start of a UK postcode or outward code (`MK3 4DX` gives `MK`)."""
    match = _AREA.fullmatch(value.strip().upper())
    return match.group(1) if match else NOT_KNOWN


def region(town: str, regions: Mapping[str, str]) -> str:
    """Return the region of a town by the mapping handed in, without regard to case or outer spaces."""
    folded = {name.strip().casefold(): area for name, area in regions.items()}
    return folded.get(town.strip().casefold(), NOT_KNOWN)
