"""Working days, ages, words in texts, subsets and the day of the sift: read, explained, and never true of nothing."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from rules.errors import BadInput
from rules.schedule.conditions import parse_condition
from rules.schedule.judge import Bench, Contact, State, judge
from rules.schedule.language import AsOf, BankHolidays, DaysApart, FieldOf, Not
from rules.schedule.parser import parse_schedule
from rules.schedule.plain import condition_in_words, in_words
from rules.schedule.values import Schedule
from rules.schedule.words import mentions
from rules.schedule.written import written_day
from rules.schedule.yardstick import Row, holds

TEXT = """\
schedule: Small
version: "1"
zone: Europe/London
bank_holidays: HOLIDAYS
classes:
  client:
    means: The head of a file
    fields: {case_number: "key, subject", closed_on: trigger, born: birthday, FIELD: free text}
    rules:
      - id: client-file
        keep: KEEP
        applies_to: APPLIES
        then: destroy
        because: [R01]
  notice:
    means: A notice to the referrer
    part_of: client
    fields: {notice_id: key, case_number: subject, sent_at: trigger, item: state}
"""
HOLIDAYS = BankHolidays((date(2026, 8, 31), date(2026, 12, 25)))
FIELDS = {
    "client": frozenset({"case_number", "closed_on", "born", "body"}),
    "notice": frozenset({"notice_id", "case_number", "sent_at", "item"}),
}
LONDON = ZoneInfo("Europe/London")


def schedule(
    keep: str = "7 years after closed_on",
    applies: str = "closed_on is not null",
    holidays: str = "[2026-08-31, 2026-12-25]",
    field: str = "body",
) -> Schedule:
    text = TEXT.replace("KEEP", keep).replace("APPLIES", applies).replace("HOLIDAYS", holidays)
    return parse_schedule(text.replace("FIELD", field), "s.yaml")


def answer(text: str, row: Row, **tables: list[Row]) -> bool | None:
    condition = parse_condition(text, "client", FIELDS, HOLIDAYS)
    return holds(condition, row, lambda name: tables.get(name, []), LONDON)


NEVER_TRUE_OF_NOTHING = [
    "working_days(closed_on, born) > 5",
    "working_days(closed_on, born) <= 5",
    "age(born, closed_on) < 18",
    "age(born, closed_on) >= 0",
    "not age(born, as_of) < 18",
    "days(as_of, closed_on) > 3",
    "not days(as_of, closed_on) > 3",
    "mentions(body, 'risk')",
    "not mentions(body, 'risk')",
    "case_number in (select case_number from notice where item = 'a')",
    "not case_number in (select case_number from notice where item = 'a')",
    "each(body) in (select item from notice where case_number = client.case_number)",
    "not each(body) in (select item from notice where case_number = client.case_number)",
]


@pytest.mark.parametrize("text", NEVER_TRUE_OF_NOTHING)
def test_of_a_row_of_nulls_nothing_new_is_true(text: str) -> None:
    """Neither a construct nor its negation: invariant 4, so that no rule can select such a row by it."""
    nothing: Row = dict.fromkeys(FIELDS["client"])
    bound = parse_condition(text, "client", FIELDS, HOLIDAYS)
    assert holds(bound, nothing, lambda _: [], LONDON) is None
    assert holds(bound, nothing, lambda _: [dict.fromkeys(FIELDS["notice"])], LONDON) is None


@pytest.mark.parametrize(
    "text",
    [
        "not exists (select 1 from notice where case_number = client.case_number)",
        "body is null",
        "exists (select 1 from notice where item = 'all')",
        "not exists (select 1 from notice where item = 'all') or closed_on < born",
        "(select count(*) from notice where item = 'all') > 3",
    ],
)
def test_a_rule_that_is_true_of_nothing_and_needs_no_date_is_refused(text: str) -> None:
    """Such a rule would destroy a record of which nothing is known."""
    with pytest.raises(BadInput, match="no dates at all"):
        schedule(keep="until 2026-01-01", applies=text)
    with pytest.raises(BadInput, match="no dates at all"):
        schedule(keep="longest of [until 2026-01-01, until 2026-02-01]", applies=text)


def test_working_days_run_out_after_the_weekend_and_the_bank_holiday() -> None:
    """From Friday 28 August 2026 the second working day is Wednesday 2 September."""
    found = schedule(keep="2 working days after closed_on")
    rule = found.rule("client-file")
    flags: dict[str, bool | None] = {"client-file.applies_to": True}

    def state(closed_on: str, as_of: date) -> State:
        return judge(Bench(found, as_of), rule, {"closed_on": closed_on, "born": None}, flags, Contact()).state

    assert state("2026-08-28", date(2026, 9, 1)) is State.NOT_DUE
    assert state("2026-08-28", date(2026, 9, 2)) is State.DUE
    assert state("2025-12-31", date(2026, 9, 2)) is State.UNDATABLE  # of 2025 no bank holiday is declared
    assert state("2026-12-31", date(2030, 1, 1)) is State.UNDATABLE
    assert str(rule.keep) == in_words(rule.keep).replace("closed on", "closed_on") == "2 working days after closed_on"


def test_the_day_of_the_sift_is_bound_before_anything_is_judged() -> None:
    """Until then it is unknown, which never helps towards destruction."""
    found = schedule(applies="days(as_of, closed_on) > 10 and not age(born, as_of) < 18")
    bound = found.on(date(2026, 9, 1))
    assert found.on(date(2026, 9, 1)) == bound != found
    assert bound.on(date(2026, 9, 1)) is bound
    row: Row = {"closed_on": "2026-08-01", "born": "2008-09-01"}
    conditions = [one.rule("client-file").applies_to for one in (found, bound, found.on(date(2026, 8, 31)))]
    assert [holds(one, row, lambda _: [], LONDON) for one in conditions if one] == [None, True, False]


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2008-02-29", "2024-02-29", 16),
        ("2008-09-01", "2026-09-01", 18),
        ("2008-09-02", "2026-09-01 23:59", 17),
    ],
)
def test_an_age_counts_birthdays(born: str, on: str, age: int) -> None:
    """On the birthday itself, and on 1 March for somebody born on 29 February."""
    assert answer(f"age(born, closed_on) = {age}", {"born": born, "closed_on": on}) is True


def test_nobody_has_an_age_before_the_birth() -> None:
    """A date of birth after the other date is a mistake, of which nothing follows."""
    assert answer("age(born, closed_on) < 18", {"born": "2026-09-02", "closed_on": "2026-09-01"}) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Risk of self-harm.", True),
        ("RISK", True),
        ("(self  harm)", True),
        ("self\nharm", True),
        ("self, harm", False),
        ("risky", False),
        ("asterisk", False),
        ("the client\u2019s \u201crisk\u201d", True),
        ("r\u00efsk risk\u00e9", False),
    ],
)
def test_words_are_found_whole_and_in_capitals_or_not(text: str, found: bool) -> None:
    """Blanks and hyphens may stand between the words of a phrase, other marks may not."""
    assert mentions(text, ["risk", "self-harm"]) is found


def test_a_list_is_a_subset_when_each_of_its_values_is_named() -> None:
    """One value that is not named is enough; a value named twice does not stand for another."""
    asks = "each(body) in (select item from notice where case_number = client.case_number)"
    rows: list[Row] = [{"case_number": "C1", "item": item} for item in ("letter", "letter", "form")]
    rows.append({"case_number": "C2", "item": "diary"})

    def said(listed: str) -> bool | None:
        return answer(asks, {"case_number": "C1", "body": listed}, notice=rows)

    assert [said(one) for one in ("letter; form", "form", "letter;letter", "letter; diary", "lette", ";")] == [
        *(True, True, True, False, False),
        None,
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-06-30T22:59:00Z", date(2026, 6, 30)),
        ("2026-06-30T23:30:00Z", None),  # in London that is 1 July
        ("2026-06-30T10:00:00+02:00", None),
        ("2026-06-30T23:30:00", date(2026, 6, 30)),
        ("2026-06-30", date(2026, 6, 30)),
        ("30/06/2026", None),
    ],
)
def test_a_time_that_may_be_another_day_here_is_unknown_in_a_condition(text: str, day: date | None) -> None:
    """What a database without zones cannot tell, no condition claims."""
    assert written_day(text, LONDON) == day


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age(born, as_of) < 18", "the age by born on the day of the sift is under 18"),
        ("working_days(closed_on, born) >= 5", "from born to closed on it is at least 5 working days"),
        ("mentions(body, 'risk', 'self-harm')", "body mentions 'risk' or 'self-harm'"),
        (
            "not each(body) in (select item from notice where case_number = client.case_number)",
            "it is not so that every value of body is the item of a notice for which its case number is this record's "
            "case number",
        ),
        (
            "exists (select 1 from notice where case_number = client.case_number and not exists (select 1 from client "
            "where born = notice.sent_at and closed_on < client.closed_on))",
            "there is a notice for which its case number is this record's case number and it is not so that there is a "
            "client for which its born is that notice's sent at and closed on is before this record's closed on",
        ),
    ],
)
def test_conditions_are_told_in_plain_words(text: str, words: str) -> None:
    """Each construct reads as English, and a nested query says whose field is meant."""
    assert condition_in_words(parse_condition(text, "client", FIELDS, HOLIDAYS)) == words


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"holidays": "[2026-08-32]"}, "is no day of the calendar"),
        ({"holidays": "[]"}, "names no day"),
        ({"holidays": "[2024-12-25, 2026-12-25]"}, "names no day of 2025"),
        ({"field": "as_of"}, "stands for the day of a sift in conditions"),
        ({"keep": "5 working days after latest sent_at of notice"}, "names the date"),
        ({"keep": "5 workin days after closed_on"}, "write e.g. 7 years"),
        ({"applies": "days(as_off, closed_on) > 3"}, "names 'as_off'"),
    ],
)
def test_a_mistake_is_told_where_it_stands(change: dict[str, str], told: str) -> None:
    """With the file, the line and what to write."""
    with pytest.raises(BadInput, match=told) as caught:
        schedule(**change)
    assert "s.yaml:" in str(caught.value)


def test_working_days_need_declared_bank_holidays() -> None:
    """Without them neither a term nor a condition counts any."""
    text = TEXT.replace("bank_holidays: HOLIDAYS\n", "").replace("FIELD", "body")
    for keep, applies in (
        ("5 working days after closed_on", "body is null"),
        ("1 day after closed_on", "working_days(closed_on, born) > 1"),
    ):
        with pytest.raises(BadInput, match="list the `bank_holidays`"):
            parse_schedule(text.replace("KEEP", keep).replace("APPLIES", applies), "s.yaml")


def test_binding_reaches_every_depth() -> None:
    """`as_of` inside a query inside a negation is the day of the sift too."""
    applies = "not exists (select 1 from notice where case_number = client.case_number and sent_at < as_of)"
    condition = schedule(applies=applies).on(date(2026, 9, 1)).rule("client-file").applies_to
    assert isinstance(condition, Not)
    assert DaysApart(FieldOf("sent_at"), AsOf(date(2026, 9, 1)), "<", 0) in condition.inner.where.parts  # type: ignore[union-attr]
