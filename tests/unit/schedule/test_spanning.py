"""Where a condition is cut between stores, and what of it each store is asked."""

from __future__ import annotations

from rules.schedule.language import Compare, Every, Exists, Longer, SameField
from rules.schedule.parser import parse_schedule
from rules.schedule.spanning import ALWAYS, Spanning, span, texts_brought
from rules.schedule.values import Schedule

CLASSES = """
schedule: Small
version: 2026-04
zone: Europe/London
classes:
  client:
    means: A head
    fields: {case_number: "key, subject", status: state, closed_on: trigger}
    rules: [{id: file, keep: 7 years after closed_on, then: destroy, because: [S3 4.4]}]
  note:
    means: A note
    part_of: client
    fields: {note_id: key, case_number: subject, ended: trigger, summary_id: evidence, body: free text}
    rules:
      - id: note
        keep: KEEP
        only_if: CONDITION
        then: destroy
        because: [S3 4.9]
  summary:
    means: A summary
    part_of: client
    fields: {summary_id: key, case_number: subject, written_on: trigger, text: free text, state: state}
    rules: [{id: summary, keep: 7 years after written_on, then: destroy, because: [S3 4.9]}]
"""


def schedule_with(condition: str, keep: str = "7 days after ended") -> Schedule:
    """The small schedule with a condition on notes."""
    text = CLASSES.replace("CONDITION", f'"{condition}"').replace("KEEP", keep)
    return parse_schedule(text, "schedule.yaml")


def cut(condition: str, keep: str = "7 days after ended", elsewhere: str = "summary") -> Spanning:
    """What is left of the notes' rule where summaries lie in another store."""
    found = span(schedule_with(condition, keep).get("note"), {elsewhere})
    assert found is not None
    return found


BY_ID = "summary_id = note.summary_id"


def test_a_class_that_asks_about_its_own_store_alone_is_left_as_it_is() -> None:
    """Nothing is brought together for a rule that one store can answer."""
    asked = schedule_with(f"exists (select 1 from summary where {BY_ID})").get("note")
    assert span(asked, {"client"}) is None


def test_a_text_is_asked_about_where_it_lies() -> None:
    """Conditions on a free text leave its store as an answer; only the key of the join is brought."""
    condition = f"length(body) > 9 and exists (select 1 from summary where {BY_ID} and length(text) > 50)"
    found = cut(condition)
    assert [piece.condition for piece in found.record.pieces] == [Longer("body", ">", 9)]
    assert found.record.fields == ("summary_id",)
    (asked,) = found.brought
    assert (asked.fields, asked.pieces, asked.only) == (("summary_id",), (), (Longer("text", ">", 50),))


def test_what_is_left_is_a_condition_of_the_same_language() -> None:
    """The query asks for what was brought under a name of its own."""
    (rule,) = cut(f"exists (select 1 from summary where {BY_ID} and state = 'final')").record_class.rules
    left = Every((Compare(ALWAYS, "=", "1"), SameField("summary_id", "summary_id")))
    assert rule.only_if == Exists("asked 1", left)


def test_rows_are_wanted_by_the_keys_of_the_records_only() -> None:
    """A query that names the key of its rows brings only those rows; one that names none brings them all."""
    joined, free = (
        cut(f"exists (select 1 from summary where {where})").brought[0].join for where in (BY_ID, "state = 'final'")
    )
    assert joined is not None
    assert (joined.field, joined.of, joined.other) == ("summary_id", "record", "summary_id")
    assert free is None


def test_flags_and_events_that_other_stores_answer_are_named() -> None:
    """So that a version can tell the record's own store from the others."""
    found = cut(
        f"exists (select 1 from summary where {BY_ID})", "7 days after latest of (ended, latest written_on of summary)"
    )
    assert found.beyond == {"note.only_if", "summary.written_on"}
    assert found.events == (("summary", ("written_on",)),)


def test_joining_stores_by_a_text_is_told() -> None:
    """A text by which records would be joined would have to leave its store."""
    condition = "exists (select 1 from summary where text = note.body)"
    told = set(texts_brought(cut(condition), schedule_with(condition)))
    assert told == {("note", "body"), ("summary", "text")}
