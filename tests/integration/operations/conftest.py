"""A small project with people and a sift, made once and copied for each test; its clock stands still until set."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.ledger import log, proposals, sifts
from connectors.settings import FixedClock, read_settings
from operations.adopt import adopt
from operations.init import init_project
from operations.people import add_person
from operations.project import Project, open_project
from operations.stores import prepare
from rules.evidence.leaf import Leaf, decode
from rules.review.authority import Role
from rules.review.values import Finding, Kind

DPO, APPROVER, MANAGER, COUNSELLOR, AUDITOR = "Dana Okoro", "Avery Lund", "Morgan Hale", "Chris Vane", "Una Petit"
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
AS_OF = date(2026, 9, 1)

SCHEDULE = """\
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", closed_on: trigger, status: state}
    rules:
      - id: client-file
        applies_to: status = 'closed'
        keep: 7 years after closed_on
        then: destroy
        because: [S3 4.4]
        confidence: general
  session_note:
    means: Notes made during a session
    part_of: client
    fields: {note_id: key, case_number: subject, session_ended: trigger, author_id: author}
    rules:
      - id: notes
        keep: 7 days after session_ended
        then: destroy
        because: [S3 4.9]
        confidence: policy
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: sqlite:///casework.db
    classes:
      client: {table: clients}
      session_note: {table: notes}
"""


def passphrase(name: str) -> str:
    """The passphrase of a person of the tests."""
    return f"the passphrase of {name}"


def drbg(seed: str) -> Callable[[int], bytes]:
    """Random bytes that a test can repeat."""
    calls = iter(range(1_000_000))

    def draw(length: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(calls)}".encode()).digest(length)

    return draw


def at(project: Project, when: datetime) -> Project:
    """The same project at another time."""
    return replace(project, clock=FixedClock(when))


def leaves(project: Project) -> list[Leaf]:
    """Every leaf of the log."""
    return [decode(data) for _, data in log.read_leaves(project.ledger)]


def new_project(folder: Path, ledger_url: str = "") -> Project:
    """A project with its schedule and one prepared store, and nobody in it."""
    init_project(folder, "A Small Service", drbg("log"))
    if ledger_url:
        settings = folder / "winnow.yaml"
        settings.write_text(settings.read_text().replace("sqlite:///ledger.db", ledger_url))
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES)
    database = sqlite3.connect(folder / "casework.db")
    database.executescript(
        "CREATE TABLE clients (case_number TEXT PRIMARY KEY, closed_on TEXT, status TEXT);"
        "CREATE TABLE notes (note_id TEXT PRIMARY KEY, case_number TEXT, session_ended TEXT, author_id TEXT);"
    )
    database.close()
    project = open_project(folder, FixedClock(NOON), read_settings({}), drbg("project"))
    prepare(project)
    return project


def populate(project: Project) -> None:
    """Add the people of the tests and adopt the schedule."""
    roles = {APPROVER: Role.APPROVER, COUNSELLOR: Role.COUNSELLOR, AUDITOR: Role.AUDITOR, DPO: Role.DPO}
    for name, role in roles.items():
        add_person(project, name, role, passphrase(name))
    add_person(project, MANAGER, Role.MANAGER, passphrase(MANAGER), staff_ids=["W3"], case_numbers=["C7"])
    adopt(project, {MANAGER: passphrase(MANAGER)}, date(2026, 8, 20), ["client-file"])


def note(key: str, case: str = "C1", kind: Kind = Kind.PAST_RETENTION, author: str = "W1", read: str = "") -> Finding:
    """A finding about a session note."""
    return Finding(
        kind=kind,
        store="casework",
        class_name="session_note",
        key=key,
        rule="notes",
        subject=case,
        due_on=date(2026, 8, 17),
        version=hashlib.sha256(key.encode()).hexdigest(),
        facts={"author": author},
        read_first=(read,) if read else (),
    )


# In the order of their ordinals, from 1.
FINDINGS = (
    note("N1"),
    note("N2", "C2"),
    note("N3", "C3", read="a disclosure"),
    note("N4", "C4", Kind.HELD),
    note("N5", "C5", author="W3"),
    note("N6", "C7"),
    note("N7", "C8", Kind.UNDATABLE),
    Finding(Kind.DORMANT, "casework", "client", "C9", "dormant", "C9"),
    note("N9", "C9"),
)


def propose(project: Project, *findings: Finding, as_of: date = AS_OF) -> str:
    """A finished sift with these findings, frozen; the id of the proposal."""
    sift = sifts.new_sift(project.ledger, as_of, project.schedule.digest, project.schedule.version, project.now())
    sifts.add_findings(project.ledger, sift, findings or FINDINGS)
    sifts.finish_sift(project.ledger, sift, project.now(), {})
    return proposals.freeze(project.ledger, sift, project.now(), project.random).id


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A populated project, for copying only: making keys is slow by intent."""
    folder = tmp_path_factory.mktemp("template") / "project"
    populate(new_project(folder))
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Project:
    """A project of the test's own, with people and an adopted schedule."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    return open_project(folder, FixedClock(NOON), read_settings({}), drbg(str(tmp_path)))
