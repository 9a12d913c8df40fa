"""The quality gate in each engine: what it counts, what it never shows, and what becomes of a check that fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, cast, column, event, func, select, table, text

from connectors.engines import engine
from connectors.quality import ExpectedColumn, QualityResult, run_extract_suite, run_suite
from connectors.quality.engine import EXPECT, on_connection, on_frame
from connectors.schedule_file import load_schedule
from rules.schedule.compile import Compiler, Source
from rules.schedule.values import RecordClass
from tests.spec.drawn import stand_up

SCHEDULE = load_schedule(Path(__file__).parents[2] / "policies" / "demo" / "schedule.yaml")
AS_OF = date(2026, 9, 1)

CLIENTS = """
    case_number | given_name | family_name | date_of_birth
    C1          | Ann        | Ash         | 1980-01-01
    C2          | ' ANN '    | ash         | 1980-01-01
    C3          | ann        | Ash         | 1980-01-02
    C4          | -          | Ash         | 1980-01-01
    C5          | -          | Ash         | 1980-01-01
    C6          | Bea        | Bay         | 1899-12-31
    C7          | Bea        | Bay         | 2026-09-02
    C8          | Cy         | Cole        | 1900-01-01
    C9          | Di         | Dow         | 2026-09-01
    C10         | Eve        | Elm         | 31/02/2020
    C11         | Fay        | Fir         | -
    C12         | Fay        | Fir         | -
    C13         | Gus        | Gray        | 1700000000
"""
RECORDS = """
    record_id | case_number | author_id | dated_on
    K1        | C1          | P1        | 2026-08-31
    K2        | C1          | -         | 2026-09-01
    K3        | C1          | ''        | 2026-09-02
    K4        | -           | ' '       | 12/01/2026
    K5        | C1          | P1        | -
    K6        | C1          | P1        | ''
    K7        | C1          | P1        | 2023-02-29
    K8        | C1          | P1        | 2027-01-01 10:00:00
"""


@pytest.fixture
def stores(any_engine_url: str) -> Iterator[tuple[Connection, Compiler]]:
    with engine(any_engine_url).connect() as connection:
        yield connection, stand_up(connection, SCHEDULE, {"client": CLIENTS, "case_record": RECORDS})


def counts(found: list[QualityResult]) -> dict[str, int]:
    assert not any(item.exception for item in found)
    return {item.expectation: item.unexpected for item in found}


def test_each_expectation_counts_the_rows_that_offend(stores: tuple[Connection, Compiler]) -> None:
    """The checks of the demo charity count what they say, in the store's own engine, and the built-in ones beside."""
    connection, compiler = stores
    clients = run_suite(connection, compiler.source("client"), SCHEDULE.get("client"), AS_OF)
    assert counts(clients) == {
        "date_of_birth plausible": 2,
        "one person, one case number": 2,
        "key present": 0,
        "one record per key": 0,
    }
    assert {item.evaluated for item in clients} == {13}
    assert [item.declared for item in clients] == [True, True, False, False]
    assert counts(run_suite(connection, compiler.source("case_record"), SCHEDULE.get("case_record"), AS_OF)) == {
        "author present": 3,
        "dated_on readable": 4,
        "not dated in the future": 2,
        "key present": 0,
        "one record per key": 0,
        "subject present": 1,
    }


def test_an_empty_table_offends_against_nothing(any_engine_url: str) -> None:
    """No rows, no offences and no error."""
    with engine(any_engine_url).connect() as connection:
        compiler = stand_up(connection, SCHEDULE, {"client": CLIENTS})
        connection.execute(text("delete from client"))
        found = run_suite(connection, compiler.source("client"), SCHEDULE.get("client"), AS_OF)
    assert set(counts(found).values()) == {0}
    assert {item.evaluated for item in found} == {0}


