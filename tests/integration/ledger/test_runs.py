"""A run takes each approved record to one outcome, and then forgets what was destroyed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.ledger import gone, holds, people, proposals, purge, runs, sifts
from connectors.ledger.base import Ledger, open_ledger, reading
from connectors.ledger.people import Person
from connectors.ledger.proposals import Proposal
from connectors.ledger.purge import compact, purge_closed, still_named
from connectors.ledger.runs import DESTROY, KEEP, Outcome, PlannedRow, Run
from connectors.ledger.tables import metadata
from rules.errors import Refused, StoreUnavailable
from rules.review.authority import Decision, Role
from rules.review.values import Choice, Finding, Hold, Kind
from tests.integration.ledger.conftest import AT, DIGEST, due, sifted

LATER = "2026-09-02T09:00:00Z"
OFFICER = Person("dana", "Dana Okoro", Role.DPO, "k" * 44, AT, case_numbers=("CANARY-C1", "C5"))


def drbg(length: int) -> bytes:
    """Random bytes that are always the same."""
    return hashlib.shake_256(b"seed").digest(length)


def tag(text: str) -> str:
    """Something of a commitment's shape."""
    return hashlib.sha256(text.encode()).hexdigest()


def row(ordinal: int, finding: Finding, course: str = DESTROY) -> PlannedRow:
    """A planned record."""
    return PlannedRow(
        ordinal=ordinal,
        store=finding.store,
        class_name=finding.class_name,
        key=finding.key,
        subject=finding.subject,
        rule=finding.rule,
        due_on=finding.due_on,
        version=finding.version,
        action=finding.action,
        reason="period-over",
        commitment=tag(f"c{finding.key}"),
        tag=tag(f"t{finding.subject}"),
        version_tag=tag("v"),
        course=course,
    )


def started(ledger: Ledger, frozen: Proposal, rows: Sequence[PlannedRow], name: str = "run-1") -> Run:
    """A run over these records."""
    run = Run(name, frozen.id, "approved", frozen.as_of, DIGEST, "avery", AT, LATER, "0" * 64, '{"dana":"x"}', 7)
    runs.create_run(ledger, run, rows)
    return run


def propose(ledger: Ledger, *findings: Finding, scope: str = "") -> Proposal:
    """A frozen sift."""
    return proposals.freeze(ledger, sifted(ledger, *findings, scope=scope), AT, drbg)


def test_a_sift_is_frozen_once_and_shows_every_change(ledger: Ledger) -> None:
    sift = sifted(ledger, due("1"), due("2"))
    frozen = proposals.freeze(ledger, sift, AT, drbg)
    assert proposals.freeze(ledger, sift, LATER, drbg) == frozen
    assert proposals.get(ledger, frozen.id) == proposals.latest(ledger) == proposals.for_sift(ledger, sift) == frozen
    assert proposals.by_hash(ledger, frozen.hash) == frozen
    assert proposals.unchanged(ledger, frozen)
    sifts.add_findings(ledger, sift, [due("3")])
    assert not proposals.unchanged(ledger, frozen)


def test_a_sift_that_is_not_finished_cannot_be_frozen(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="not been finished"):
        proposals.freeze(ledger, sifted(ledger, due("1"), finished=False), AT, drbg)


def test_a_run_and_its_records_come_back_and_narrow(ledger: Ledger) -> None:
    frozen = propose(ledger, due("1"), due("2"), due("3"))
    rows = [row(1, due("1")), row(2, due("2"), KEEP), row(3, due("3"))]
    run = started(ledger, frozen, rows)
    assert runs.get_run(ledger, "run-1") == run
    assert run.sealed_keys == {"dana": "x"}
    assert runs.get_run(ledger, "run-2") is None
    assert runs.runs(ledger, ["approved"], frozen.id) == [run]
    assert runs.runs(ledger, ["closed"]) == []
    assert list(runs.iterate_planned(ledger, "run-1")) == rows
    assert runs.approved_ordinals(ledger, frozen.id) == {1, 3}
    runs.set_batches(ledger, "run-1", {1: 1, 3: 2})
    assert [one.ordinal for one in runs.planned_rows(ledger, "run-1", [DESTROY], batch=2)] == [3]
    assert [one.ordinal for one in runs.planned_rows(ledger, "run-1", store="casework", after=1)] == [2, 3]


