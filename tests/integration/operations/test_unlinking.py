"""What people share is never destroyed with one of them: the link goes, as a link, and the rest stays."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger import sifts
from connectors.settings import FixedClock, read_settings
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.destroy import Destroyed, confirmation_for, destroy
from operations.init import init_project
from operations.listing import standing_of
from operations.people import add_person
from operations.project import Project, open_project
from operations.restore_check import restore_check, returned
from operations.sift import sift
from operations.stores import prepare
from rules.review.authority import Decision, Role
from rules.review.values import Choice, Kind
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, drbg, passphrase
from tests.integration.operations.test_field_actions import DAY, VERIFIER, rows

SCHEDULE = """\
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", full_name: name, closed_on: trigger}
    rules:
      - {id: client-file, applies_to: closed_on is not null, keep: 7 years after closed_on, then: destroy,
         because: [S3 4.4], confidence: policy}
  group_session:
    means: A session with several clients
    fields: {session_id: key, held_on: trigger, notes: free text}
    rules:
      - id: sessions-of-nobody
        applies_to: not exists (select 1 from attendance where session_id = group_session.session_id)
        keep: 7 years after held_on
        then: destroy
        because: [S3 4.4]
        confidence: policy
  attendance:
    means: Who was at a group session
    part_of: client
    links: group_session
    fields: {attendance_id: key, case_number: subject, session_id: evidence, remark: free text}
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: "{url}"
    classes: {client: {table: clients}, group_session: {table: sessions}, attendance: {table: attendances}}
"""
TABLES = """
CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, full_name VARCHAR(40), closed_on VARCHAR(10));
CREATE TABLE sessions (session_id INTEGER PRIMARY KEY, held_on VARCHAR(10), notes TEXT);
CREATE TABLE attendances (attendance_id INTEGER PRIMARY KEY, case_number VARCHAR(20), session_id INTEGER, remark TEXT,
    FOREIGN KEY (case_number) REFERENCES clients (case_number), FOREIGN KEY (session_id) REFERENCES sessions (session_id));
INSERT INTO clients VALUES ('CASE-1', 'Ann Ash', '2010-01-31'), ('CASE-2', 'Ben Birch', NULL);
INSERT INTO sessions VALUES (1, '2009-01-05', 'Ann told Ben of it'), (2, '2009-02-05', 'Ann alone');
INSERT INTO attendances VALUES (11, 'CASE-1', 1, 'late'), (12, 'CASE-2', 1, 'on time'), (13, 'CASE-1', 2, 'late');
"""  # noqa: E501 - one table a statement


def make(folder: Path, url: str) -> Project:
    """Two clients who met, one of them long gone."""
    init_project(folder, "A Small Service", drbg("log"))
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES.replace("{url}", url))
    with engine(url).begin() as connection:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
    project = open_project(folder, FixedClock(DAY), read_settings({}), drbg("project"))
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (MANAGER, Role.MANAGER)):
        add_person(project, name, role, passphrase(name))
    adopt(project, {MANAGER: passphrase(MANAGER)}, date(2026, 8, 20))
    prepare(project)
    return project


def carried_out(project: Project, proposal: str, count: int) -> tuple[str, Destroyed]:
    """Decide everything of a proposal, have it approved, and carry it out."""
    answers = [Decision(ordinal, Choice.DESTROY, "period-over") for ordinal in range(1, count + 1)]
    decide(project, proposal, answers, DPO, passphrase(DPO))
    run = approve(project, proposal, APPROVER, passphrase(APPROVER)).id
    later = replace(project, clock=FixedClock(project.clock.now() + timedelta(days=8)))
    return run, destroy(later, run, confirmation_for(later, run))


def test_a_shared_session_outlives_the_file_of_one_who_was_there(every_engine_url: str, tmp_path: Path) -> None:
    """The due client's links go and are told as unlinked; the session stays, with who else was there, untouched."""
    url, project = every_engine_url, make(tmp_path / "project", every_engine_url)
    proposal = sift(project, DAY.date()).proposal
    due = list(sifts.iterate(project.ledger, proposal.sift, [Kind.PAST_RETENTION]))
    assert {f"{one.finding.class_name} {one.finding.key}": one.finding.action for one in due} == {
        "client CASE-1": "destroy",
        "attendance 11": "unlink",
        "attendance 13": "unlink",
    }
    run, done = carried_out(project, proposal.id, len(due))
    assert standing_of(project, run).first_line == "due 3 = destroyed 1 + kept 2 + held 0 + failed 0; undatable 0"
    assert rows(url, "SELECT * FROM attendances") == [(12, "CASE-2", 1, "on time")]
    assert rows(url, "SELECT notes FROM sessions ORDER BY 1") == [("Ann alone",), ("Ann told Ben of it",)]
    assert done.certified is not None
    with zipfile.ZipFile(done.certified.bundle) as bundle:
        lines = json.loads(bundle.read("certificate.json"))["lines"]
    told = [(line["class_name"], line["outcome"], line["grade"], line["count"]) for line in lines]
    assert told == [("attendance", "unlinked", "link-removed", 2), ("client", "destroyed", "row-deleted", 1)]
    command = [sys.executable, "-I", str(VERIFIER), str(done.certified.bundle), "--key", str(done.certified.key)]
    answer = subprocess.run(command, capture_output=True, check=False, text=True)
    assert answer.returncode == 0, answer.stdout
    again = sift(project, DAY.date()).proposal
    left = sifts.iterate(project.ledger, again.sift, [Kind.PAST_RETENTION])
    assert [(one.finding.class_name, one.finding.key) for one in left] == [("group_session", "2")]  # nobody's now


def test_links_that_a_backup_brought_back_go_again_with_their_file(tmp_path: Path) -> None:
    """After a restore the links are found like the records, so that nothing that refers to a file keeps it there."""
    path = tmp_path / "casework.db"
    path.touch()
    project = make(tmp_path / "project", f"sqlite:///{path}")
    shutil.copy(path, tmp_path / "backup.db")
    carried_out(project, sift(project, DAY.date()).proposal.id, 3)
    shutil.copy(tmp_path / "backup.db", path)
    later = replace(project, clock=FixedClock(DAY + timedelta(days=9)))
    found = restore_check(later, DPO, passphrase(DPO))
    came = {one.key: one.kind for one in returned(later, found.proposal)}
    assert came == dict.fromkeys(("CASE-1", "11", "13"), "past_retention")
    run, done = carried_out(later, found.proposal, 3)
    assert standing_of(later, run).first_line == "due 3 = destroyed 1 + kept 2 + held 0 + failed 0; undatable 0"
    assert (done.outcomes, rows(f"sqlite:///{path}", "SELECT attendance_id FROM attendances")) == ({"done": 3}, [(12,)])
