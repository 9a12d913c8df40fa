"""Records with something missing: never destroyed by mistake, never left out without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.review.values import Kind
from tests.attack.small import CLIENT, SCHEDULE, STORES, TABLES, sifted


def test_records_that_share_a_key_keep_their_file(tmp_path: Path) -> None:
    """Two letters with one key can be neither judged nor destroyed, so the file that they belong to waits for them."""
    found = sifted(tmp_path, CLIENT, "L1,C000123,2026-08-01\nL1,C000123,2015-01-01\n")
    assert found.due == set()
    assert "one record per key" in found.rules


def test_a_record_without_a_key_keeps_its_file(tmp_path: Path) -> None:
    """A complaint whose key is empty still belongs to its file, in a database too."""
    assert sifted(tmp_path, CLIENT + "INSERT INTO complaint VALUES (NULL, 'C000123', NULL);").due == set()


def test_records_that_share_a_key_in_a_table_without_one_keep_their_file(tmp_path: Path) -> None:
    """A table that vouches for no key does not lose the complaints that share one."""
    tables = TABLES.replace("complaint_id TEXT PRIMARY KEY", "complaint_id TEXT")
    rows = "INSERT INTO complaint VALUES ('K', 'C000123', NULL), ('K', 'C2', '2001-01-01');"
    assert sifted(tmp_path, CLIENT + rows, tables=tables).due == set()


def test_a_line_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    """A line with too many cells says nothing about whose it is, so the sift says that there is one."""
    found = sifted(tmp_path, CLIENT, "L1,C000123,2026-08-01,more\n")
    assert "every record can be read" in found.rules


def test_a_note_of_nobody_is_not_proved_free_of_complaints(tmp_path: Path) -> None:
    """A note without a case number may be the one that a complaint rests on, so it stays."""
    assert (
        sifted(tmp_path, "INSERT INTO note VALUES ('N1', NULL, '2020-01-01'), ('N2', ' ', '2020-01-01');").due == set()
    )


def test_a_control_may_be_about_what_is_missing(tmp_path: Path) -> None:
    """A control that asks whether something exists finds the record that does not even say whose it is."""
    control = "      - {id: alone, flag_when: not CONDITION, says: nobody, because: [S3]}"
    controls = f"    controls:\n{control}\n    fields: {{note_id"
    asked = "exists (select 1 from client where case_number = note.case_number)"
    schedule = SCHEDULE.replace("    fields: {note_id", controls.replace("CONDITION", asked))
    found = sifted(tmp_path, "INSERT INTO note VALUES ('N1', NULL, '2020-01-01');", schedule=schedule)
    assert found.keys(Kind.CONTROL_BREACH) == {"N1"}


@pytest.mark.parametrize("status", ["NULL", "'Open'", "'reopened'", "''"])
def test_a_head_that_is_neither_open_nor_under_a_rule_is_said(tmp_path: Path, status: str) -> None:
    """A status that no rule knows neither destroys nor hides the file."""
    found = sifted(tmp_path, CLIENT.replace("'closed'", status))
    assert found.due == set()
    assert "open, or under a rule" in found.rules


def test_a_file_does_not_go_before_what_a_member_is_kept_for(tmp_path: Path) -> None:
    """A member that is to be kept six years of its own keeps its file, though its rule does not name the file."""
    own = SCHEDULE.replace("longest of [with client, 6 years after outcome_on]", "6 years after outcome_on")
    rows = "INSERT INTO complaint VALUES ('K1', 'C000123', '2025-09-01');"
    assert sifted(tmp_path, CLIENT + rows, schedule=own).due == set()


@pytest.mark.parametrize("outcome", ["NULL", "'soon'", "''"])
def test_a_file_does_not_go_while_nobody_can_tell_how_long_a_member_is_kept(tmp_path: Path, outcome: str) -> None:
    """A date that can't be read may be a recent one: the member keeps its file, and is said to lack a date."""
    own = SCHEDULE.replace("longest of [with client, 6 years after outcome_on]", "6 years after outcome_on")
    found = sifted(tmp_path, CLIENT + f"INSERT INTO complaint VALUES ('K1', 'C000123', {outcome});", schedule=own)
    assert found.due == set()
    assert found.keys(Kind.UNDATABLE) == {"K1"}


def test_a_head_without_a_case_number_is_never_due(tmp_path: Path) -> None:
    """Without a case number nobody can tell which letters, holds and complaints are of this file."""
    schedule = SCHEDULE.replace('case_number: "key, subject", given', "id: key, case_number: subject, given")
    tables = TABLES.replace("(case_number TEXT PRIMARY KEY", "(id TEXT PRIMARY KEY, case_number TEXT")
    rows = "INSERT INTO client VALUES ('1', NULL, 'Ann', 'Lee', 'closed', '2015-01-01', NULL);"
    found = sifted(tmp_path, rows, schedule=schedule, tables=tables)
    assert found.due == set()
    assert "a record has a file" in found.rules


def test_the_second_of_two_heads_in_one_table_keeps_the_file(tmp_path: Path) -> None:
    """Two episodes under one case number, one of them open: nothing goes."""
    schedule = SCHEDULE.replace('case_number: "key, subject", given', "id: key, case_number: subject, given")
    tables = TABLES.replace("(case_number TEXT PRIMARY KEY", "(id TEXT PRIMARY KEY, case_number TEXT")
    rows = (
        "INSERT INTO client VALUES ('1', 'C1', 'Ann', 'Lee', 'closed', '2015-01-01', NULL),"
        "('2', 'C1', 'Ann', 'Lee', 'open', NULL, NULL);"
    )
    assert sifted(tmp_path, rows, "L1,C1,2015-01-01\n", schedule=schedule, tables=tables).due == set()


def test_a_scan_asks_for_a_reader(tmp_path: Path) -> None:
    """A document whose text no program can read may hold a disclosure, so somebody must have read the file first."""
    letters = "  letters: {kind: csv, path: letters.csv, classes: {letter: {}}}"
    folder = '  letters: {kind: documents, path: post, name: "{case_number}_{written_on}", classes: {letter: {}}}'
    schedule = SCHEDULE.replace("written_on: contact}", "written_on: contact, body: free text}")
    (tmp_path / "post").mkdir()
    found = sifted(
        tmp_path,
        CLIENT,
        schedule=schedule,
        stores=STORES.replace(letters, folder),
        files={"post/C000123_2015-01-01.pdf": "%PDF-1.4 no text", "post/C000123_2015-01-02.txt": "Thank you."},
    )
    asked = {item.key for item in found.findings if "text that no program can read" in item.read_first}
    assert asked == {"C000123", "C000123_2015-01-01.pdf"}