def test_one_process_has_a_run_until_its_lease_is_over(ledger: Ledger) -> None:
    started(ledger, propose(ledger, due("1")), [row(1, due("1"))])
    assert runs.claim(ledger, "run-1", "a", "2026-09-01T10:00:00Z", "2026-09-01T10:05:00Z")
    assert not runs.claim(ledger, "run-1", "b", "2026-09-01T10:04:00Z", "2026-09-01T10:09:00Z")
    assert runs.claim(ledger, "run-1", "a", "2026-09-01T10:04:00Z", "2026-09-01T10:09:00Z")
    assert runs.claim(ledger, "run-1", "b", "2026-09-01T10:10:00Z", "2026-09-01T10:15:00Z")
    assert not runs.claim(ledger, "run-9", "b", "2026-09-01T10:10:00Z", "2026-09-01T10:15:00Z")


def test_a_record_has_exactly_one_outcome_and_a_run_closes_when_all_have(ledger: Ledger) -> None:
    started(ledger, propose(ledger, due("1"), due("2")), [row(1, due("1")), row(2, due("2"))])
    first = Outcome(1, "done", "period-over", "row-deleted", AT, 12)
    runs.add_outcomes(ledger, "run-1", [first])
    with pytest.raises(StoreUnavailable):
        runs.add_outcomes(ledger, "run-1", [Outcome(2, "kept", "changed", "none", AT), first])
    with pytest.raises(Refused, match="1 of its records"):
        runs.close_run(ledger, "run-1", LATER)
    with pytest.raises(Refused, match="not closed"):
        purge_closed(ledger, "run-1", PEOPLE)
    runs.add_outcomes(ledger, "run-1", [Outcome(2, "kept", "changed", "none", AT)])
    assert runs.outcomes(ledger, "run-1")[0] == first
    assert runs.outcome_counts(ledger, "run-1") == {"done": 1, "kept": 1}
    runs.close_run(ledger, "run-1", LATER)
    assert [run.closed_at for run in runs.runs(ledger, ["closed"])] == [LATER]
    assert not runs.claim(ledger, "run-1", "a", AT, LATER)


HEAD = Finding(
    Kind.PAST_RETENTION, "casework", "client", "CANARY-C1", "client-file", "CANARY-C1", date(2026, 8, 17),
    version="ab" * 32, reason="CANARY reason", facts={"author": "W1", "born": "CANARY-1990-01-07"},
)  # fmt: skip
NOTE = due("CANARY-N1", subject="CANARY-C1", author="W2")
PEOPLE = {"CANARY-C1"}
ALIVE = due("N2", subject="C2", linked="CANARY-C1")
BREACH = due("CANARY-N1", Kind.CONTROL_BREACH, subject="CANARY-C1")


