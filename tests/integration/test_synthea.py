"""A store that we did not design: the sift of CSV files in the Synthea layout against a plain SQL query over them."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.ledger import sifts
from connectors.ledger.base import open_ledger
from connectors.schedule_file import load_schedule
from connectors.settings import read_settings
from connectors.stores.mapping import read_stores
from connectors.stores.opening import open_stores
from operations.sifting.run import run_sift
from operations.sifting.session import SiftInputs
from rules.review.values import Finding, Kind
from tests.shared_data import shared_data

POLICY = Path(__file__).parents[2] / "policies" / "synthea"
SCHEDULE = load_schedule(POLICY / "schedule.yaml")
FILES = ("patients", "encounters", "careplans")
EXCESS = {
    "patients": "SSN DRIVERS PASSPORT MAIDEN MARITAL RACE ETHNICITY BIRTHPLACE LAT LON HEALTHCARE_EXPENSES "
    "HEALTHCARE_COVERAGE",
    "encounters": "PAYER BASE_ENCOUNTER_COST TOTAL_CLAIM_COST PAYER_COVERAGE",
}
CLASS_OF = {"patients": "patient", "encounters": "encounter"}

# Written by hand, for SQLite: every file with its last day, or with what makes it undatable.
FILES_QUERY = """
WITH file AS (
    SELECT p.Id AS id, date(p.BIRTHDATE) AS born, nullif(p.DEATHDATE, '') AS died,
           (SELECT max(max(date(e.STOP), date(e.START))) FROM encounters e WHERE e.PATIENT = p.Id) AS contact,
           EXISTS (SELECT 1 FROM encounters e WHERE e.PATIENT = p.Id AND e.STOP = '') AS endless
    FROM patients p)
SELECT id, endless, born IS NULL OR (contact IS NULL AND died IS NULL),
       max(date(born, '+25 years'), date(max(contact, coalesce(date(died), contact)), '+8 years'))
FROM file
"""


def sift(folder: Path, as_of: date) -> list[Finding]:
    """Everything that a sift of the folder finds."""
    shutil.copy(POLICY / "stores.yaml", folder)
    stores = open_stores(read_stores(folder / "stores.yaml", SCHEDULE), SCHEDULE, folder, read_settings({}))
    ledger = open_ledger("sqlite:///ledger.db", folder=folder)
    try:
        number = run_sift(ledger, SiftInputs(SCHEDULE, stores, as_of), "2026-11-21T00:00:00Z", lambda: "")
        return [stored.finding for stored in sifts.iterate(ledger, number)]
    finally:
        ledger.engine.dispose()


def loaded(folder: Path) -> sqlite3.Connection:
    """The CSV files as tables of text in a database of the test's own."""
    database = sqlite3.connect(":memory:")
    for name in FILES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        database.execute(f"CREATE TABLE {name} ({', '.join(f'{column} TEXT' for column in header)})")
        database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(header))})", rows)
    return database


def expected_dues(folder: Path, as_of: date) -> dict[str, date]:
    """The patients whose file is due, by the query."""
    answer = loaded(folder).execute(FILES_QUERY).fetchall()
    ends = {patient: date.fromisoformat(last) for patient, endless, unknown, last in answer if not endless | unknown}
    return {patient: last for patient, last in ends.items() if last <= as_of}


