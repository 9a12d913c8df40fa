"""Field actions on their whole way: sift, decide, approve, destroy, verify, and nothing found by the next sift."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger import sifts
from connectors.settings import FixedClock, read_settings
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.destroy import Destroyed, confirmation_for, destroy
from operations.destroying.redacting import MakeRedactor, presidio
from operations.init import init_project
from operations.listing import standing_of
from operations.people import add_person
from operations.project import Project, open_project
from operations.sift import sift
from operations.stores import prepare
from operations.trial import compare, try_sift
from rules.privacy.extracts import RedactMany
from rules.privacy.identity import OwnRecord
from rules.privacy.leak_gate import RegisterIndex
from rules.privacy.redaction import Redacted, merge
from rules.review.authority import Decision, Role
from rules.review.values import Choice, Kind
from rules.schedule.parser import parse_schedule
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, drbg, passphrase

DAY = datetime(2026, 9, 1, 12, tzinfo=UTC)
VERIFIER = Path(__file__).resolve().parents[3] / "verifier" / "verify_winnow.py"
SCHEDULE = """\
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", full_name: name, born: birthday, postcode: contact detail, closed_on: trigger}
    rules:
      - {id: client-file, applies_to: closed_on is not null, keep: 7 years after closed_on, then: destroy,
         because: [S3 4.4], confidence: policy}
      - {id: postcodes, applies_to: closed_on is not null, keep: 1 year after closed_on,
         then: generalise postcode to area, because: [S3 4.2], confidence: policy}
  note:
    means: A note
    part_of: client
    fields: {note_id: key, case_number: subject, written_on: trigger, body: free text, summary: free text}
    rules:
      - {id: long-notes, keep: 2 years after written_on, then: truncate body to 9 characters, because: [S3 4.2],
         confidence: policy}
  story:
    means: A story for the annual report
    part_of: client
    fields: {story_id: key, case_number: subject, told_on: trigger, words: free text}
    rules:
      - {id: stories, keep: 1 year after told_on, then: redact words, because: [S3 4.2], confidence: policy}
  worker:
    means: Somebody who applied
    fields: {worker_id: key, born: birthday, applied_on: trigger}
    rules:
      - {id: births, keep: 6 months after applied_on, then: generalise born to month, because: [S3 8.1],
         confidence: policy}
  enquiry:
    means: An enquiry through the web form
    fields: {enquiry_id: key, handled_on: trigger, email: contact detail, message: free text}
    rules:
      - {id: enquiries, keep: 1 year after handled_on, then: keep only handled_on, because: [S3 4.4],
         confidence: policy}
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: "sqlite:///casework.db"
    classes:
      client: {table: clients}
      note: {table: notes}
      story: {table: stories}
  people: {kind: workbook, path: people.xlsx, dates: ["%d/%m/%Y"], classes: {worker: {sheet: Workers}}}
  enquiries: {kind: csv, path: enquiries.csv, classes: {enquiry: {}}}
"""
TABLES = """
CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, full_name VARCHAR(40), born DATE, postcode VARCHAR(10),
    closed_on VARCHAR(10));
CREATE TABLE notes (note_id INTEGER PRIMARY KEY, case_number VARCHAR(20), written_on VARCHAR(10), body TEXT,
    summary TEXT);
CREATE TABLE stories (story_id INTEGER PRIMARY KEY, case_number VARCHAR(20), told_on VARCHAR(10), words TEXT);
INSERT INTO clients VALUES ('CASE-0001', 'Ann Ash', '1987-05-03', 'MK3 4DX', '2022-01-31'),
    ('CASE-0002', 'Ben Birch', '1990-11-30', 'M1 1AA', '2026-01-31'),
    ('CASE-0003', 'Cy Cedar', '1990-11-30', 'elsewhere', '2022-01-31'),
    ('CASE-0004', 'Di Dogwood', '1990-11-30', 'LS1 4DY', '2010-01-31');
INSERT INTO notes VALUES (1, 'CASE-0001', '2022-01-31', 'a very long note', 'kept'),
    (2, 'CASE-0001', '2022-01-31', 'short', 'kept'), (3, 'CASE-0001', '2026-01-31', 'a new long note', 'kept'),
    (4, 'CASE-0004', '2009-01-31', 'an old long note', 'kept');
