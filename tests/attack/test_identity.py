"""One person, written differently in two places: never destroyed by mistake, never left out without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.errors import BadInput
from rules.review.values import Kind
from rules.schedule.parser import parse_schedule
from tests.attack.small import CLIENT, SCHEDULE, STORES, TABLES, hold, sifted

SPELT = ["c000123", "C000123.0", "C-000123", "C 000123", "C123", "\u200bC000123"]


def test_the_file_is_due_where_nothing_is_odd(tmp_path: Path) -> None:
    """The baseline: an old closed file with one old letter goes."""
    assert sifted(tmp_path, CLIENT, "L1,C000123,2015-01-01\n").due == {"C000123", "L1"}


@pytest.mark.parametrize("spelt", SPELT)
def test_a_letter_under_another_spelling_of_the_case_number_keeps_the_file(tmp_path: Path, spelt: str) -> None:
    """A recent letter filed as c000123 keeps the file of C000123, and the sift says that the spelling differs."""
    found = sifted(tmp_path, CLIENT, f"L1,{spelt},2026-08-01\n")
    assert found.due == set()
    assert "one spelling of a case number" in found.rules


def test_a_member_under_another_spelling_in_the_same_database_keeps_the_file(tmp_path: Path) -> None:
    """A complaint under 'c000123 ' in the casework database itself keeps file and notes."""
    complaint = "INSERT INTO complaint VALUES ('K1', 'c000123 ', NULL);"
    found = sifted(tmp_path, CLIENT + complaint + "INSERT INTO note VALUES ('N1', 'C000123', '2020-01-01');")
    assert found.due == set()


def test_numbers_in_one_store_and_text_in_another_are_one_person(tmp_path: Path) -> None:
    """A database that counts its clients 123 and a register that writes 0123 mean one person."""
    tables = TABLES.replace("(case_number TEXT", "(case_number INTEGER")
    found = sifted(tmp_path, CLIENT.replace("'C000123'", "123"), "L1,0123,2026-08-01\n", tables=tables)
    assert found.due == set()


def test_a_record_whose_file_is_nowhere_is_said(tmp_path: Path) -> None:
    """A letter about somebody whom no store knows is counted and named, because no rule can ever reach it."""
    found = sifted(tmp_path, CLIENT, "L1,C999,2001-01-01\nL2,,2001-01-01\n")
    assert found.due == {"C000123"}
    said = [item for item in found.findings if item.rule == "a record has a file"]
    assert [(item.store, item.class_name, item.count) for item in said if item.kind is Kind.QUALITY] == [
        ("letters", "letter", 2)
    ]
    assert found.keys(Kind.CONTROL_BREACH) == {"L1", "L2"}


def test_a_letter_that_stayed_when_its_file_went_is_told_at_every_sift(tmp_path: Path) -> None:
    """Once a head has gone without one of its members, the member is a finding that says what to do about it."""
    found = sifted(tmp_path, "", "L1,C000123,2015-01-01\n")
    (told,) = (item for item in found.findings if item.kind is Kind.CONTROL_BREACH)
    assert (told.key, told.subject) == ("L1", "C000123")
    assert "give it the right number, or take it out by hand" in told.reason


def test_a_letter_under_another_spelling_has_a_file(tmp_path: Path) -> None:
    """It is counted as a spelling to correct, and not told as a record without a file."""
    found = sifted(tmp_path, CLIENT, "L1,c-000123,2015-01-01\n")
    assert "one spelling of a case number" in found.rules
    assert found.keys(Kind.CONTROL_BREACH) == set()


@pytest.mark.parametrize("spelt", ["c000123", " C000123", "C-000123"])
def test_a_hold_holds_however_its_case_number_is_typed(tmp_path: Path, spelt: str) -> None:
    """An officer who types c000123 holds the file of C000123."""
    found = sifted(tmp_path, CLIENT, "L1,C000123,2015-01-01\n", holds=(hold(subject=spelt),))
    assert found.keys(Kind.HELD) == {"C000123", "L1"}
    assert found.due == set()


def test_a_link_holds_however_it_is_spelt(tmp_path: Path) -> None:
    """A file linked to 'c000123 ' is held with the file of C000123."""
    other = "INSERT INTO client VALUES ('C2', 'Bo', 'Lee', 'closed', '2015-01-01', 'c000123 ');"
    found = sifted(tmp_path, CLIENT + other, holds=(hold(subject="C000123"),))
    assert found.keys(Kind.HELD) == {"C000123", "C2"}
    found_back = [item for item in found.findings if item.kind is Kind.PAST_RETENTION]
    assert found_back == []


def test_a_hold_on_the_other_of_two_linked_people_holds_both(tmp_path: Path) -> None:
    """A hold on C2, whose file names c000123 as linked, holds the file of C000123 as well."""
    other = "INSERT INTO client VALUES ('C2', 'Bo', 'Lee', 'closed', '2015-01-01', 'c000123 ');"
    found = sifted(tmp_path, CLIENT + other, holds=(hold(subject="C2"),))
    assert found.keys(Kind.HELD) == {"C000123", "C2"}


def test_a_hold_by_text_does_not_stop_a_store_that_counts(tmp_path: Path) -> None:
    """A hold on a case number of letters leaves a store with whole numbers readable."""
    tables = TABLES.replace("(case_number TEXT", "(case_number INTEGER")
    found = sifted(tmp_path, CLIENT.replace("'C000123'", "123"), tables=tables, holds=(hold(subject="C9"),))
    assert found.due == {"123"}


@pytest.mark.parametrize("name", ["Ann Lee", "LEE, Ann", "ann  lee", "Ann Mary Lee"])
def test_a_hold_by_name_reaches_a_referral_without_a_case_number(tmp_path: Path, name: str) -> None:
    """A hold placed before any case number exists holds the referral that it was placed for."""
    rows = "INSERT INTO referral VALUES ('R1', NULL, 'Ann Mary Lee', '2020-01-01', NULL);"
    found = sifted(tmp_path, rows, holds=(hold(name=name),))
    assert found.keys(Kind.HELD) == {"R1"}
    assert found.due == set()


@pytest.mark.parametrize(("held", "written"), [("O'Brien", "O\u2019Brien"), ("Smith-Jones", "Smith Jones")])
def test_a_hold_by_name_looks_past_apostrophes_and_hyphens(tmp_path: Path, held: str, written: str) -> None:
    """A straight and a curly apostrophe are one name."""
    rows = CLIENT.replace("'Lee'", f"'{written}'")
    assert sifted(tmp_path, rows, holds=(hold(name=f"Ann {held}"),)).keys(Kind.HELD) == {"C000123"}


def test_a_record_that_holds_itself_needs_no_case_number(tmp_path: Path) -> None:
    """A referral in dispute that names nobody is held itself."""
    rows = "INSERT INTO referral VALUES ('R1', NULL, 'X', '2020-01-01', 'yes');"
    assert sifted(tmp_path, rows).keys(Kind.HELD) == {"R1"}


TWO = STORES + "  older: {kind: csv, path: older.csv, classes: {client: {}}}\n"


@pytest.mark.parametrize("second", ["C000123,Ann,Lee,open,,\n", "C000123,Ann,Lee,closed,2025-01-01,\n"])
def test_a_second_head_that_is_not_due_keeps_the_whole_file(tmp_path: Path, second: str) -> None:
    """A person whose old database says closed and whose new one says open keeps everything."""
    header = "case_number,given,family,status,closed_on,linked_case\n"
    found = sifted(tmp_path, CLIENT, "L1,C000123,2015-01-01\n", stores=TWO, files={"older.csv": header + second})
    assert found.due == set()


def test_two_due_heads_of_one_person_make_one_file(tmp_path: Path) -> None:
    """Both heads and every member are found once, due by the later date."""
    older = "case_number,given,family,status,closed_on,linked_case\nC000123,Ann,Lee,closed,2016-01-01,\n"
    found = sifted(tmp_path, CLIENT, "L1,C000123,2015-01-01\n", stores=TWO, files={"older.csv": older})
    assert sorted(item.key for item in found.findings if item.kind is Kind.PAST_RETENTION) == [
        "C000123",
        "C000123",
        "L1",
    ]
    assert {item.due_on.isoformat() for item in found.findings if item.due_on} == {"2023-01-01"}


def test_a_class_in_two_stores_is_asked_about_in_both(tmp_path: Path) -> None:
    """A complaint in a second store spares the note as one in the first does."""
    stores = STORES + "  more: {kind: csv, path: more.csv, classes: {complaint: {}}}\n"
    rows = CLIENT + "".join(f"INSERT INTO note VALUES ('N{n}', 'C{n}', '2020-01-01');" for n in (1, 2, 3))
    rows += "INSERT INTO complaint VALUES ('K1', 'C1', '2020-01-01');"
    more = "complaint_id,case_number,outcome_on\nK2,C2,2020-01-01\n"
    found = sifted(tmp_path, rows, stores=stores, files={"more.csv": more})
    assert found.due == {"C000123", "N3"}


@pytest.mark.parametrize(("outcome", "due"), [("2025-09-01", set()), ("2015-09-01", {"C000123", "K1"})])
def test_a_longer_rule_in_another_store_keeps_the_whole_file(tmp_path: Path, outcome: str, due: set[str]) -> None:
    """A complaint in a register of its own keeps the file in the database for as long as its own rule says."""
    stores = STORES.replace(", complaint: {table: complaint}", "")
    stores += "  register: {kind: csv, path: register.csv, classes: {complaint: {}}}\n"
    register = f"complaint_id,case_number,outcome_on\nK1,C000123,{outcome}\n"
    assert sifted(tmp_path, CLIENT, stores=stores, files={"register.csv": register}).due == due


BESIDE = SCHEDULE.replace("    means: A complaint\n    part_of: client\n", "    means: A complaint\n").replace(
    "longest of [with client, 6 years after outcome_on]", "6 years after outcome_on"
)


@pytest.mark.parametrize(("spelt", "due"), [("C000123", set()), ("c-000123", set()), ("C9", {"C000123", "N1"})])
def test_what_a_rule_asks_another_store_is_found_however_its_number_is_spelt(
    tmp_path: Path, spelt: str, due: set[str]
) -> None:
    """A complaint in a register of its own, filed under c-000123, leaves it in doubt whether C000123 complained."""
    schedule = BESIDE.replace(
        "        applies_to: status = 'closed'\n",
        "        applies_to: status = 'closed'\n"
        "        unless: exists (select 1 from complaint where case_number = client.case_number)\n",
    )
    stores = STORES.replace(", complaint: {table: complaint}", "")
    stores += "  register: {kind: csv, path: register.csv, classes: {complaint: {}}}\n"
    register = f"complaint_id,case_number,outcome_on\nK1,{spelt},2026-08-01\n"
    note = "INSERT INTO note VALUES ('N1', 'C000123', '2015-01-01');"
    found = sifted(tmp_path, CLIENT + note, schedule=schedule, stores=stores, files={"register.csv": register})
    assert found.due == due
    assert ("one spelling of a case number" in found.rules) is (spelt == "c-000123")


def test_two_fields_that_link_are_refused() -> None:
    """Only one link is followed, so a schedule with two does not load."""
    with pytest.raises(BadInput):
        parse_schedule(SCHEDULE.replace("given: name", "given: name, sibling: linked"), "schedule.yaml")
