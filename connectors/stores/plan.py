"""The books of one batch: which planned record is still to be destroyed, and why another is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from connectors.stores.base import Batch, RecordOutcome
from rules.errors import CheckSaidNo

HOLD_PLACED = "hold-placed"
CHANGED = "changed-since-approval"
GONE = "already-gone"
DEPENDENT = "dependent-record-remains"
TRIGGER = "trigger-on-table"
NOT_UNIQUE = "key-not-unique"
PLANNED_TWICE = "planned-twice"
NOT_NULLABLE = "field-must-be-filled"
NOT_REWRITABLE = "file-not-rewritable"
IN_USE = "file-in-use"
COUNT = "count-mismatch"
STORE_ERROR = "store-error"
REST_KEPT = "rest-of-file-kept"


class Books:
    """Which positions of a batch are still `doomed`; `keep` takes one out with a reason code."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.kept: dict[int, str] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._files: dict[str, list[int]] = {}
        for position, record in enumerate(batch.records):
            if record.file:
                self._files.setdefault(record.file, []).append(position)
        for position, record in enumerate(batch.records):
            places = self._places.setdefault(record.class_name, {})
            if record.key in places:
                self.keep(position, PLANNED_TWICE)
            else:
                places[record.key] = position

    def keep(self, position: int, reason: str) -> None:
        """Keep the record at `position`, and the rest of its file with it; the first reason stands."""
        self.kept.setdefault(position, reason)
        for other in self._files.get(self.batch.records[position].file, ()):
            self.kept.setdefault(other, REST_KEPT)

    def position(self, class_name: str, key: str) -> int | None:
        """The position of a record that is still doomed, or None."""
        found = self._places.get(class_name, {}).get(key)
        return None if found in self.kept else found

    def doomed(self) -> list[int]:
        """The positions still to be destroyed or blanked."""
        return [position for position in range(len(self.batch.records)) if position not in self.kept]

    def classes(self) -> list[str]:
        """The classes that the batch touches."""
        return list(self._places)

    def keys(self, class_name: str, *kinds: str) -> list[str]:
        """Keys of the records of a class that are still doomed; only to `destroy` or to `blank` when asked so."""
        places = self._places.get(class_name, {})
        doomed = [key for key, position in places.items() if position not in self.kept]
        return [key for key in doomed if not kinds or self.action(class_name, key)[0] in kinds]

    def action(self, class_name: str, key: str) -> tuple[str, tuple[str, ...]]:
        """`destroy`, or `blank` and its fields."""
        return split_action(self.batch.records[self._places[class_name][key]].action)

    def compare(
        self, class_name: str, present: Iterable[str], versions: Mapping[str, str], keys: Iterable[str]
    ) -> None:
        """Keep every one of `keys` that is gone, or whose present version is not the one that was approved."""
        there = set(present)
        for key in keys:
            position = self._places[class_name][key]
            if key not in there:
                self.keep(position, GONE)
            elif versions.get(key) != self.batch.records[position].version:
                self.keep(position, CHANGED)

    def outcomes(self, grades: Mapping[str, str], state: str = "done") -> list[RecordOutcome]:
        """The outcome of every record: `state` with the grade of its action, or kept with its reason."""
        return [
            RecordOutcome(record.class_name, record.key, "kept", self.kept[position], "")
            if position in self.kept
            else RecordOutcome(record.class_name, record.key, state, "", grades[split_action(record.action)[0]])
            for position, record in enumerate(self.batch.records)
        ]


def split_action(action: str) -> tuple[str, tuple[str, ...]]:
    """`blank a, b` → (`blank`, (`a`, `b`)); anything but `blank` and `destroy` is an error of ours."""
    kind, _, fields = action.partition(" ")
    if (kind, bool(fields)) not in (("destroy", False), ("blank", True)):
        raise ValueError("unknown action")
    return kind, tuple(name.strip() for name in fields.split(",")) if fields else ()


def another_plan(batch: Batch) -> CheckSaidNo:
    """The error of a watermark that another plan has left: ledger or store came back from a backup."""
    return CheckSaidNo(
        f"the watermark of {batch.run}, batch {batch.number}, is of another plan: was a backup restored?"
    )


def whole(batch: Batch, state: str, reason: str) -> list[RecordOutcome]:
    """The same outcome for every record of the batch."""
    return [RecordOutcome(record.class_name, record.key, state, reason, "") for record in batch.records]


def to_json(outcomes: Sequence[RecordOutcome]) -> str:
    """Outcomes as positions in the plan, without keys: `[[0,"done","","row deleted"],…]`."""
    rows = [[place, item.state, item.reason, item.grade] for place, item in enumerate(outcomes)]
    return json.dumps(rows, separators=(",", ":"))


def from_json(text: str, batch: Batch) -> list[RecordOutcome]:
    """Translate positions back by the plan. Raises CheckSaidNo when they do not fit it."""
    rows = json.loads(text)
    if [row[0] for row in rows] != list(range(len(batch.records))):
        raise another_plan(batch)
    return [
        RecordOutcome(record.class_name, record.key, state, reason, grade)
        for record, (_, state, reason, grade) in zip(batch.records, rows, strict=True)
    ]