def closed(ledger: Ledger) -> tuple[Proposal, Proposal]:
    """A closed run that destroyed HEAD and NOTE and kept ALIVE; an older proposal and a pending one name them too."""
    people.add_person(ledger, OFFICER)
    stone = Hold("h1", "sar", "REF", "dana", date(2025, 1, 1), released_on=date(2025, 2, 1), subject="CANARY-C1")
    holds.place(ledger, stone, "CANARY reason")
    holds.place(ledger, replace(stone, id="h3", subject=None, name="CANARY name"), "CANARY reason")
    record = replace(stone, subject=None, store=NOTE.store, class_name=NOTE.class_name, key=NOTE.key)
    holds.place(ledger, replace(record, id="h4"), "CANARY reason")
    older = propose(ledger, HEAD, due("X"))
    pending = propose(ledger, NOTE, ALIVE, due("Y"), scope="notes")
    frozen = propose(ledger, HEAD, NOTE, ALIVE, BREACH)
    statement = people.add_statement(ledger, "decisions", frozen.id, "dana", {}, AT, 1)
    taken = [Decision(1, Choice.DESTROY, "period-over", "CANARY note"), Decision(3, Choice.HOLD, "funder", "stays")]
    proposals.add_decisions(ledger, statement, frozen.id, "dana", taken)
    started(ledger, frozen, [row(1, HEAD), row(2, NOTE), row(3, ALIVE)])
    done = [Outcome(number, "done", "period-over", "row-deleted", AT) for number in (1, 2)]
    runs.add_outcomes(ledger, "run-1", [*done, Outcome(3, "kept", "changed", "none", AT)])
    runs.close_run(ledger, "run-1", LATER)
    return older, pending


