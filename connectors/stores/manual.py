"""A manual store: a register of what no program can reach. Destroying writes a work list, never the register."""

from __future__ import annotations

from typing import ClassVar

from connectors.stores.base import Batch, RecordOutcome
from connectors.stores.csv_export import CsvStore
from connectors.stores.plan import Books, to_json


class ManualStore(CsvStore):
    """A register (CSV) of boxes, cabinets, notebooks or screens of a hosted system."""

    kind = "manual"
    grades: ClassVar = {"destroy": "work list", "blank": "work list"}

    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        outcomes = books.outcomes(self.grades, "open")
        self._state.write_mark(batch, to_json(outcomes), before=seen, after=seen, committed="yes")
        return outcomes
