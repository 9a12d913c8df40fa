"""Who may do what, without a ledger, a key or a clock."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from rules.errors import BadInput
from rules.review import authority
from rules.review.authority import Decision, Officer, Role
from rules.review.values import REASONS, Choice, Finding, Hold, Kind
from rules.schedule.language import After, FieldRef, Period
from rules.schedule.values import RecordClass, Rule, Schedule

TODAY = date(2026, 9, 1)
DUE = Finding(Kind.PAST_RETENTION, "casework", "client", "C1", "client-file", "C1", date(2026, 8, 1))
LET_GO = Decision(1, Choice.DESTROY, "period-over")


def test_the_dpo_recommends_and_never_approves() -> None:
    assert authority.refuse_role("decide", Role.DPO) == ""
    assert "may not approve" in authority.refuse_role("approve", Role.DPO)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.TECHNICAL])
@pytest.mark.parametrize("action", ["adopt", "hold", "release", "decide", "approve"])
def test_auditor_and_technical_person_decide_nothing(role: Role, action: str) -> None:
    assert authority.refuse_role(action, role)


@pytest.mark.parametrize("kind", sorted(set(Kind) - authority.DUE_KINDS))
def test_only_due_records_are_up_for_decision(kind: Kind) -> None:
    assert "not up for decision" in authority.check_decision(LET_GO, replace(DUE, kind=kind), TODAY)


def test_a_plain_due_record_may_be_let_go() -> None:
    assert authority.check_decision(LET_GO, DUE, TODAY) == ""


def test_a_held_record_is_never_let_go() -> None:
    held = replace(DUE, kind=Kind.HELD)
    assert "on hold" in authority.check_decision(LET_GO, held, TODAY)
    assert authority.check_decision(Decision(1, Choice.HOLD, "safeguarding"), held, TODAY) == ""


def test_a_record_to_be_read_first_waits_for_somebody_who_has_read_it() -> None:
    flagged = replace(DUE, read_first=("death recorded",))
    assert "read this file" in authority.check_decision(LET_GO, flagged, TODAY)
    assert authority.check_decision(replace(LET_GO, read_by_officer=True), flagged, TODAY) == ""


@pytest.mark.parametrize(
    ("decision", "word"),
    [
        (replace(LET_GO, reason="because"), "reasons"),
        (replace(LET_GO, reason=""), "reasons"),
        (replace(LET_GO, note="x" * 2001), "note"),
        (replace(LET_GO, until=date(2027, 1, 1)), "only keep until"),
        (Decision(1, Choice.KEEP_UNTIL, "still-needed"), "future"),
        (Decision(1, Choice.KEEP_UNTIL, "still-needed", until=TODAY), "future"),
        (Decision(1, Choice.REDACT, "not-required"), "whole record"),
    ],
)
def test_a_decision_without_a_reason_or_against_its_rule_is_refused(decision: Decision, word: str) -> None:
    assert word in authority.check_decision(decision, DUE, TODAY)


def test_a_rule_that_blanks_fields_asks_for_redact() -> None:
    blanked = replace(DUE, action="blank case_number, comment")
    assert "redact" in authority.check_decision(LET_GO, blanked, TODAY)
    assert authority.check_decision(replace(LET_GO, choice=Choice.REDACT), blanked, TODAY) == ""


def test_a_finding_that_is_not_there_is_refused() -> None:
    assert authority.check_decision(LET_GO, None, TODAY)


@pytest.mark.parametrize(
    ("facts", "subject", "answer"),
    [
        ({"author": "W3"}, "C1", "wrote"),
        ({"counsellor": "W3"}, "C1", "wrote"),
        ({"linked": "C7"}, "C1", "concerns"),
        ({}, "C7", "concerns"),
        ({}, "W3", "concerns"),
        ({"author": "W4"}, "C1", ""),
        ({}, None, ""),
    ],
)
def test_nobody_approves_what_they_wrote_or_what_concerns_them(
    facts: dict[str, str], subject: str | None, answer: str
) -> None:
    officer = Officer("m", Role.MANAGER, frozenset({"W3"}), frozenset({"C7"}))
    assert authority.not_theirs(officer, replace(DUE, facts=facts, subject=subject)) == answer


FINDING_CHANGES: dict[str, Any] = {
    "kind": Kind.HELD,
    "store": "x",
    "class_name": "x",
    "key": "x",
    "rule": "x",
    "subject": None,
    "due_on": None,
    "count": 1,
    "action": "blank x",
    "version": "x",
    "reason": "x",
    "facts": {"a": "b"},
    "read_first": ("x",),
}
DECISION_CHANGES: dict[str, Any] = {
    "ordinal": 2,
    "choice": Choice.HOLD,
    "reason": "x",
    "note": "x",
    "until": TODAY,
    "read_by_officer": True,
}


def test_every_part_of_a_finding_changes_the_proposals_hash() -> None:
    changed = {authority.proposal_line(1, replace(DUE, **{name: value})) for name, value in FINDING_CHANGES.items()}
    assert set(FINDING_CHANGES) == {field.name for field in fields(Finding)}
    assert len(changed | {authority.proposal_line(1, DUE), authority.proposal_line(2, DUE)}) == len(changed) + 2 == 15


def test_every_part_of_a_decision_changes_what_is_signed() -> None:
    changed = [replace(LET_GO, **{name: value}) for name, value in DECISION_CHANGES.items()]
    digests = {authority.decisions_digest([one]) for one in [LET_GO, *changed]}
    assert set(DECISION_CHANGES) == {field.name for field in fields(Decision)}
    assert len(digests | {authority.decisions_digest([])}) == 8


def test_the_order_in_which_decisions_were_taken_does_not_matter() -> None:
    two = Decision(2, Choice.HOLD, "funder")
    assert authority.decisions_digest([LET_GO, two]) == authority.decisions_digest([two, LET_GO])


def test_records_of_two_classes_with_one_key_are_two_records() -> None:
    assert authority.record_id("client", "1") != authority.record_id("referral", "1")


def _schedule(*confidences: str) -> Schedule:
    keep = After(Period(years=6), (FieldRef("closed_on"),))
    rules = tuple(Rule(f"r{n}", "client", keep, confidence=word) for n, word in enumerate(confidences))  # type: ignore[arg-type]
    return Schedule("Demo", "1", "Europe/London", (RecordClass("client", "A client", (), rules=rules),), "a" * 64)


def test_each_general_default_must_be_accepted_by_itself() -> None:
    schedule = _schedule("policy", "general", "source", "general")
    wanted = [problem.key for problem in authority.check_adoption(schedule, TODAY, [], TODAY)]
    assert wanted == ["r1", "r3"]
    assert authority.check_adoption(schedule, TODAY, ["r1", "r3"], TODAY) == []
    assert [problem.key for problem in authority.check_adoption(schedule, TODAY, ["r0", "r1", "r3"], TODAY)] == ["r0"]


def test_a_minute_of_the_future_adopts_nothing() -> None:
    assert authority.check_adoption(_schedule("policy"), date(2026, 9, 2), [], TODAY)


HOLD = Hold("", "litigation", "REF-7", "", TODAY, subject="C1")


@pytest.mark.parametrize(
    ("hold", "scope"),
    [
        (HOLD, "person"),
        (replace(HOLD, subject=None, name="A Person"), "name"),
        (replace(HOLD, subject=None, store="s", class_name="c", key="k"), "record"),
        (replace(HOLD, subject=None, class_name="c"), "class"),
        (replace(HOLD, subject=None), None),
        (replace(HOLD, name="A Person"), None),
        (replace(HOLD, subject=None, store="s", key="k"), None),
    ],
)
def test_a_hold_covers_exactly_one_thing(hold: Hold, scope: str | None) -> None:
    assert authority.scope_of(hold) == scope
    assert bool(authority.check_hold(hold, TODAY)) is (scope is None)


def test_a_hold_without_kind_or_authority_says_all_that_is_missing() -> None:
    bad = replace(HOLD, kind="rumour", authority=" ", review_on=TODAY)
    assert [problem.key for problem in authority.check_hold(bad, TODAY)] == ["kind", "authority", "review_on"]


def test_the_cooling_off_time_is_counted_in_whole_days() -> None:
    assert authority.cooling_off_end("2026-10-20T09:30:00Z", 7) == "2026-10-27T09:30:00Z"
    assert authority.cooling_off_end("2026-10-20T09:30:00Z", 0) == "2026-10-20T09:30:00Z"
    with pytest.raises(BadInput):
        authority.cooling_off_end("2026-10-20T09:30:00Z", -1)


def test_reason_codes_can_stand_in_the_log() -> None:
    from rules.evidence.leaf import fits

    kept = (authority.NO_DECISION, authority.ON_HOLD, authority.NEEDS_ANOTHER)
    assert all(fits("slug", code) for code in (*REASONS, *authority.RELEASE_REASONS, *kept))
    assert (authority.month_of(None), authority.month_of(TODAY)) == ("none", "2026-09")
