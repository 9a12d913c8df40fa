"""The answer key: what a sift of the invented charity must find, written down while it was planted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

ROWS_IN_DOCUMENT = 20_000  # beyond this, answer_key.json names the file of lines instead of repeating it


@dataclass(frozen=True)
class Expected:
    """One finding that the sift must make; `situation` is a label for people, not part of the comparison."""

    kind: str
    store: str
    record_class: str
    key: str
    rule: str
    due_on: date | None
    count: int | None
    situation: str

    def as_json(self) -> dict[str, Any]:
        """Return the row as it is written."""
        return {
            "kind": self.kind,
            "store": self.store,
            "class": self.record_class,
            "key": self.key,
            "rule": self.rule,
            "due_on": self.due_on.isoformat() if self.due_on else None,
            "count": self.count,
            "situation": self.situation,
        }


@dataclass(frozen=True)
class Hold:
    """A hold that the caller must place before the sift, for the key to be right; `subject` is a case number."""

    kind: str
    subject: str
    label: str


@dataclass(frozen=True)
class AnswerKey:
    """The finished key; its rows stay in a file of JSON lines, so that a large charity costs no memory."""

    lines: Path
    as_of: date
    seed: int
    clients: int
    situations: dict[str, int]
    counts: dict[str, int]
    holds_to_place: tuple[Hold, ...]
    read_first: tuple[tuple[str, str, str], ...]

    def rows(self) -> Iterator[Expected]:
        """Read the expected findings one by one."""
        with self.lines.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                due = date.fromisoformat(row["due_on"]) if row["due_on"] else None
                yield Expected(
                    kind=row["kind"],
                    store=row["store"],
                    record_class=row["class"],
                    key=row["key"],
                    rule=row["rule"],
                    due_on=due,
                    count=row["count"],
                    situation=row["situation"],
                )

    def write(self, path: Path) -> None:
        """Write the key as one JSON document; rows are left in their own file when there are very many."""
        small = sum(self.counts.values()) <= ROWS_IN_DOCUMENT
        document = {
            "as_of": self.as_of.isoformat(),
            "seed": self.seed,
            "clients": self.clients,
            "situations": self.situations,
            "counts": self.counts,
            "holds_to_place": [vars(hold) for hold in self.holds_to_place],
            "read_first": [list(record) for record in self.read_first],
            "rows_file": self.lines.name,
            "rows": [row.as_json() for row in self.rows()] if small else None,
        }
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class KeyLines:
    """Writes expected findings to the file of lines as they are planted, and counts them by kind."""

    def __init__(self, lines: TextIO) -> None:
        """Write to an open text file."""
        self._lines = lines
        self.counts: Counter[str] = Counter()

    def add(self, row: Expected) -> None:
        """Write one expected finding."""
        self._lines.write(json.dumps(row.as_json(), ensure_ascii=False) + "\n")
        self.counts[row.kind] += 1
