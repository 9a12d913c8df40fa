"""One rule, one record: the cases that a retention engine must get right, on the demo charity's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from connectors.schedule_file import load_schedule
from rules.schedule.judge import Bench, Contact, State, Verdict, date_fields, follows_head, judge
from rules.schedule.yardstick import flags_of

SCHEDULE = load_schedule(Path(__file__).parents[3] / "policies" / "demo" / "schedule.yaml")
DUE, LATER, UNDATABLE = State.DUE, State.NOT_DUE, State.UNDATABLE
BREACH, NO = State.BREACH, State.NOT_APPLICABLE
Row = Mapping[str, str | None]
Case = tuple[str, str, Row, State, str]

COUNSELLED = {"status": "closed", "service": "counselling", "closed_on": "2019-09-01", "date_of_birth": "1980-05-05"}
CHILD = COUNSELLED | {"date_of_birth": "2001-06-15"}
CAREERS = {"status": "closed", "service": "careers"}
NOTE = {"disposition": "summarised", "session_ended": "2026-08-25 17:00:00", "summary_id": "K1", "case_number": "C1"}
DBS = {"content_held": "Y", "issue_date": "2026-02-01", "decision_on": "2026-03-01"}
CONSENT = {"signed_on": "2019-01-01", "withdrawn_on": "2020-09-01"}
CHILD_SEEN = {"safeguarding": "1", "child_dob": "2001-09-01", "disclosed_at": "2018-01-01 10:00:00"}

CASES: list[Case] = [
    ("due today", "counselling-file", COUNSELLED, DUE, "2026-09-01"),
    ("due tomorrow", "counselling-file", COUNSELLED | {"closed_on": "2019-09-02"}, LATER, "2026-09-02"),
    ("an open case has not started", "counselling-file", COUNSELLED | {"status": "open"}, NO, ""),
    ("no status says nothing", "counselling-file", COUNSELLED | {"status": None}, NO, ""),
    ("another service", "mentoring-file", COUNSELLED, NO, ""),
    ("a second service counts", "mentoring-file", COUNSELLED | {"second_service": "mentoring"}, DUE, "2025-09-01"),
    ("17 at close: 26th birthday", "counselling-file", CHILD | {"closed_on": "2018-12-31"}, LATER, "2027-06-15"),
    ("turned 18 in service: 25th", "counselling-file", CHILD | {"closed_on": "2019-06-15"}, DUE, "2026-06-15"),
    ("16 at close: 25th birthday", "counselling-file", CHILD | {"closed_on": "2018-06-14"}, DUE, "2026-06-15"),
    ("no date of birth", "counselling-file", COUNSELLED | {"date_of_birth": None}, UNDATABLE, ""),
    ("an impossible date of birth", "counselling-file", COUNSELLED | {"date_of_birth": "31/02/2000"}, UNDATABLE, ""),
    ("no closing date", "counselling-file", COUNSELLED | {"closed_on": None}, UNDATABLE, ""),
    ("a zero date", "counselling-file", COUNSELLED | {"closed_on": "0000-00-00"}, UNDATABLE, ""),
    ("a date that means two days", "counselling-file", COUNSELLED | {"closed_on": "12/01/2016"}, UNDATABLE, ""),
    ("a date of the far future", "careers-file", CAREERS | {"closed_on": "9999-12-31"}, LATER, "9999-12-31"),
    ("born on 29 February", "mentoring-file", COUNSELLED | {"service": "mentoring", "closed_on": "2016-02-29",
     "date_of_birth": "2005-02-28"}, DUE, "2026-02-28"),
    ("21 on 1 March", "mentoring-file", COUNSELLED | {"service": "mentoring", "closed_on": "2016-02-29",
     "date_of_birth": "2004-02-29"}, DUE, "2025-03-01"),
    ("death changes nothing", "counselling-file", COUNSELLED | {"date_of_death": "2021-01-01"}, DUE, "2026-09-01"),
    ("on the last day of the year", "careers-file", CAREERS | {"closed_on": "2020-08-31"}, DUE, "2026-08-31"),
    ("on the first day of the next", "careers-file", CAREERS | {"closed_on": "2020-09-01"}, LATER, "2027-08-31"),
    ("a date of birth does not matter", "careers-file", CAREERS | {"closed_on": "2020-08-31", "date_of_birth": "n/k"},
     DUE, "2026-08-31"),
    ("31 August + 18 months", "test-results", {"taken_on": "2024-08-31", "feedback_on": None}, DUE, "2026-02-28"),
    ("the later of two", "test-results", {"taken_on": "2024-08-31", "feedback_on": "2025-06-01"}, LATER, "2026-12-01"),
    ("an optional date, unreadable", "test-results", {"taken_on": "2024-08-31", "feedback_on": "?"}, UNDATABLE, ""),
    ("an optional date, blank", "test-results", {"taken_on": "2024-08-31", "feedback_on": ""}, UNDATABLE, ""),
    ("a needed date that is blank", "test-results", {"taken_on": "", "feedback_on": "2024-08-31"}, UNDATABLE, ""),
    ("a number is no date", "test-results", {"taken_on": "1700000000", "feedback_on": None}, UNDATABLE, ""),
    ("consent withdrawn later", "consent-evidence", CONSENT, DUE, "2026-09-01"),
    ("consent never signed", "consent-evidence", CONSENT | {"signed_on": None}, UNDATABLE, ""),
    ("a child at 25", "safeguarding-child", CHILD_SEEN, DUE, "2026-09-01"),
    ("a child of unknown age", "safeguarding-child", CHILD_SEEN | {"child_dob": None}, UNDATABLE, ""),
    ("the other rule of the register", "disclosure-register", CHILD_SEEN, NO, ""),
    ("DBS six months after the decision", "dbs-content", DBS, DUE, "2026-09-01"),
    ("DBS decided later than issued", "dbs-content", DBS | {"decision_on": "2026-03-02"}, LATER, "2026-09-02"),
    ("DBS with no decision", "dbs-content", DBS | {"decision_on": None}, UNDATABLE, ""),
    ("DBS consulted: kept", "dbs-content", DBS | {"dbs_consulted_on": "2026-08-01"}, LATER, "2026-09-01"),
    ("DBS content gone already", "dbs-content", DBS | {"content_held": "N"}, NO, ""),
    ("a referral with a concern", "referral-not-taken-up", {"outcome": "no_show", "outcome_on": "2020-01-01",
     "concern": "1"}, NO, ""),
    ("concern not recorded", "referral-not-taken-up", {"outcome": "no_show", "outcome_on": "2020-01-01"}, NO, ""),
    ("current staff", "volunteer-file", {"ended_on": None}, NO, ""),
    ("left, but when?", "volunteer-file", {"ended_on": "pending"}, UNDATABLE, ""),
]  # fmt: skip


def verdict(
    rule_id: str,
    row: Row,
    contact: Contact = Contact(),  # noqa: B008 - a frozen value
    tables: Mapping[str, list[Row]] | None = None,
) -> Verdict:
    rule = SCHEDULE.rule(rule_id)
    record_class = SCHEDULE.get(rule.class_name)
    whole = {item.name: row.get(item.name) for item in record_class.fields}
    bench = Bench(SCHEDULE, date(2026, 9, 1))
    flags = flags_of(rule, whole, lambda name: (tables or {}).get(name, []), bench.zone)
    return judge(bench, rule, {name: whole[name] for name in date_fields(record_class)}, flags, contact)


@pytest.mark.parametrize(("name", "rule_id", "row", "state", "due_on"), CASES, ids=[case[0] for case in CASES])
def test_a_case(name: str, rule_id: str, row: Row, state: State, due_on: str) -> None:
    """Each case has the state that the policy gives it, and the day on which its term runs out."""
    assert verdict(rule_id, row) == Verdict(state, rule_id, date.fromisoformat(due_on) if due_on else None)


@pytest.mark.parametrize(
    ("contact", "state"),
    [
        (Contact(), DUE),
        (Contact(date(2019, 9, 1)), DUE),
        (Contact(date(2019, 9, 2)), LATER),  # a reopened case starts its clock again
        (Contact(date(2010, 1, 1)), DUE),
        (Contact(date(2010, 1, 1), unreadable=True), UNDATABLE),
    ],
)
def test_a_later_contact_starts_the_clock_again(contact: Contact, state: State) -> None:
    """The latest contact counts over all stores; one that cannot be read makes the file undatable."""
    assert verdict("counselling-file", COUNSELLED, contact).state is state


SUMMARY: dict[str, str | None] = {"record_id": "K1", "dated_on": "2026-08-26", "author_id": "P1"}


@pytest.mark.parametrize(
    ("summary", "state"),
    [
        ([SUMMARY], DUE),
        ([], BREACH),
        ([SUMMARY | {"author_id": None}], BREACH),
        ([SUMMARY | {"author_id": " "}], BREACH),
        ([SUMMARY | {"dated_on": "soon"}], BREACH),
        ([SUMMARY | {"record_id": "K2"}], BREACH),
        ([SUMMARY | {"dated_on": None}, SUMMARY], DUE),
    ],
)
def test_a_note_goes_only_when_its_summary_is_dated_and_has_an_author(summary: list[Row], state: State) -> None:
    """A note without such a summary is a breach after seven days, and never destroyed."""
    assert verdict("notes-after-summary", NOTE, tables={"case_record": summary}).state is state


def test_a_note_without_a_summary_is_no_breach_before_its_time() -> None:
    """The counsellor has seven days."""
    assert verdict("notes-after-summary", NOTE | {"session_ended": "2026-08-26 09:00:00"}).state is LATER


@pytest.mark.parametrize(
    ("tables", "state"),
    [
        ({"disclosure": [{"case_number": "C1"}]}, LATER),
        ({"disclosure": [{"case_number": "C2"}]}, DUE),
        ({"complaint": [{"case_number": "C1", "status": "open"}]}, LATER),
        ({"complaint": [{"case_number": "C1", "status": "closed"}]}, DUE),
        ({"complaint": [{"case_number": "C1", "status": None}]}, LATER),
    ],
)
def test_a_note_that_a_disclosure_or_open_complaint_rests_on_is_kept(
    tables: dict[str, list[Row]], state: State
) -> None:
    """What others may still need is not destroyed by the short clock."""
    assert verdict("notes-after-summary", NOTE, tables={"case_record": [SUMMARY], **tables}).state is state


@pytest.mark.parametrize("name", ["applies_to", "only_if", "unless"])
def test_an_unknown_answer_never_helps_towards_destruction(name: str) -> None:
    """A condition that SQL calls unknown spares the record."""
    rule = SCHEDULE.rule("notes-after-summary")
    dates: dict[str, str | None] = {"session_ended": "2020-01-01 10:00:00"}
    flags: dict[str, bool | None] = {
        f"{rule.id}.applies_to": True,
        f"{rule.id}.only_if": True,
        f"{rule.id}.unless": False,
    }
    bench = Bench(SCHEDULE, date(2026, 9, 1))
    assert judge(bench, rule, dates, flags, Contact()).state is DUE
    assert judge(bench, rule, dates, flags | {f"{rule.id}.{name}": None}, Contact()).state is not DUE


def test_a_member_that_only_follows_has_no_date_of_its_own() -> None:
    """`with client` inside `longest of` adds no date; the file supplies it."""
    assert follows_head(SCHEDULE.rule("consent-evidence").keep)
    assert not follows_head(SCHEDULE.rule("test-results").keep)