INSERT INTO stories VALUES (1, 'CASE-0001', '2022-01-31', 'Ann Ash met Ben Birch at CASE-0002.'),
    (2, 'CASE-0002', '2026-08-31', 'Ben Birch told this.'), (3, 'CASE-0001', '2022-01-31', '[redacted] told before');
"""
CLIENTS, NOTES = "SELECT case_number, postcode FROM clients ORDER BY 1", "SELECT note_id, body, summary FROM notes"


def plainly(_scheme: str, register: RegisterIndex) -> RedactMany:
    """A redactor that only knows the register: quick, and enough to see what is handed to it."""

    def many(texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[Redacted]:
        for words, own in texts:
            assert own.case_numbers == ("CASE-0001",)
            for span in reversed(merge(words, register.spans(words))):
                words = words[: span.start] + span.kind.label + words[span.end :]
            yield Redacted(words, {})

    return many


def make(folder: Path, url: str, schedule: str = SCHEDULE) -> Project:
    """A service with something for every action to do, its schedule adopted."""
    init_project(folder, "A Small Service", drbg("log"))
    (folder / "schedule.yaml").write_text(schedule)
    (folder / "stores.yaml").write_text(STORES.replace("sqlite:///casework.db", url))
    with engine(url).begin() as connection:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Workers", 0)
    for line in (
        ("worker_id", "born", "applied_on"),
        ("W1", datetime(1987, 5, 3), "2020-01-31"),
        ("W2", "03/05/1987", "2020-01-31"),
        ("W3", datetime(1987, 5, 3), "2026-08-31"),
    ):
        sheet.append(line)
    del book["Sheet"]
    book.save(folder / "people.xlsx")
    lines = ("enquiry_id,handled_on,email,message", 'E1,2020-01-31,a@b.uk,"One, two"', "E2,2026-08-31,c@d.uk,Three")
    (folder / "enquiries.csv").write_text("\n".join(lines) + "\n")
    project = open_project(folder, FixedClock(DAY), read_settings({}), drbg("project"))
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (MANAGER, Role.MANAGER)):
        add_person(project, name, role, passphrase(name))
    adopt(project, {MANAGER: passphrase(MANAGER)}, date(2026, 8, 20))
    prepare(project)
    return project


def found(project: Project) -> dict[str, str]:
    """What a sift proposes: the action by class and key."""
    proposal = sift(project, DAY.date()).proposal
    due = sifts.iterate(project.ledger, proposal.sift, [Kind.PAST_RETENTION])
    return {f"{one.finding.class_name} {one.finding.key}": one.finding.action for one in due}


def carry_out(project: Project, redactor: MakeRedactor) -> tuple[str, Destroyed]:
    """Recommend, approve and carry out everything that is due."""
    proposal = sift(project, DAY.date()).proposal
    due = sifts.iterate(project.ledger, proposal.sift, [Kind.PAST_RETENTION])
    wanted = {True: Choice.DESTROY, False: Choice.REDACT}
    everything = [Decision(one.ordinal, wanted[one.finding.action == "destroy"], "period-over") for one in due]
    decide(project, proposal.id, everything, DPO, passphrase(DPO))
    run = approve(project, proposal.id, APPROVER, passphrase(APPROVER)).id
    later = replace(project, clock=FixedClock(DAY + timedelta(days=8)))
    return run, destroy(later, run, confirmation_for(later, run), redactor=redactor)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    with engine(url, read_only=True).connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_every_action_from_sift_to_verifier(every_engine_url: str, tmp_path: Path) -> None:
    """Each action does what its rule says, in its own column of the account, and is not found due again."""
    url, project = every_engine_url, make(tmp_path / "project", every_engine_url)
    assert found(project) == {
        "client CASE-0001": "generalise postcode to area",
        "client CASE-0003": "generalise postcode to area",
        "client CASE-0004": "destroy",
        "note 1": "truncate body to 9 characters",
        "note 4": "destroy",  # with its file, which goes
        "story 1": "redact words",
        "worker W1": "generalise born to month",
        "worker W2": "generalise born to month",
        "enquiry E1": "keep only handled_on",
    }
    run, done = carry_out(project, plainly)
    assert rows(url, CLIENTS) == [("CASE-0001", "MK"), ("CASE-0002", "M1 1AA"), ("CASE-0003", "elsewhere")]
    assert sorted(rows(url, NOTES)) == [(1, "a very lo", "kept"), (2, "short", "kept"), (3, "a new long note", "kept")]
    assert [row[0] for row in rows(url, "SELECT words FROM stories ORDER BY story_id")] == [
        "[redacted] [PERSON] met [PERSON] at [ID].",
        "Ben Birch told this.",
        "[redacted] told before",
    ]
    sheet = openpyxl.load_workbook(project.folder / "people.xlsx")["Workers"]
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        datetime(1987, 5, 1),
        "1987-05-01",
        datetime(1987, 5, 3),
    ]
    assert (project.folder / "enquiries.csv").read_text().splitlines()[1] == "E1,2020-01-31,,"
    # One of the kept could not be changed, the others are kept with less in them.
    assert standing_of(project, run).first_line == "due 9 = destroyed 2 + kept 7 + held 0 + failed 0; undatable 0"
    assert done.certified is not None
    with zipfile.ZipFile(done.certified.bundle) as bundle:
        lines = json.loads(bundle.read("certificate.json"))["lines"]
    counted = Counter({line["outcome"]: 0 for line in lines})
    for line in lines:
        counted[line["outcome"]] += line["count"]
    assert counted == dict(destroyed=2, generalised=3, kept=1, redacted=1, truncated=1) | {"kept-metadata": 1}
    assert {line["reason"] for line in lines if line["outcome"] == "kept"} == {"value-not-readable"}
    command = [sys.executable, "-I", str(VERIFIER), str(done.certified.bundle), "--key", str(done.certified.key)]
    told = subprocess.run(command, capture_output=True, check=False, text=True)
    assert told.returncode == 0, told.stdout
    assert found(project) == {"client CASE-0003": "generalise postcode to area"}


def test_a_register_aware_redactor_does_the_work(tmp_path: Path) -> None:
    """The redactor of the extracts leaves no name or number of anybody whom the stores know."""
    folder = tmp_path / "project"
    folder.mkdir()
    url = f"sqlite:///{folder / 'casework.db'}"
    (folder / "casework.db").touch()
    project = make(folder, url)
    carry_out(project, presidio)
    ((words,),) = rows(url, "SELECT words FROM stories WHERE story_id = 1")
    assert str(words).startswith("[redacted] ")
    assert not {"Ann", "Ash", "Ben", "Birch", "CASE-0002"} & set(str(words).replace(".", " ").split())


def test_a_file_that_stays_is_asked_about_its_fields(tmp_path: Path) -> None:
    """A member that must be kept keeps the file, whose fields are due then; a member's rule about fields keeps none."""
    folder = tmp_path / "project"
    folder.mkdir()
    url = f"sqlite:///{folder / 'casework.db'}"
    (folder / "casework.db").touch()
    project = make(folder, url, SCHEDULE.replace("then: redact words", "then: destroy"))
    with engine(url).begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES (5, 'CASE-0004', '2026-01-31', 'a new long note', '')"))
    assert found(project)["client CASE-0004"] == "destroy"
    with engine(url).begin() as connection:
        connection.execute(text("INSERT INTO stories VALUES (4, 'CASE-0004', '2026-08-31', 'a new story')"))
    assert found(project)["client CASE-0004"] == "generalise postcode to area"


def test_what_would_be_destroyed_and_not_only_changed_becomes_due(tmp_path: Path) -> None:
    """Where another schedule does something else with a due record, the comparison says both, by their rules."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "casework.db").touch()
    project = make(folder, f"sqlite:///{folder / 'casework.db'}")
    shorter = parse_schedule(SCHEDULE.replace("keep: 7 years", "keep: 4 years"), "schedule.yaml")
    now = try_sift(project, project.schedule, DAY.date())
    told = compare(now, try_sift(project, shorter, DAY.date()))
    moved = {(one.change, one.rule) for one in told.records if (one.class_name, one.key) == ("client", "CASE-0001")}
    assert moved == {("becomes due", "client-file"), ("stops being due", "postcodes")}
    assert told.due_then - told.due_now == sum(told.becomes_due.values()) - sum(told.stops_being_due.values())
