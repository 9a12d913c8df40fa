"""A small service with an approved run in every kind of store, and ways to disturb its destruction."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger import runs
from connectors.settings import FixedClock, read_settings
from connectors.stores.base import Batch, Recheck, RecordOutcome
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.destroy import Destroyed, confirm, confirmation_for, destroy
from operations.holds import Placed, place_hold
from operations.init import init_project
from operations.people import add_person
from operations.project import Project, open_project
from operations.sift import sift
from operations.stores import prepare
from rules.review.authority import Decision, Role
from rules.review.values import Choice, Hold
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, drbg, passphrase

APPROVED = datetime(2026, 9, 1, 12, tzinfo=UTC)
COOLED = APPROVED + timedelta(days=8)
VERIFIER = Path(__file__).resolve().parents[3] / "verifier" / "verify_winnow.py"

SCHEDULE = """\
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", full_name: name, closed_on: trigger, status: state}
    rules:
      - {id: client-file, applies_to: status = 'closed', keep: 7 years after closed_on, then: destroy,
         because: [S3 4.4], confidence: policy}
  session:
    means: A meeting
    part_of: client
    fields: {session_id: key, case_number: subject, ended: contact}
  test_result:
    means: A test that was taken
    part_of: client
    fields: {result_id: key, case_number: subject, taken_on: trigger}
    rules:
      - {id: test-results, keep: 18 months after taken_on, then: destroy, because: [S3 4.9], confidence: policy}
  document:
    means: A letter
    part_of: client
    fields: {path: key, case_number: subject, kind: purpose, written_on: contact, content: free text}
  paper:
    means: A paper file in a cabinet
    part_of: client
    fields: {item_id: key, case_number: subject, box: purpose}
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: "sqlite:///casework.db"
    classes:
      client: {table: clients}
      session: {table: sessions}
      test_result: {table: tests}
  documents:
    {kind: documents, path: documents, name: "{case_number}_{kind}_{written_on}", classes: {document: {}}}
  paper: {kind: manual, path: paper.csv, classes: {paper: {}}}
"""
TABLES = """
CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, full_name TEXT, closed_on TEXT, status TEXT);
CREATE TABLE sessions (session_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20) REFERENCES clients (case_number),
    ended TEXT);
CREATE TABLE tests (result_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20) REFERENCES clients (case_number),
    taken_on TEXT);
INSERT INTO clients VALUES ('CASE-1', 'Ann Ash', '2010-01-31', 'closed'),
    ('CASE-2', 'Ben Birch', '2010-01-31', 'closed'),
    ('CASE-3', 'Cy Cedar', '2010-01-31', 'closed'), ('CASE-4', 'Di Dogwood', NULL, 'open');
INSERT INTO sessions VALUES ('SESSION-1', 'CASE-1', '2009-01-05'), ('SESSION-2', 'CASE-1', '2009-02-05'),
    ('SESSION-3', 'CASE-2', '2009-02-05'), ('SESSION-4', 'CASE-4', '2026-02-05');
INSERT INTO tests VALUES ('TEST-1', 'CASE-4', '2020-01-31'), ('TEST-2', 'CASE-1', '2009-01-31');
"""
FILES = ("CASE-1_letter_2009-01-05.txt", "CASE-2_letter_2009-02-05.txt", "CASE-4_letter_2026-02-05.txt")
PAPER = "item_id,case_number,box\nITEM-1,CASE-1,Box 1\nITEM-2,CASE-2,Box 1\nITEM-3,CASE-4,Box 2\n"


@dataclass(frozen=True)
class World:
    """An approved run over everything that is due, its cooling-off time over."""

    project: Project
    run: str
    url: str
    keys_of: dict[int, str]

    def destroy(self, hours: int = 0) -> Destroyed:
        """Carry the run out, as a process that begins some hours later."""
        later = replace(self.project, clock=FixedClock(COOLED + timedelta(hours=hours)))
        return destroy(later, self.run, confirmation_for(later, self.run))

    def sign(self, name: str, store: str = "paper") -> Destroyed:
        """Let somebody sign a work list."""
        day = COOLED.date()
        return confirm(self.project, self.run, store, name, passphrase(name), "cross-cut-4x15", day)

    def hold(self, subject: str = "", **more: Any) -> Placed:
        """Place a hold on a person."""
        day = self.project.today()
        wanted = Hold("", "sar", "asked", "", day, day + timedelta(days=90), subject=subject or None, **more)
        return place_hold(self.project, wanted, DPO, passphrase(DPO))

    def run_sql(self, statement: str) -> None:
        """Change the casework store behind our back."""
        with engine(self.url).begin() as connection:
            connection.execute(text(statement))

    def keys(self, table: str) -> set[str]:
        """The keys that are still in a table."""
        with engine(self.url).connect() as connection:
            return {str(row[0]) for row in connection.execute(text(f"SELECT * FROM {table}"))}

    def files(self) -> set[str]:
        """The documents that are still there."""
        return {path.name for path in (self.project.folder / "documents").glob("*.txt")}

    def said(self) -> dict[str, str]:
        """What became of every record, by the key it had: state and reason."""
        found = {one.ordinal: f"{one.state} {one.reason}" for one in runs.outcomes(self.project.ledger, self.run)}
        return {key: found.get(ordinal, "open") for ordinal, key in self.keys_of.items()}


def make_tables(url: str) -> None:
    """Fill a casework database."""
    with engine(url).begin() as connection:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))


@pytest.fixture(scope="session")
def approved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Three files and one test result, all of it approved; for copying only: making keys is slow by intent."""
    folder = tmp_path_factory.mktemp("approved") / "project"
    return folder, make_approved(folder)


