"""What a rule may do with a due record: its spellings, what it leaves alone, and when it counts as done."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from connectors.stores.mapping import parse_stores
from rules.errors import BadInput
from rules.review.values import Record
from rules.schedule.actions import SPELLINGS, Action, action_code, generalised, has_form, parse_action
from rules.schedule.files import judge_alone, judge_head
from rules.schedule.judge import Bench, Contact, State
from rules.schedule.parser import parse_schedule
from rules.schedule.values import Schedule
from rules.schedule.yardstick import flags_of

TEXT = """\
schedule: Demo
version: 2026-04
zone: Europe/London
classes:
  client:
    means: A client
    fields:
      {case_number: "key, subject", closed_on: trigger, born: birthday, postcode: contact detail, seen_on: contact}
    rules:
      - {id: file, keep: 7 years after closed_on, then: destroy, because: [S3 4.4]}
      - id: fields
        keep: 1 year after closed_on
        then: generalise postcode to area
        because: [S3 4.2]
  note:
    means: A note
    part_of: client
    fields: {note_id: key, case_number: subject, written_on: trigger, body: free text, summary: free text}
    rules:
      - {id: notes, keep: 3 years after written_on, then: destroy, because: [S3 4.4]}
      - {id: long, keep: 1 year after written_on, then: truncate body to 5 characters, because: [S3 4.2]}
  meeting:
    means: A meeting of several
    fields: {meeting_id: key, held_on: trigger}
    rules:
      - {id: meetings, keep: 7 years after held_on, then: destroy, because: [S3 4.4]}
  presence:
    means: Who was there
    part_of: client
    links: meeting
    fields: {presence_id: key, case_number: subject, meeting_id: evidence}
"""


def read(text: str = TEXT) -> Schedule:
    """The schedule in `text`."""
    return parse_schedule(text, "schedule.yaml")


@pytest.mark.parametrize(
    "text",
    [
        *("destroy", "review", "unlink", "blank a", "blank a, b", "redact body", "keep only a, b"),
        *("truncate body to 500 characters", "generalise born to year", "generalise postcode to outward code"),
    ],
)
def test_an_action_is_written_in_one_way(text: str) -> None:
    """What is read is written the same again; the log's code for it is its first words."""
    assert str(parse_action(text)) == text
    assert text.replace(" ", "-").startswith(action_code(text))


@pytest.mark.parametrize(
    "text",
    [
        *("", "blank", "blank ", "blank A", "truncate body", "truncate a, b to 5 characters", "redact"),
        *("truncate body to 0 characters", "generalise born to week", "generalise to year", "keep a", "destroy a"),
    ],
)
def test_what_is_no_action_is_not_guessed(text: str) -> None:
    """Half an action is none."""
    with pytest.raises(ValueError, match="not an action"):
        parse_action(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("generalise postcode to area", "generalize postcode to area", "Write `generalise FIELD to month"),
        ("generalise postcode to area", "shred it", SPELLINGS[0]),
        ("generalise postcode to area", "generalise postcod to area", "Write 'postcode'"),
        ("generalise postcode to area", "generalise born to week", "unknown action"),
        ("generalise postcode to area", "unlink", "Write `links: CLASS`"),
        ("generalise postcode to area", "truncate case_number to 2 characters", "truncates the key of the record"),
        ("generalise postcode to area", "blank closed_on", "changes closed_on, from which a rule counts"),
        ("generalise postcode to area", "blank seen_on", "changes seen_on, from which a rule counts"),
        ("generalise postcode to area", "keep only born, postcode", "Add closed_on to `keep only`"),
        (
            "generalise postcode to area",
            "keep only closed_on, born, postcode, seen_on",
            "keeps every field that there is",
        ),
        ("truncate body to 5 characters", "truncate case_number to 5 characters", "changes whose record it is"),
        ("1 year after written_on", "'longest of [with client, 1 year after written_on]'", "when the whole file goes"),
        ("links: meeting", "links: meetings", "Write 'meeting'"),
        ("links: meeting", "links: note", "belongs to one person"),
        ("part_of: client\n    links", "links", "links nobody"),
    ],
)
def test_a_mistaken_action_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    """Every mistake is told with file, line and what to write; none is dropped."""
    assert old in TEXT
    with pytest.raises(BadInput) as caught:
        read(TEXT.replace(old, new, 1))
    told = [str(problem) for problem in caught.value.problems]
    assert any(says in one for one in told), told
    assert all(problem.line and problem.file == "schedule.yaml" for problem in caught.value.problems)


