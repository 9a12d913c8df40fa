"""The demo charity's rules, told by example: the table as it stands, the rule, and the answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from connectors.engines import engine
from connectors.schedule_file import load_schedule
from tests.spec.drawn import answers, rows_of, stand_up

SCHEDULE = load_schedule(Path(__file__).parents[2] / "policies" / "demo" / "schedule.yaml")
AS_OF = date(2026, 9, 1)


def tell(url: str, rule_id: str, **drawings: str) -> None:
    """Stand the drawn tables up, ask the rule, and compare with the drawn answers (`stays`: nothing is said)."""
    rule = SCHEDULE.rule(rule_id)
    expected = {}
    key = SCHEDULE.get(rule.class_name).key
    for row in rows_of(drawings[rule.class_name]):
        if row["answer"] != "stays":
            expected[row[key]] = row["answer"]
    with engine(url).begin() as connection:
        compiler = stand_up(connection, SCHEDULE, drawings)
        assert answers(connection, compiler, rule, AS_OF) == expected


def test_enquiries_go_a_year_after_they_were_handled(every_engine_url: str) -> None:
    """Twelve months after handled_on, the day itself included; what cannot be dated is asked about."""
    tell(
        every_engine_url,
        "enquiry",
        enquiry="""
            enquiry_id | handled_on                | answer
            E1         | 2025-09-01                | due 2026-09-01
            E2         | 2025-09-02                | stays
            E3         | 2024-02-29                | due 2025-02-28
            E4         | -                         | undatable
            E5         | ''                        | undatable
            E6         | 0000-00-00                | undatable
            E7         | 31/02/2020                | undatable
            E8         | 12/01/2020                | undatable
            E9         | 1700000000                | undatable
            E10        | 2023-02-29                | undatable
            E11        | 2025-09-01T23:30:00Z      | stays
            E12        | 2025-09-02T00:30:00+02:00 | due 2026-09-01
            E13        | 9999-12-31                | stays
        """,
    )


def test_a_note_goes_a_week_after_its_session_once_it_is_summarised(every_engine_url: str) -> None:
    """Seven days, a dated summary with an author, and nothing that rests on the note."""
    tell(
        every_engine_url,
        "notes-after-summary",
        session_note="""
            note_id | case_number | session_ended       | disposition  | summary_id | answer
            N1      | C1          | 2026-08-25 17:00:00 | summarised   | K1         | due 2026-09-01
            N2      | C1          | 2026-08-26 09:00:00 | summarised   | K1         | stays
            N3      | C1          | 2026-08-25 17:00:00 | to_summarise | -          | breach
            N4      | C1          | 2026-08-25 17:00:00 | summarised   | K2         | breach
            N5      | C1          | 2026-08-25 17:00:00 | summarised   | K3         | breach
            N6      | C1          | 2026-08-25 17:00:00 | not_required | K1         | stays
            N7      | C1          | 2026-08-25 17:00:00 | -            | K1         | stays
            N8      | C2          | 2026-08-25 17:00:00 | summarised   | K1         | stays
            N9      | C3          | 2026-08-25 17:00:00 | summarised   | K1         | stays
            N10     | C4          | 2026-08-25 17:00:00 | summarised   | K1         | due 2026-09-01
            N11     | C1          | soon                | summarised   | K1         | undatable
            N12     | C1          | 2026-08-25 17:00:00 | summarised   | ''         | breach
        """,
        case_record="""
            record_id | dated_on   | author_id
            K1        | 2026-08-26 | P1
            K2        | 2026-08-26 | ''
            K3        | 31/08/2026 | P1
            ''        | 2026-08-26 | P1
        """,
        disclosure="""
            disclosure_id | case_number
            D1            | C2
        """,
        complaint="""
            complaint_id | case_number | status
            Q1           | C3          | open
            Q2           | C4          | closed
        """,
    )


def test_the_longest_of_a_childs_clocks_decides(every_engine_url: str) -> None:
    """Until the 25th birthday (26th if 17 at close), and never less than seven years."""
    tell(
        every_engine_url,
        "counselling-file",
        client="""
            case_number | status | service     | second_service | closed_on  | date_of_birth | answer
            C1          | closed | counselling | -              | 2019-09-01 | 1980-01-01    | due 2026-09-01
            C2          | closed | counselling | -              | 2019-09-02 | 1980-01-01    | stays
            C3          | closed | counselling | -              | 2018-09-01 | 2001-03-01    | stays
            C4          | closed | counselling | -              | 2018-02-28 | 2001-03-01    | due 2026-03-01
            C5          | closed | counselling | -              | 2018-02-28 | 2001-09-02    | stays
            C6          | closed | counselling | -              | 2019-06-01 | 2000-09-01    | due 2026-06-01
            C7          | open   | counselling | -              | 2010-01-01 | 1980-01-01    | stays
            C8          | closed | careers     | counselling    | 2010-01-01 | 1980-01-01    | due 2017-01-01
            C9          | closed | careers     | -              | 2010-01-01 | 1980-01-01    | stays
            C10         | closed | counselling | -              | 2010-01-01 | -             | undatable
            C11         | closed | counselling | -              | -          | 1980-01-01    | undatable
            C12         | closed | careers     | -              | -          | -             | stays
            C13         | CLOSED | counselling | -              | 2010-01-01 | 1980-01-01    | stays
        """,
    )


def test_a_careers_file_runs_from_the_end_of_the_academic_year(every_engine_url: str) -> None:
    """31 August itself still belongs to the year that ends."""
    tell(
        every_engine_url,
        "careers-file",
        client="""
            case_number | status | service | second_service | closed_on  | answer
            C1          | closed | careers | -              | 2020-08-31 | due 2026-08-31
            C2          | closed | careers | -              | 2020-09-01 | stays
            C3          | closed | careers | -              | 2019-09-01 | due 2026-08-31
        """,
    )


def test_content_of_a_dbs_check_goes_unless_the_dbs_was_asked(every_engine_url: str) -> None:
    """Six months after the decision; an unknown decision is asked about, a consultation keeps."""
    tell(
        every_engine_url,
        "dbs-content",
        dbs_check="""
            check_id | decision_on | content_held | dbs_consulted_on | answer
            B1       | 2026-03-01  | Y            | -                | due 2026-09-01
            B2       | 2026-03-02  | Y            | -                | stays
            B3       | 2026-03-01  | Y            | 2026-08-01       | stays
            B4       | 2026-03-01  | N            | -                | stays
            B5       | -           | Y            | -                | undatable
            B6       | pending     | Y            | -                | undatable
            B7       | 2025-08-31  | Y            | ''               | due 2026-02-28
        """,
    )


def test_an_optional_date_may_be_absent_but_not_unreadable(every_engine_url: str) -> None:
    """The latest of two dates, one of which may be missing: NULL is absent, blank is unreadable."""
    tell(
        every_engine_url,
        "test-results",
        test_result="""
            result_id | taken_on   | feedback_on | answer
            T1        | 2025-03-01 | -           | due 2026-09-01
            T2        | 2024-03-01 | 2025-03-01  | due 2026-09-01
            T3        | 2024-03-01 | 2025-03-02  | stays
            T4        | 2024-03-01 | ''          | undatable
            T5        | 2024-03-01 | 1/3/2024    | undatable
            T6        | -          | 2024-03-01  | undatable
        """,
    )
