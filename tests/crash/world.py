"""A very small service with a record in every kind of store, and an approved run over it that is about to start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import openpyxl
from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger import sifts
from connectors.settings import FixedClock, read_settings
from operations import certify as certifying
from operations import destroy as destroying
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.destroy import confirm, confirmation_for, destroy
from operations.destroying import run as running
from operations.destroying.batches import cut
from operations.destroying.redacting import presidio
from operations.holds import place_hold
from operations.init import init_project
from operations.people import add_person, sign_in
from operations.project import Project, open_project
from operations.sift import sift
from operations.stores import prepare, stores_of
from rules.errors import Refused
from rules.privacy.extracts import RedactMany
from rules.privacy.leak_gate import RegisterIndex
from rules.review.authority import Decision, Role
from rules.review.values import Choice, Hold, Kind

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
COOLED = START + timedelta(days=8)
DPO, APPROVER, MANAGER = "Dana Okoro", "Avery Lund", "Morgan Hale"
PASSPHRASE = "a passphrase that protects nobody"
SMALL = 4  # records in a batch

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
  feedback:
    means: Feedback on the service
    part_of: client
    fields: {feedback_id: key, case_number: subject, received_on: trigger, comment: free text}
    rules:
      - {id: feedback, applies_to: case_number is not null, keep: 18 months after received_on,
         then: keep only received_on, because: [S3 4.9], confidence: policy}
  document:
    means: A letter
    part_of: client
    fields: {path: key, case_number: subject, kind: purpose, written_on: contact, content: free text}
  paper:
    means: A paper file in a cabinet
    part_of: client
    fields: {item_id: key, case_number: subject, box: purpose}
  check:
    means: A check of a volunteer
    fields: {check_id: key, decided_on: trigger, content: free text}
    rules:
      - {id: check-content, keep: 6 months after decided_on, then: truncate content to 2 characters,
         because: [S3 8.1], confidence: policy}
  enquiry:
    means: An enquiry through the web form
    fields: {enquiry_id: key, handled_on: trigger, message: free text}
    rules:
      - {id: enquiry, keep: 1 year after handled_on, then: destroy, because: [S3 4.4], confidence: policy}
  meeting:
    means: A session with several clients
    fields: {meeting_id: key, held_on: trigger, notes: free text}
    rules:
      - {id: meetings-of-nobody, keep: 7 years after held_on, then: destroy, because: [S3 4.4], confidence: policy,
         applies_to: not exists (select 1 from attendance where meeting_id = meeting.meeting_id)}
  attendance:
    means: Who was at a meeting
    part_of: client
    links: meeting
    fields: {attendance_id: key, case_number: subject, meeting_id: evidence}
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
"""
STORES = {
    "casework": """
    kind: sql
    url: "sqlite:///data/casework.db"
    classes:
      client: {table: clients}
      session: {table: sessions}
      feedback: {table: feedback}
""",
    "documents": """
    {kind: documents, path: documents, name: "{case_number}_{kind}_{written_on}", classes: {document: {}}}
""",
    "paper": "{kind: manual, path: paper.csv, classes: {paper: {}}}\n",
    "people": "{kind: workbook, path: people.xlsx, classes: {check: {sheet: Checks}}}\n",
    "enquiries": "{kind: csv, path: enquiries.csv, classes: {enquiry: {}}}\n",
}
SHARED = """\
      meeting: {table: meetings}
      attendance: {table: attendances}
      story: {table: stories}
      worker: {table: workers}
"""  # more of the casework: what people share, a text to redact, a day to coarsen
FEW = ("casework", "documents")  # a database and files: all the steps that there are, at a third of the time
TABLES = """
CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, full_name VARCHAR(40), closed_on VARCHAR(10), status VARCHAR(10));
CREATE TABLE sessions (session_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20), ended VARCHAR(10),
    FOREIGN KEY (case_number) REFERENCES clients (case_number));
CREATE TABLE feedback (feedback_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20), received_on VARCHAR(10),
    comment VARCHAR(80));
CREATE TABLE meetings (meeting_id VARCHAR(20) PRIMARY KEY, held_on VARCHAR(10), notes VARCHAR(80));
CREATE TABLE attendances (attendance_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20), meeting_id VARCHAR(20),
    FOREIGN KEY (case_number) REFERENCES clients (case_number), FOREIGN KEY (meeting_id) REFERENCES meetings (meeting_id));
CREATE TABLE stories (story_id VARCHAR(20) PRIMARY KEY, case_number VARCHAR(20), told_on VARCHAR(10), words VARCHAR(80));
CREATE TABLE workers (worker_id VARCHAR(20) PRIMARY KEY, born VARCHAR(10), applied_on VARCHAR(10));
INSERT INTO clients VALUES ('CASE-1', 'Ann Ash', '2010-01-31', 'closed'),
    ('CASE-2', 'Ben Birch', '2010-01-31', 'closed'), ('CASE-3', 'Cy Cedar', '2010-01-31', 'closed'),
    ('CASE-4', 'Di Dogwood', NULL, 'open');
INSERT INTO sessions VALUES ('SESSION-1', 'CASE-1', '2009-01-05'), ('SESSION-2', 'CASE-1', '2009-02-05'),
    ('SESSION-3', 'CASE-2', '2009-02-05'), ('SESSION-4', 'CASE-3', '2009-02-05'),
    ('SESSION-5', 'CASE-4', '2026-02-05');
INSERT INTO meetings VALUES ('MEET-1', '2009-01-05', 'Ann told Di of it'), ('MEET-2', '2009-02-05', 'Nobody came');
INSERT INTO workers VALUES ('WORK-1', '1980-05-17', '2020-01-31'), ('WORK-2', '1981-06-18', '2026-08-01');
INSERT INTO stories VALUES ('STORY-1', 'CASE-4', '2020-01-31', 'Di Dogwood met Ann Ash.'),
    ('STORY-2', 'CASE-4', '2026-08-01', 'Di Dogwood told this.');
INSERT INTO feedback VALUES ('FEED-1', 'CASE-4', '2020-01-31', 'Kind'), ('FEED-2', 'CASE-4', '2026-08-01', 'Warm');
"""  # noqa: E501 - one table a line
ATTENDED = """
INSERT INTO attendances VALUES ('WAS-1', 'CASE-1', 'MEET-1'), ('WAS-2', 'CASE-4', 'MEET-1'),
    ('WAS-3', 'CASE-3', 'MEET-1')
"""
LETTERS = (
    "CASE-1_letter_2009-01-05.txt",
    "sub/CASE-2_letter_2009-02-05.txt",
    "CASE-3_letter_2009-02-05.txt",
    "CASE-4_letter_2026-02-05.txt",
)
PAPER = ("ITEM-1,CASE-1,Box 1", "ITEM-2,CASE-2,Box 1", "ITEM-3,CASE-3,Box 1", "ITEM-4,CASE-4,Box 2")
ENQUIRIES = ("ENQ-1,2020-01-31,Hours?", "ENQ-2,2026-08-01,Fees?", "ENQ-3,2019-01-31,Where?")
CHECKS = (("CHECK-1", "2020-01-31", "Clear"), ("CHECK-2", "2026-08-31", "Clear"))


