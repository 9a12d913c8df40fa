"""People under two case numbers, over two stores: who is found, who is not, and that no name leaves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, literal_column, text

from connectors.engines import engine
from connectors.settings import read_settings
from connectors.stores import namesakes
from connectors.stores.asking import open_readers_of
from connectors.stores.mapping import parse_stores
from connectors.stores.namesakes import Namesakes, can_tell
from connectors.stores.opening import open_stores
from operations.sifting.identity import entered_twice
from rules.errors import StoreUnavailable
from rules.schedule.parser import parse_schedule

SCHEDULE = parse_schedule(
    """
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", given: name, family: name, known_as: name, born: birthday, closed_on: trigger}
    rules: [{id: client-file, keep: 7 years after closed_on, then: destroy, because: [S3 4.4]}]
  referral:
    means: A referral
    part_of: client
    fields: {referral_id: key, case_number: subject, person: name, born: birthday}
  mentee:
    means: The head of a mentee's file
    fields: {number: "key, subject", name: name, born: birthday, ended_on: trigger}
    rules: [{id: mentee-file, keep: 6 years after ended_on, then: destroy, because: [S2 L16]}]
  volunteer:
    means: Somebody of whom no date of birth is kept
    fields: {person_id: "key, subject", name: name, ended_on: trigger}
    rules: [{id: volunteer-file, keep: 6 years after ended_on, then: destroy, because: [S2 L16]}]
""",
    "schedule.yaml",
)
TABLES = """
CREATE TABLE client (case_number VARCHAR(20) PRIMARY KEY, given TEXT, family TEXT, known_as TEXT, born TEXT,
    closed_on TEXT);
CREATE TABLE referral (referral_id INTEGER PRIMARY KEY, case_number VARCHAR(20), person TEXT, born TEXT)
"""
SECRET = bytes(range(32))
Row = tuple[str | None, ...]
Look = Callable[..., Namesakes]


@pytest.fixture
def look(any_engine_url: str, tmp_path: Path) -> Look:
    """Look over casework in a database of each engine and mentees in an export."""

    def looked(*clients: Row, referrals: tuple[Row, ...] = (), mentees: str = "") -> Namesakes:
        with engine(any_engine_url).begin() as connection:
            for statement in TABLES.split(";\n"):
                connection.execute(text(statement))
            for table, rows in (("client", clients), ("referral", referrals)):
                for row in rows:
                    names = ", ".join(f":v{place}" for place in range(len(row)))
                    values = {f"v{place}": value for place, value in enumerate(row)}
                    connection.execute(text(f"INSERT INTO {table} VALUES ({names})"), values)
        (tmp_path / "mentees.csv").write_text(f"number,name,born,ended_on\n{mentees}", encoding="utf-8")
        mapped = f"""
stores:
  casework:
    kind: sql
    url: "{any_engine_url}"
    classes: {{client: {{table: client}}, referral: {{table: referral}}}}
  mentoring: {{kind: csv, path: mentees.csv, classes: {{mentee: {{}}}}}}
"""
        stores = open_stores(parse_stores(mapped, SCHEDULE), SCHEDULE, tmp_path, read_settings({}))
        with ExitStack() as stack:
            readers = open_readers_of(dict(stores), SCHEDULE, ZoneInfo(SCHEDULE.zone), stack)
            held = {name: [one for one in readers.values() if name in one.sources] for name in NAMES}
            return entered_twice(held.__getitem__, SCHEDULE, SECRET)

    return looked


NAMES = [item.name for item in SCHEDULE.classes]
ZOE = ("C1", "Zoë", "O'Neill", None, "1980-02-29", "2010-01-01")


def test_one_person_in_two_stores_is_found_however_the_name_is_written(look: Look) -> None:
    """Accents, case, apostrophes, the order of names and a time beside the date do not hide anybody."""
    found = look(ZOE, mentees='M7,"ONEILL, zoe",1980-02-29 00:00:00,\n')
    assert found == Namesakes({"c1": "M7", "m7": "C1"}, (("casework", "client", 1), ("mentoring", "mentee", 1)))


def test_two_numbers_in_one_store_are_found(look: Look) -> None:
    """Three numbers of one person in one table are found without any other store; what they are known as counts."""
    found = look(
        ZOE, ("C2", "Zoe", "O\u2019neill", "", "1980-02-29", None), ("C3", "Zara", "O'Neill", "Zoe", "1980-02-29", None)
    )
    assert found == Namesakes({"c1": "C2", "c2": "C1", "c3": "C1"}, (("casework", "client", 3),))


def test_one_person_under_one_number_is_no_double(look: Look) -> None:
    """A client's own referral, and a number that is spelt in another way, are not two numbers."""
    own = ((1, "C1", "Zoe O'Neill", "1980-02-29"), (2, "c-001", "Zoe O'Neill", "1980-02-29"))
    assert look(ZOE, referrals=own, mentees="C01,Zoe O'Neill,1980-02-29,\n") == Namesakes()


