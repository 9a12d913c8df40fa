"""A charity of a few records, told as SQL and files: a sift of it, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.ledger import sifts
from connectors.ledger.base import open_ledger
from connectors.settings import read_settings
from connectors.stores.mapping import parse_stores
from connectors.stores.opening import open_stores
from operations.sifting.run import run_sift
from operations.sifting.session import SiftInputs
from rules.review.values import Finding, Hold, Kind
from rules.schedule.parser import parse_schedule

AS_OF = date(2026, 9, 1)
AT = "2026-09-01T12:00:00Z"

SCHEDULE = """
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    open_when: status = 'open'
    dormant_after: 18 months
    fields:
      {case_number: "key, subject", given: name, family: name, status: state, closed_on: trigger, linked_case: linked}
    rules:
      - id: client-file
        applies_to: status = 'closed'
        keep: 7 years after latest of (closed_on, last contact)
        then: destroy
        because: [S3 4.4]
  referral:
    means: A referral, perhaps of somebody who never became a client
    part_of: client
    fields: {referral_id: key, case_number: subject, person: name, outcome_on: trigger, dispute: state}
    holds:
      - {id: in-dispute, kind: litigation, when: dispute = 'yes', because: [CPR PD 31B]}
    rules:
      - id: referral
        keep: 12 months after outcome_on
        then: destroy
        because: [S3 4.6]
  note:
    means: A note with a clock of its own
    part_of: client
    fields: {note_id: key, case_number: subject, ended: trigger}
    rules:
      - id: note
        keep: 7 days after ended
        unless: exists (select 1 from complaint where case_number = note.case_number)
        then: destroy
        because: [S3 4.9]
  complaint:
    means: A complaint
    part_of: client
    fields: {complaint_id: key, case_number: subject, outcome_on: trigger}
    rules:
      - id: complaint
        keep: longest of [with client, 6 years after outcome_on]
        then: destroy
        because: [S3 13]
  letter:
    means: A letter
    part_of: client
    fields: {letter_id: key, case_number: subject, written_on: contact}
"""

STORES = """
stores:
  casework:
    kind: sql
    url: sqlite:///casework.db
    classes: {client: {table: client}, referral: {table: referral}, note: {table: note}, complaint: {table: complaint}}
  letters: {kind: csv, path: letters.csv, classes: {letter: {}}}
"""

TABLES = """
CREATE TABLE client
  (case_number TEXT PRIMARY KEY, given TEXT, family TEXT, status TEXT, closed_on TEXT, linked_case TEXT);
CREATE TABLE referral (referral_id TEXT PRIMARY KEY, case_number TEXT, person TEXT, outcome_on TEXT, dispute TEXT);
CREATE TABLE note (note_id TEXT PRIMARY KEY, case_number TEXT, ended TEXT);
CREATE TABLE complaint (complaint_id TEXT PRIMARY KEY, case_number TEXT, outcome_on TEXT);
"""

LETTERS = "letter_id,case_number,written_on\n"
CLIENT = "INSERT INTO client VALUES ('C000123', 'Ann', 'Lee', 'closed', '2015-01-01', NULL);"


@dataclass(frozen=True)
class Found:
    """What a sift found."""

    findings: tuple[Finding, ...]

    def keys(self, kind: Kind) -> set[str]:
        """The keys of the findings of one kind."""
        return {item.key for item in self.findings if item.kind is kind}

    @property
    def due(self) -> set[str]:
        """The keys of everything that is proposed for destruction."""
        return self.keys(Kind.PAST_RETENTION)

    @property
    def rules(self) -> set[str]:
        """The rules of the quality findings."""
        return {item.rule for item in self.findings if item.kind is Kind.QUALITY}


def sifted(
    folder: Path,
    rows: str,
    letters: str = "",
    *,
    holds: tuple[Hold, ...] = (),
    schedule: str = SCHEDULE,
    stores: str = STORES,
    tables: str = TABLES,
    files: Mapping[str, str] | None = None,
) -> Found:
    """Sift the small service with these rows in its tables and these lines in its register of letters."""
    connection = sqlite3.connect(folder / "casework.db")
    connection.executescript(tables + rows)
    connection.close()
    for name, text in {"letters.csv": LETTERS + letters, **(files or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    parsed = parse_schedule(schedule, "schedule.yaml")
    opened = open_stores(parse_stores(stores, parsed), parsed, folder, read_settings({}))
    ledger = open_ledger("sqlite:///ledger.db", folder=folder)
    sift = run_sift(ledger, SiftInputs(parsed, opened, AS_OF, holds, secret=bytes(32)), AT, lambda: AT)
    return Found(tuple(stored.finding for stored in sifts.iterate(ledger, sift)))


def hold(subject: str | None = None, name: str | None = None) -> Hold:
    """A hold that somebody placed today."""
    return Hold("hold-1", "litigation", "ref 7", "dana", AS_OF, subject=subject, name=name)
