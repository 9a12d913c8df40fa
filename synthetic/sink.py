"""Where bundles go: rows in batches to the database, documents to their folder, shelves to CSV, findings to the key."""

from __future__ import annotations

import csv
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Engine, insert

from synthetic.answer import Expected, KeyLines
from synthetic.bundle import Bundle, Row
from synthetic.documents import write_document
from synthetic.tables import IN_ORDER

BATCH = 1000  # bundles held in memory before they are written
SHELVES = {
    "paper": ("item_id", "case_number", "what", "box", "shelf", "holder", "out_since"),
    "hosted": ("item_id", "case_number", "system", "screen", "holder"),
}


class Sink:
    """Takes bundles and writes them; use as a context manager, so that the last batch is written too."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        """Write to the engine's database and below the folder, which exists."""
        self._engine = engine
        self._folder = folder
        self._waiting: dict[str, list[Row]] = defaultdict(list)
        self._bundles = 0
        self._open = ExitStack()
        self.clients = 0

    def __enter__(self) -> Sink:
        """Open the files that grow."""
        lines = (self._folder / "answer_key.jsonl").open("w", encoding="utf-8", newline="\n")
        self.key = KeyLines(self._open.enter_context(lines))
        self._shelves: dict[str, Any] = {}
        for name, columns in SHELVES.items():
            file = self._open.enter_context((self._folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            self._shelves[name] = csv.DictWriter(file, columns)
            self._shelves[name].writeheader()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Write what waits, unless something failed, and close the files."""
        with self._open:
            if kind is None:
                self.flush()

    def take(self, bundle: Bundle) -> None:
        """Take one finished bundle."""
        bundle.finish()
        for name, rows in bundle.rows.items():
            if name in self._shelves:
                self._shelves[name].writerows(rows)
            else:
                self._waiting[name].extend(rows)
        self.clients += len(bundle.rows.get("client", ()))
        for document in bundle.documents:
            write_document(self._folder / "documents", document)
        self.expect(bundle.expected)
        self._bundles += 1
        if self._bundles >= BATCH:
            self.flush()

    def expect(self, expected: list[Expected]) -> None:
        """Write expected findings to the key."""
        for row in expected:
            self.key.add(row)

    def flush(self) -> None:
        """Write the waiting rows in one transaction, parents before children."""
        with self._engine.begin() as connection:
            for name, table in IN_ORDER:
                if self._waiting[name]:
                    connection.execute(insert(table), self._waiting[name])
        self._waiting.clear()
        self._bundles = 0
