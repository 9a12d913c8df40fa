"""A rule that asks other stores is asked again, of all of them, inside the transaction that destroys."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger import log, runs
from connectors.settings import FixedClock, read_settings
from connectors.stores.sql import SqlStore
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.explain import explain_finding
from operations.init import init_project
from operations.people import add_person
from operations.project import open_project
from operations.sift import sift
from operations.stores import prepare
from operations.trial import compare, try_sift
from rules.evidence.leaf import decode
from rules.review.authority import Decision, Role
from rules.review.values import Choice
from rules.schedule.parser import parse_schedule
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, drbg, passphrase
from tests.integration.operations.destroying_world import (
    APPROVED,
    COOLED,
    World,
    after,
    before,
    raising,
    verified,
)

SCHEDULE = """\
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", closed_on: trigger, status: state}
    rules:
      - {id: client-file, applies_to: status = 'closed', keep: 7 years after closed_on, then: destroy,
         because: [S3 4.4], confidence: policy}
  session_note:
    means: A note that waits for its summary
    part_of: client
    fields: {note_id: key, case_number: subject, ended: trigger, summary_id: evidence}
    rules:
      - id: notes
        keep: 7 days after ended
        only_if: exists (select 1 from case_record where record_id = session_note.summary_id and author is not null)
        otherwise: the note has no authored summary yet
        unless: exists (select 1 from complaint where case_number = session_note.case_number and status <> 'closed')
        then: destroy
        because: [S3 4.9]
        confidence: policy
  case_record:
    means: The summary of a session
    part_of: client
    fields: {record_id: key, case_number: subject, author: author}
  complaint:
    means: A complaint
    part_of: client
    fields: {complaint_id: key, case_number: subject, status: state}
"""
STORES = """\
stores:
  archive: {kind: sql, url: "sqlite:///archive.db", classes: {case_record: {table: records}}}
  casework:
    kind: sql
    url: "sqlite:///casework.db"
    classes:
      client: {table: clients}
      session_note: {table: notes}
  complaints: {kind: csv, path: complaints.csv, classes: {complaint: {}}}
"""
CASEWORK = """
CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, closed_on TEXT, status TEXT);
CREATE TABLE notes (note_id VARCHAR(20) PRIMARY KEY, case_number TEXT, ended TEXT, summary_id TEXT);
INSERT INTO clients VALUES ('CASE-1', '2010-01-31', 'closed'), ('CASE-2', '2010-01-31', 'closed'),
    ('CASE-4', NULL, 'open');
INSERT INTO notes VALUES ('NOTE-1', 'CASE-1', '2009-01-05', 'REC-1'), ('NOTE-2', 'CASE-2', '2009-01-05', 'REC-2'),
    ('NOTE-4', 'CASE-4', '2026-01-05', 'REC-4'), ('NOTE-5', 'CASE-4', '2026-01-05', 'REC-5'),
    ('NOTE-6', 'CASE-4', '2026-01-05', NULL);
"""
ARCHIVE = """
CREATE TABLE records (record_id VARCHAR(20) PRIMARY KEY, case_number TEXT, author TEXT);
INSERT INTO records VALUES ('REC-1', 'CASE-1', 'W1'), ('REC-2', 'CASE-2', 'W1'), ('REC-4', 'CASE-4', 'W1'),
    ('REC-5', 'CASE-4', NULL);
"""
COMPLAINTS = "complaint_id,case_number,status\nK-2,CASE-2,closed\n"
ALL = {"CASE-1", "NOTE-1", "REC-1", "CASE-2", "NOTE-2", "REC-2", "K-2", "NOTE-4"}


def run_script(url: str, script: str) -> None:
    """Run statements that end with `;` and a line end."""
    with engine(url).begin() as connection:
        for statement in filter(str.strip, script.split(";\n")):
            connection.execute(text(statement))


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Two files over three stores and one note with a clock of its own, all of it approved; for copying only."""
    folder = tmp_path_factory.mktemp("approved") / "project"
    init_project(folder, "A Small Service", drbg("log"))
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES)
    for name, script in (("casework", CASEWORK), ("archive", ARCHIVE)):
        (folder / f"{name}.db").touch()
        run_script(f"sqlite:///{folder / name}.db", script)
    (folder / "complaints.csv").write_text(COMPLAINTS)
    project = open_project(folder, FixedClock(APPROVED), read_settings({}), drbg("project"))
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (MANAGER, Role.MANAGER)):
        add_person(project, name, role, passphrase(name))
    adopt(project, {MANAGER: passphrase(MANAGER)}, date(2026, 8, 20))
    prepare(project)
    proposal = sift(project, APPROVED.date()).proposal
    everything = [Decision(ordinal, Choice.DESTROY, "period-over") for ordinal in range(1, len(ALL) + 1)]
    decide(project, proposal.id, everything, DPO, passphrase(DPO))
    return folder, approve(project, proposal.id, APPROVER, passphrase(APPROVER)).id


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "mariadb"])
def world(request: pytest.FixtureRequest, approved: tuple[Path, str], tmp_path: Path) -> World:
    """The approved run, its casework in every engine."""
    folder = tmp_path / "project"
    shutil.copytree(approved[0], folder)
    url = f"sqlite:///{folder / 'casework.db'}"
    if request.param != "sqlite":
        url = str(request.getfixturevalue("fresh_postgres" if request.param == "postgresql" else "fresh_mariadb"))
        run_script(url, CASEWORK)
        (folder / "stores.yaml").write_text(STORES.replace("sqlite:///casework.db", url))
    project = open_project(folder, FixedClock(COOLED), read_settings({}), drbg(str(tmp_path)))
    prepare(project)
    keys = {row.ordinal: row.key for row in runs.iterate_planned(project.ledger, approved[1])}
    return World(project, approved[1], url, keys)


