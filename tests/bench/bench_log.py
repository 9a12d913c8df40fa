"""What the log costs: checking it beside the two SHA-256 an entry that any check of a tree needs, and appending to it.

Leaves are those of whole runs, as the product writes them (tests/bench/long_log.py). Times are processor time of one
process; the appends are timed by the clock as well, because they wait for the disk.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from sqlalchemy import insert

from connectors.ledger import log
from connectors.ledger.base import Ledger, open_ledger, writing
from connectors.ledger.tables import leaf
from rules.evidence.tree import CompactRange, leaf_hashes
from tests.bench.bench_sift import spread
from tests.bench.long_log import long_log, write_long_bundle
from tests.unit.evidence.sample import ORIGIN, signer
from verifier import verify_winnow as v

BATCH = 1_000
KEYS = v.read_keys(signer().key.to_text())[1]


MEASURED = """
import importlib.util, re, sys
spec = importlib.util.spec_from_file_location("verifier", sys.argv[1])
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)
if sys.argv[4]:
    v.Log.take = lambda log, start, entries: None
peak = lambda: int(re.search("VmHWM: *([0-9]+)", open("/proc/self/status").read().replace(chr(9), " "))[1])
before = peak()  # of this program alone: what getrusage tells is the caller's, if that was larger
assert v.main([sys.argv[2], "--key", sys.argv[3]]) == (1 if sys.argv[4] else 0)
print(peak() - before)
"""


class TreeOnly(v.Log):
    """Takes leaves without judging what they say: what is left of the check is the tree, the notes and the files."""

    def take(self, start: int, entries: Sequence[bytes]) -> None:
        """Take leaves."""

    def need(self, holds: bool, text: str) -> bool:
        """Believe what needs the leaves."""
        return super().need(holds or "schedule.yaml" in text, text)


def verification(folder: Path, entries: int, repeats: int) -> list[str]:
    """Lines of the report: four ways to check a whole log, as shares of the speed of two SHA-256 an entry."""
    ledger = open_ledger(f"sqlite:///{folder / 'log.db'}", create=True)
    leaves = list(long_log(entries))
    for start in range(0, len(leaves), BATCH):
        log.append(ledger, leaves[start : start + BATCH])
    root = log.read_head(ledger).root
    bundle = folder / "log.zip"
    write_long_bundle(bundle, leaves)
    ways: dict[str, Callable[[], None]] = {
        "the tree, leaves in memory": lambda: _grown(leaves, root),
        "the tree, read out of the ledger": lambda: _grown((data for _, data in log.read_leaves(ledger)), root),
        "tree and rules, leaves in memory": lambda: _judged(leaves, root),
        "the tree, stand-alone over a bundle": lambda: _checked(bundle, TreeOnly()),
        "tree and rules, stand-alone over a bundle": lambda: _checked(bundle, v.Log()),
    }
    shares: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            floor = _seconds(lambda: _floor(leaves))
            shares[name].append(floor / _seconds(way))
    lines = [f"verification of {len(leaves):,} entries, as a share of the speed of two SHA-256 an entry:"]
    return [*lines, *(f"  {name + ':':<43}{spread(of)}" for name, of in shares.items())]


def verifier_memory(folder: Path, entries: int) -> list[str]:
    """Lines of the report: memory of the stand-alone check at a tenth of the entries and at all of them."""
    lines = ["memory of the stand-alone check over a bundle, above what the bare program takes:"]
    for count, run_records in ((entries // 10, 10_000), (entries, 10_000), (entries, entries)):
        bundle = folder / "memory.zip"
        write_long_bundle(bundle, long_log(count, run_records=run_records))
        tree, rules = (_peak(bundle, only) for only in (True, False))
        runs = "one run" if 2 * run_records >= count else f"runs of {run_records:,} records"
        lines.append(f"  {count:,} entries, {runs}: tree {tree:.0f} MB, tree and rules {rules:.0f} MB")
    return lines


def appending(folder: Path, entries: int, repeats: int) -> list[str]:
    """Lines of the report: durable appends of 1,000 leaves over plain SQLAlchemy inserts of the same bytes."""
    leaves = list(long_log(entries))
    clock, processor = [], []
    for number in range(repeats):
        ours = open_ledger(f"sqlite:///{folder / f'ours-{number}.db'}", create=True)
        plain = open_ledger(f"sqlite:///{folder / f'plain-{number}.db'}", create=True)
        spent = {"ours": [0.0, 0.0], "plain": [0.0, 0.0]}
        for start in range(0, len(leaves), BATCH):
            batch = leaves[start : start + BATCH]
            for name, work in (
                ("ours", partial(log.append, ours, batch)),
                ("plain", partial(_insert, plain, start, batch)),
            ):
                begun = time.perf_counter(), time.process_time()
                work()
                spent[name][0] += time.perf_counter() - begun[0]
                spent[name][1] += time.process_time() - begun[1]
        clock.append(spent["plain"][0] / spent["ours"][0])
        processor.append(spent["plain"][1] / spent["ours"][1])
    return [
        f"durable appends of {BATCH:,} leaves, as a share of the speed of plain SQLAlchemy inserts of the same bytes:",
        f"  by the clock: {spread(clock)}; by processor time: {spread(processor)}",
    ]


def _insert(ledger: Ledger, start: int, batch: list[bytes]) -> None:
    with writing(ledger) as connection:
        connection.execute(insert(leaf), [{"idx": index, "bytes": data} for index, data in enumerate(batch, start)])


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _floor(leaves: list[bytes]) -> bytes:
    node = bytes(32)
    for data in leaves:
        node = sha256(b"\1" + node + sha256(b"\0" + data).digest()).digest()
    return node


def _grown(leaves: Iterable[bytes], root: str) -> None:
    assert CompactRange().extend(leaf_hashes(leaves)).root().hex() == root


def _judged(leaves: list[bytes], root: str) -> None:
    judge = v.Log()
    _grown(leaves, root)
    for start in range(0, len(leaves), v.PER_FILE):
        judge.take(start, leaves[start : start + v.PER_FILE])
    assert not judge.problems


def _checked(bundle: Path, judge: v.Log) -> None:
    v.check_bundle(v.Bundle(str(bundle)), judge, ORIGIN, KEYS, [], "")
    assert not judge.problems, judge.problems


def _peak(bundle: Path, only_tree: bool) -> float:
    # A bare interpreter, so that nothing of ours hides what the check itself takes.
    key = bundle.with_suffix(".vkey")
    key.write_text(signer().key.to_text())
    command = [sys.executable, "-I", "-c", MEASURED, str(v.__file__), str(bundle), str(key), "1" if only_tree else ""]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1]) / 1024
