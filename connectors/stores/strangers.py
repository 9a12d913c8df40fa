"""Whose records a store holds: case numbers without a head, and those of rows that stand in no selectable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, select

from connectors.stores.reading import PAGE, StoreReader
from connectors.stores.reflection import chunks, is_one_of
from rules.schedule.compile import as_text
from rules.schedule.sql_functions import exact_text
from rules.schedule.values import RecordClass


def strangers(reader: StoreReader, record_class: RecordClass, head: RecordClass) -> Iterator[tuple[str | None, int]]:
    """Yield (case number, records) of the class for every case number that has no head in this same store.

    Case and spaces count. None stands for records without a case number. A store of another type of column, or without
    heads, yields all of them.
    """
    counted = _counted(reader, record_class).subquery()
    query = select(counted)
    if head.name in reader.sources:
        theirs = reader.sources[head.name].columns[str(head.subject)]
        if as_text(theirs) is theirs:  # of the same type, so an index serves
            same = and_(counted.c.subject == theirs, exact_text(counted.c.subject) == exact_text(theirs))
            query = query.select_from(counted.outerjoin(reader.sources[head.name].table, same)).where(theirs.is_(None))
    for subject, records in reader.connection.execute(query).yield_per(PAGE):
        yield (str(subject) if subject and str(subject).strip() else None), int(records)


def subjects(reader: StoreReader, record_class: RecordClass) -> Iterator[str]:
    """Yield every case number of a class once."""
    for subject, _ in reader.connection.execute(_counted(reader, record_class)).yield_per(PAGE):
        if subject is not None:
            yield str(subject)


def known(reader: StoreReader, record_class: RecordClass, wanted: Sequence[str]) -> set[str]:
    """Those of the case numbers that the class has, letter by letter."""
    column = reader.sources[record_class.name].columns[str(record_class.subject)]
    found: set[str] = set()
    for chunk in chunks(wanted):
        found.update(map(str, reader.connection.scalars(select(as_text(column)).where(is_one_of(column, chunk)))))
    return found & set(wanted)


def without_subject(reader: StoreReader, record_class: RecordClass) -> int:
    """How many records of the class bear no case number."""
    here = reader.sources[record_class.name]
    counted = select(func.count()).select_from(here.table).where(here.text(str(record_class.subject)).is_(None))
    return int(reader.connection.execute(counted).scalar_one())


def left_out(reader: StoreReader, record_class: RecordClass) -> Iterator[str]:
    """Yield the case numbers of rows that share their key with another or have none, and so are in no selectable."""
    query = reader.left_out[record_class.name]
    if query is not None:
        for subject in reader.connection.scalars(query).yield_per(PAGE):
            if subject is not None:
                yield str(subject)


def _counted(reader: StoreReader, record_class: RecordClass) -> Select[Any]:
    here = reader.sources[record_class.name]
    subject = as_text(here.columns[str(record_class.subject)])
    counted = select(func.max(subject).label("subject"), func.count().label("records")).select_from(here.table)
    return counted.group_by(exact_text(subject))
