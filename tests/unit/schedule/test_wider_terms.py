"""Fixed days, keeping for good, events of other classes, reviews, and rules that the law puts in force on a day."""

from __future__ import annotations

from datetime import date

import pytest

from rules.errors import BadInput
from rules.schedule.judge import Bench, Contact, State, events_of, judge
from rules.schedule.language import Forever, Until
from rules.schedule.parser import parse_schedule
from rules.schedule.values import Schedule

TEXT = """\
schedule: Small
version: "1"
zone: Europe/London
classes:
  client:
    means: The head of a file
    fields: {case_number: "key, subject", closed_on: trigger}
    rules:
      - id: client-file
        keep: KEEP
        then: THEN
        because: [R07]
        MORE
  notice:
    means: A notice to the referrer
    part_of: client
    fields: {notice_id: key, case_number: subject, sent_at: trigger, body: free text}
"""


def schedule(keep: str, then: str = "destroy", more: str = "") -> Schedule:
    return parse_schedule(TEXT.replace("KEEP", keep).replace("THEN", then).replace("MORE", more), "s.yaml")


def state(found: Schedule, as_of: date, **dates: str | None) -> State:
    texts = {name.replace("__", "."): text for name, text in dates.items()}
    return judge(Bench(found, as_of), found.rule("client-file"), texts, {}, Contact()).state


def test_a_clock_may_start_with_the_latest_event_of_another_class() -> None:
    """Six years after the last notice that was sent; none, or an unreadable one, is undatable."""
    found = schedule("6 years after latest sent_at of notice")
    assert [ref.key for ref in events_of(found.get("client"))] == ["notice.sent_at"]
    assert state(found, date(2026, 3, 1), closed_on=None, notice__sent_at="2020-03-01") is State.DUE
    assert state(found, date(2026, 2, 28), closed_on=None, notice__sent_at="2020-03-01") is State.NOT_DUE
    for text in (None, "unreadable"):
        assert state(found, date(2050, 1, 1), closed_on=None, notice__sent_at=text) is State.UNDATABLE


def test_a_funders_day_holds_everything_until_it_has_come() -> None:
    """The later of six years and a fixed day."""
    found = schedule("longest of [6 years after closed_on, until 2030-12-31]")
    assert state(found, date(2030, 12, 30), closed_on="2019-05-01") is State.NOT_DUE
    assert state(found, date(2030, 12, 31), closed_on="2019-05-01") is State.DUE


def test_what_is_kept_for_good_is_never_due() -> None:
    """Not even on the last days of the calendar."""
    found = schedule("forever")
    assert found.rule("client-file").keep == Forever()
    assert state(found, date(9999, 12, 30), closed_on="1900-01-01") is State.NOT_DUE


def test_a_fixed_day_alone_is_refused_because_it_would_destroy_records_without_dates() -> None:
    """Invariant 4: the rule would select a row of NULLs."""
    assert str(Until(date(2030, 12, 31))) == "until 2030-12-31"
    with pytest.raises(BadInput, match="no dates at all"):
        schedule("until 2030-12-31")


def test_a_rule_applies_only_while_it_is_in_force() -> None:
    """The law of 29 June 2026 changes nothing the day before."""
    found = schedule("6 years after closed_on", more='in_force_from: "2026-06-29"')
    assert found.on(date(2026, 6, 28)).get("client").rules == ()
    assert found.on(date(2026, 6, 29)) == found


def test_a_review_is_carried_out_as_destruction_only_after_somebody_has_read() -> None:
    """`then: review` orders no other action of the store; people decide."""
    action = schedule("6 years after closed_on", then="review").rule("client-file").then
    assert (action.kind, action.carried_out) == ("review", "destroy")


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ("6 years after latest sent_at of notise", "did you mean 'notice'?"),
        ("6 years after latest sentat of notice", "did you mean 'sent_at'?"),
        ("6 years after latest body of notice", "names the date 'body', which the class lacks"),
        ("until 2030-02-31", "is no day of the calendar"),
        ("for ever", "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(keep: str, told: str) -> None:
    """With the nearest known name where there is one."""
    with pytest.raises(BadInput) as caught:
        schedule(keep)
    assert told in str(caught.value)
