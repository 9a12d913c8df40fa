"""One cell of a sheet or an export as text: trimmed, numbers without noise, dates in ISO where they can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from rules.schedule.values import RecordClass, Role

DATE_ROLES = (Role.TRIGGER, Role.CONTACT, Role.BIRTHDAY, Role.DEATH)


def as_text(value: object) -> str | None:
    """The cell as text; None when it is empty or blank. A date cell is ISO, with its time unless that is midnight."""
    if value is None:
        return None
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def to_iso(text: str, formats: Sequence[str]) -> str:
    """`text` as an ISO date by the declared formats; as it stands when none fits, or when two differ about it."""
    days: set[date] = set()
    for wanted in formats:
        try:
            days.add(datetime.strptime(text, wanted).date())
        except ValueError:
            continue
    return days.pop().isoformat() if len(days) == 1 else text


def date_fields(record_class: RecordClass) -> frozenset[str]:
    """The fields of a class that hold dates, by their roles."""
    return frozenset(name for role in DATE_ROLES for name in record_class.with_role(role))


def with_iso_dates(
    row: Mapping[str, str | None], dated: frozenset[str], formats: Sequence[str]
) -> dict[str, str | None]:
    """The row with its text dates in ISO."""
    return {name: to_iso(value, formats) if value and name in dated else value for name, value in row.items()}
