"""What a dimension of the statistics reads: a field, an age in bands, or a year; and the words for each group."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.stores.values import AgeAt, Category, Grouping, YearOf

Label = Callable[[str | int | None], str | None]

_AGE = re.compile(r"age\((\w+), ?(\w+)\)")
_YEAR = re.compile(r"(calendar|financial|academic) year\((\w+)\)")
_FIRST_MONTHS = {"calendar": 1, "financial": 4, "academic": 9}
_BAND = re.compile(r"Under (?P<below>\d{1,3})|(?P<low>\d{1,3}) to (?P<high>\d{1,3})|(?P<from>\d{1,3}) or over")
_OLDEST = 120


@dataclass(frozen=True)
class Column:
    """How the store groups, and how a group is called; None is the dimension's `other`."""

    grouping: Grouping
    label: Label


def fields_of(text: str) -> tuple[str, ...]:
    """Return the fields that `column: …` of a dimension reads."""
    if age := _AGE.fullmatch(text):
        return age[1], age[2]
    year = _YEAR.fullmatch(text)
    return (year[2],) if year else (text,)


def read_column(text: str, categories: Mapping[str, str]) -> Column:
    """Return what `column: …` of a dimension means; `categories` are its values, each with its words for readers.

    Raises ValueError, in words, for bands that can't be read or overlap.
    """
    if age := _AGE.fullmatch(text):
        return Column(AgeAt(age[1], age[2]), _banded(tuple(categories.values())))
    if year := _YEAR.fullmatch(text):
        calendar = year[1] == "calendar"
        known = {_year_words(number, calendar): number for number in range(1800, 2200)}
        named = {known[value]: words for value, words in categories.items() if value in known}
        if len(named) < len(categories):
            raise ValueError("holds something that is no such year: write 2025, or 2025/26 for a year of two halves")
        return Column(YearOf(year[2], _FIRST_MONTHS[year[1]]), lambda group: _found(named, group))
    return Column(Category(text, tuple(categories)), lambda group: categories.get(str(group)))


def _year_words(number: int, calendar: bool) -> str:
    return str(number) if calendar else f"{number}/{(number + 1) % 100:02d}"


def _found(named: Mapping[int, str], group: str | int | None) -> str | None:
    return named.get(group) if isinstance(group, int) else None


def _banded(bands: Sequence[str]) -> Label:
    of: dict[int, str] = {}
    for band in bands:
        match = _BAND.fullmatch(band)
        if match is None:
            raise ValueError(f"holds an age band that can't be read: {band}. Write Under 18, 18 to 24 or 65 or over")
        for age in _ages(match):
            if age in of:
                raise ValueError(f"holds two age bands for the age of {age}")
            of[age] = band
    return lambda group: _found(of, group)


def _ages(band: re.Match[str]) -> range:
    if band["below"]:
        return range(int(band["below"]))
    if band["from"]:
        return range(int(band["from"]), _OLDEST + 1)
    return range(int(band["low"]), int(band["high"]) + 1)
