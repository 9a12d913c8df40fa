"""What a search for people and identifiers asks of a store: who still has a record, and where a word is mentioned."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from connectors.stores.base import RecordStore
from connectors.stores.reflection import chunks, is_one_of
from rules.schedule.values import Schedule


def living_subjects(store: RecordStore, schedule: Schedule, subjects: Collection[str]) -> set[str]:
    """Return which of these case numbers stand on a record of the store. Raises StoreUnavailable, BadInput."""
    found: set[str] = set()
    sources = store.sources()
    with store.reader() as connection:
        for class_name, source in sources.items():
            field = schedule.get(class_name).subject
            if field is None:
                continue
            column = source.columns[field]
            for chunk in chunks(sorted(subjects)):
                query = select(column).where(is_one_of(column, chunk, connection.dialect.name)).distinct()
                found.update(str(one).strip().casefold() for one in connection.scalars(query))
    # Some databases take upper and lower case for the same, and answer with their own spelling.
    return {one for one in subjects if one.strip().casefold() in found}
