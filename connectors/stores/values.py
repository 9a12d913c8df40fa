"""What statistics and extracts ask of a store: counts that the store makes itself, and chosen fields of records.

Statistics never take a record out of its store: it groups by categories, ages and years, and answers with counts.
Extracts need the records; they come in pages, in key order, with the fields that the extract names and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, literal, not_, null, select, true

from connectors.stores.reading import CHUNK, PAGE, StoreReader, keyset
from connectors.stores.reflection import typed_key
from rules.schedule.compile import Source, as_text
from rules.schedule.values import RecordClass

Group = tuple[str | int | None, ...]
Values = dict[str, str | None]

# Whatever is not plainly a no restricts: a restriction must not be missed for the way it was written.
_NOT_RESTRICTED = ("0", "no", "n", "false", "none")


@dataclass(frozen=True)
class Category:
    """Group by the value of a field where it is one of `among`, and by None where it is another or missing."""

    field: str
    among: tuple[str, ...]


@dataclass(frozen=True)
class AgeAt:
    """Group by whole years of age, from a date of birth to another date; None where either is not readable."""

    born: str
    at: str


@dataclass(frozen=True)
class YearOf:
    """Group by the year of a date, as the number of the year in which it begins; None where it is not readable.

    The year begins with `first_month`: 1 for the calendar year, 4 for the financial, 9 for the academic.
    """

    field: str
    first_month: int = 1


Grouping = Category | AgeAt | YearOf


@dataclass(frozen=True)
class Counted:
    """Who is counted: whose `dated` field lies from `first` to `last`, and whom the field `restricted` doesn't mark.

    Empty names mean that there is no such condition.
    """

    restricted: str = ""
    dated: str = ""
    first: date | None = None
    last: date | None = None


def counts_by(
    reader: StoreReader, record_class: RecordClass, groupings: Sequence[Grouping], who: Counted
) -> Iterator[tuple[Group, int]]:
    """Yield (group, how many records) for every group that has any; the store does the counting."""
    here = reader.sources[record_class.name]
    named = [_grouping(here, item).label(f"g{place}") for place, item in enumerate(groupings)]
    inner = select(*named, literal(1).label("one")).select_from(here.table).where(_wanted(here, who)).subquery()
    columns = [inner.c[item.name] for item in named]
    for *group, count in reader.connection.execute(select(*columns, func.count()).group_by(*columns)):
        yield tuple(group), int(count)


def count_restricted(reader: StoreReader, record_class: RecordClass, who: Counted) -> int:
    """How many records are left out because they are restricted, of those whose date lies in the days counted."""
    if not who.restricted:
        return 0
    here = reader.sources[record_class.name]
    query = select(func.count()).select_from(here.table).where(_in_days(here, who), _restricted(here, who.restricted))
    return int(reader.connection.execute(query).scalar_one())


def pages(reader: StoreReader, record_class: RecordClass, fields: Sequence[str]) -> Iterator[list[Values]]:
    """Yield all records of a class, a page at a time in key order, as texts by field name."""
    here = reader.sources[record_class.name]
    key = here.columns[record_class.key]
    for page in keyset(reader.connection, select(key, *_texts(here, fields)), key, PAGE):
        yield [_named(fields, row[1:]) for row in page]


def of_subjects(
    reader: StoreReader, record_class: RecordClass, fields: Sequence[str], subjects: Sequence[str]
) -> Iterator[tuple[str, Values]]:
    """Yield (subject, record) for every record of these subjects, as texts by field name."""
    if record_class.subject is None:
        return
    here = reader.sources[record_class.name]
    subject = here.columns[record_class.subject]
    for start in range(0, len(subjects), CHUNK):
        wanted = [typed_key(subject, value) for value in subjects[start : start + CHUNK]]
        for row in reader.connection.execute(select(subject, *_texts(here, fields)).where(subject.in_(wanted))).all():
            yield str(row[0]), _named(fields, row[1:])


def _texts(here: Source, fields: Sequence[str]) -> list[ColumnElement[Any]]:
    return [as_text(here.columns[name]).label(f"v{place}") for place, name in enumerate(fields)]


def _named(fields: Sequence[str], values: Sequence[Any]) -> Values:
    return {name: None if value is None else str(value) for name, value in zip(fields, values, strict=True)}


def _grouping(here: Source, item: Grouping) -> ColumnElement[Any]:
    if isinstance(item, Category):
        value = here.text(item.field)
        # Of anything else that the field holds, nothing leaves the store.
        return case(*((value == name, literal(name)) for name in item.among), else_=null())
    if isinstance(item, YearOf):
        text = as_text(here.columns[item.field])
        year = _number(text, 1, 4) - case((_number(text, 6, 2) < item.first_month, 1), else_=0)
        return case((here.readable(item.field), year), else_=null())
    born, at = as_text(here.columns[item.born]), as_text(here.columns[item.at])
    birthday_to_come = func.substr(at, 6, 5) < func.substr(born, 6, 5)
    age = _number(at, 1, 4) - _number(born, 1, 4) - case((birthday_to_come, 1), else_=0)
    return case((and_(here.readable(item.born), here.readable(item.at)), age), else_=null())


def _number(text: ColumnElement[Any], start: int, length: int) -> ColumnElement[Any]:
    return cast(func.substr(text, start, length), Integer)


def _wanted(here: Source, who: Counted) -> ColumnElement[Any]:
    spared = not_(_restricted(here, who.restricted)) if who.restricted else true()
    return and_(_in_days(here, who), spared)


def _restricted(here: Source, field: str) -> ColumnElement[Any]:
    said = func.lower(func.trim(as_text(here.columns[field])))
    return func.coalesce(func.nullif(said, ""), "0").not_in(_NOT_RESTRICTED)


def _in_days(here: Source, who: Counted) -> ColumnElement[Any]:
    if not who.dated:
        return true()
    column, text = here.columns[who.dated], as_text(here.columns[who.dated])
    parts = [here.readable(who.dated)]
    native = who.dated in here.native_dates
    if who.first is not None:
        parts.append(column >= who.first if native else text >= who.first.isoformat())
    if who.last is not None:
        after = who.last + timedelta(days=1)
        parts.append(column < after if native else text < after.isoformat())
    return and_(*parts)
