"""What destroying with full evidence costs beside a bare DELETE of the same rows, batch by batch, by their keys."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import bindparam, text

from connectors.engines import engine
from connectors.ledger import sifts
from connectors.settings import FixedClock, read_settings
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.destroy import confirmation_for, destroy
from operations.init import init_project
from operations.people import add_person
from operations.project import open_project
from operations.sift import sift
from operations.stores import prepare
from rules.review.authority import Decision, Role
from rules.review.values import Choice, Kind
from tests.bench.bench_sift import spread
from tests.servers import postgres_server

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
LATER = FixedClock(NOON + timedelta(days=8))
DPO, APPROVER, MANAGER = "Dana Okoro", "Avery Lund", "Morgan Hale"
PASSPHRASE = "a passphrase that protects nobody"
SESSIONS, BATCH = 4, 1_000
SCHEDULE = """\
schedule: A Large Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", full_name: name, address: contact detail, closed_on: trigger, status: state}
    rules:
      - {id: client-file, applies_to: status = 'closed', keep: 7 years after closed_on, then: destroy,
         because: [S3 4.4], confidence: policy}
  session:
    means: A meeting
    part_of: client
    fields: {session_id: key, case_number: subject, ended: contact, body: free text}
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: "{url}"
    classes: {{client: {{table: clients}}, session: {{table: sessions}}}}
"""
TABLES = (
    "CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, full_name TEXT, address TEXT, closed_on TEXT,"
    " status TEXT)",
    "CREATE TABLE sessions (session_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20) REFERENCES clients, ended TEXT,"
    " body TEXT)",
    "CREATE INDEX sessions_of ON sessions (case_number)",
    "CREATE INDEX sessions_ended ON sessions (ended)",
)


def destroying(folder: Path, rows: int, repeats: int) -> list[str]:
    """Lines of the report: how many times a bare DELETE's time the run takes, on SQLite and on PostgreSQL."""
    lines = [f"destroying {rows:,} rows (files of {SESSIONS + 1}) with full evidence, over a bare DELETE by key:"]
    folder.mkdir()
    (folder / "casework.db").touch()
    lines += _measured("SQLite", folder / "sqlite", f"sqlite:///{folder / 'casework.db'}", rows, repeats)
    with postgres_server(durable=True) as url:
        lines += _measured("PostgreSQL", folder / "postgresql", url.rpartition("/")[0] + "/casework", rows, repeats)
    return lines


def _measured(name: str, folder: Path, url: str, rows: int, repeats: int) -> list[str]:
    run = _approved(folder, url, rows)
    _save(folder, url)
    ratios, ours, bare = [], [], []
    for _ in range(repeats):
        _restore(folder, url)
        bare.append(_bare(url, rows))
        _restore(folder, url)
        ours.append(_ours(folder, run))
        ratios.append(ours[-1] / bare[-1])
    return [f"  {name}: {spread(ratios)} times; {spread(ours)} s beside {spread(bare)} s"]


def _ours(folder: Path, run: str) -> float:
    project = open_project(folder, LATER, read_settings({}))
    begun = time.perf_counter()
    done = destroy(project, run, confirmation_for(project, run))
    took = time.perf_counter() - begun
    assert set(done.outcomes) == {"done"}
    assert done.certified is not None
    return took


def _bare(url: str, rows: int) -> float:
    """What somebody would do by hand: children first, a thousand keys a statement, a commit for each thousand files."""
    deleting = {
        name: text(f"DELETE FROM {table} WHERE {key} IN :keys").bindparams(bindparam("keys", expanding=True))
        for name, table, key in (("S", "sessions", "session_id"), ("C", "clients", "case_number"))
    }
    made = engine(url)
    begun, gone = time.perf_counter(), 0
    for start in range(0, rows // (SESSIONS + 1), BATCH // (SESSIONS + 1)):
        numbers = range(start, min(start + BATCH // (SESSIONS + 1), rows // (SESSIONS + 1)))
        with made.begin() as connection:
            sessions = [f"S-{number}-{place}" for number in numbers for place in range(SESSIONS)]
            gone += connection.execute(deleting["S"], {"keys": sessions}).rowcount
            gone += connection.execute(deleting["C"], {"keys": [f"C-{number}" for number in numbers]}).rowcount
    took = time.perf_counter() - begun
    assert gone == rows
    return took


def _approved(folder: Path, url: str, rows: int) -> str:
    """A service with this many rows due, and as many that are not; the run that destroys the former."""
    if url.startswith("postgresql"):
        _server(url, "CREATE DATABASE casework")
    with engine(url).begin() as connection:
        for statement in TABLES:
            connection.execute(text(statement))
        for table, lines in (("clients", _clients(rows)), ("sessions", _sessions(rows))):
            places = {"clients": ":a, :b, :c, :d, :e", "sessions": ":a, :b, :c, :d"}[table]
            connection.execute(text(f"INSERT INTO {table} VALUES ({places})"), list(lines))
    init_project(folder, "A Large Service")
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES.format(url=url))
    project = open_project(folder, FixedClock(NOON), read_settings({}))
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (MANAGER, Role.MANAGER)):
        add_person(project, name, role, PASSPHRASE)
    adopt(project, {MANAGER: PASSPHRASE}, date(2026, 8, 20))
    prepare(project)
    proposal = sift(project, NOON.date()).proposal
    found = sifts.iterate(project.ledger, proposal.sift, [Kind.PAST_RETENTION])
    decide(
        project, proposal.id, (Decision(one.ordinal, Choice.DESTROY, "period-over") for one in found), DPO, PASSPHRASE
    )
    return approve(project, proposal.id, APPROVER, PASSPHRASE).id


def _clients(rows: int) -> Iterator[dict[str, str | None]]:
    files = rows // (SESSIONS + 1)
    for number in range(2 * files):
        closed = "2012-03-04" if number < files else None
        who = {"a": f"C-{number}", "b": f"Person {number}", "c": f"{number} High Street", "d": closed}
        yield {**who, "e": "closed" if closed else "open"}


def _sessions(rows: int) -> Iterator[dict[str, str | None]]:
    for number in range(2 * rows // (SESSIONS + 1)):
        for place in range(SESSIONS):
            yield {"a": f"S-{number}-{place}", "b": f"C-{number}", "c": "2011-05-06", "d": "They talked. " * 20}


def _save(folder: Path, url: str) -> None:
    shutil.copytree(folder, folder.with_name("saved-" + folder.name))
    if url.startswith("postgresql"):
        _server(url, "ALTER DATABASE casework RENAME TO saved")
    else:
        shutil.copy(folder.parent / "casework.db", folder.parent / "saved.db")


def _restore(folder: Path, url: str) -> None:
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("saved-" + folder.name), folder)
    if url.startswith("postgresql"):
        _server(url, "DROP DATABASE IF EXISTS casework", "CREATE DATABASE casework TEMPLATE saved", "CHECKPOINT")
    else:
        shutil.copy(folder.parent / "saved.db", folder.parent / "casework.db")


def _server(url: str, *statements: str) -> None:
    first = url.replace("+psycopg", "").rpartition("/")[0] + "/postgres"
    with closing(psycopg.connect(first, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())
