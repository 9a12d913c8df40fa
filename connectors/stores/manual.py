"""A manual store: a register of what no program can reach. People destroy; its rows are struck afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlalchemy import select

from connectors.stores.base import Batch, PlannedRecord, RecordOutcome
from connectors.stores.csv_export import CsvStore
from connectors.stores.plan import FIELD_GRADES, Books, to_json
from connectors.stores.reflection import chunks
from connectors.stores.state import sweep, write_atomically
from rules.errors import StoreUnavailable
from rules.schedule.values import Role


class ManualStore(CsvStore):
    """A register (CSV) of boxes, cabinets, notebooks or screens of a hosted system."""

    kind = "manual"
    grades: ClassVar = dict.fromkeys(("destroy", *FIELD_GRADES), "work list")

    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        outcomes = books.outcomes(self.grades, "open")
        self._state.write_mark(batch, to_json(outcomes), before=seen, after=seen, committed="yes")
        return outcomes

    def places(self, class_name: str, keys: Sequence[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """What the register says of each of these records, heading by heading, so that people find it: box and shelf.

        Texts and names stay where they are: a work list is carried about. Raises BadInput, StoreUnavailable.
        """
        record_class, source = self._schedule.get(class_name), self.sources()[class_name]
        told = [
            one.name
            for one in record_class.fields
            if one.name in source.columns and not one.roles & {Role.KEY, Role.FREE_TEXT, Role.NAME, Role.DETAIL}
        ]
        headings = self._spec.map_of(class_name).fields
        key, found = source.columns[record_class.key], {}
        with self.reader() as connection:
            for chunk in chunks(keys):
                wanted = select(key, *(source.columns[name] for name in told)).where(key.in_(chunk))
                for this, *values in connection.execute(wanted):
                    pairs = zip(told, values, strict=True)
                    found[str(this)] = tuple((headings[name], str(value)) for name, value in pairs if value)
        return found

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