def compare(folder: Path, as_of: date) -> Counter[tuple[str, str]]:
    """Compare a sift with the query, record by record; return its counts of what is past retention."""
    found = sift(folder, as_of)
    database = loaded(folder)
    dues = expected_dues(folder, as_of)
    due = [item for item in found if item.kind is Kind.PAST_RETENTION]
    assert {item.key: item.due_on for item in due if item.class_name == "patient"} == dues
    for table, class_name in (("encounters", "encounter"), ("careplans", "careplan")):
        rows = database.execute(f"SELECT Id, PATIENT FROM {table}")
        assert {item.key for item in due if item.class_name == class_name} == {k for k, p in rows if p in dues}
    for table, columns in EXCESS.items():
        said = {i.key: i.count for i in found if i.kind is Kind.BEYOND_MINIMUM and i.class_name == CLASS_OF[table]}
        counts = {
            f"{CLASS_OF[table]}.{column.lower()}": database.execute(
                f"SELECT count(*) FROM {table} WHERE {column} <> ''"
            ).fetchone()[0]
            for column in columns.split()
        }
        assert said == {place: count for place, count in counts.items() if count}
    assert [item.key for item in found if item.kind is Kind.UNCLAIMED] == []
    return Counter((item.kind.value, item.class_name) for item in found)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A copy of the public sample of 27 people."""
    for name in FILES:
        shutil.copy(shared_data(f"synthea/{name}.csv"), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "as_of",
    [date(2026, 11, 21), date(2031, 11, 18), date(2032, 1, 1), date(2032, 2, 29), date(2045, 1, 1), date(2060, 1, 1)],
)
def test_the_public_sample_is_sifted_as_a_plain_query_says(public: Path, as_of: date) -> None:
    counts = compare(public, as_of)
    assert counts["past_retention", "patient"] == len(expected_dues(public, as_of))
    assert counts["undatable", "patient"] == 0
    assert counts["beyond_minimum", "patient"] == 12


PATIENTS = """\
Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,\
ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE
"""
ENCOUNTERS = """\
Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,\
TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION
"""
CAREPLANS = "Id,START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION\n"


def patient(number: int, born: str, died: str = "", ssn: str = "") -> str:
    """A line of patients.csv."""
    return f"p{number},{born},{died},{ssn},,,Ms,Ada,Test,,,,,,F,,1 High St,Leeds,,,,,,,\n"


def encounter(number: int, of: int, start: str, stop: str) -> str:
    """A line of encounters.csv."""
    return f"e{number},{start},{stop},p{of},,,,ambulatory,1,Check,,,,,\n"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Seven patients written by the test, so that something is always tested."""
    people = [
        patient(1, "1980-01-01", ssn="999-00-0001"),
        patient(2, "2000-02-29"),
        patient(3, "1950-01-01", died="2016-06-01"),
        patient(4, "1980-01-01"),
        patient(5, "unknown"),
        patient(6, "1980-01-01"),
        patient(7, "1980-01-01"),
    ]
    episodes = [
        encounter(1, 1, "2010-01-01T09:00:00Z", "2010-01-01T09:30:00Z"),
        encounter(2, 1, "2016-02-29T23:30:00Z", "2016-03-01T00:10:00Z"),
        encounter(3, 2, "2010-05-05T09:00:00Z", "2010-05-05T10:00:00Z"),
        encounter(4, 3, "2010-05-05T09:00:00Z", "2010-05-05T10:00:00Z"),
        encounter(5, 4, "2005-05-05T09:00:00Z", ""),
        encounter(6, 5, "2005-05-05T09:00:00Z", "2005-05-05T10:00:00Z"),
        encounter(7, 7, "2005-05-05T09:00:00Z", "0000-00-00"),
    ]
    (tmp_path / "patients.csv").write_text(PATIENTS + "".join(people), encoding="utf-8")
    (tmp_path / "encounters.csv").write_text(ENCOUNTERS + "".join(episodes), encoding="utf-8")
    (tmp_path / "careplans.csv").write_text(
        CAREPLANS + "k1,2010-01-01,,p1,e1,1,Rest,,\nk2,2010-01-01,,p2,e3,1,Rest,,\n", encoding="utf-8"
    )
    return tmp_path


def past_retention(found: list[Finding], class_name: str) -> set[str]:
    """The keys of a class's records that are past retention."""
    return {item.key for item in found if item.kind is Kind.PAST_RETENTION and item.class_name == class_name}


@pytest.mark.parametrize(
    ("as_of", "due"),
    [
        (date(2024, 2, 29), set()),
        (date(2024, 3, 1), {"p1"}),
        (date(2024, 6, 1), {"p1", "p3"}),
        (date(2025, 2, 28), {"p1", "p3"}),
        (date(2025, 3, 1), {"p1", "p2", "p3"}),
    ],
)
def test_a_file_goes_eight_years_after_its_last_episode_and_never_before_the_25th_birthday(
    written: Path, as_of: date, due: set[str]
) -> None:
    """To the day: 1 March for those born on 29 February, a death counts as an end."""
    found = sift(written, as_of)
    heads = {
        item.key: item.due_on for item in found if item.kind is Kind.PAST_RETENTION and item.class_name == "patient"
    }
    assert heads.keys() == due
    plans = {item.key for item in found if item.kind is Kind.PAST_RETENTION and item.class_name == "careplan"}
    assert plans == {{"p1": "k1", "p2": "k2"}[head] for head in due & {"p1", "p2"}}


def test_what_cannot_be_dated_stays_and_is_named(written: Path) -> None:
    """No birthday, no episode at all, an episode without an end or with an unreadable one: never due."""
    found = sift(written, date(2060, 1, 1))
    undatable = {(item.class_name, item.key) for item in found if item.kind is Kind.UNDATABLE}
    assert undatable == {("encounter", "e5"), ("patient", "p5"), ("patient", "p6"), ("patient", "p7")}
    assert past_retention(found, "patient") == {"p1", "p2", "p3"}
    assert [(i.key, i.count) for i in found if i.kind is Kind.BEYOND_MINIMUM] == [("patient.ssn", 1)]
