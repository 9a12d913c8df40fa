"""One person under two case numbers: nothing of either file goes before a named person has read it."""

from __future__ import annotations

from pathlib import Path

from operations.sifting.identity import ONE_NUMBER, PERHAPS_TWICE
from rules.review.authority import Decision, Officer, Role, check_decision, not_theirs
from rules.review.values import PERHAPS_ALSO, Choice, Kind
from tests.attack.small import AS_OF, Found, sifted

SCHEDULE = """
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", given: name, family: name, born: birthday, closed_on: trigger}
    rules: [{id: client-file, keep: 7 years after closed_on, then: destroy, because: [S3 4.4]}]
  letter:
    means: A letter
    part_of: client
    fields: {letter_id: key, case_number: subject, written_on: contact}
  mentee:
    means: The head of a mentee's file
    fields: {number: "key, subject", name: name, born: birthday, ended_on: trigger}
    rules: [{id: mentee-file, keep: 6 years after ended_on, then: destroy, because: [S2 L16]}]
"""
STORES = """
stores:
  casework: {kind: sql, url: "sqlite:///casework.db", classes: {client: {table: client}}}
  letters: {kind: csv, path: letters.csv, classes: {letter: {}}}
  mentoring: {kind: csv, path: mentees.csv, classes: {mentee: {}}}
"""
TABLES = "CREATE TABLE client (case_number TEXT PRIMARY KEY, given TEXT, family TEXT, born TEXT, closed_on TEXT);"
CLIENTS = """
INSERT INTO client VALUES ('C1', 'ZQXAnn', 'ZQXLée', '1980-02-29', '2015-01-01');
INSERT INTO client VALUES ('C2', 'Bea', 'Bay', '1980-02-29', '2015-01-01');
"""


def small(folder: Path, mentees: str) -> Found:
    """Two old files with a letter each, and these mentees."""
    files = {"mentees.csv": f"number,name,born,ended_on\n{mentees}"}
    letters = "L1,C1,2014-01-01\nL2,C2,2014-01-01\n"
    return sifted(folder, CLIENTS, letters, schedule=SCHEDULE, stores=STORES, tables=TABLES, files=files)


def test_every_record_of_a_due_file_waits_for_a_reader(tmp_path: Path) -> None:
    """The client who is still a mentee under another number: head and letter wait; the other file does not."""
    found = small(tmp_path, 'M1,"ZQXLEE, ZQXann",1980-02-29,\n')
    flagged = {item.key: item.read_first for item in found.findings if item.kind is Kind.PAST_RETENTION}
    assert flagged == {"C1": (PERHAPS_TWICE,), "L1": (PERHAPS_TWICE,), "C2": (), "L2": ()}
    (head,) = (item for item in found.findings if item.key == "C1")
    assert head.facts[PERHAPS_ALSO] == "M1"
    assert "read" in check_decision(Decision(1, Choice.DESTROY, "period-over"), head, AS_OF)


def test_both_files_wait_where_both_are_due(tmp_path: Path) -> None:
    """Nobody can tell from either number alone what the other file says."""
    found = small(tmp_path, "M1,ZQXAnn ZQXLee,1980-02-29,2016-01-01\n")
    waiting = {item.key for item in found.findings if PERHAPS_TWICE in item.read_first}
    assert waiting == {"C1", "L1", "M1"}


def test_each_class_is_counted_and_no_name_is_told(tmp_path: Path) -> None:
    """The sift counts the records in each class of each store, and says neither name nor date of birth."""
    found = small(tmp_path, 'M1,"ZQXLEE, ZQXann",1980-02-29,\n')
    counted = [(item.store, item.class_name, item.count) for item in found.findings if item.rule == ONE_NUMBER]
    assert counted == [("casework", "client", 1), ("mentoring", "mentee", 1)]
    told = repr(found.findings)
    assert "zqx" not in told.casefold()
    assert "1980" not in told
    ledger = (tmp_path / "ledger.db").read_bytes()
    assert b"ZQX" not in ledger.upper()


def test_who_may_be_the_other_person_does_not_approve(tmp_path: Path) -> None:
    """An approver whose own number is the other one has to leave the file to somebody else."""
    found = small(tmp_path, "M1,ZQXAnn ZQXLee,1980-02-29,\n")
    (head,) = (item for item in found.findings if item.key == "C1")
    assert not_theirs(officer("m-01"), head) == "concerns"
    assert not_theirs(officer("M2"), head) == ""


def test_nobody_is_flagged_where_nobody_is_entered_twice(tmp_path: Path) -> None:
    """Another date of birth is another person."""
    found = small(tmp_path, "M1,ZQXAnn ZQXLee,1980-03-01,\nM2,Bea Bay,,\n")
    assert ONE_NUMBER not in found.rules
    assert not any(item.read_first for item in found.findings)
    assert found.due == {"C1", "C2", "L1", "L2"}


def officer(number: str) -> Officer:
    """An approver who was once a client."""
    return Officer("alex", Role.APPROVER, case_numbers=frozenset({number}))
