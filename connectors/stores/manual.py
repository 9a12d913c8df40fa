"""A manual store: a register of what no program can reach. People destroy; its rows are struck afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy import select

from connectors.stores.base import Batch, PlannedRecord, RecordOutcome
from connectors.stores.csv_export import CsvStore
from connectors.stores.plan import FIELD_GRADES, Books, to_json
from connectors.stores.reflection import chunks
from connectors.stores.state import sweep, write_atomically
from rules.errors import StoreUnavailable


class ManualStore(CsvStore):
    """A register (CSV) of boxes, cabinets, notebooks or screens of a hosted system."""

    kind = "manual"
    grades: ClassVar = dict.fromkeys(("destroy", *FIELD_GRADES), "work list")

    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        outcomes = books.outcomes(self.grades, "open")
        self._state.write_mark(batch, to_json(outcomes), before=seen, after=seen, committed="yes")
        return outcomes

    def strike(self, records: Sequence[PlannedRecord]) -> int:
        """Take the rows of records that people have destroyed out of the register; return how many were there.

        Doing it twice changes nothing. Raises BadInput for a register that cannot be read, StoreUnavailable where
        somebody writes to it at the same moment.
        """
        with self._working(), self._state.lock():
            sweep(self._path)
            seen = self._fingerprint()
            books = Books(Batch("", 0, 0, tuple(self._present(records)), 0, 0, ""))
            content, found = self._without(books, self._changes(books))
            if found and not write_atomically(self._path, content, still=seen):
                raise StoreUnavailable(f"store {self.alias} was changed by somebody else at the same moment")
            return found

    def _present(self, records: Sequence[PlannedRecord]) -> list[PlannedRecord]:
        """Those that are in the register, under a key of their own."""
        (item,) = self._spec.classes
        key = self._snapshot.sources()[item.class_name].columns[self._schedule.get(item.class_name).key]
        there: set[str] = set()
        with self.reader() as connection:
            for chunk in chunks([record.key for record in records]):
                there.update(str(found) for found in connection.scalars(select(key).where(key.in_(chunk))))
        return [record for record in records if record.class_name == item.class_name and record.key in there]