def archived(world: World, statement: str) -> Callable[[], None]:
    """A change of the archive."""

    def act() -> None:
        with sqlite3.connect(world.project.folder / "archive.db") as connection:
            connection.execute(statement)
        connection.close()

    return act


def complain(world: World, case: str) -> None:
    """Somebody complains."""
    with open(world.project.folder / "complaints.csv", "a") as register:
        register.write(f"K-9,{case},open\n")


def test_files_over_three_stores_go_whole_though_their_rules_ask_each_other(world: World) -> None:
    """The summaries go first, and the notes that waited for them go as they were approved."""
    assert set(world.keys_of.values()) == ALL
    done = world.destroy()
    assert world.said() == dict.fromkeys(ALL, "done period-over")
    assert verified(world, done)


def test_a_change_in_another_store_since_the_approval_keeps_the_record(world: World) -> None:
    """An open complaint in the export keeps the note in the database, and the complainant's whole file."""
    complain(world, "CASE-4")
    world.destroy()
    assert world.said() == {**dict.fromkeys(ALL, "done period-over"), "NOTE-4": "kept no-longer-due"}


def test_a_summary_that_loses_its_author_at_the_last_moment_keeps_its_note(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the archive says is read anew inside the transaction of the casework database."""
    before(monkeypatch, SqlStore, archived(world, "UPDATE records SET author = NULL WHERE record_id = 'REC-4'"))
    world.destroy()
    assert world.said() == {**dict.fromkeys(ALL, "done period-over"), "NOTE-4": "kept changed-since-approval"}
    assert "NOTE-4" in world.keys("notes")


def test_a_file_that_other_stores_changed_is_kept_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first store has not begun with a file, an open complaint at the last moment keeps all of it."""
    complain(world, "CASE-1")
    world.destroy()
    kept = {key: said for key, said in world.said().items() if said != "done period-over"}
    assert set(kept) == {"CASE-1", "NOTE-1", "REC-1"}
    assert all(said.startswith("kept") for said in kept.values())


def test_a_run_that_died_between_two_stores_ends_what_it_began(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The summaries have gone with their store's commit; the notes that asked for them follow at the next start."""
    after(monkeypatch, SqlStore, raising(RuntimeError("the machine died")))
    with pytest.raises(RuntimeError):
        world.destroy()
    assert "NOTE-1" in world.keys("notes")
    world.destroy(hours=1)
    assert world.said() == dict.fromkeys(ALL, "done period-over")


def test_the_intent_carries_the_version_of_what_all_stores_said(world: World) -> None:
    """The version tag in the log is of the answers of every store, so that it differs when another store's does."""
    rows = {row.key: row.version for row in runs.iterate_planned(world.project.ledger, world.run)}
    assert {key for key, version in rows.items() if "." in version} == {"NOTE-1", "NOTE-2", "NOTE-4"}
    world.destroy()
    intents = [leaf for _, data in log.read_leaves(world.project.ledger) if (leaf := decode(data))["type"] == "intent"]
    assert len(intents) == len(ALL)


def test_a_finding_of_a_rule_that_spans_stores_is_explained(world: World) -> None:
    """The explanation shows what each store is asked, and that what decides is brought together and not kept."""
    ordinal = next(number for number, key in world.keys_of.items() if key == "NOTE-4")
    told = explain_finding(world.project, ordinal)
    assert told.rule is not None
    assert told.rule.conditions["unless"].startswith("there is a complaint for which")
    said = told.rule.sql["casework"]
    for part in ("Asked of casework", "Asked of archive: case_record", "Asked of complaints", "is not kept"):
        assert part in said


def test_what_if_asks_all_stores(world: World) -> None:
    """Under another schedule the notes that stop being due are those whose summary has no author in the archive."""
    folder = world.project.folder
    now = try_sift(world.project, world.project.schedule, APPROVED.date())
    looser = (folder / "schedule.yaml").read_text().replace(" and author is not null", "")
    then = try_sift(world.project, parse_schedule(looser, "schedule.yaml"), APPROVED.date())
    changed = compare(now, then)
    assert changed.becomes_due == {("session_note", "notes"): 1}
    assert changed.stops_being_due == {}