def drbg(seed: str) -> Callable[[int], bytes]:
    """Random bytes that a seed repeats."""
    calls = iter(range(1_000_000_000))

    def draw(length: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(calls)}".encode()).digest(length)

    return draw


def lay_out(folder: Path, store: str, ledger: str, names: Collection[str], shared: bool = False) -> None:
    """Write the project and its records. `store` and `ledger` are database URLs, or empty for files in the folder."""
    init_project(folder, "A Small Service", drbg("log"))
    (folder / "schedule.yaml").write_text(SCHEDULE)
    stores = "stores:\n" + "".join(
        f"  {name}: {STORES[name]}{SHARED * (shared and name == 'casework')}" for name in names
    )
    (folder / "stores.yaml").write_text(
        stores.replace("sqlite:///data/casework.db", store or "sqlite:///data/casework.db")
    )
    settings = folder / "winnow.yaml"
    settings.write_text(settings.read_text().replace("sqlite:///ledger.db", ledger or "sqlite:///ledger.db"))
    if ledger:
        (folder / "ledger.db").unlink()
    (folder / "data").mkdir()  # apart from the ledger, whose own syncs of its folder would help it
    (folder / "data" / "casework.db").touch()  # in rollback-journal mode, as a database of somebody else's mostly is
    with engine(store or f"sqlite:///{folder / 'data' / 'casework.db'}").begin() as connection:
        for statement in [*TABLES.split(";\n"), ATTENDED * shared]:
            if statement.strip():
                connection.execute(text(statement))
    for name in LETTERS:
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Dear all, {name}")
    (folder / "paper.csv").write_text("\n".join(["item_id,case_number,box", *PAPER]) + "\n")
    (folder / "enquiries.csv").write_text("\n".join(["enquiry_id,handled_on,message", *ENQUIRIES]) + "\n")
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Checks", 0)
    for line in (("check_id", "decided_on", "content"), *CHECKS):
        sheet.append(line)
    del book["Sheet"]
    book.save(folder / "people.xlsx")


