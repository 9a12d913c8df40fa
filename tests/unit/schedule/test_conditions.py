"""The condition language: what it reads, and that nothing else gets in."""

from __future__ import annotations

from datetime import date

import pytest

from rules.schedule.conditions import MAX_DEPTH, NotUnderstood, parse_condition
from rules.schedule.language import (
    AgeAt,
    Among,
    AsOf,
    BankHolidays,
    Compare,
    Condition,
    DaysApart,
    Every,
    Exists,
    FieldOf,
    Mentions,
    Missing,
    Not,
    OneOf,
    Readable,
    SameField,
    Some,
)

HOLIDAYS = BankHolidays((date(2026, 1, 1), date(2026, 12, 25)))
FIELDS = {
    "note": frozenset({"note_id", "status", "dated_on", "summary_id"}),
    "record": frozenset({"record_id", "dated_on", "author_id", "status"}),
}


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("status = 'open'", Compare("status", "=", "open")),
        ("note.status <> 'open'", Compare("status", "<>", "open")),
        ("status != 1", Compare("status", "<>", "1")),
        ("status = 'it''s'", Compare("status", "=", "it's")),
        ("status = 'a -- b'", Compare("status", "=", "a -- b")),
        ("status in ('a', 'b')", OneOf("status", ("a", "b"))),
        ("status not in ('a')", Not(OneOf("status", ("a",)))),
        ("dated_on is null", Missing("dated_on")),
        ("dated_on is not null", Not(Missing("dated_on"))),
        ("readable(dated_on)", Readable("dated_on")),
        ("not (status = 'a' or status = 'b')", Not(Some((Compare("status", "=", "a"), Compare("status", "=", "b"))))),
        ("status = 'a' and dated_on is null", Every((Compare("status", "=", "a"), Missing("dated_on")))),
        (
            "exists (select 1 from record where record_id = note.summary_id and readable(dated_on))",
            Exists("record", Every((SameField("record_id", "summary_id"), Readable("dated_on")))),
        ),
        (
            "exists (select 1 from record where note.summary_id = record_id)",
            Exists("record", SameField("record_id", "summary_id")),
        ),
        ("days(as_of, dated_on) >= 42", DaysApart(AsOf(), FieldOf("dated_on"), ">=", 42)),
        ("dated_on < as_of", DaysApart(FieldOf("dated_on"), AsOf(), "<", 0)),
        ("age(dated_on, as_of) < 18", AgeAt(FieldOf("dated_on"), AsOf(), "<", 18)),
        (
            "working_days(dated_on, note.dated_on) > 5",
            DaysApart(FieldOf("dated_on"), FieldOf("dated_on"), ">", 5, HOLIDAYS),
        ),
        ("mentions(status, 'self-harm', 'Harm')", Mentions("status", ("self-harm", "Harm"))),
        (
            "summary_id in (select record_id from record where status = 'a')",
            Among("summary_id", "record", "record_id", Compare("status", "=", "a")),
        ),
        (
            "not each(status) in (select status from record where record_id = note.summary_id)",
            Not(Among("status", "record", "status", SameField("record_id", "summary_id"), each=True)),
        ),
        (
            "exists (select 1 from record where record_id = note.summary_id and dated_on > note.dated_on "
            "and not exists (select 1 from note where summary_id = record.record_id "
            "and days(dated_on, note.dated_on) > 3))",
            Exists(
                "record",
                Every(
                    (
                        Every(
                            (
                                SameField("record_id", "summary_id"),
                                DaysApart(FieldOf("dated_on"), FieldOf("dated_on", 1), ">", 0),
                            )
                        ),
                        Not(
                            Exists(
                                "note",
                                Every(
                                    (
                                        SameField("summary_id", "record_id"),
                                        DaysApart(FieldOf("dated_on"), FieldOf("dated_on", 2), ">", 3),
                                    )
                                ),
                            )
                        ),
                    )
                ),
            ),
        ),
        (
            "exists (select 1 from record where exists (select 1 from note where status = 'a'))",
            Exists("record", Exists("note", Compare("status", "=", "a"))),
        ),
    ],
)
def test_the_language_is_read_into_values(text: str, condition: Condition) -> None:
    """Each construct has exactly one reading."""
    assert parse_condition(text, "note", FIELDS, HOLIDAYS) == condition


