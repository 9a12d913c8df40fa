"""Stores that are one file: destroyed from by writing the file anew without the records and swapping it in."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from sqlalchemy import Connection, select

from connectors.stores import plan
from connectors.stores.base import Batch, RecordOutcome
from connectors.stores.changing import Cannot, changed
from connectors.stores.files import FileStore
from connectors.stores.plan import Books, from_json, to_json
from connectors.stores.reflection import chunks
from connectors.stores.specs import ClassMap
from connectors.stores.state import digest_of, sweep, write_atomically
from rules.schedule.actions import Action, parse_action

FILE_CHANGED = "file-changed-meanwhile"
Changes = dict[tuple[str, str], dict[str, str | date | None]]
"""By class and key of each record that stays: what the cells in these columns become."""


class RewrittenFile(FileStore):
    """One file. The swap is the moment of truth; digests in the watermark tell whether it came to that."""

    grades: ClassVar = {"destroy": "row removed from file", **plan.FIELD_GRADES}

    @abstractmethod
    def _refusal(self) -> str:
        """The reason code for which this file must not be rewritten now, or nothing."""

    @abstractmethod
    def _without(self, books: Books, changes: Changes) -> tuple[bytes, int]:
        """The file's new bytes, and how many records were taken out or changed."""

    @abstractmethod
    def _columns_of(self, item: ClassMap) -> list[str]:
        """The headings of a class's columns, those that no class claims too."""

    def _fingerprint(self) -> str:
        return digest_of(self._path)

    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        changes = self._changes(books)
        outcomes = books.outcomes(self.grades)
        expected = len(books.doomed())
        if not expected:
            self._state.write_mark(batch, to_json(outcomes), before=seen, after=seen, committed="yes")
            return outcomes
        content, found = self._without(books, changes)
        if found != expected:
            return plan.whole(batch, "failed", plan.COUNT)
        marks = {"before": seen, "after": hashlib.sha256(content).hexdigest()}
        self._state.write_mark(batch, to_json(outcomes), **marks, committed="")
        if not write_atomically(self._path, content, still=seen):
            self._state.drop_mark(batch)
            return plan.whole(batch, "failed", FILE_CHANGED)
        self._state.write_mark(batch, to_json(outcomes), **marks, committed="yes")
        return outcomes

    def _changes(self, books: Books) -> Changes:
        """What the cells of every record become that stays; keeps what can't be changed as planned."""
        reason = self._refusal() if books.doomed() else ""
        found: Changes = {}
        with self.reader() as connection:
            for class_name in books.classes():
                for key in books.keys(class_name) if reason else ():
                    books.drop(class_name, key, reason)
                for action, keys in books.changing(class_name).items():
                    self._work_out(connection, books, class_name, action, keys, found)
        return found

    def _work_out(
        self,
        connection: Connection,
        books: Books,
        class_name: str,
        action: Action,
        keys: Sequence[str],
        found: Changes,
    ) -> None:
        """Read the fields as the rules see them (dates in ISO), and say what their cells become."""
        item, record_class = self._spec.map_of(class_name), self._schedule.get(class_name)
        touched = action.touched([one.name for one in record_class.fields], record_class.key)
        names = [name for name in touched if name in item.fields]
        strange = action.kind == "keep only" and set(self._columns_of(item)) - {"", *item.fields.values()}
        columns = self._snapshot.sources()[class_name].columns
        for key in keys if strange or not names else ():
            books.drop(class_name, key, plan.UNCLAIMED if strange else plan.NOT_NULLABLE)
        own = columns[record_class.key]
        for chunk in chunks(keys):
            for row in connection.execute(select(own, *(columns[name] for name in names)).where(own.in_(chunk))).all():
                key, held = str(row[0]), dict(zip(names, row[1:], strict=True))
                try:
                    new = {name: changed(action, text, books.batch, class_name, key) for name, text in held.items()}
                except Cannot as why:
                    books.drop(class_name, key, why.reason)
                    continue
                found[class_name, key] = {
                    item.fields[name]: value for name, value in new.items() if value != held[name] or value is None
                }

    def _settled(self, batch: Batch) -> list[RecordOutcome] | None:
        sweep(self._path)
        mark = self._state.read_mark(batch)
        if mark is None:
            return None
        outcomes = from_json(mark["outcomes"], batch)
        if mark["committed"]:
            return outcomes
        now = self._fingerprint()
        if now != mark["before"] and (now == mark["after"] or self._all_gone(batch, outcomes)):
            self._state.write_mark(batch, mark["outcomes"], before=mark["before"], after=mark["after"], committed="yes")
            return outcomes
        self._state.drop_mark(batch)
        return None

    def _all_gone(self, batch: Batch, outcomes: list[RecordOutcome]) -> bool:
        """Killed at the swap, and edited by a person since: done if no record to destroy is there any more."""
        gone = [
            item
            for item, planned in zip(outcomes, batch.records, strict=True)
            if item.state == "done" and parse_action(planned.action).takes_row
        ]
        with self.reader() as connection:
            for item in gone:
                key = self._snapshot.sources()[item.class_name].columns[self._schedule.get(item.class_name).key]
                if connection.execute(select(key).where(key == item.key)).first() is not None:
                    return False
        return bool(gone)
