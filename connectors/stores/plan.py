"""The books of one batch: which planned record is still to be destroyed, and why another is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from connectors.stores.base import Batch, RecordOutcome
from rules.errors import CheckSaidNo
from rules.schedule.actions import Action, parse_action

HOLD_PLACED = "hold-placed"
CHANGED = "changed-since-approval"
GONE = "already-gone"
DEPENDENT = "dependent-record-remains"
TRIGGER = "trigger-on-table"
NOT_UNIQUE = "key-not-unique"
PLANNED_TWICE = "planned-twice"
NOT_NULLABLE = "field-must-be-filled"
NOT_TEXT = "field-not-text"
REFERRED_TO = "field-referred-to"
UNCLAIMED = "column-not-claimed"
UNREADABLE = "value-not-readable"
TOO_LONG = "text-does-not-fit"
NO_FIELDS = "document-has-no-fields"
NOT_REWRITABLE = "file-not-rewritable"
IN_USE = "file-in-use"
COUNT = "count-mismatch"
STORE_ERROR = "store-error"
REST_KEPT = "rest-of-file-kept"


FIELD_GRADES = {
    "blank": "fields blanked",
    "truncate": "fields shortened",
    "generalise": "fields generalised",
    "redact": "fields redacted",
    "keep only": "only metadata kept",
}


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
        """The positions still to be carried out."""
        return [position for position in range(len(self.batch.records)) if position not in self.kept]

    def classes(self) -> list[str]:
        """The classes that the batch touches."""
        return list(self._places)

    def keys(self, class_name: str) -> list[str]:
        """Keys of the records of a class that are still doomed."""
        places = self._places.get(class_name, {})
        return [key for key, position in places.items() if position not in self.kept]

    def going(self, class_name: str) -> list[str]:
        """Keys of the records of a class whose rows are still to go."""
        return [key for key in self.keys(class_name) if self.action(class_name, key).takes_row]

    def changing(self, class_name: str) -> dict[Action, list[str]]:
        """Keys of the records of a class that are still to stay with less in them, by what is done to them."""
        found: dict[Action, list[str]] = {}
        for key in self.keys(class_name):
            action = self.action(class_name, key)
            if action.on_fields:
                found.setdefault(action, []).append(key)
        return found

    def action(self, class_name: str, key: str) -> Action:
        """What the plan says about a record."""
        return parse_action(self.batch.records[self._places[class_name][key]].action)

    def drop(self, class_name: str, key: str, reason: str) -> None:
        """Keep a record that is still doomed."""
        position = self.position(class_name, key)
        if position is not None:
            self.keep(position, reason)

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
            else RecordOutcome(record.class_name, record.key, state, "", grades[parse_action(record.action).kind])
            for position, record in enumerate(self.batch.records)
        ]


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
