"""How much memory a sift takes at two sizes, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import sqlite3
import tempfile
from pathlib import Path

from connectors.settings import read_settings
from operations.project import open_project
from operations.sift import sift
from rules.review.values import Kind
from tests.acceptance.charity import AS_OF, CLOCK
from tests.bench.bench_sift import prepared

Answer = tuple[int, int, float, float]


def memory(sizes: list[int]) -> list[str]:
    """Lines of the report: rows in the casework store, records due, and resident memory before and at its highest."""
    lines = []
    for clients in sizes:
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as place:
            _in_own_process(_prepare, Path(place) / "demo", clients)
            rows, due, before, peak = _in_own_process(_sifted, Path(place) / "demo", clients)
        lines.append(
            f"memory, {rows:,} rows in the casework store: {due:,} due; {before:.0f} MB before the sift, "
            f"{peak:.0f} MB at its highest"
        )
    return lines


def _in_own_process(work: object, folder: Path, clients: int) -> Answer:
    # Started anew, not forked: a fork would begin with our own memory.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        answer: Answer = pool.apply(work, (folder, clients))  # type: ignore[arg-type]
        return answer


def _prepare(folder: Path, clients: int) -> Answer:
    prepared(folder, clients)
    return (0, 0, 0, 0)


def _sifted(folder: Path, _clients: int) -> Answer:
    casework = sqlite3.connect(folder / "casework.db")
    tables = [str(row[0]) for row in casework.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = sum(int(casework.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in tables)
    casework.close()
    project = open_project(folder, CLOCK, read_settings())
    before = _highest()
    kinds = sift(project, AS_OF).by_kind()
    return rows, kinds[Kind.PAST_RETENTION] + kinds[Kind.HELD], before, _highest()


def _highest() -> float:
    # Of this program's own memory; getrusage would tell the highest of the process that started it, if that was more.
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
