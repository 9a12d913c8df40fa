"""What a survey asks of a store: how full each column is and how long its texts are, counted by the store itself.

Texts are read page by page and handed on one at a time; whoever counts what is in them keeps none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from connectors.stores.base import RecordStore
from connectors.stores.documents import DocumentStore
from connectors.stores.reading import StoreReader
from connectors.stores.sql import SqlStore
from connectors.stores.values import pages
from rules.schedule.compile import as_text
from rules.schedule.sql_functions import letters_in
from rules.schedule.values import RecordClass, Role


@dataclass(frozen=True)
class ColumnCount:
    """How many records hold something in a column, the letters of the longest, and how many are long."""

    filled: int = 0
    longest: int = 0
    long: int = 0


def count_columns(
    reader: StoreReader, record_class: RecordClass, fields: Sequence[str], over: int
) -> tuple[int, dict[str, ColumnCount]]:
    """Count the records of a class and, by field, what is filled and what is longer than `over` letters; one SELECT."""
    here = reader.sources[record_class.name]
    asked: list[Any] = [func.count()]
    for name in fields:
        text = func.nullif(func.trim(as_text(here.columns[name])), "")
        letters = letters_in(text)
        asked += [func.count(text), func.max(letters), func.count(case((letters > over, 1)))]
    rows, *found = reader.connection.execute(select(*asked).select_from(here.table)).one()
    parts = zip(fields, found[::3], found[1::3], found[2::3], strict=True)
    return int(rows), {name: ColumnCount(filled, longest or 0, long) for name, filled, longest, long in parts}


def present_fields(reader: StoreReader, record_class: RecordClass) -> tuple[str, ...]:
    """The fields of a class that this store has; those that the mapping declares absent are left out."""
    columns = reader.sources[record_class.name].columns
    return tuple(item.name for item in record_class.fields if _table_of(columns[item.name]) is not None)


def _table_of(item: Any) -> Any:
    """The table of a column; None for an expression that stands for an absent one."""
    return getattr(item, "table", None)


def holds_documents(store: RecordStore) -> bool:
    """Whether the store's free text lies in files, outside its selectables; names of files may name people."""
    return isinstance(store, DocumentStore)


def texts_in(
    store: RecordStore, reader: StoreReader, record_class: RecordClass, fields: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield (field, text) for every filled text of a class, a page in memory at a time."""
    if holds_documents(store):
        for name in record_class.with_role(Role.FREE_TEXT):
            for page in pages(reader, record_class, [record_class.key]):
                keys = [key for row in page if (key := row[record_class.key])]
                yield from ((name, text) for _, text in store.texts(record_class.name, keys, [name]))
    elif fields:
        for page in pages(reader, record_class, fields):
            yield from ((name, text) for row in page for name, text in row.items() if text)


def count_unclaimed(store: RecordStore, reader: StoreReader, place: str) -> tuple[int, int] | None:
    """Count the rows of an unclaimed `table`, or of `table.column` and how many hold something; None if it can't be."""
    if not isinstance(store, SqlStore):
        return None
    claimed = {
        _table_of(base).name: _table_of(base).schema
        for source in reader.sources.values()
        for item in source.columns.values()
        for base in item.base_columns
        if _table_of(base) is not None
    }
    whole, _, name = place.rpartition(".")
    schema = next(iter(claimed.values()), None)
    try:
        if whole in claimed:
            text = func.nullif(func.trim(as_text(column(name))), "")
            query = select(func.count(), func.count(text)).select_from(table(whole, column(name), schema=schema))
        else:
            query = select(func.count(), func.count()).select_from(table(place, schema=schema))
        rows, filled = reader.connection.execute(query).one()
    except SQLAlchemyError:  # not every account may read what no class claims
        reader.connection.rollback()
        return None
    return int(rows), int(filled)