def everything(ledger: Ledger) -> str:
    """All rows of all tables, as text."""
    with reading(ledger) as connection:
        rows = [repr(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(sorted(rows))


def test_once_a_run_is_closed_nothing_names_what_it_destroyed(ledger: Ledger) -> None:
    closed(ledger)
    assert "CANARY" in everything(ledger)
    assert still_named(ledger, "run-1") == 2
    assert purge_closed(ledger, "run-1", PEOPLE) == 2
    assert "CANARY" not in everything(ledger)
    assert "2026-08-17" not in repr(runs.planned_rows(ledger, "run-1", limit=2))
    assert still_named(ledger, "run-1") == 0
    remains = everything(ledger)
    assert purge_closed(ledger, "run-1", PEOPLE) == 2
    assert everything(ledger) == remains


def test_commitments_reasons_months_and_counts_remain_and_the_living_are_untouched(ledger: Ledger) -> None:
    closed(ledger)
    before = sifts.counts(ledger, 3)
    purge_closed(ledger, "run-1", PEOPLE)
    head, note, alive = runs.iterate_planned(ledger, "run-1")
    assert (head.key, head.commitment, head.subject, head.version, head.due_on) == (
        tag("cCANARY-C1"),
        tag("cCANARY-C1"),
        None,
        "",
        date(2026, 8, 1),
    )
    assert (note.reason, note.rule, note.state) == ("period-over", "notes-after-summary", "done")
    assert alive._replace(state="planned") == row(3, ALIVE)
    kept = sifts.by_ordinal(ledger, 3, [3])[3]
    assert kept == replace(ALIVE, facts={})  # the other person's case number has gone with that person
    assert [(count.kind, count.n) for count in sifts.counts(ledger, 3)] == [(count.kind, count.n) for count in before]
    assert proposals.standing(ledger, proposals.latest(ledger).id)[1].decision.note == "stays"  # type: ignore[union-attr]
    assert people.find_person(ledger, "dana") == replace(OFFICER, case_numbers=("C5",))


def test_a_review_under_way_of_other_records_stays_provable(ledger: Ledger) -> None:
    older, pending = closed(ledger)
    purge_closed(ledger, "run-1", PEOPLE)
    assert proposals.unchanged(ledger, pending)
    for done in (older, proposals.latest(ledger)):
        again = proposals.get(ledger, done.id) if done else None
        assert again is not None
        assert again.salt is None
        assert not proposals.unchanged(ledger, again)
    sifts.add_findings(ledger, pending.sift, [due("Z")])
    assert not proposals.unchanged(ledger, pending)


def test_the_file_of_the_ledger_holds_nothing_of_it_either(tmp_path: Path) -> None:
    ledger = open_ledger("sqlite:///ledger.db", folder=tmp_path)
    closed(ledger)
    purge_closed(ledger, "run-1", PEOPLE)
    compact(ledger)
    found = {path.name: path.read_bytes().count(b"CANARY") for path in tmp_path.iterdir()}
    assert not any(found.values()), found


def test_the_case_numbers_of_what_was_destroyed_are_known_until_they_are_forgotten(ledger: Ledger) -> None:
    closed(ledger)
    assert purge.destroyed_subjects(ledger, "run-1") == {"client": {"CANARY-C1"}, "session_note": {"CANARY-C1"}}
    purge_closed(ledger, "run-1", PEOPLE)
    assert purge.destroyed_subjects(ledger, "run-1") == {}


def test_somebody_of_whom_a_record_is_left_keeps_the_case_number(ledger: Ledger) -> None:
    closed(ledger)
    purge_closed(ledger, "run-1", ())
    assert "CANARY-N1" not in everything(ledger)
    assert sifts.by_ordinal(ledger, 3, [3])[3] == ALIVE


def test_what_an_older_run_kept_is_forgotten_when_a_later_one_destroys_it(ledger: Ledger) -> None:
    """A kept record stands in its own run's plan, and a hold's, until the run that destroys it is closed."""
    frozen = propose(ledger, HEAD, NOTE)
    started(ledger, frozen, [row(1, HEAD, KEEP), row(2, NOTE, KEEP)], "run-0")
    runs.add_outcomes(ledger, "run-0", [Outcome(number, "kept", "funder", "none", AT) for number in (1, 2)])
    runs.close_run(ledger, "run-0", AT)
    purge_closed(ledger, "run-0", ())
    assert "CANARY-N1" in repr(runs.planned_rows(ledger, "run-0"))
    closed(ledger)
    purge_closed(ledger, "run-1", PEOPLE)
    assert "CANARY" not in everything(ledger)


def test_a_record_that_was_gone_already_is_forgotten_as_well(ledger: Ledger) -> None:
    frozen = propose(ledger, HEAD)
    started(ledger, frozen, [row(1, HEAD)])
    runs.add_outcomes(ledger, "run-1", [Outcome(1, "kept", "already-gone", "none", AT)])
    runs.close_run(ledger, "run-1", LATER)
    purge_closed(ledger, "run-1", PEOPLE)
    assert "CANARY" not in everything(ledger)


def test_a_file_that_no_class_claims_is_forgotten_once_its_review_is_closed(ledger: Ledger) -> None:
    """Its name may bear a case number; while somebody reviews it, it must be readable."""
    stray = Finding(Kind.UNCLAIMED, "documents", "", "letters/CANARY-C1 letter.txt", "", reason="no class claims it")
    propose(ledger, stray)
    frozen = propose(ledger, HEAD, stray)
    pending = propose(ledger, stray, scope="notes")
    started(ledger, frozen, [row(1, HEAD)])
    runs.add_outcomes(ledger, "run-1", [Outcome(1, "done", "period-over", "row-deleted", AT)])
    runs.close_run(ledger, "run-1", LATER)
    purge_closed(ledger, "run-1", PEOPLE)
    assert [one.finding.key for one in sifts.iterate(ledger, pending.sift)] == [stray.key]
    assert everything(ledger).count("CANARY") == 1


def test_compacting_works_on_either_engine(ledger: Ledger) -> None:
    compact(ledger)


def test_what_a_hold_came_too_late_for_is_found_until_the_run_is_purged(ledger: Ledger) -> None:
    closed(ledger)
    hold = Hold("h2", "sar", "REF", "dana", date(2026, 9, 1), subject="CANARY-C1")
    found, unsearchable = gone.already_gone(ledger, hold)
    assert {(one.class_name, one.count) for one in found} == {("client", 1), ("session_note", 1)}
    assert unsearchable == ["run-1"]
    purge_closed(ledger, "run-1", PEOPLE)
    assert gone.already_gone(ledger, hold) == ([], ["run-1"])
    whole = replace(hold, subject=None, class_name="session_note")
    assert [one.count for one in gone.already_gone(ledger, whole)[0]] == [1]
