"""Cut a run into batches: each is one transaction of one store, and no file is cut in two within a store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.ledger.runs import PlannedRow

BATCH = 1_000


def cut(rows: Iterable[PlannedRow], order: Sequence[str], size: int = BATCH) -> list[list[PlannedRow]]:
    """Batches in the order of the stores, whole subjects together, each batch sorted by commitment.

    A subject with more than `size` records makes a batch of its own. Sorting by commitment hides from the
    log which record of a batch came first.
    """
    files: dict[str, dict[str, list[PlannedRow]]] = {}
    for row in rows:
        group = row.subject if row.subject is not None else f"\0{row.class_name}\0{row.key}"
        files.setdefault(row.store, {}).setdefault(group, []).append(row)
    batches: list[list[PlannedRow]] = []
    for store in order:
        current: list[PlannedRow] = []
        for file in files.get(store, {}).values():
            if current and len(current) + len(file) > size:
                batches.append(current)
                current = []
            current = [*current, *file]
        if current:
            batches.append(current)
    return [sorted(batch, key=lambda row: row.commitment) for batch in batches]
