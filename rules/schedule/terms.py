"""The language of `keep`: `7 years after closed_on`, `until 25th birthday of date_of_birth`, `longest of [ … ]`.

term     = "longest of [" term ("," term)* "]" | after | birthday | "with" class
after    = period "after" ["end of" year "of"] (trigger | "latest of (" trigger ("," trigger)* ")")
         | N "working days after" field
trigger  = field ["if any"] | "last contact"
birthday = "until" Nth "birthday of" field ["(" Nth "if" N "at" field ")"]
year     = "calendar year" | "financial year" | "academic year"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import get_args

from rules.schedule.conditions import NotUnderstood, nearest
from rules.schedule.language import (
    LAST_CONTACT,
    After,
    BankHolidays,
    Birthday,
    FieldRef,
    Forever,
    Longest,
    Period,
    Rounding,
    Term,
    Until,
    WithHead,
    WorkingDays,
)

_PERIOD = re.compile(r"(\d{1,3}) (year|month|week|day)s?(?: and | |$)")
_BIRTHDAY = re.compile(
    r"until (\d{1,3})(?:st|nd|rd|th) birthday of (\w+)(?: \((\d{1,3})(?:st|nd|rd|th) if (\d{1,3}) at (\w+)\))?"
)
_AFTER = re.compile(r"(.+?) after (?:end of (\w+ year) of )?(.+)")
_EVENT = re.compile(r"latest (\w+) of (\w+)( if any)?")
_WORKING = re.compile(r"(\d{1,3}) working days? after (.+)")
_YEARS: Mapping[str, Rounding] = {name: name for name in get_args(Rounding) if name}


def parse_period(text: str) -> Period:
    """`7 years`, `6 months`, `1 year 6 months` → Period. Raises NotUnderstood."""
    rest, found = text.strip(), dict.fromkeys(("year", "month", "week", "day"), 0)
    while rest:
        match = _PERIOD.match(rest)
        if match is None:
            raise NotUnderstood(f"has the period {text.strip()!r}; write e.g. 7 years, 18 months, 2 days")
        found[match[2]] += int(match[1])
        rest = rest[match.end() :]
    return Period(found["year"], found["month"], found["week"], found["day"])


def parse_term(
    text: str,
    fields: frozenset[str],
    classes: frozenset[str],
    events: Mapping[str, frozenset[str]] | None = None,
    holidays: BankHolidays | None = None,
) -> Term:
    """Parse a `keep` line over the date fields of its class. Raises NotUnderstood.

    `events` gives the date fields of every class whose records carry a subject.
    """
    text = " ".join(text.split())
    if text.startswith("longest of [") and text.endswith("]"):
        parts = _split(text.removeprefix("longest of [").removesuffix("]"))
        return Longest(tuple(parse_term(part, fields, classes, events, holidays) for part in parts))
    if text.startswith("with "):
        head = text.removeprefix("with ")
        if head not in classes:
            raise NotUnderstood(f"follows the class {head!r}, which the schedule lacks{nearest(head, classes)}")
        return WithHead(head)
    if text == "forever":
        return Forever()
    if text.startswith("until "):
        return _until(text) or _birthday(text, fields)
    working = _WORKING.fullmatch(text)
    if working is not None:
        if holidays is None:
            raise NotUnderstood("counts working days; list the `bank_holidays` at the top of the schedule")
        trigger = FieldRef(_known(working[2], fields))
        return After(Period(), (trigger,), working=WorkingDays(int(working[1]), holidays))
    match = _AFTER.fullmatch(text)
    if match is None:
        raise NotUnderstood(
            "cannot be read; write e.g. `7 years after closed_on` or `until 25th birthday of date_of_birth`"
        )
    rounding = _rounding(match[2])
    return After(parse_period(match[1]), _triggers(match[3], fields, events or {}), rounding)


def _birthday(text: str, fields: frozenset[str]) -> Birthday:
    match = _BIRTHDAY.fullmatch(text)
    if match is None:
        raise NotUnderstood(
            f"has {text!r}; write e.g. `until 25th birthday of date_of_birth (26th if 17 at closed_on)`, "
            "naming whose date of birth"
        )
    of = _known(match[2], fields)
    if match[3] is None:
        return Birthday(int(match[1]), of)
    return Birthday(int(match[1]), of, int(match[3]), int(match[4]), _known(match[5], fields))


def _rounding(name: str | None) -> Rounding:
    if name is None:
        return ""
    if name not in _YEARS:
        raise NotUnderstood(f"has {name!r}; write {', '.join(_YEARS)}")
    return _YEARS[name]


def parse_day(text: str) -> date:
    """`2026-06-29` → date. Raises NotUnderstood."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII) is not None:
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise NotUnderstood(f"has {text!r}, which is no day of the calendar; write e.g. 2026-06-29")


def _until(text: str) -> Until | None:
    day = text.removeprefix("until ")
    return Until(parse_day(day)) if re.match(r"\d{4}-", day, re.ASCII) else None


def _triggers(text: str, fields: frozenset[str], events: Mapping[str, frozenset[str]]) -> tuple[FieldRef, ...]:
    if text.startswith("latest of (") and text.endswith(")"):
        names = _split(text.removeprefix("latest of (").removesuffix(")"))
    else:
        names = [text]
    return tuple(_trigger(name, fields, events) for name in names)


def _trigger(text: str, fields: frozenset[str], events: Mapping[str, frozenset[str]]) -> FieldRef:
    if text == LAST_CONTACT:
        return FieldRef(LAST_CONTACT, optional=True)
    event = _EVENT.fullmatch(text)
    if event is not None:
        if event[2] not in events:
            raise NotUnderstood(
                f"names events of {event[2]!r}, no class with a subject{nearest(event[2], frozenset(events))}"
            )
        return FieldRef(_known(event[1], events[event[2]]), optional=event[3] is not None, of=event[2])
    name = text.removesuffix(" if any")
    return FieldRef(_known(name, fields), optional=name != text)


def _known(name: str, fields: frozenset[str]) -> str:
    if name not in fields:
        raise NotUnderstood(f"names the date {name!r}, which the class lacks{nearest(name, fields)}")
    return name


def _split(text: str) -> list[str]:
    """Split at the commas that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]
