"""What every document that leaves the building is written with: templates, dates for readers, guarded cells."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rules.errors import BadInput

# Cell texts stay texts: without these XlsxWriter turns "=..." into formulas and "http..." into links.
WORKBOOK_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_TEMPLATES = Path(__file__).parent / "templates"
# Characters that XML 1.0 section 2.2 does not allow: they would make an SVG or an XLSX unreadable.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def csv_cell_guard(text: str) -> str:
    """Return `text` so that no spreadsheet runs it as a formula, for CSV files that people open.

    A text that starts with = + - @ TAB or CR gets a leading apostrophe (OWASP, CSV injection). Never use
    it in files that machines read: there the apostrophe would be data.
    """
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def plain_text(text: str) -> str:
    """Return `text` with every character that XML 1.0 (section 2.2) forbids replaced by U+FFFD."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def reader_date(value: str | date) -> str:
    """Return a calendar date or an instant for readers: "1 September 2026", "1 September 2026 at 14:05 UTC".

    Accepts ISO 8601 text or a date. An instant is shown to the minute in the offset it carries.
    Raises BadInput when the text is no ISO date; the text itself is not repeated, it may be data.
    """
    try:
        moment = _moment(value)
    except ValueError:
        raise BadInput("a date for readers is not an ISO date (such as 2026-09-01)") from None
    day = f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    if not isinstance(moment, datetime):
        return day
    zone = moment.tzname() if moment.tzinfo is not None else None
    return f"{day} at {moment:%H:%M}" + (f" {zone}" if zone else "")


def _moment(value: str | date) -> date:
    if not isinstance(value, str):
        return value
    return date.fromisoformat(value) if len(value) == len("2026-09-01") else datetime.fromisoformat(value)


def thousands(number: int) -> str:
    """Return a whole number with commas between thousands: 12,345."""
    return f"{number:,}"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the one Jinja2 environment of the reports: autoescaping, strict about what is undefined.

    Templates lie in reports/templates and extend base.html (blocks title, content). Filters: reader_date, thousands.
    """
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["reader_date"] = reader_date
    made.filters["thousands"] = thousands
    return made