def test_what_everybody_shares_needs_an_end_of_its_own() -> None:
    """A class that records link to must have a rule, or what nobody shares any longer would stay for good."""
    rule = "    rules:\n      - {id: meetings, keep: 7 years after held_on, then: destroy, because: [S3 4.4]}\n"
    with pytest.raises(BadInput, match="has no rule of its own"):
        read(TEXT.replace(rule, ""))


@pytest.mark.parametrize(
    ("kind", "line", "says"),
    [
        ("documents", "path: d, name: x, classes: {note: {}}", "a document goes whole or not at all, and long says"),
        ("csv", "path: p.csv, classes: {presence: {}}", "only a database can take one away alone"),
    ],
)
def test_a_store_that_cannot_do_it_says_so_before_anything_is_due(kind: str, line: str, says: str) -> None:
    """The mapping is refused, with the rule that asks too much of this kind of store."""
    with pytest.raises(BadInput) as caught:
        parse_stores(f"stores:\n  it: {{kind: {kind}, {line}}}\n", read())
    assert any(says in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "form", "becomes"),
    [
        ("1987-05-03", "year", date(1987, 1, 1)),
        ("1987-05-03 23:30:00", "month", date(1987, 5, 1)),
        ("03/05/1987", "year", None),
        ("mk3 4dx", "area", "MK"),
        ("M11AA", "outward code", "M1"),
        ("EC1A 1BB", "area", "EC"),
        ("Leeds", "area", None),
    ],
)
def test_a_generalised_value_is_known_by_its_form(text: str, form: str, becomes: str | date | None) -> None:
    """What has been made coarser has the form that says so, and what was finer has not."""
    made = generalised(text, form)
    assert made == becomes
    assert not has_form(text, form)  # type: ignore[arg-type]
    assert made is None or has_form(str(made), form)  # type: ignore[arg-type]


def judged(class_name: str, **row: str) -> tuple[State, str]:
    """What the rules say about a record: its state, and the rule that decides."""
    schedule = read()
    record_class = schedule.get(class_name)
    whole: dict[str, str | None] = {item.name: row.get(item.name) for item in record_class.fields}
    flags = {
        name: value
        for rule in record_class.rules
        for name, value in flags_of(rule, whole, lambda _: (), ZoneInfo(schedule.zone)).items()
    }
    record = Record("casework", class_name, "1", "C1", whole, flags)
    bench = Bench(schedule, date(2026, 9, 1))
    if record_class.part_of:
        alone = judge_alone(bench, record_class, record)
        return alone.state, alone.rule
    head = judge_head(bench, record_class, record, Contact())
    return head.state, head.rule


def test_an_action_that_was_done_is_not_due_again() -> None:
    """The state of the record itself tells; a record that goes has nothing done to its fields first."""
    assert judged("note", written_on="2025-01-31", body="too long") == (State.DUE, "long")
    assert judged("note", written_on="2025-01-31", body="short")[0] is State.NOT_DUE
    assert judged("note", written_on="2025-01-31")[0] is State.NOT_DUE
    assert judged("note", written_on="2020-01-31", body="too long") == (State.DUE, "notes")


def test_fields_of_a_head_have_a_clock_beside_that_of_the_file() -> None:
    """The longest rule decides about the file; until it has run out, the head's own fields can be due."""
    assert judged("client", closed_on="2024-01-31", postcode="MK3 4DX") == (State.DUE, "fields")
    assert judged("client", closed_on="2024-01-31", postcode="MK")[0] is State.NOT_DUE
    assert judged("client", closed_on="2010-01-31", postcode="MK3 4DX") == (State.DUE, "file")


def test_keep_only_names_what_stays() -> None:
    """The key always stays; everything else that is not named goes."""
    action = Action("keep only", ("b",))
    assert action.touched(("key", "a", "b", "c"), "key") == ("a", "c")
    assert action.on_fields
    assert not Action("unlink").on_fields
