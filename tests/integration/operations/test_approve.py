"""Approval is another person's, over exactly what was decided, and makes what the log may say of every due record."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Table, update

from connectors import keys
from connectors.ledger import log, people, proposals, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import DESTROY, HOLD, KEEP, Run
from connectors.ledger.tables import decision, finding, statement
from operations.approve import approve, open_run_key, planned_of
from operations.decide import decide
from operations.key_changes import replace_officer_key
from operations.people import add_person, sign_in
from operations.project import Project
from rules.errors import BadInput, Refused
from rules.evidence.commitment import case_tag, commit
from rules.evidence.leaf import encode
from rules.evidence.plan import plan_root
from rules.evidence.statement import check_signature, statement_digest, statement_of
from rules.review.authority import Decision, Role, record_id
from rules.review.values import Choice
from tests.integration.operations.conftest import (
    APPROVER,
    AUDITOR,
    COUNSELLOR,
    DPO,
    MANAGER,
    at,
    leaves,
    new_project,
    passphrase,
    populate,
    propose,
)


def let_go(*ordinals: int) -> list[Decision]:
    """Decisions to destroy these."""
    return [Decision(ordinal, Choice.DESTROY, "period-over") for ordinal in ordinals]


def decided(project: Project, taken: Sequence[Decision], by: str = DPO) -> str:
    """A proposal with these decisions."""
    proposal = propose(project)
    decide(project, proposal, taken, by, passphrase(by))
    return proposal


def approved(project: Project, proposal: str, by: str = APPROVER, without_mine: bool = False) -> Run:
    return approve(project, proposal, by, passphrase(by), without_mine)


def refused(project: Project, proposal: str, words: str, by: str = APPROVER, without_mine: bool = False) -> None:
    before = leaves(project)
    with pytest.raises(Refused, match=words):
        approved(project, proposal, by, without_mine)
    assert leaves(project) == before
    assert runs.runs(project.ledger) == []


def courses(project: Project, run: Run) -> dict[int, tuple[str, str]]:
    return {row.ordinal: (row.course, row.reason) for row in runs.iterate_planned(project.ledger, run.id)}


def test_what_nobody_decided_is_kept_and_what_is_held_stays_held(project: Project) -> None:
    keep = Decision(2, Choice.KEEP_UNTIL, "funder", until=date(2027, 1, 1))
    hold = Decision(5, Choice.HOLD, "safeguarding")
    run = approved(project, decided(project, [*let_go(1), keep, hold]))
    assert courses(project, run) == {
        1: (DESTROY, "period-over"),
        2: (KEEP, "funder"),
        3: (KEEP, "no-decision"),
        4: (HOLD, "on-hold"),
        5: (HOLD, "safeguarding"),
        6: (KEEP, "no-decision"),
        9: (KEEP, "no-decision"),
    }


def test_the_approval_is_signed_over_the_root_of_exactly_the_planned_records(project: Project) -> None:
    proposal = decided(project, let_go(1, 2))
    run = approved(project, proposal)
    leaf = leaves(project)[run.approval_leaf]
    frozen = proposals.get(project.ledger, proposal)
    assert frozen is not None
    check_signature(leaf, keys.verify)
    planned = list(runs.iterate_planned(project.ledger, run.id, [DESTROY]))
    assert leaf["root"] == run.commitments_root == plan_root(planned_of(row) for row in planned)
    assert (leaf["count"], leaf["due"], leaf["undatable"], leaf["officer"]) == (2, 7, 1, APPROVER)
    assert (leaf["proposal"], leaf["schedule"]) == (frozen.hash, project.schedule.digest)
    (decisions,) = [one for one in leaves(project) if one["type"] == "decisions"]
    assert leaf["decisions"] == [statement_digest(statement_of(decisions))]
    assert log.checkpoints(project.ledger)[-1][0] == len(leaves(project))


def test_a_run_may_start_when_the_cooling_off_time_is_over(project: Project) -> None:
    run = approved(project, decided(project, let_go(1)))
    assert (run.state, run.approved_at, run.cooling_off_until) == (
        "approved",
        "2026-09-01T12:00:00Z",
        "2026-09-08T12:00:00Z",
    )
    assert leaves(project)[run.approval_leaf]["not_before"] == run.cooling_off_until


def test_the_run_key_is_sealed_to_the_dpo_and_opens_every_commitment(project: Project) -> None:
    run = approved(project, decided(project, let_go(1)))
    run_key = open_run_key(project, run, DPO, passphrase(DPO))
    row = next(runs.iterate_planned(project.ledger, run.id))
    assert row.commitment == commit(run_key, "casework", record_id("session_note", "N1")).hex()
    assert row.tag == case_tag(run_key, "C1").hex()
    with pytest.raises(Refused):
        open_run_key(project, run, APPROVER, passphrase(APPROVER))
    with pytest.raises(BadInput):
        open_run_key(project, run, DPO, passphrase(APPROVER))
    stored = b"".join(path.read_bytes() for path in project.folder.glob("ledger.db*"))
    assert run_key not in stored
    assert run_key.hex().encode() not in stored


def test_without_a_dpo_to_keep_the_run_key_nothing_is_approved(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p")
    populate(project)
    with writing(project.ledger) as connection:
        connection.exec_driver_sql("UPDATE person SET sealing_key = NULL")
    refused(project, decided(project, let_go(1)), "no DPO")


def test_the_same_person_cannot_recommend_and_approve(project: Project) -> None:
    proposal = decided(project, let_go(1, 2), by=MANAGER)
    refused(project, proposal, "2 that you recommended", by=MANAGER)
    refused(project, proposal, "nothing is left", by=MANAGER, without_mine=True)
    assert courses(project, approved(project, proposal))[1][0] == DESTROY


def test_a_person_with_two_roles_in_the_ledger_is_still_one_person(project: Project) -> None:
    with pytest.raises(BadInput, match="already"):
        add_person(project, MANAGER, Role.APPROVER, passphrase(MANAGER))


def test_nobody_approves_what_they_wrote_or_what_concerns_them(project: Project) -> None:
    proposal = decided(project, let_go(1, 5, 6))
    refused(project, proposal, "1 that may concern you, 1 that you wrote", by=MANAGER)
    run = approved(project, proposal, by=MANAGER, without_mine=True)
    assert {ordinal: courses(project, run)[ordinal] for ordinal in (1, 5, 6)} == {
        1: (DESTROY, "period-over"),
        5: (KEEP, "needs-another-approver"),
        6: (KEEP, "needs-another-approver"),
    }
    rest = approved(project, proposal)
    assert {ordinal for ordinal, (course, _) in courses(project, rest).items() if course == DESTROY} == {5, 6}
    assert 1 not in courses(project, rest)
    with pytest.raises(Refused, match="approved already"):
        approved(project, proposal)


@pytest.mark.parametrize("by", [DPO, COUNSELLOR, AUDITOR])
def test_only_an_approver_or_a_manager_approves(project: Project, by: str) -> None:
    refused(project, decided(project, let_go(1)), "may not approve", by=by)


def test_a_proposal_as_of_a_future_day_cannot_be_approved_before_that_day(project: Project) -> None:
    proposal = propose(project, as_of=date(2026, 9, 2))
    decide(project, proposal, let_go(1), DPO, passphrase(DPO))
    refused(project, proposal, "in the future")
    # 23:30 UTC on the first of September is the second in London's summer.
    assert approved(at(project, datetime(2026, 9, 1, 23, 30, tzinfo=UTC)), proposal).as_of == date(2026, 9, 2)


def test_a_proposal_nobody_decided_about_is_not_approved(project: Project) -> None:
    refused(project, propose(project), "nobody has recommended")
    refused(project, decided(project, [Decision(1, Choice.HOLD, "funder")]), "nobody has recommended")


def test_a_stale_proposal_is_not_approved(project: Project) -> None:
    proposal = decided(project, let_go(1))
    propose(project)
    refused(project, proposal, "newer sift")


def _tamper(project: Project, table: Table, **values: object) -> None:
    with writing(project.ledger) as connection:
        connection.execute(update(table).values(values))


@pytest.mark.parametrize(
    ("table", "values", "words"),
    [
        (finding, {"subject": "C99"}, "not those that were frozen"),
        (decision, {"reason": "funder"}, "changed since"),
        (decision, {"ordinal": 6}, "changed since"),
        (decision, {"choice": "redact"}, "changed since"),
        (decision, {"note": "rewritten"}, "changed since"),
    ],
)
def test_rows_changed_behind_the_back_of_who_signed_are_refused(
    project: Project, table: Table, values: dict[str, object], words: str
) -> None:
    proposal = decided(project, let_go(1))
    _tamper(project, table, **values)
    refused(project, proposal, words)


def test_a_decision_slipped_in_beside_the_signed_ones_is_refused(project: Project) -> None:
    proposal = decided(project, let_go(1))
    one = proposals.standing(project.ledger, proposal)[0]
    proposals.add_decisions(project.ledger, one.statement, proposal, one.person, let_go(2))
    refused(project, proposal, "changed since")


def _forge(project: Project, **fields: object) -> None:
    """Rewrite the only decisions statement, as somebody with the database but without the key could."""
    with writing(project.ledger) as connection:
        row = connection.execute(statement.select().where(statement.c.kind == "decisions")).one()
        values = {name: fields.pop(name) for name in ("person",) if name in fields}
        signed = json.dumps({**json.loads(row.signed), **fields})
        connection.execute(update(statement).where(statement.c.id == row.id).values(signed=signed, **values))


def test_a_decision_signed_with_anothers_key_is_refused(project: Project) -> None:
    proposal = decided(project, let_go(1), by=COUNSELLOR)
    with writing(project.ledger) as connection:
        connection.execute(update(statement).where(statement.c.kind == "decisions").values(person="dana-okoro"))
    refused(project, proposal, "another key than the one that Dana Okoro has now")


def test_a_signature_under_another_name_is_refused(project: Project) -> None:
    proposal = decided(project, let_go(1), by=COUNSELLOR)
    _forge(project, officer=DPO, person="dana-okoro")
    refused(project, proposal, "not of this text")


def test_a_decision_from_another_proposal_is_refused(project: Project) -> None:
    first = decided(project, let_go(1))
    second = propose(project)
    moved = people.statements(project.ledger, first, "decisions")[0]
    with writing(project.ledger) as connection:
        connection.execute(update(statement).where(statement.c.id == moved.id).values(about=second))
        connection.execute(update(decision).values(proposal=second))
    refused(project, second, "another proposal")


def test_a_statement_whose_digest_was_rewritten_no_longer_bears_its_signature(project: Project) -> None:
    proposal = decided(project, let_go(1))
    _forge(project, decisions="0" * 64)
    refused(project, proposal, "not of this text")


def test_a_wrong_passphrase_approves_nothing(project: Project) -> None:
    proposal = decided(project, let_go(1))
    with pytest.raises(BadInput, match="does not open"):
        approve(project, proposal, APPROVER, passphrase(DPO))
    assert runs.runs(project.ledger) == []


def test_an_approved_record_cannot_be_decided_again(project: Project) -> None:
    proposal = decided(project, let_go(1))
    approved(project, proposal)
    with pytest.raises(BadInput, match="approved run"):
        decide(project, proposal, let_go(1), DPO, passphrase(DPO))


def test_no_leaf_holds_a_key_a_case_number_or_a_note(project: Project) -> None:
    taken = [replace(one, note="CANARY of J. Doe") for one in let_go(1, 2)]
    approved(project, decided(project, taken))
    text = b"\n".join(encode(leaf) for leaf in leaves(project)).decode()
    planted = ["CANARY", *(f'"N{number}"' for number in range(1, 10)), *(f'"C{number}"' for number in range(1, 10))]
    assert [word for word in planted if word in text] == []


def test_every_signed_leaf_bears_a_key_that_the_log_gave_its_officer_before(project: Project) -> None:
    approved(project, decided(project, let_go(1)))
    owners: dict[str, str] = {}
    for leaf in leaves(project):
        if leaf["type"] == "key" and leaf["purpose"] == "officer":
            owners[leaf["key"]] = leaf["officer"]
        if "signature" in leaf:
            check_signature(leaf, keys.verify)
            assert owners[leaf["key"]] == leaf["officer"]
    times = [leaf["at"] for leaf in leaves(project)]
    assert all(one <= two for one, two in itertools.pairwise(times))


def test_the_whole_way_works_on_every_ledger(tmp_path: Path, every_engine_url: str) -> None:
    project = new_project(tmp_path / "p", every_engine_url)
    populate(project)
    run = approved(project, decided(project, let_go(1, 2)))
    assert [row.ordinal for row in runs.iterate_planned(project.ledger, run.id, [DESTROY])] == [1, 2]
    assert sign_in(project, APPROVER, passphrase(APPROVER), "approve").person.name == APPROVER


def test_approving_twice_names_the_run_that_there_is(project: Project) -> None:
    """Who types `approve` again, after a crash for example, learns which run their first approval made."""
    proposal = propose(project)
    decide(project, proposal, let_go(1), DPO, passphrase(DPO))
    run = approved(project, proposal)
    with pytest.raises(Refused, match=f"approved already: {run.id}"):
        approved(project, proposal)


def test_decisions_under_a_key_that_was_replaced_since_are_taken_anew(project: Project) -> None:
    """Approval says what is to be done, and that way leads on: the DPO decides again under the new key."""
    proposal = propose(project)
    decide(project, proposal, let_go(1, 2), DPO, passphrase(DPO))
    replace_officer_key(project, DPO, "a new passphrase", MANAGER, passphrase(MANAGER))
    refused(project, proposal, "decide all of it anew")
    decide(project, proposal, let_go(1), DPO, "a new passphrase")
    refused(project, proposal, "decide all of it anew")
    decide(project, proposal, let_go(2), DPO, "a new passphrase")
    run = approved(project, proposal)
    assert {ordinal for ordinal, (course, _) in courses(project, run).items() if course == DESTROY} == {1, 2}