def test_keys_shared_or_absent_are_counted(any_engine_url: str) -> None:
    """Every row of a shared key counts, and so does one without a key."""
    drawing = "case_number | status\nC1 | open\nC1 | open\nC1 | closed\nC2 | open\n- | open\n'' | open"
    with engine(any_engine_url).connect() as connection:
        compiler = stand_up(connection, SCHEDULE, {"client": drawing})
        found = counts(run_suite(connection, compiler.source("client"), SCHEDULE.get("client"), AS_OF))
    assert (found["one record per key"], found["key present"]) == (3, 2)


@pytest.mark.postgres
def test_native_dates_are_checked_too(fresh_postgres: str) -> None:
    """A column with a date type is compared as dates, and the infinity of PostgreSQL is not readable."""
    with engine(fresh_postgres).connect() as connection:
        connection.execute(text("create table r (record_id text, dated_on date, author_id text, case_number text)"))
        for day in ("2026-09-01", "2026-09-02", "infinity", "-infinity"):
            connection.execute(text("insert into r values ('K', cast(:day as date), 'P', 'C')"), {"day": day})
        reflected = Table("r", MetaData(), autoload_with=connection)
        source = Source(reflected, dict(reflected.columns.items()), frozenset({"dated_on"}))
        found = counts(run_suite(connection, source, SCHEDULE.get("case_record"), AS_OF))
    assert (found["dated_on readable"], found["not dated in the future"]) == (2, 1)


CANARY = "Zebedee Quillfeather"


