"""A decision needs a reason, a person who may take it, and the very proposal that it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from connectors import keys
from connectors.ledger import log, proposals, sifts
from connectors.ledger.base import writing
from connectors.ledger.tables import finding
from operations.decide import answers_for, decide, decide_from_pack
from operations.project import Project
from operations.review import write_pack
from rules.errors import BadInput, Refused
from rules.evidence.statement import check_signature
from rules.review import pack_form as form
from rules.review.authority import Decision
from rules.review.values import Choice
from tests.integration.operations.conftest import (
    AUDITOR,
    COUNSELLOR,
    DPO,
    SCHEDULE,
    leaves,
    note,
    passphrase,
    propose,
)

LET_GO = Decision(1, Choice.DESTROY, "period-over")


def standing(project: Project, proposal: str) -> dict[int, Choice]:
    return {one.decision.ordinal: one.decision.choice for one in proposals.iterate_standing(project.ledger, proposal)}


def refused(project: Project, proposal: str, taken: list[Decision], **problems: str) -> None:
    before = leaves(project)
    with pytest.raises(BadInput) as caught:
        decide(project, proposal, taken, DPO, passphrase(DPO))
    found = {problem.key.replace(" ", "_"): problem.what for problem in caught.value.problems}
    assert found.keys() == problems.keys()
    assert all(word in found[key] for key, word in problems.items())
    assert leaves(project) == before
    assert standing(project, proposal) == {}


def test_decisions_are_one_signed_statement_over_the_proposals_hash(project: Project) -> None:
    proposal = propose(project)
    keep = Decision(2, Choice.KEEP_UNTIL, "still-needed", "she is back", date(2027, 9, 1))
    decided = decide(project, proposal, [keep, LET_GO], DPO, passphrase(DPO))
    leaf = leaves(project)[decided.leaf]
    frozen = proposals.get(project.ledger, proposal)
    assert frozen is not None
    assert (leaf["type"], leaf["proposal"], leaf["count"], leaf["officer"]) == ("decisions", frozen.hash, 2, DPO)
    check_signature(leaf, keys.verify)
    assert proposals.decisions_of(project.ledger, decided.statement) == [LET_GO, keep]
    assert standing(project, proposal) == {1: Choice.DESTROY, 2: Choice.KEEP_UNTIL}


def test_a_later_decision_takes_the_place_of_an_earlier_one_which_is_kept(project: Project) -> None:
    proposal = propose(project)
    first = decide(project, proposal, [LET_GO, replace(LET_GO, ordinal=2)], DPO, passphrase(DPO))
    decide(project, proposal, [Decision(1, Choice.HOLD, "safeguarding")], COUNSELLOR, passphrase(COUNSELLOR))
    assert standing(project, proposal) == {1: Choice.HOLD, 2: Choice.DESTROY}
    assert len(proposals.decisions_of(project.ledger, first.statement)) == 2


def test_every_answer_that_cannot_stand_is_said_at_once_and_nothing_is_kept(project: Project) -> None:
    proposal = propose(project)
    answers = [replace(LET_GO, ordinal=number) for number in (3, 4, 7, 8, 99)]
    answers += [replace(LET_GO, reason="no code"), Decision(2, Choice.KEEP_UNTIL, "funder", until=date(2026, 9, 1))]
    refused(
        project,
        proposal,
        answers,
        finding_1="reasons",
        finding_2="future",
        finding_3="read this file",
        finding_4="on hold",
        finding_7="not up for decision",
        finding_8="not up for decision",
        finding_99="no finding",
    )
    refused(project, proposal, [LET_GO, LET_GO], finding_1="twice")
    refused(project, proposal, [], answers="nothing")


def test_a_file_to_be_read_first_needs_somebody_who_says_that_they_read_it(project: Project) -> None:
    proposal = propose(project)
    decide(project, proposal, [replace(LET_GO, ordinal=3, read_by_officer=True)], DPO, passphrase(DPO))
    assert standing(project, proposal) == {3: Choice.DESTROY}


def test_flags_for_a_group_leave_out_what_must_be_read_first(project: Project) -> None:
    proposal = propose(project)
    flags = (Choice.DESTROY, "period-over")
    asked = list(answers_for(project, proposal, lambda found: found.rule == "notes", *flags))
    assert [one.ordinal for one in asked] == [1, 2, 5, 6, 9]
    read = answers_for(project, proposal, lambda found: found.rule == "notes", *flags, read_by_me=True)
    assert [one.ordinal for one in read] == [1, 2, 3, 5, 6, 9]
    assert list(answers_for(project, proposal, lambda found: found.rule == "another", *flags)) == []


def test_nobody_decides_with_anothers_key_or_beyond_their_role(project: Project) -> None:
    proposal = propose(project)
    with pytest.raises(BadInput, match="does not open"):
        decide(project, proposal, [LET_GO], DPO, passphrase(COUNSELLOR))
    with pytest.raises(Refused, match="may not decide"):
        decide(project, proposal, [LET_GO], AUDITOR, passphrase(AUDITOR))
    assert standing(project, proposal) == {}


def test_a_proposal_that_is_unknown_stale_or_of_another_schedule_is_refused(project: Project) -> None:
    older = propose(project)
    newer = propose(project)
    with pytest.raises(BadInput):
        decide(project, "proposal-9", [LET_GO], DPO, passphrase(DPO))
    with pytest.raises(Refused, match="newer sift"):
        decide(project, older, [LET_GO], DPO, passphrase(DPO))
    decide(project, newer, [LET_GO], DPO, passphrase(DPO))
    (project.folder / "schedule.yaml").write_text(SCHEDULE.replace("7 days", "5 days"))
    reopened = replace(project)
    with pytest.raises(Refused, match="not been adopted"):
        decide(reopened, newer, [LET_GO], DPO, passphrase(DPO))


def test_the_daily_sift_of_notes_does_not_make_the_annual_review_stale(project: Project) -> None:
    annual = propose(project)
    daily = sifts.new_sift(project.ledger, date(2026, 9, 2), project.schedule.digest, "2026-04", project.now(), "notes")
    sifts.add_findings(project.ledger, daily, [note("N1")])
    sifts.finish_sift(project.ledger, daily, project.now(), {})
    decide(project, annual, [LET_GO], DPO, passphrase(DPO))
    assert standing(project, annual) == {1: Choice.DESTROY}


@pytest.mark.parametrize(
    "change", [{"key": "N1000"}, {"kind": "past_retention"}, {"read_first": "[]"}, {"facts": "{}"}]
)
def test_a_proposal_whose_rows_were_changed_is_refused(project: Project, change: dict[str, str]) -> None:
    proposal = propose(project)
    ordinal = 4 if "kind" in change else 3
    with writing(project.ledger) as connection:
        connection.execute(update(finding).where(finding.c.ordinal == ordinal).values(change))
    with pytest.raises(Refused, match="not those that were frozen"):
        decide(project, proposal, [LET_GO], DPO, passphrase(DPO))


def test_a_digest_in_the_log_cannot_be_tested_against_guesses(project: Project) -> None:
    other = replace(project)
    first, second = propose(project), propose(other)
    one, two = proposals.get(project.ledger, first), proposals.get(project.ledger, second)
    assert one is not None
    assert two is not None
    assert one.hash != two.hash  # the same findings, another salt


def _filled(project: Project, proposal: str, answers: dict[int, tuple[str, str]]) -> Path:
    path = write_pack(project, proposal).xlsx
    book = load_workbook(path)
    sheet = book[form.ITEMS]
    names = {str(cell.value): cell.column for row in sheet.iter_rows(max_row=20) for cell in row if cell.value}
    for line in range(1, (sheet.max_row or 0) + 1):
        number = sheet.cell(line, names[form.NUMBER] or 0).value
        if isinstance(number, int) and number in answers:
            choice, reason = answers[number]
            sheet.cell(line, names[form.DECISION] or 0, choice)
            sheet.cell(line, names[form.REASON] or 0, reason)
    book.save(path)
    return path


def test_a_filled_in_workbook_comes_back_as_decisions(project: Project) -> None:
    proposal = propose(project)
    path = _filled(project, proposal, {1: ("destroy", "period-over"), 2: ("hold", "safeguarding")})
    assert decide_from_pack(project, path, DPO, passphrase(DPO)).count == 2
    assert standing(project, proposal) == {1: Choice.DESTROY, 2: Choice.HOLD}


def test_a_workbook_of_another_proposal_is_refused(project: Project, tmp_path: Path) -> None:
    path = _filled(project, propose(project), {1: ("destroy", "period-over")})
    propose(project)
    with pytest.raises(Refused, match="newer sift"):
        decide_from_pack(project, path, DPO, passphrase(DPO))
    with writing(project.ledger) as connection:
        connection.exec_driver_sql("DELETE FROM proposal")
    with pytest.raises(BadInput, match="another proposal"):
        decide_from_pack(project, path, DPO, passphrase(DPO))


def test_what_people_decide_is_under_a_signed_checkpoint_at_once(project: Project) -> None:
    decide(project, propose(project), [LET_GO], DPO, passphrase(DPO))
    assert log.checkpoints(project.ledger)[-1][0] == len(leaves(project))
