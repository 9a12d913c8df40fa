"""Counts that the store makes itself, on every engine: categories, ages and years, unreadable dates aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Date, MetaData, String, Table, Text, insert

from connectors.engines import engine
from connectors.stores.base import ClassSource
from connectors.stores.reading import StoreReader
from connectors.stores.values import AgeAt, Category, Counted, YearOf, count_restricted, counts_by, of_subjects, pages
from rules.schedule.values import (
    Field,
    RecordClass,
    Role,
    Schedule,
)

FIELDS = {
    "case_number": {Role.KEY, Role.SUBJECT},
    "born": {Role.BIRTHDAY},
    "opened": {Role.TRIGGER},
    "closed": {Role.TRIGGER},
    "service": {Role.STATE},
    "restricted": {Role.STATE},
}
CLIENT = RecordClass("client", "people", tuple(Field(name, frozenset(roles)) for name, roles in FIELDS.items()))
SCHEDULE = Schedule("Small", "1", "Europe/London", (CLIENT,), "digest")
CLIENTS = Table(
    "clients",
    MetaData(),
    Column("case_number", String(9), primary_key=True),
    *(Column(name, String(30)) for name in ("born", "opened")),
    Column("closed", Date),
    Column("service", Text),
    Column("restricted", String(9)),
)
ROWS = [
    ("C1", "2000-06-15", "2020-06-14", date(2024, 3, 31), "art", None),
    ("C2", "2000-06-15", "2020-06-15 09:30:00", date(2024, 4, 1), " art ", "0"),
    ("C3", "2000-02-29", "2021-02-28", date(2023, 12, 31), "Art", "no"),
    ("C4", "", "2020-06-15", None, "music", ""),
    ("C5", "15/06/2000", "2020-06-15", None, None, "False"),
    ("C6", "2000-06-15", "0000-00-00", None, "", " "),
    ("C7", "2000-06-15", "2020-06-15", date(2024, 4, 1), "art", "1"),
    ("C8", "2000-06-15", "2020-06-15", date(2024, 4, 1), "art", "since May"),
]


@pytest.fixture
def reader(any_engine_url: str) -> Iterator[StoreReader]:
    """The eight clients in a database of each engine."""
    made = engine(any_engine_url)
    with made.begin() as connection:
        CLIENTS.create(connection)
        connection.execute(insert(CLIENTS), [dict(zip(FIELDS, row, strict=True)) for row in ROWS])
    with made.connect() as connection:
        source = ClassSource(CLIENTS, dict(CLIENTS.columns.items()), frozenset({"closed"}))
        yield StoreReader("casework", connection, {"client": source}, SCHEDULE, ZoneInfo("Europe/London"))
    made.dispose()


ALL_BUT_RESTRICTED = Counted(restricted="restricted")


def test_ages_are_completed_years_and_unreadable_dates_give_none(reader: StoreReader) -> None:
    counted = dict(counts_by(reader, CLIENT, [AgeAt("born", "opened")], ALL_BUT_RESTRICTED))
    assert counted == {(19,): 1, (20,): 2, (None,): 3}


def test_only_declared_categories_leave_the_store(reader: StoreReader) -> None:
    counted = dict(counts_by(reader, CLIENT, [Category("service", ("art", "music"))], ALL_BUT_RESTRICTED))
    assert counted == {("art",): 2, ("music",): 1, (None,): 3}


def test_groupings_combine_and_years_begin_where_they_are_told_to(reader: StoreReader) -> None:
    year = YearOf("closed", 4)
    counted = dict(counts_by(reader, CLIENT, [year, Category("service", ("art",))], Counted()))
    assert counted == {(2023, "art"): 1, (2024, "art"): 3, (2023, None): 1, (None, None): 3}


def test_whatever_is_not_plainly_a_no_restricts(reader: StoreReader) -> None:
    assert count_restricted(reader, CLIENT, ALL_BUT_RESTRICTED) == 2
    assert count_restricted(reader, CLIENT, Counted()) == 0


@pytest.mark.parametrize(
    ("who", "people"),
    [
        (Counted(dated="closed", first=date(2024, 4, 1), last=date(2024, 4, 1)), 3),
        (Counted(dated="closed", last=date(2024, 3, 31)), 2),
        (Counted(dated="opened", first=date(2020, 6, 15), last=date(2020, 6, 15)), 5),
    ],
)
def test_both_ends_of_the_days_count(reader: StoreReader, who: Counted, people: int) -> None:
    assert sum(count for _, count in counts_by(reader, CLIENT, [Category("service", ("art",))], who)) == people


def test_records_come_page_by_page_with_the_fields_asked_for(
    reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.stores.values.PAGE", 3)
    found = list(pages(reader, CLIENT, ["case_number", "closed"]))
    assert [len(page) for page in found] == [3, 3, 2]
    assert found[0][0] == {"case_number": "C1", "closed": "2024-03-31"}
    assert dict(of_subjects(reader, CLIENT, ["service"], ["C2", "C9"])) == {"C2": {"service": " art "}}
