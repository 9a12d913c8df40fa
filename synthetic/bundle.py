"""A bundle: the records of one planting in every store, with the findings expected of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from synthetic.answer import Expected
from synthetic.tables import KEY_OF
from synthetic.world import World

Row = dict[str, Any]
Day = date | str | int | None

STORE_OF = {"document": "documents", "paper": "paper", "hosted": "hosted"}
KEY_COLUMN = {**{name: column for name, (column, _) in KEY_OF.items()}, "paper": "item_id", "hosted": "item_id"}

# Names, contacts and free text, all of which carry a canary when one is asked for (client names get theirs earlier).
MARKED = {
    "client": ("known_as", "email", "phone", "address", "postcode", "religion", "ni_number", "legacy_ref"),
    "referral": ("person_name",),
    "case_record": ("others_present", "action_points", "text"),
    "session_note": ("required_reason", "body"),
    "additional_record": ("text",),
    "consent": ("why", "extent", "recipients", "consequence_give", "consequence_withhold"),
    "disclosure": ("items", "recipient", "reason", "reasoning_ref"),
    "complaint": ("details",),
    "test_result": ("raw_answers",),
    "feedback": ("comment",),
    "paper": ("what",),
    "hosted": ("screen",),
}
_CONTACTS = frozenset({"email", "phone", "address", "postcode"})


def iso(day: Day) -> str | int | None:
    """Return a date as the text a store holds; anything else, dirt included, as it is."""
    return day.isoformat() if isinstance(day, date) else day


@dataclass(frozen=True)
class Document:
    """One file of the documents folder, its path relative to that folder."""

    path: str
    title: str
    text: str
    written_on: date


class Bundle:
    """Rows by class, files, and expected findings; the one place where a finding is written beside its record."""

    def __init__(self, world: World, situation: str) -> None:
        """Start empty."""
        self.world = world
        self.situation = situation
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.documents: list[Document] = []
        self.expected: list[Expected] = []
        self.grave: set[tuple[str, str]] = set()

    def add(self, record_class: str, row: Row, grave: str | None = None) -> str:
        """Take one row and return its key; `grave` says that its text must be read before it is destroyed."""
        self.rows[record_class].append(row)
        key = str(row[KEY_COLUMN[record_class]])
        if grave is not None:
            self.grave.add((record_class, key))
        return key

    def expect(self, kind: str, record_class: str, key: str, rule: str, due_on: date | None = None) -> None:
        """Write down one finding that the sift must make of a record planted here."""
        store = STORE_OF.get(record_class, "casework")
        self.expected.append(Expected(kind, store, record_class, key, rule, due_on, None, self.situation))

    def past(self, record_class: str, key: str, rule: str, due_on: date) -> None:
        """Expect a record past retention by its own clock."""
        self.expect("past_retention", record_class, key, rule, due_on)

    def undatable(self, record_class: str, key: str, rule: str) -> None:
        """Expect a record whose trigger cannot be read."""
        self.expect("undatable", record_class, key, rule)

    def breach(self, record_class: str, key: str, rule: str) -> None:
        """Expect a breach of a control."""
        self.expect("control_breach", record_class, key, rule)

    def fault(self, record_class: str, expectation: str) -> None:
        """Count one record that fails an expectation of quality."""
        self.world.faults[record_class, expectation] += 1

    def keys(self) -> list[tuple[str, str]]:
        """Return class and key of every record of the bundle, in every store."""
        stored = [(name, str(row[KEY_COLUMN[name]])) for name, rows in self.rows.items() for row in rows]
        return stored + [("document", document.path) for document in self.documents]

    def finish(self) -> None:
        """Put the canaries in, and note which of the due records must be read first."""
        for row in self.expected:
            if row.kind in ("past_retention", "held") and (row.record_class, row.key) in self.grave:
                self.world.read_first.append((row.store, row.record_class, row.key))
        if self.world.canary is not None:
            self._mark()

    def _mark(self) -> None:
        for name, rows in self.rows.items():
            for row in rows:
                for column in MARKED.get(name, ()):
                    row[column] = self.world.mark(row[column], "C" if column in _CONTACTS else "T")
        self.documents = [
            Document(each.path, each.title, str(self.world.mark(each.text)), each.written_on) for each in self.documents
        ]
