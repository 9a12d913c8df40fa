"""Decisions: what a person recommends for the findings of one frozen proposal, signed as one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from connectors.ledger import log, people, proposals, runs, sifts
from connectors.ledger.base import writing
from connectors.ledger.proposals import Proposal
from connectors.pack_reader import AnswerRow, PackAnswers, read_decisions
from operations.adopt import require_adopted
from operations.people import Signatory, sign_in
from operations.project import Project
from operations.review import build_pack
from reports.pack_data import digest_of_group
from rules.errors import BadInput, Problem, Refused
from rules.evidence.commitment import blinded_digest
from rules.evidence.statement import signed_leaf
from rules.review.authority import Decision, check_decision, decisions_digest
from rules.review.digest import row_digest
from rules.review.values import Choice, Finding, Kind

_MOST_PROBLEMS = 200


@dataclass(frozen=True)
class Decided:
    """One signed statement: how many findings it decides, and its leaf in the log."""

    proposal: str
    statement: int
    count: int
    leaf: int


def decide(project: Project, proposal_id: str, answers: Iterable[Decision], officer: str, passphrase: str) -> Decided:
    """Sign and keep decisions about a proposal; whatever nobody decides is kept.

    Raises BadInput with every answer that can't stand, Refused for a proposal that is stale or no longer what was
    frozen, or a role that may not. A later decision takes the place of an earlier one until the record is approved.
    """
    proposal = usable_proposal(project, proposal_id)
    taken = sorted(answers, key=lambda answer: answer.ordinal)
    _check(project, proposal, taken)
    signatory = sign_in(project, officer, passphrase, "decide")
    at = project.now()
    signed = _signed(signatory, proposal, taken, at)
    who = signatory.person.slug
    with writing(project.ledger) as connection:
        index = log.record(connection, [signed_leaf("decisions", signed, at)], at)
        statement = people.add_statement(connection, "decisions", proposal.id, who, signed, at, index)
        proposals.add_decisions(connection, statement, proposal.id, who, taken)
    project.sign_log()
    return Decided(proposal.id, statement, len(taken), index)


def usable_proposal(project: Project, proposal_id: str) -> Proposal:
    """Return a proposal that may be decided and approved: of the adopted schedule, of the newest sift, unchanged.

    Raises BadInput for an unknown one, Refused for one that is stale or was changed.
    """
    proposal = proposals.get(project.ledger, proposal_id)
    if proposal is None:
        raise BadInput(Problem("there is no proposal of this id", key="proposal", mend="Run `winnow review`."))
    require_adopted(project)
    if proposal.schedule_digest != project.schedule.digest:
        raise Refused("the proposal is stale: the schedule has changed since; run a new sift")
    sift = sifts.get_sift(project.ledger, proposal.sift)
    newest = sifts.latest_sift(project.ledger, sift.scope) if sift else None
    if newest is None or newest.id != proposal.sift:
        raise Refused("the proposal is stale: there is a newer sift; review that one")
    if not proposals.unchanged(project.ledger, proposal):
        raise Refused("the proposal's findings are not those that were frozen; run a new sift")
    return proposal


def statement_fields(proposal: Proposal, decisions: list[Decision]) -> dict[str, Any]:
    """Return what a statement says about these decisions; the digest is blinded, because they name records."""
    if proposal.salt is None:
        raise Refused("the proposal is closed")
    digest = blinded_digest(bytes.fromhex(proposal.salt), decisions_digest(decisions)).hex()
    return {"proposal": proposal.hash, "decisions": digest, "count": len(decisions)}


def _signed(signatory: Signatory, proposal: Proposal, taken: list[Decision], at: str) -> dict[str, Any]:
    return signatory.signs("decisions", statement_fields(proposal, taken), at)


def _check(project: Project, proposal: Proposal, taken: list[Decision]) -> None:
    today = project.today()
    ordinals = [answer.ordinal for answer in taken]
    findings = sifts.by_ordinal(project.ledger, proposal.sift, ordinals)
    approved = runs.approved_ordinals(project.ledger, proposal.id)
    problems, seen = [], set()
    for answer in taken:
        wrong = check_decision(answer, findings.get(answer.ordinal), today)
        if answer.ordinal in approved:
            wrong = "this record is in an approved run already"
        if answer.ordinal in seen:
            wrong = "it is decided twice"
        seen.add(answer.ordinal)
        if wrong:
            problems.append(Problem(wrong, key=f"finding {answer.ordinal}"))
    if not taken:
        problems.append(Problem("there is nothing to decide", key="answers"))
    if problems:
        beyond = [Problem(f"and {len(problems) - _MOST_PROBLEMS} more")] if len(problems) > _MOST_PROBLEMS else []
        raise BadInput([*problems[:_MOST_PROBLEMS], *beyond])


def answers_for(
    project: Project,
    proposal_id: str,
    belongs: Callable[[Finding], bool],
    choice: Choice,
    reason: str,
    note: str = "",
    until: date | None = None,
    read_by_me: bool = False,
) -> Iterator[Decision]:
    """Yield one decision for each finding past retention that `belongs` to a group and is not in a run already.

    A record that somebody must read first is left out, hence kept, unless `read_by_me`. Raises BadInput.
    """
    proposal = proposals.get(project.ledger, proposal_id)
    if proposal is None:
        raise BadInput(Problem("there is no proposal of this id", key="proposal", mend="Run `winnow review`."))
    approved = runs.approved_ordinals(project.ledger, proposal.id)
    for stored in sifts.iterate(project.ledger, proposal.sift, [Kind.PAST_RETENTION]):
        waits = bool(stored.finding.read_first) and not read_by_me
        if belongs(stored.finding) and not waits and stored.ordinal not in approved:
            yield Decision(stored.ordinal, choice, reason, note, until, read_by_officer=read_by_me)


def decide_from_pack(project: Project, path: Path, officer: str, passphrase: str, read_by_me: bool = False) -> Decided:
    """Sign and keep what a filled-in review workbook says. `read_by_me`: the officer has read what is to be read first.

    Raises BadInput with the line of every row that is from another proposal or not what was frozen; else as `decide`.
    """
    answers = read_decisions(path)
    proposal = proposals.by_hash(project.ledger, answers.proposal_hash)
    if proposal is None or answers.pack_id != proposal.id:
        raise BadInput(Problem("this pack is of another proposal", file=path.name, mend="Fill in the newest pack."))
    decisions = _answers_of_pack(project, proposal, answers, path.name, read_by_me)
    return decide(project, proposal.id, decisions, officer, passphrase)


def _answers_of_pack(
    project: Project, proposal: Proposal, answers: PackAnswers, file: str, read_by_me: bool
) -> list[Decision]:
    findings = sifts.by_ordinal(project.ledger, proposal.sift, [row.ordinal for row in answers.rows])
    # A digest has no key, so agreeing with itself is not enough: each row must agree with the frozen proposal.
    pack = build_pack(project, proposal) if answers.groups else None
    groups = {digest_of_group(pack.header, group): group for group in pack.groups} if pack else {}
    wrong = [row.line for row in answers.rows if not _is_ours(row, findings.get(row.ordinal), proposal)]
    wrong += [group.line for group in answers.groups if group.digest not in groups]
    if wrong:
        raise BadInput([Problem("this row is not what was proposed", file=file, line=line) for line in sorted(wrong)])
    found: dict[int, Decision] = {}
    for told in answers.groups:
        rule, action = groups[told.digest].rule, groups[told.digest].action
        choice = Choice(told.decision)
        covered = partial(_in_group, rule, action)
        members = answers_for(project, proposal.id, covered, choice, told.reason, told.note, told.review_again_on)
        found.update({one.ordinal: one for one in members})
    for row in answers.rows:
        read = read_by_me and bool(findings[row.ordinal].read_first)
        choice = Choice(row.decision)
        found[row.ordinal] = Decision(row.ordinal, choice, row.reason, row.note, row.review_again_on, read)
    return [found[ordinal] for ordinal in sorted(found)]


def _in_group(rule: str, action: str, finding: Finding) -> bool:
    return (finding.rule, finding.action) == (rule, action)


def _is_ours(row: AnswerRow, finding: Finding | None, proposal: Proposal) -> bool:
    if finding is None:
        return False
    due = finding.due_on.isoformat() if finding.due_on else ""
    place = (finding.store, finding.class_name, finding.key, finding.rule)
    return row.digest == row_digest(proposal.id, proposal.hash, row.ordinal, *place, due)