@pytest.mark.parametrize("born", ["", "29/02/1980", "0000-00-00", "1981-02-29", "315619200"])
def test_a_birthday_that_cannot_be_read_never_matches(look: Look, born: str) -> None:
    """Two people whose dates of birth are the same rubbish are not one."""
    mine = ("C1", "Zoe", "O'Neill", None, born or None, None)
    assert look(mine, ("C2", *mine[1:]), ("C3", *ZOE[1:])).others == {}


def test_namesakes_born_on_other_days_are_two_people(look: Look) -> None:
    """One day apart is another person."""
    assert look(ZOE, mentees="M1,Zoe O'Neill,1980-02-28,\n") == Namesakes()


def test_neither_a_missing_name_nor_a_missing_number_matches(look: Look) -> None:
    """Nobody is taken for somebody because both have no name, nor for a referral that has no case number."""
    nameless = [(f"C{n}", None, " ", "", "1980-02-29", None) for n in (1, 2)]
    nobody = ((1, None, "Zoe O'Neill", "1980-02-29"), (2, "  ", "Zoe O'Neill", "1980-02-29"))
    assert look(*nameless, ("C3", *ZOE[1:]), referrals=nobody, mentees="M1,Ann Lee,1980-02-29,\n") == Namesakes()


def test_a_referral_that_names_somebody_else_s_client_is_found(look: Look) -> None:
    """What a record of one file says about its person is compared with the heads of all others."""
    found = look(ZOE, ("C2", "Ann", "Lee", None, None, None), referrals=((1, "C2", "Zoe O'Neill", "1980-02-29"),))
    assert found.others == {"c1": "C2", "c2": "C1"}


def test_no_name_and_no_birthday_is_where_the_stores_meet(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is brought together are digests and case numbers; and nothing of a name is in what comes out."""
    brought: list[str] = []
    bring = namesakes._bring

    def dumped(meeting: Connection, rows: object) -> None:
        bring(meeting, rows)  # type: ignore[arg-type]
        raw = meeting.connection.driver_connection
        assert raw is not None
        brought.append("\n".join(raw.iterdump()))

    monkeypatch.setattr(namesakes, "_bring", dumped)
    canary = ("C1", "ZQXANN", "ZQXLEE", "ZQXKIT", "1980-02-29", None)
    found = look(canary, mentees="M1,Zqxlee Zqxann,1980-02-29,\n")
    assert set(found.others) == {"c1", "m1"}
    assert "C1" in brought[-1]
    for told in (brought[-1], repr(found)):
        assert "zqx" not in told.casefold()
        assert "1980" not in told


def test_a_store_that_fails_meanwhile_is_named_without_its_words(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of a store is told as that store's, not as one of the place where they meet."""
    monkeypatch.setattr(namesakes, "as_text", lambda column: literal_column("nothing_like_it"))
    with pytest.raises(StoreUnavailable, match="store casework") as told:
        look(ZOE)
    assert "nothing_like_it" not in str(told.value)


def test_only_classes_with_name_birthday_and_number_are_asked() -> None:
    """Volunteers have no date of birth: nothing is read of them."""
    assert [name for name in NAMES if can_tell(SCHEDULE.get(name))] == ["client", "referral", "mentee"]