def make_approved(folder: Path, ledger: str = "") -> str:
    """Make the project of an approved run, its ledger at a URL or in a file, and return the run."""
    init_project(folder, "A Small Service", drbg("log"))
    if ledger:
        settings = folder / "winnow.yaml"
        settings.write_text(re.sub("(?m)^ledger:.*$", f'ledger: "{ledger}"', settings.read_text()))
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES)
    (folder / "casework.db").touch()
    make_tables(f"sqlite:///{folder / 'casework.db'}")
    (folder / "documents").mkdir()
    for name in FILES:
        (folder / "documents" / name).write_text("Dear all")
    (folder / "paper.csv").write_text(PAPER)
    project = open_project(folder, FixedClock(APPROVED), read_settings({}), drbg("project"))
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (MANAGER, Role.MANAGER)):
        add_person(project, name, role, passphrase(name))
    adopt(project, {MANAGER: passphrase(MANAGER)}, date(2026, 8, 20))
    prepare(project)
    proposal = sift(project, APPROVED.date()).proposal
    everything = [Decision(ordinal, Choice.DESTROY, "period-over") for ordinal in range(1, proposal.count + 1)]
    decide(project, proposal.id, everything, DPO, passphrase(DPO))
    return approve(project, proposal.id, APPROVER, passphrase(APPROVER)).id


def world_in(request: pytest.FixtureRequest, approved: tuple[Path, str], tmp_path: Path) -> World:
    """The approved run in a world of the test's own, its casework in the engine of the fixture's parameter."""
    folder = tmp_path / "project"
    shutil.copytree(approved[0], folder)
    url = f"sqlite:///{folder / 'casework.db'}"
    if request.param != "sqlite":
        url = str(request.getfixturevalue("fresh_postgres" if request.param == "postgresql" else "fresh_mariadb"))
        make_tables(url)
        (folder / "casework.db").unlink()
        (folder / "stores.yaml").write_text(STORES.replace("sqlite:///casework.db", url))
    return cooled(folder, approved[1], url)


def cooled(folder: Path, run: str, url: str) -> World:
    """The world of an approved run when its cooling-off time is over; `url` is its casework."""
    project = open_project(folder, FixedClock(COOLED), read_settings({}), drbg(str(folder)))
    prepare(project)
    keys = {row.ordinal: row.key for row in runs.iterate_planned(project.ledger, run)}
    return World(project, run, url, keys)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, approved: tuple[Path, str], tmp_path: Path) -> World:
    """The approved run, its casework in either engine."""
    return world_in(request, approved, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "mariadb"])
def every_world(request: pytest.FixtureRequest, approved: tuple[Path, str], tmp_path: Path) -> World:
    """The approved run, its casework in every engine."""
    return world_in(request, approved, tmp_path)


Act = Callable[[], object]


def before(monkeypatch: pytest.MonkeyPatch, kind: type, act: Act) -> None:
    """Do something once, just before a store of this kind begins its transaction."""
    original, left = kind.destroy, [act]  # type: ignore[attr-defined]

    def late(store: Any, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        if left:
            left.pop()()
        return list(original(store, batch, recheck))

    monkeypatch.setattr(kind, "destroy", late)


def after(monkeypatch: pytest.MonkeyPatch, kind: type, act: Act) -> None:
    """Do something once, just after a store of this kind has committed."""
    original, left = kind.destroy, [act]  # type: ignore[attr-defined]

    def early(store: Any, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        outcomes = list(original(store, batch, recheck))
        if left:
            left.pop()()
        return outcomes

    monkeypatch.setattr(kind, "destroy", early)


def raising(error: Exception) -> Act:
    """Something that fails."""

    def act() -> None:
        raise error

    return act


def verified(world: World, done: Destroyed) -> bool:
    """Whether the stand-alone verifier accepts the evidence."""
    assert done.certified is not None
    command = [sys.executable, "-I", str(VERIFIER), str(done.certified.bundle), "--key", str(done.certified.key)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