def test_no_value_is_held_in_any_result_or_log(
    stores: tuple[Connection, Compiler], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A canary in offending rows is found in no result, no log line and nothing printed (invariant 5)."""
    connection, compiler = stores
    caplog.set_level(logging.DEBUG)
    connection.execute(text(f"insert into client (case_number, date_of_birth) values ('{CANARY}', '1700-01-01')"))
    connection.execute(text(f"insert into client (case_number, date_of_birth) values ('{CANARY}', '1850-01-01')"))
    source = compiler.source("client")
    found = run_suite(connection, source, SCHEDULE.get("client"), AS_OF)
    assert counts(found)["one record per key"] == 2
    flagged = select(source.columns["case_number"].label("flag")).select_from(source.table)
    raw = on_connection(connection, flagged)
    assert raw[0]["success"] is False
    number = func.abs(cast(source.columns["case_number"], Integer))  # PostgreSQL quotes what is no number
    raw += on_connection(connection, select((number + 1).label("flag")).select_from(source.table))
    frame = pd.DataFrame({"name": [CANARY, CANARY]})
    raw += on_frame(frame, [EXPECT.ExpectColumnValuesToBeUnique(column="name")])
    held = json.dumps([[asdict(item) for item in found], raw], default=str)
    assert "Zebedee" not in held + caplog.text + "".join(capfd.readouterr())


def test_a_check_that_cannot_run_is_told_apart_and_spares_the_others(stores: tuple[Connection, Compiler]) -> None:
    """One vanished column makes one exception; the other checks are counted and the connection stays usable."""
    connection, compiler = stores
    source = compiler.source("case_record")
    gone = Source(source.table, {**source.columns, "dated_on": table("case_record", column("vanished")).c.vanished})
    found = run_suite(connection, gone, SCHEDULE.get("case_record"), AS_OF)
    assert {item.expectation: (item.unexpected, item.exception) for item in found} == {
        "author present": (3, False),
        "dated_on readable": (0, True),
        "not dated in the future": (0, True),
        "key present": (0, False),
        "one record per key": (0, False),
        "subject present": (1, False),
    }
    assert connection.execute(text("select count(*) from case_record")).scalar_one() == 8


def test_a_class_is_checked_inside_its_store(stores: tuple[Connection, Compiler]) -> None:
    """The engine counts: no statement brings more than one row out, and the connection handed in is the one used."""
    connection, compiler = stores
    statements: list[str] = []
    event.listen(connection.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    run_suite(connection, compiler.source("case_record"), SCHEDULE.get("case_record"), AS_OF)
    selects = [statement for statement in statements if statement.upper().startswith("SELECT")]
    assert selects
    assert all("count(" in statement.lower() or "sum(" in statement.lower() for statement in selects)
    assert not connection.closed


def test_a_private_store_in_memory_survives_its_check() -> None:
    """A workbook read into a private database is neither closed nor rolled back by the gate."""
    with engine("sqlite://").connect() as connection:
        compiler = stand_up(connection, SCHEDULE, {"client": CLIENTS})
        run_suite(connection, compiler.source("client"), SCHEDULE.get("client"), AS_OF)
        assert connection.execute(text("select count(*) from client")).scalar_one() == 13


@pytest.mark.parametrize("record_class", SCHEDULE.classes, ids=lambda item: str(item.name))
def test_every_class_of_the_demo_charity_can_be_checked(record_class: RecordClass) -> None:
    """Each class has a suite that runs."""
    with engine("sqlite://").connect() as connection:
        held = Table(record_class.name, MetaData(), *(Column(f.name) for f in record_class.fields))
        connection.execute(text(f"create table {record_class.name} ({', '.join(f.name for f in record_class.fields)})"))
        found = run_suite(connection, Source(held, dict(held.columns.items())), record_class, AS_OF)
    assert len(found) >= 2 + len(record_class.expectations)
    assert set(counts(found).values()) == {0}


COLUMNS = (
    ExpectedColumn("who", "pseudonym", unique=True),
    ExpectedColumn("gender", "closed", ("female", "male", "not known")),
    ExpectedColumn("age", "generalised"),
    ExpectedColumn("notes", "free text"),
)
GOOD = {
    "who": ["ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNO2"],
    "gender": ["female", "not known"],
    "age": ["25-34", "16-17"],
    "notes": ["[person] rang 020 7946 0000", ""],
}


def wrong(**changed: list[str | None]) -> dict[str, int]:
    found = run_extract_suite(pd.DataFrame({**GOOD, **changed}), COLUMNS)
    return {name: count for name, count in counts(found).items() if count}


def test_a_good_extract_offends_against_nothing() -> None:
    """Declared columns, pseudonyms in their form, closed vocabularies: nothing is counted. Free text is the gate's."""
    assert wrong() == {}


@pytest.mark.parametrize(
    ("changed", "offences"),
    [
        ({"email": ["a", "b"]}, {"columns as declared": 1}),
        ({"who": ["ABCDEFGHIJKLMNOP"] * 2}, {"who: one row each": 2}),
        ({"who": ["C000123", "ABCDEFGHIJKLMNO2"]}, {"who: is a pseudonym": 1}),
        ({"who": ["ABCDEFGHIJKLMNOP\n", "ABCDEFGHIJKLMNO2"]}, {"who: is a pseudonym": 1}),
        ({"who": [None, "ABCDEFGHIJKLMNO2"]}, {"who: filled": 1}),
        ({"gender": ["Female", "male"]}, {"gender: in its vocabulary": 1}),
        ({"age": ["25-34", "a.b@example.org"]}, {"age: no e-mail address": 1}),
        ({"age": ["25-34", "020 7946 0000"]}, {"age: no telephone number": 1}),
        ({"age": ["25-34", "+44 20 7946 0000"]}, {"age: no telephone number": 1}),
        ({"age": ["25-34", "qq 12 34 56 c"]}, {"age: no national insurance number": 1}),
        ({"age": ["25-34", "LS1 4AP"]}, {"age: no full postcode": 1}),
        ({"age": ["2026-03", "LS"]}, {}),
    ],
)
def test_an_extract_that_is_not_as_declared_is_counted(
    changed: dict[str, list[str | None]], offences: dict[str, int]
) -> None:
    """Each slip is counted under its own name, and nothing else is."""
    assert wrong(**changed) == offences


def test_a_missing_column_is_counted_and_the_rest_is_checked() -> None:
    """An extract without a declared column is not as declared."""
    frame = pd.DataFrame(GOOD).drop(columns="age")
    found = counts(run_extract_suite(frame, COLUMNS))
    assert {name: count for name, count in found.items() if count} == {"columns as declared": 1}
