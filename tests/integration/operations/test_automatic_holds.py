"""A record that says so holds its person's files, without anybody placing a hold."""

from __future__ import annotations

from pathlib import Path

from connectors.ledger import sifts
from operations.project import open_project
from operations.sift import sift
from rules.review.values import Kind
from tests.acceptance.charity import AS_OF, CLOCK, set_up

HOLDS = """
    holds:
      - id: work-in-dispute
        kind: litigation
        when: purpose_code = 'progress_work'
        because: [CPR PD 31B para 7]
"""


def test_a_record_that_holds_its_person_turns_the_whole_due_file_into_held(tmp_path: Path) -> None:
    """Everything due of a person with such a record is held, of nobody else, and the kind is said."""
    charity = set_up(tmp_path / "demo", clients=1)
    before = sift(charity.project, AS_OF)
    due = {
        (one.finding.store, one.finding.class_name, one.finding.key): one.finding
        for one in sifts.iterate(charity.project.ledger, before.sift, (Kind.PAST_RETENTION,))
    }
    schedule = charity.folder / "schedule.yaml"
    text = schedule.read_text(encoding="utf-8")
    anchor = "    controls:\n      - id: additional-record-purpose"
    assert anchor in text
    schedule.write_text(text.replace(anchor, HOLDS.lstrip("\n") + anchor), encoding="utf-8")
    again = open_project(charity.folder, CLOCK)
    after = sift(again, AS_OF)
    held = {
        (one.finding.store, one.finding.class_name, one.finding.key): one.finding
        for one in sifts.iterate(again.ledger, after.sift, (Kind.HELD,))
        if "litigation" in one.finding.facts["holds"]
    }
    people = {finding.subject for place, finding in held.items() if place in due}
    assert people
    assert {place for place, finding in due.items() if finding.subject in people} <= set(held)