REFUSED = [
    # another statement, or another clause
    *(
        "status = 'a'; drop table note",
        "status = 'a' union select 1",
        "status = 'a' limit 1",
        "status = 'a' order by 1",
    ),
    *("status = 'a' group by 1", "status = 'a' where 1 = 1", "1 = 1) or (1 = 1", "status = 'a' for update"),
    # a comment hides the rest of the condition
    *("status = 'a' -- and dated_on is null", "status = 'a' /* and */ or dated_on is null"),
    # always true, or no condition
    *("", "1", "1 = 1", "true", "null", "status", "not status", "'a' = 'a'", "status = status", "(select 1)"),
    # comparisons outside the language
    *(
        "status = null",
        "status is true",
        "status = true",
        "status = -1",
        "status > 'a'",
        "status <= 'a'",
        "'a' = status",
    ),
    *("status like 'a%'", "status ilike 'a'", "status between 1 and 2", "status glob 'a'", "status regexp 'a'"),
    *("status is not distinct from 'a'", "status is 'a'", "status || 'a' = 'b'", "status = 'a' collate nocase"),
    *('status = "open"', "status = x'41'", "status = cast('a' as text)", "status = :a", "status = ?", "@status = 1"),
    *("(status, note_id) = ('a', 'b')", "status in ()", "status in (select status from record)", "status in (note_id)"),
    # functions
    *(
        "lower(status) = 'a'",
        "readable()",
        "readable(status, note_id)",
        "readable('2026-01-01')",
        "readable(dated_on) = 1",
    ),
    *(
        "load_extension('x')",
        "date('now') = dated_on",
        "coalesce(status, 'a') = 'a'",
        "case when status = 'a' then 1 end",
    ),
    *("random() = 1", "current_date = dated_on", "count(*) = 1", "sum(status) over () = 1"),
    # names
    *("stauts = 'a'", "record.status = 'a'", "main.note.status = 'a'", "note.* = 'a'", "readable(dated)", "rowid = 1"),
    # exists
    *("exists (select 1)", "exists (select 1 from record)", "exists (select 1 from nothing where status = 'a')"),
    "exists (select 1 from record as r where status = 'a')",
    "exists (select 1 from main.record where status = 'a')",
    "exists (select 1 from record, note where status = 'a')",
    "exists (select 1 from record join note on 1 = 1 where status = 'a')",
    "exists (select 1 from (select 1) where status = 'a')",
    "exists (select 1 from record(1) where status = 'a')",
    "exists (select 1 from record where status = 'a' limit 1)",
    "exists (select distinct 1 from record where status = 'a')",
    "exists (select 1 from record where status = 'a' union select 1)",
    "exists (select 1 from record where record_id = summary_id)",
    "exists (select 1 from record where record_id <> note.summary_id)",
    "exists (select 1 from record where record_id = note.nothing)",
    "exists (select 1 from record where note.status = 'a')",
    "exists (select 1 from record where exists (select 1 from note where exists (select 1 from record where "
    "exists (select 1 from note where status = 'a'))))",
    "exists (select 1 from record where exists (select 1 from note where record_id = note.summary_id))",
    "exists (select 1 from record where exists (select 1 from note where note.status = record.status))",
    "status in (select record_id, status from record where status = 'a')",
    "status in (select nothing from record where status = 'a')",
    "note.status in (select record.status from note where status = 'a')",
    "each(status, note_id) in (select status from record where status = 'a')",
    "each(status) in ('a')",
    "each(status)",
    *("mentions(status)", "mentions(status, note_id)", "mentions(status, 'a.*')", "mentions(status, '')"),
    *("mentions(status, 'a', '%')", "mentions(status, 'café')", "mentions(status, 'a') = 1"),
    *("age(dated_on) < 18", "age(dated_on, dated_on)", "age(dated_on, dated_on) < dated_on", "age(18, dated_on) < 1"),
    *("working_days(dated_on, dated_on) > 1", "working_days(dated_on) > 1", "days(as_of)", "as_of = '2026-01-01'"),
    *("days(as_of, as_of) = 0", "as_of <= as_of", "age(as_of, as_of) = 0"),
    *("note.as_of > dated_on", "as_of is null", "readable(as_of)", "days(as_of, record.dated_on) > 1"),
    "exists (with x as (select 1) select 1 from record where status = 'a')",
    "not " * (MAX_DEPTH + 1) + "status = 'a'",
    "(" * 5000 + "status = 'a'" + ")" * 5000,
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: str(text)[:50])
def test_everything_else_is_refused(text: str) -> None:
    """Outside the whitelist nothing is understood, however close to SQL it is."""
    with pytest.raises(NotUnderstood):
        parse_condition(text, "note", FIELDS)


def test_a_misspelt_field_is_answered_with_the_nearest_one() -> None:
    """The message names what was written and what was probably meant."""
    with pytest.raises(NotUnderstood, match=r"'stauts'.*did you mean 'status'\?"):
        parse_condition("stauts = 'a'", "note", FIELDS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workdays(dated_on, dated_on) > 3", r"'workdays'.*did you mean 'working_days'\?"),
        ("mention(status, 'a')", r"'mention'.*did you mean 'mentions'\?"),
        ("working_days(dated_on, dated_on) > 3", "list the `bank_holidays` at the top"),
        ("age(dated_on) > 3", r"`age\(date_of_birth, some_date\) < 18`"),
        ("exists (select 1 from record where record_id = notes.summary_id)", "did you mean 'note'"),
        ("status in (select statsu from record where status = 'a')", "did you mean 'status'"),
    ],
)
def test_a_misspelt_function_or_class_is_answered_with_what_to_write(text: str, told: str) -> None:
    """The nearest known word, or the form that the construct takes."""
    with pytest.raises(NotUnderstood, match=told):
        parse_condition(text, "note", FIELDS)
