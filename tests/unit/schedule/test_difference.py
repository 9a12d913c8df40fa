"""Two versions of a schedule told apart in plain English: every difference is said, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rules.schedule.difference import Change, differences
from rules.schedule.parser import parse_schedule
from rules.schedule.values import Schedule

TEXT = """\
schedule: Small
version: "1"
zone: Europe/London
parameters:
  adult.keep: {value: 7 years, because: [Limitation Act 1980], confidence: source}
classes:
  client:
    means: The head of a file
    open_when: status = 'open'
    dormant_after: 1 year
    fields: {case_number: "key, subject", closed_on: trigger, status: state, old_code: no purpose}
    rules:
      - id: client-file
        applies_to: status = 'closed'
        keep: $adult.keep after closed_on
        unless: status = 'disputed'
        then: destroy
        because: [S3 4.4]
    controls:
      - id: no-code
        flag_when: old_code is not null
        says: the old code is still filled
        because: [S3 2.1]
    holds:
      - id: disputed
        kind: complaint
        when: status = 'disputed'
        because: [S3 13.1]
    quality:
      - {says: closed files have a date, readable_date: closed_on, because: [S3 4.4]}
"""

WORDS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("keep: $adult.keep after", "keep: 6 years after"): (
        "Rule client-file of client: the period changes.",
        "7 years after closed on",
        "6 years after closed on",
    ),
    ("applies_to: status = 'closed'", "applies_to: status in ('closed', 'ended')"): (
        "Rule client-file of client: for which records it is changes.",
        "status is 'closed'",
        "status is one of 'closed', 'ended'",
    ),
    ("        unless: status = 'disputed'\n", ""): (
        "Rule client-file of client: what spares a record changes.",
        "status is 'disputed'",
        "nothing",
    ),
    ("then: destroy", "then: review"): ("Rule client-file of client: what is done changes.", "destroy", "review"),
    ("dormant_after: 1 year", "dormant_after: 2 years"): (
        "Class client: when an open file sleeps changes.",
        "1 year",
        "2 years",
    ),
    ("old_code: no purpose", "old_code: statistic"): (
        "Field old_code of client: what it is held for changes.",
        "no purpose",
        "statistic",
    ),
    ("old_code is not null", "old_code = 'x'"): (
        "Control no-code of client: what it looks for changes.",
        "old code is filled",
        "old code is 'x'",
    ),
    ("kind: complaint", "kind: sar"): ("Automatic hold disputed of client: its kind changes.", "complaint", "sar"),
    ("because: [S3 13.1]", "because: [S3 13.2]"): (
        "Automatic hold disputed of client: what it rests on changes.",
        "S3 13.1",
        "S3 13.2",
    ),
    ("readable_date: closed_on", "not_empty: closed_on"): (
        "Quality check closed files have a date of client: its kind changes.",
        "readable date",
        "not empty",
    ),
    ("zone: Europe/London", "zone: Europe/London\nbank_holidays: [2026-12-25]"): (
        "The schedule: which days are bank holidays changes.",
        "nothing",
        "25 December 2026",
    ),
    ('version: "1"', 'version: "2"'): ("The schedule: the version changes.", "1", "2"),
}


def schedule(text: str = TEXT) -> Schedule:
    """A schedule of the tests."""
    return parse_schedule(text, "s.yaml")


@pytest.mark.parametrize(("change", "says"), WORDS.items(), ids=[change[1][:30] or "gone" for change in WORDS])
def test_each_change_is_said_in_words_with_what_was_and_what_will_be(
    change: tuple[str, str], says: tuple[str, str, str]
) -> None:
    """One change of the file is one sentence, and the way back says the opposite."""
    old, new = schedule(), schedule(TEXT.replace(*change))
    assert [(one.sentence, one.before, one.after) for one in differences(old, new)] == [says]
    assert [(one.before, one.after) for one in differences(new, old)] == [(says[2], says[1])]


def test_a_parameter_shows_itself_and_every_rule_that_uses_it() -> None:
    """Who changes a period sees what that does to the rules."""
    found = differences(schedule(), schedule(TEXT.replace("7 years", "6 years")))
    assert [(one.what, one.name, one.before, one.after) for one in found] == [
        ("parameter", "adult.keep", "7 years", "6 years"),
        ("rule", "client-file", "7 years after closed on", "6 years after closed on"),
    ]


def test_what_is_in_one_version_only_is_told_whole() -> None:
    """A rule that comes or goes is said with its period, its condition and its sources."""
    rest = TEXT.index("    controls:")
    rule = """\
      - id: old-code
        keep: 1 year after closed_on
        then: blank old_code
        because: ["UK GDPR Art 5(1)(c)"]
"""
    more = schedule(TEXT[:rest] + rule + TEXT[rest:])
    added, removed = differences(schedule(), more), differences(more, schedule())
    told = "It keeps them 1 year after closed on, then: blank old_code; for which records it is: old code is filled"
    told += " (UK GDPR Art 5(1)(c))."
    assert added == (Change("added", "rule", "client", "old-code", f"New rule old-code of client. {told}"),)
    assert removed == (Change("removed", "rule", "client", "old-code", f"The rule old-code of client is gone. {told}"),)


def test_a_class_that_comes_is_one_sentence_and_not_one_for_each_of_its_parts() -> None:
    """Its meaning, fields and rules are named once."""
    letter = """\
  letter:
    means: A letter
    part_of: client
    fields: {letter_id: key, case_number: subject}
"""
    (change,) = differences(schedule(), schedule(TEXT + letter))
    assert change.sentence == "New class letter. A letter. Fields: letter_id, case_number. Rules: none."


def test_comments_and_layout_are_no_change() -> None:
    """The digest differs; the rules do not."""
    other = schedule("# the same\n" + TEXT)
    assert other.digest != schedule().digest
    assert differences(schedule(), other) == ()
