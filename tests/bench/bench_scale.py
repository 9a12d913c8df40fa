"""A sift of millions of rows beside the best SQL for that one schema (same ledger, same table), and beside pandas."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import insert, text

from connectors.engines import engine
from connectors.ledger import sifts
from connectors.ledger.base import writing
from connectors.ledger.tables import finding
from operations.project import Project
from operations.sifting.run import run_sift
from operations.sifting.session import SiftInputs
from operations.stores import stores_of
from tests.acceptance.charity import AS_OF
from tests.bench.bench_sift import spread
from tests.bench.big_store import big_project
from tests.servers import NotInstalledError, postgres_server

GLOB = "({0} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND date({0}, '+0 days') IS {0})"
PATTERN = "({0} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$')"
DUE_FILES = """
CREATE TEMP TABLE due_file AS SELECT c.case_number, c.closed_on FROM clients c
WHERE c.status = 'closed' AND c.closed_on <= :y6 AND {0} AND coalesce(c.last_contact_on, '') <= :y6
AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.case_number = c.case_number AND s.ended_at >= :y6_next)
"""
DUE = (
    ("client", "past_retention", "SELECT case_number, case_number FROM due_file"),
    (
        "session",
        "past_retention",
        "SELECT session_id, s.case_number FROM due_file JOIN sessions s ON s.case_number = due_file.case_number",
    ),
    (
        "note",
        "past_retention",
        "SELECT note_id, n.case_number FROM due_file JOIN notes n ON n.case_number = due_file.case_number",
    ),
    (
        "note",
        "past_retention",
        "SELECT note_id, n.case_number FROM notes n WHERE n.session_ended <= :d30 AND n.disposition = 'not_required' "
        "AND {1} AND NOT EXISTS (SELECT 1 FROM due_file WHERE due_file.case_number = n.case_number)",
    ),
    (
        "client",
        "undatable",
        "SELECT case_number, case_number FROM clients c WHERE status = 'closed' AND (closed_on IS NULL OR NOT {0})",
    ),
    (
        "note",
        "undatable",
        "SELECT note_id, case_number FROM notes n WHERE disposition = 'not_required' "
        "AND (session_ended IS NULL OR NOT {1})",
    ),
    (
        "client",
        "dormant",
        "SELECT case_number, case_number FROM clients c WHERE status = 'open' AND last_contact_on <= :y3 "
        "AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.case_number = c.case_number AND s.ended_at >= :y3_next)",
    ),
)
PAGE = 5_000


def on_both(folder: Path, rows: int, repeats: int) -> list[str]:
    """The same on SQLite, and on a PostgreSQL server of its own."""
    lines = at_scale(folder / "sqlite", rows, repeats)
    try:
        with postgres_server() as url:
            return lines + at_scale(folder / "postgresql", rows, repeats, url)
    except NotInstalledError as missing:
        return [*lines, f"not measured on PostgreSQL: {missing}"]


def at_scale(folder: Path, rows: int, repeats: int, url: str = "") -> list[str]:
    """Lines of the report: the sift over SQL and over pandas, turn by turn, by the clock: a server works too."""
    project = big_project(folder, rows, url)
    where = url or f"sqlite:///{folder / 'casework.db'}"
    over_sql, over_pandas, counts = [], [], (0, 0, 0)
    for _ in range(repeats):
        ours, found = _seconds(lambda: _sifted(project))
        sql, by_hand = _seconds(lambda: by_sql(project, where, AS_OF))
        frame, in_frames = _seconds(lambda: by_pandas(where, AS_OF))
        over_sql.append(ours / sql)
        over_pandas.append(frame / ours)
        counts = (found, by_hand, in_frames)
    kind = "PostgreSQL" if url else "SQLite"
    return [
        f"sift of {rows:,} rows in {kind}: {counts[0]:,} findings (SQL {counts[1]:,}, pandas {counts[2]:,})",
        f"  time over hand-written SQL that writes the same ledger: {spread(over_sql)}",
        f"  times as fast as pandas:                                {spread(over_pandas)}",
    ]


def _seconds(work: Callable[[], int]) -> tuple[float, int]:
    begun = time.perf_counter()
    count = work()
    return time.perf_counter() - begun, count


def _sifted(project: Project) -> int:
    """A whole sift, without expectations and without the commitment to its proposal."""
    inputs = SiftInputs(project.schedule, stores_of(project), AS_OF, secret=project.random(32))
    sift_id = run_sift(project.ledger, inputs, project.now(), project.now)
    return sum(row.n for row in sifts.counts(project.ledger, sift_id))


def by_sql(project: Project, url: str, as_of: date) -> int:
    """Stream the same keys into the same table of the same ledger; how many there were."""
    known = sifts.new_sift(project.ledger, as_of, "0" * 64, "by-hand", project.now(), scope="by hand")
    cuts = _cuts(as_of)
    readable = GLOB if url.startswith("sqlite") else PATTERN
    filled = readable.format("c.closed_on"), readable.format("n.session_ended")
    count = 0
    with engine(url).connect() as reading:
        reading.execute(text(DUE_FILES.format(*filled)), cuts)
        reading.execute(text("CREATE UNIQUE INDEX due_file_case ON due_file (case_number)"))
        for class_name, kind, query in DUE:
            for page in (
                reading.execution_options(yield_per=PAGE).execute(text(query.format(*filled)), cuts).partitions(PAGE)
            ):
                rows = [
                    _row(known, count + place, kind, class_name, key, case)
                    for place, (key, case) in enumerate(page, start=1)
                ]
                with writing(project.ledger) as ledger:
                    ledger.execute(insert(finding), rows)
                count += len(rows)
        reading.rollback()
    return count


def _row(sift: int, ordinal: int, kind: str, class_name: str, key: object, case: str) -> dict[str, object]:
    return {
        "sift": sift,
        "ordinal": ordinal,
        "kind": kind,
        "store": "casework",
        "class_name": class_name,
        "key": str(key),
        "rule": "by-hand",
        "subject": case,
        "action": "destroy",
        "version": "",
        "reason": "",
        "facts": "{}",
        "read_first": "[]",
    }


def _cuts(as_of: date) -> dict[str, str]:
    def back(years: int = 0, days: int = 0) -> str:
        return date.fromordinal(as_of.replace(year=as_of.year - years).toordinal() - days).isoformat()

    return {"y6": back(6), "y6_next": back(6, -1), "y3": back(3), "y3_next": back(3, -1), "d30": back(days=30)}


def by_pandas(url: str, as_of: date) -> int:
    """Read the tables whole and compute the same records with pandas; how many there were. Nothing is written."""
    cut = {name: pd.Timestamp(day) for name, day in _cuts(as_of).items()}
    with engine(url).connect() as reading:
        clients, sessions, notes = (
            pd.read_sql_query(text(f"SELECT * FROM {name}"), reading) for name in ("clients", "sessions", "notes")
        )
    closed, last = _day(clients["closed_on"]), _day(clients["last_contact_on"])
    met = _day(sessions["ended_at"]).groupby(sessions["case_number"]).max()
    contact = pd.concat([closed, last, clients["case_number"].map(met)], axis=1).max(axis=1)
    is_closed = clients["status"] == "closed"
    due = set(clients.loc[is_closed & closed.notna() & (contact <= cut["y6"]), "case_number"])
    undated = int((is_closed & closed.isna()).sum())
    sleeping = int(((clients["status"] == "open") & (contact <= cut["y3"])).sum())
    ended = _day(notes["session_ended"])
    alone = (notes["disposition"] == "not_required") & (ended <= cut["d30"]) & ~notes["case_number"].isin(due)
    members = int(sessions["case_number"].isin(due).sum()) + int(notes["case_number"].isin(due).sum())
    return len(due) + members + int(alone.sum()) + undated + sleeping


def _day(column: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(column.astype("string").str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