def approved_run(
    folder: Path, store: str = "", ledger: str = "", names: Collection[str] = tuple(STORES), shared: bool = False
) -> str:
    """Lay out the service and take it up to an approved run; a hold is placed after the approval. Returns the run."""
    lay_out(folder, store, ledger, names, shared)
    project = open_project(folder, FixedClock(START), read_settings({}), drbg("project"))
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (MANAGER, Role.MANAGER)):
        add_person(project, name, role, PASSPHRASE)
    adopt(project, {MANAGER: PASSPHRASE}, date(2026, 8, 20))
    prepare(project)
    proposal = sift(project, START.date()).proposal
    found = sifts.iterate(project.ledger, proposal.sift, [Kind.PAST_RETENTION])
    everything = [
        Decision(
            one.ordinal, Choice.DESTROY if one.finding.action in ("destroy", "unlink") else Choice.REDACT, "period-over"
        )
        for one in found
    ]
    decide(project, proposal.id, everything, DPO, PASSPHRASE)
    run = approve(project, proposal.id, APPROVER, PASSPHRASE).id
    day = START.date()
    hold = Hold("", "sar", "asked", "", day, day + timedelta(days=90), subject="CASE-3")
    place_hold(project, hold, DPO, PASSPHRASE, "asked on the day of the run")
    return run


class Carrier:
    """Carries the approved run of one folder out, in this process or (after a fork) in a child's.

    What every start does alike and changes nothing is done once, before the fork: opening the ledger and the officers'
    keys (slow by intent), learning the shapes of the stores, loading the language model. The printed certificate is
    left out.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self.run = run
        self._project = open_project(folder, FixedClock(COOLED), read_settings({}), drbg("carrier"))
        self._officers = {name: sign_in(self._project, name, PASSPHRASE, "confirm") for name in (APPROVER, MANAGER)}
        self._stores = stores_of(self._project)
        self._made: RedactMany | None = None

    def _redactor(self, case_number: str, register: RegisterIndex) -> RedactMany:
        """The redactor of the product, loaded once: nobody is added to the register between two starts."""
        self._made = self._made or presidio(case_number, register)
        return self._made

    def project(self, start: int) -> Project:
        """The project as the `start`-th process sees it: each begins after the lease of the one before is over."""
        made = replace(self._project, clock=FixedClock(COOLED + start * timedelta(hours=1)), random=drbg(f"{start}"))
        vars(made).update(ledger=self._project.ledger, schedule=self._project.schedule)
        return made

    def carry_out(self, start: int) -> None:
        """Destroy, and let two people sign the work list; from wherever an earlier process was killed."""
        # Many batches of few records, judged two at a time.
        vars(running).update(cut=partial(cut, size=SMALL), JUDGED_AT_ONCE=2)
        vars(certifying).update(certificate_pdf=lambda _: b"%PDF-", certificate_html=lambda _: "<html>")
        signed_in = {"sign_in": lambda _project, name, _phrase, _action: self._officers[name]}
        vars(destroying).update(signed_in, stores_of=lambda _: self._stores)
        project = self.project(start)
        done = destroy(project, self.run, confirmation_for(project, self.run), redactor=self._redactor)
        for store in sorted(done.waiting):
            for name in (MANAGER, APPROVER):
                with suppress(Refused):  # who signed before the kill can't sign again
                    confirm(project, self.run, store, name, PASSPHRASE, "cross-cut-4x15", COOLED.date())
