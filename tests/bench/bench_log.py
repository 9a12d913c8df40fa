"""How full verification of a log compares with the two SHA-256 an entry that any check of a tree needs."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path

from connectors.ledger import log
from connectors.ledger.base import open_ledger
from rules.evidence.leaf import encode
from rules.evidence.tree import CompactRange, leaf_hash
from tests.bench.bench_sift import spread

LEAF = {
    "type": "verify",
    "run": "run-2026-11-21-1",
    "store": "casework",
    "method": "query-by-key",
    "credential": "reader",
    "checked": 1,
    "remaining": 0,
    "at": "2026-11-21T12:00:00Z",
}
BATCH = 1_000


def verification(folder: Path, entries: int, repeats: int) -> list[str]:
    """Lines of the report: the floor over a check of leaves in memory, and of what the ledger holds."""
    ledger = open_ledger(f"sqlite:///{folder / 'log.db'}", create=True)
    leaves = [encode({**LEAF, "checked": number}) for number in range(entries)]
    for start in range(0, entries, BATCH):
        log.append(ledger, leaves[start : start + BATCH])
    root = log.read_head(ledger).root
    in_memory, stored = [], []
    for _ in range(repeats):
        floor = _seconds(lambda: _floor(leaves))
        in_memory.append(floor / _seconds(lambda: _checked(leaves, root)))
        stored.append(floor / _seconds(lambda: _checked((data for _, data in log.read_leaves(ledger)), root)))
    return [
        f"verification of {entries:,} entries, as a share of the speed of two SHA-256 an entry:",
        f"  leaves in memory:        {spread(in_memory)}",
        f"  read out of the ledger:  {spread(stored)}",
    ]


def _seconds(work: object) -> float:
    begun = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - begun


def _floor(leaves: list[bytes]) -> bytes:
    node = bytes(32)
    for leaf in leaves:
        node = sha256(b"\1" + node + sha256(b"\0" + leaf).digest()).digest()
    return node


def _checked(leaves: object, root: str) -> None:
    edge = CompactRange().extend(leaf_hash(data) for data in leaves)  # type: ignore[attr-defined]
    assert edge.root().hex() == root
