"""The answer key against a second, plain reading of the stores."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from synthetic.charity import situations
from tests.unit.synthetic.conftest import TODAY, Charity
from tests.unit.synthetic.yardstick import TABLES, Finding, Yardstick


def planted(charity: Charity) -> Counter[Finding]:
    return Counter(
        (row.kind, row.store, row.record_class, row.key, row.rule, row.due_on, row.count) for row in charity.key.rows()
    )


def found(charity: Charity, as_of: date) -> Counter[Finding]:
    held = {hold.subject for hold in charity.key.holds_to_place}
    return Counter(Yardstick(charity.database, charity.folder, as_of, held).judge())


def differences(charity: Charity, as_of: date) -> tuple[list[Finding], list[Finding]]:
    want, got = planted(charity), found(charity, as_of)
    return list(want - got), list(got - want)


def test_key_agrees_with_a_plain_reading(charity: Charity) -> None:
    """A plain reading of every store makes the findings of the key, none missing and none extra."""
    assert differences(charity, TODAY) == ([], [])


@pytest.mark.parametrize(
    "today", [date(2028, 2, 29), date(2027, 2, 28), date(2027, 3, 1), date(2026, 8, 31), date(2026, 1, 1)]
)
def test_key_agrees_on_awkward_days(another: Callable[..., Charity], today: date) -> None:
    """The key is right on the days where calendars are hardest."""
    assert differences(another(as_of=today, seed=today.toordinal(), clients=0), today) == ([], [])


def test_near_misses_are_near(charity: Charity) -> None:
    """A reading one day late finds more and one day early finds less: boundaries are planted on both sides."""
    _, extra = differences(charity, TODAY + timedelta(days=1))
    missing, _ = differences(charity, TODAY - timedelta(days=1))
    assert {"client", "session_note", "test_result", "feedback", "referral"} <= {row[2] for row in extra}
    assert {"client", "session_note", "test_result", "feedback", "referral"} <= {row[2] for row in missing}


def test_without_the_holds_nothing_is_held(charity: Charity) -> None:
    """The held findings depend on the holds that the key asks for, and on nothing else."""
    free = Counter(Yardstick(charity.database, charity.folder, TODAY, set()).judge())
    assert not [row for row in free if row[0] == "held"]
    assert {row[0] for row in planted(charity) - free} == {"held"}


def test_every_situation_is_planted(charity: Charity) -> None:
    """Each declared situation was planted as often as it says, and the numbers of names stay unique."""
    declared = {each.name: each.copies for each in situations()}
    assert len(declared) == len(situations())
    assert {name: charity.key.situations[name] for name in declared} == declared


def test_a_record_has_one_fate(charity: Charity) -> None:
    """No record is past retention, held or undatable twice."""
    fates = Counter(
        (row.store, row.record_class, row.key)
        for row in charity.key.rows()
        if row.kind in ("past_retention", "held", "undatable")
    )
    assert max(fates.values()) == 1


def test_rows_name_existing_records(charity: Charity) -> None:
    """Every casework row of the key that names a record names one that is there."""
    existing = {
        (name, row[key]) for name, (table, key) in TABLES.items() for row in charity.query(f"SELECT {key} FROM {table}")
    }
    named = [row for row in charity.key.rows() if row.store == "casework" and row.record_class and row.count is None]
    assert [row for row in named if (row.record_class, row.key) not in existing] == []


def test_nothing_is_due_later_than_today(charity: Charity) -> None:
    """Past and held findings bear a due date no later than the day; undatable ones bear none."""
    for row in charity.key.rows():
        if row.kind in ("past_retention", "held", "dormant"):
            assert row.due_on is not None
            assert row.due_on <= TODAY
        else:
            assert row.due_on is None


def test_read_first_is_due_and_complete(charity: Charity) -> None:
    """What must be read first is past or held, and covers every class and form."""
    fates = ("past_retention", "held")
    due = {(row.store, row.record_class, row.key) for row in charity.key.rows() if row.kind in fates}
    assert set(charity.key.read_first) <= due
    classes = {name for _, name, _ in charity.key.read_first}
    assert {"session_note", "case_record", "disclosure", "complaint", "feedback", "document", "enquiry"} <= classes
    forms = {key.rpartition(".")[2] for _, name, key in charity.key.read_first if name == "document"}
    assert forms == {"docx", "pdf", "txt", "eml"}


def test_key_as_one_document(charity: Charity) -> None:
    """The JSON document repeats the lines, counts them, and lists the holds to place."""
    document = json.loads((charity.folder / "answer_key.json").read_text(encoding="utf-8"))
    assert document["rows"] == [row.as_json() for row in charity.key.rows()]
    assert sum(document["counts"].values()) == len(document["rows"])
    assert len(document["holds_to_place"]) == len(charity.key.holds_to_place) > 5
    assert document["as_of"] == "2026-11-21"


def test_about_a_tenth_is_due(another: Callable[..., Charity]) -> None:
    """In a larger charity about a tenth of the clients are past retention."""
    key = another(clients=3000).key
    due = sum(row.record_class == "client" and row.kind == "past_retention" for row in key.rows())
    assert 0.07 < due / key.clients < 0.13
