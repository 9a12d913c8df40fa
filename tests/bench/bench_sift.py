"""How a sift compares with one-off SQL and pandas over the same charity, and where its time goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

from connectors.settings import read_settings
from operations.project import Project, open_project
from operations.sift import sift
from rules.review.values import Kind
from tests.acceptance.charity import AS_OF, CLOCK, set_up
from tests.bench.by_hand import by_pandas, by_sql

Measured = Callable[[], int]


def seconds(work: Measured) -> tuple[float, int]:
    """Processor seconds of this process (not those of the machine's other work), and what `work` counted."""
    begun = time.process_time()
    count = work()
    return time.process_time() - begun, count


def spread(values: list[float]) -> str:
    """The median, and the least and the greatest."""
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def prepared(folder: Path, clients: int) -> Project:
    """A charity of this size, set up anew."""
    set_up(folder, clients=clients)
    return open_project(folder, CLOCK, read_settings())


def sift_against_others(folder: Path, clients: int, repeats: int, as_of: date = AS_OF) -> list[str]:
    """Lines of the report: ratios over SQL and pandas from one run, interleaved."""
    project = prepared(folder, clients)
    casework, found = folder / "casework.db", folder / "found.db"

    def sifted() -> int:
        kinds = sift(project, as_of).by_kind()
        return kinds[Kind.PAST_RETENTION] + kinds[Kind.HELD]

    over_sql, over_pandas, counts = [], [], (0, 0, 0)
    for _ in range(repeats):
        ours, due = seconds(sifted)
        sql, by_statement = seconds(lambda: by_sql(casework, found, as_of))
        frame, by_frame = seconds(lambda: by_pandas(casework, as_of))
        over_sql.append(ours / sql)
        over_pandas.append(ours / frame)
        counts = (due, by_statement, by_frame)
    return [
        f"sift, {clients:,} clients: {counts[0]:,} due over all stores (casework by SQL {counts[1]:,}, "
        f"by pandas {counts[2]:,})",
        f"  processor time over one-off SQL: {spread(over_sql)}",
        f"  processor time over pandas:      {spread(over_pandas)}",
    ]
