"""Field actions in SQL stores: the named fields of the named rows change, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.engines import engine
from connectors.settings import read_settings
from connectors.stores.base import Batch, PlannedRecord
from connectors.stores.specs import ClassMap, StoreSpec
from connectors.stores.sql import SqlStore
from rules.schedule.values import Role, Schedule
from tests.integration.stores.conftest import record_class, rows, run_script

BORN = """
CREATE TABLE people (person_id INTEGER PRIMARY KEY, born DATE, seen VARCHAR(40), postcode VARCHAR(20),
    story VARCHAR(34), surname TEXT, code INTEGER);
INSERT INTO people VALUES (1, '1987-05-03', '2020-02-29 10:30:00', 'mk3 4dx', 'Ann said much', 'Ash', 7),
    (2, '1990-11-30', '31/02/2020', 'Milton Keynes', 'Ben', 'Birch', 8), (3, NULL, NULL, NULL, NULL, 'Cy', 9);
"""
PERSON = record_class(
    "person",
    person_id=Role.KEY,
    born=Role.BIRTHDAY,
    seen=Role.PURPOSE,
    postcode=Role.DETAIL,
    story=Role.FREE_TEXT,
    surname=Role.NAME,
    code=Role.PURPOSE,
)


@pytest.fixture
def people(any_engine_url: str) -> SqlStore:
    """Three people with a typed date of birth, prepared."""
    run_script(any_engine_url, BORN)
    spec = StoreSpec(
        "casework",
        "sql",
        (ClassMap("person", "people", {item.name: item.name for item in PERSON.fields}),),
        url=any_engine_url,
    )
    store = SqlStore(spec, Schedule("Born", "1", "Europe/London", (PERSON,), "d"), Path("/"), read_settings({}))
    store.prepare()
    return store


def act(store: SqlStore, *records: str, number: int = 1) -> dict[str, str]:
    """Carry out `key: action` on people, whose texts are redacted by writing X for them; outcomes by key."""
    planned = tuple(
        PlannedRecord("person", key, "v", action) for key, action in (one.split(": ", 1) for one in records)
    )
    batch = Batch("run-1", number, 1, planned, 7, 8, "root", lambda _class, _key, text: text.replace("Ann", "[CLIENT]"))
    outcomes = store.destroy(batch, lambda _connection, _class, keys: dict.fromkeys(keys, "v"))
    return {one.key: f"{one.state} {one.reason or one.grade}" for one in outcomes}


def person(url: str, key: int) -> tuple[object, ...]:
    """What a person's row says, less the key: as text."""
    (row,) = rows(url, f"SELECT born, seen, postcode, story, surname, code FROM people WHERE person_id = {key}")
    return tuple(None if value is None else str(value) for value in row)


ANN = ("1987-05-03", "2020-02-29 10:30:00", "mk3 4dx", "Ann said much", "Ash", "7")


@pytest.mark.parametrize(
    ("action", "said", "row"),
    [
        ("truncate story to 3 characters", "fields shortened", (*ANN[:3], "Ann", *ANN[4:])),
        ("generalise born to year", "fields generalised", ("1987-01-01", *ANN[1:])),
        ("generalise born to month", "fields generalised", ("1987-05-01", *ANN[1:])),
        ("generalise seen to month", "fields generalised", (ANN[0], "2020-02-01", *ANN[2:])),
        ("generalise postcode to area", "fields generalised", (*ANN[:2], "MK", *ANN[3:])),
        ("generalise postcode to outward code", "fields generalised", (*ANN[:2], "MK3", *ANN[3:])),
        ("redact story", "fields redacted", (*ANN[:3], "[redacted] [CLIENT] said much", *ANN[4:])),
        ("keep only born, code", "only metadata kept", (ANN[0], None, None, None, None, "7")),
    ],
)
def test_a_field_action_changes_its_fields_and_no_other_row(
    people: SqlStore, any_engine_url: str, action: str, said: str, row: tuple[object, ...]
) -> None:
    """Each action does what it says to the named fields of the named record; nothing else anywhere changes."""
    others = [person(any_engine_url, key) for key in (2, 3)]
    assert act(people, f"1: {action}") == {"1": f"done {said}"}
    assert person(any_engine_url, 1) == row
    assert [person(any_engine_url, key) for key in (2, 3)] == others


def test_a_value_that_cannot_be_changed_as_planned_keeps_its_record(people: SqlStore, any_engine_url: str) -> None:
    """What is unreadable, not a text, too long, or empty stays as it is, and the outcome says why."""
    before = [person(any_engine_url, key) for key in (1, 2, 3)]
    assert act(people, "1: truncate code to 1 characters", "2: generalise seen to year", "3: redact story") == {
        "1": "kept field-not-text",
        "2": "kept value-not-readable",
        "3": "done fields redacted",
    }
    assert act(people, "2: generalise postcode to area", number=2) == {"2": "kept value-not-readable"}
    run_script(any_engine_url, "UPDATE people SET story = 'Ann, Ann and Ann and Ann' WHERE person_id = 1;\n")
    assert act(people, "1: redact story", number=3) == {"1": "kept text-does-not-fit"}
    before[0] = (*before[0][:3], "Ann, Ann and Ann and Ann", *before[0][4:])
    assert [person(any_engine_url, key) for key in (1, 2, 3)] == before


def test_metadata_is_not_kept_while_a_column_is_unknown(people: SqlStore, any_engine_url: str) -> None:
    """A column that no class claims may say anything: `keep only` waits until somebody claims it."""
    run_script(any_engine_url, "ALTER TABLE people ADD COLUMN extra TEXT;\n")
    fresh = SqlStore(people._spec, people._schedule, Path("/"), read_settings({}))
    assert act(fresh, "1: keep only born") == {"1": "kept column-not-claimed"}


def test_a_column_that_other_rows_refer_to_is_never_changed(people: SqlStore, any_engine_url: str) -> None:
    """An update that would cascade into another row is not made."""
    if engine(any_engine_url).dialect.name == "sqlite":
        run_script(any_engine_url, "CREATE UNIQUE INDEX one_seen ON people (seen);\n")
    else:
        run_script(any_engine_url, "ALTER TABLE people ADD CONSTRAINT one_seen UNIQUE (seen);\n")
    link = "REFERENCES people (seen) ON UPDATE CASCADE" if "mariadb" not in any_engine_url else ""
    more = ", FOREIGN KEY (seen) REFERENCES people (seen) ON UPDATE CASCADE" if not link else ""
    run_script(any_engine_url, f"CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, seen VARCHAR(40) {link}{more});\n")
    run_script(any_engine_url, "INSERT INTO visits VALUES (1, '2020-02-29 10:30:00');\n")
    assert act(people, "1: blank seen", "2: generalise seen to year") == dict.fromkeys("12", "kept field-referred-to")
    assert act(people, "1: generalise seen to year", number=2) == {"1": "kept field-referred-to"}
    assert rows(any_engine_url, "SELECT seen FROM visits") == [("2020-02-29 10:30:00",)]
