"""Stores that are one file: destroyed from by writing the file anew without the records and swapping it in."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from typing import ClassVar

from sqlalchemy import select

from connectors.stores import plan
from connectors.stores.base import Batch, RecordOutcome
from connectors.stores.files import FileStore
from connectors.stores.plan import Books, from_json, split_action, to_json
from connectors.stores.state import digest_of, sweep, write_atomically

FILE_CHANGED = "file-changed-meanwhile"


class RewrittenFile(FileStore):
    """One file. The swap is the moment of truth; digests in the watermark tell whether it came to that."""

    grades: ClassVar = {"destroy": "row removed from file", "blank": "fields blanked"}

    @abstractmethod
    def _refusal(self) -> str:
        """The reason code for which this file must not be rewritten now, or nothing."""

    @abstractmethod
    def _without(self, books: Books) -> tuple[bytes, int]:
        """The file's new bytes, and how many records were taken out or blanked."""

    def _fingerprint(self) -> str:
        return digest_of(self._path)

    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        self._keep_what_cannot_change(books)
        outcomes = books.outcomes(self.grades)
        expected = len(books.doomed())
        if not expected:
            self._state.write_mark(batch, to_json(outcomes), before=seen, after=seen, committed="yes")
            return outcomes
        content, found = self._without(books)
        if found != expected:
            return plan.whole(batch, "failed", plan.COUNT)
        if digest_of(self._path) != seen:  # people who have the file open do not ask for our lock
            return plan.whole(batch, "failed", FILE_CHANGED)
        marks = {"before": seen, "after": hashlib.sha256(content).hexdigest()}
        self._state.write_mark(batch, to_json(outcomes), **marks, committed="")
        write_atomically(self._path, content)
        self._state.write_mark(batch, to_json(outcomes), **marks, committed="yes")
        return outcomes

    def _keep_what_cannot_change(self, books: Books) -> None:
        reason = self._refusal() if books.doomed() else ""
        for class_name in books.classes():
            for key in books.keys(class_name):
                position = books.position(class_name, key)
                unable = books.action(class_name, key)[0] == "blank" and not self._blanked(books, class_name, key)
                if position is not None and (reason or unable):
                    books.keep(position, reason or plan.NOT_NULLABLE)

    def _blanked(self, books: Books, class_name: str, key: str) -> list[str]:
        """The columns to blank; empty when the record is to be destroyed (or the file holds none of the fields)."""
        mapped = self._spec.map_of(class_name).fields
        return [mapped[field] for field in books.action(class_name, key)[1] if field in mapped]

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
            if item.state == "done" and split_action(planned.action)[0] == "destroy"
        ]
        with self.reader() as connection:
            for item in gone:
                key = self._snapshot.sources()[item.class_name].columns[self._schedule.get(item.class_name).key]
                if connection.execute(select(key).where(key == item.key)).first() is not None:
                    return False
        return bool(gone)
