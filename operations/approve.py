"""Approval: the organisation's own decision, by a person who neither recommended nor wrote what shall go.

The run key is made here, sealed to the DPO and forgotten; with it, what the log may say of every due record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors import keys
from connectors.ledger import log, people, proposals, runs, sifts
from connectors.ledger.base import to_json, writing
from connectors.ledger.people import Person, Statement
from connectors.ledger.proposals import Proposal, StoredDecision
from connectors.ledger.runs import DESTROY, HOLD, KEEP, PlannedRow, Run
from operations.decide import statement_fields, usable_proposal
from operations.decisions_stand import require_decisions
from operations.people import Signatory, sign_in
from operations.project import Project
from rules.errors import CheckSaidNo, Refused
from rules.evidence.base64text import from_base64
from rules.evidence.commitment import KEY_SIZE, case_tag, commitment, record_key, version_tag
from rules.evidence.plan import Planned, plan_root
from rules.evidence.restores import LOG
from rules.evidence.statement import check_signature, signed_leaf, statement_digest, statement_of
from rules.review import authority
from rules.review.authority import Officer, Role
from rules.review.values import Choice, Finding, Kind
from rules.schedule.actions import action_code

_WHY = {"recommended": "you recommended", "wrote": "you wrote", "concerns": "may concern you"}


@dataclass(frozen=True)
class _Basis:
    """What an approval rests on. `mine` are statements by the approver, whose records another person must approve.

    `standing` counts the decisions of each statement; `elsewhere` are findings that another run has.
    """

    proposal: Proposal
    officer: Officer
    standing: Mapping[int, int]
    statements: Mapping[int, Statement]
    mine: frozenset[int]
    elsewhere: frozenset[int]


def approve(project: Project, proposal_id: str, officer: str, passphrase: str, without_mine: bool = False) -> Run:
    """Approve what others recommended to destroy, and make it a run that may start once the cooling-off time is over.

    Whatever nobody decided is kept. Records that the officer recommended or wrote, or that concern them, stop the
    approval, or are left for another approver where `without_mine`. Raises BadInput, and Refused for everything
    that authority forbids: a future `as of`, a stale or changed proposal, a signature that does not hold.
    """
    proposal = usable_proposal(project, proposal_id)
    if proposal.as_of > project.today():
        raise Refused("a proposal as of a day in the future can't be approved")
    signatory = sign_in(project, officer, passphrase, "approve")
    basis = _basis(project, proposal, signatory)
    require_decisions(project.ledger, proposal)
    _refuse_own(project, basis, without_mine)
    run_key = project.random(KEY_SIZE)
    run_id = _new_id(project, proposal)
    at = project.now()
    fields = {
        **_counts(project, basis, run_key),
        "run": run_id,
        "proposal": proposal.hash,
        "schedule": proposal.schedule_digest,
        "decisions": sorted(_digest(one) for number, one in basis.statements.items() if number not in basis.mine),
        "not_before": authority.cooling_off_end(at, project.settings.cooling_off_days),
    }
    run = _keep(project, basis, run_key, signatory, fields, at)
    project.sign_log()
    return run


def _new_id(project: Project, proposal: Proposal) -> str:
    """A name that no run had, not even in a stretch of the log that was lost: its marks lie in the stores for ever."""
    lost = sum(1 for _, leaf in log.read_types(project.ledger, {"restore"}) if leaf["store"] == LOG)
    number = len(runs.runs(project.ledger)) + 1
    return f"run-{proposal.as_of.isoformat()}-{f'{lost}.' if lost else ''}{number}"


def _keep(
    project: Project, basis: _Basis, run_key: bytes, signatory: Signatory, fields: dict[str, Any], at: str
) -> Run:
    signed = signatory.signs("approval", fields, at)
    sealed = to_json(_sealed(project, run_key))
    key_leaf = {"type": "key", "event": "made", "purpose": "run", "run": fields["run"]}
    who = signatory.person.slug
    with writing(project.ledger) as connection:
        first = log.record(connection, [key_leaf, signed_leaf("approval", signed, at)], at)
        # The log's head is locked now, so nobody decides or approves beside us.
        decided = proposals.standing_by_statement(connection, basis.proposal.id, authority.LETS_GO)
        approved = runs.approved_ordinals(connection, basis.proposal.id)
        if decided != dict(basis.standing) or approved != set(basis.elsewhere):
            raise Refused("somebody decided or approved at the same moment; try again")
        run = Run(
            id=fields["run"],
            proposal=basis.proposal.id,
            state=runs.APPROVED,
            as_of=basis.proposal.as_of,
            schedule_digest=basis.proposal.schedule_digest,
            approved_by=who,
            approved_at=at,
            cooling_off_until=fields["not_before"],
            commitments_root=fields["root"],
            sealed_key=sealed,
            approval_leaf=first + 1,
        )
        runs.create_run(connection, run, _rows(project, basis, run_key))
        people.add_statement(connection, "approval", run.id, who, signed, at, first + 1)
    return run


def _sealed(project: Project, run_key: bytes) -> dict[str, str]:
    """Seal the run key to every DPO: slug to sealed key."""
    holders = [who for who in people.people(project.ledger, [Role.DPO]) if who.sealing_key]
    if not holders:
        raise Refused("there is no DPO to whom the run key could be sealed: run `winnow person add --role dpo`")
    return {
        who.slug: keys.seal(from_base64(str(who.sealing_key), "a sealing key"), run_key, project.random)
        for who in holders
    }


def _basis(project: Project, proposal: Proposal, signatory: Signatory) -> _Basis:
    """Collect the statements that recommend destroying anything, each checked against its signature and its rows."""
    standing = proposals.standing_by_statement(project.ledger, proposal.id, authority.LETS_GO)
    known = {one.id: one for one in people.statements(project.ledger, proposal.id, "decisions")}
    if not standing:
        raise Refused("nobody has recommended anything of this proposal for destruction; undecided records are kept")
    named = {who.slug: who for who in people.people(project.ledger)}
    for number in standing:
        _check_statement(project, proposal, known.get(number), named)
    mine = {number for number in standing if known[number].person == signatory.person.slug}
    return _Basis(
        proposal=proposal,
        officer=signatory.person.officer,
        standing=standing,
        statements={number: known[number] for number in standing},
        mine=frozenset(mine),
        elsewhere=frozenset(runs.approved_ordinals(project.ledger, proposal.id)),
    )


def _check_statement(
    project: Project, proposal: Proposal, statement: Statement | None, named: Mapping[str, Person]
) -> None:
    if statement is None or statement.person not in named:
        raise Refused("a decision has no signed statement behind it")
    who, signed = named[statement.person], statement.signed
    problem = f"the decisions that {who.name} signed do not hold"
    try:
        check_signature({**signed, "type": "decisions", "at": statement.at}, keys.verify)
    except CheckSaidNo:
        raise Refused(f"{problem}: the signature is not of this text") from None
    if (signed["key"], signed["officer"]) != (who.public_key, who.name):
        mend = "They, or another who may, decide all of it anew: with `winnow decide`, by rule or by the same workbook"
        raise Refused(f"{problem}: they bear another key than the one that {who.name} has now. {mend}")
    fields = statement_fields(proposal, proposals.decisions_of(project.ledger, statement.id))
    if any(signed[name] != value for name, value in fields.items()):
        raise Refused(f"{problem}: they are of another proposal, or were changed since")


def _refuse_own(project: Project, basis: _Basis, without_mine: bool) -> None:
    found: dict[str, int] = {}
    total = 0
    for _, finding, decision in _due(project, basis):
        if finding.kind is Kind.PAST_RETENTION and decision and decision.decision.choice in authority.LETS_GO:
            why = _own(basis, finding, decision)
            found[why] = found.get(why, 0) + 1
            total += 1
    if not total and basis.elsewhere:
        ids = ", ".join(run.id for run in runs.runs(project.ledger, proposal_id=basis.proposal.id))
        raise Refused(f"all that was recommended is approved already: {ids}")
    left = total - found.pop("", 0)
    if left and not without_mine:
        told = ", ".join(f"{count} that {_WHY[why]}" for why, count in sorted(found.items()))
        raise Refused(f"another person must approve {told}; approve the others alone, or leave all of it to them")
    if left == total:
        raise Refused("nothing is left that you may approve: you recommended, wrote or are concerned by all of it")


def _own(basis: _Basis, finding: Finding, decision: StoredDecision) -> str:
    if decision.statement in basis.mine:
        return "recommended"
    return authority.not_theirs(basis.officer, finding)


def _due(project: Project, basis: _Basis) -> Iterator[tuple[int, Finding, StoredDecision | None]]:
    """Yield every due finding that no other run has, with the decision in force: two ordered streams, merged."""
    decisions = proposals.iterate_standing(project.ledger, basis.proposal.id)
    decision = next(decisions, None)
    for stored in sifts.iterate(project.ledger, basis.proposal.sift, sorted(authority.DUE_KINDS)):
        while decision is not None and decision.decision.ordinal < stored.ordinal:
            decision = next(decisions, None)
        if stored.ordinal not in basis.elsewhere:
            same = decision is not None and decision.decision.ordinal == stored.ordinal
            yield stored.ordinal, stored.finding, decision if same else None


def _course(basis: _Basis, finding: Finding, taken: StoredDecision | None) -> tuple[str, str]:
    """Return what becomes of a due record in this run, and the code that says why."""
    if finding.kind is Kind.HELD:
        return HOLD, authority.ON_HOLD
    if taken is None:
        return KEEP, authority.NO_DECISION
    decision = taken.decision
    if decision.choice not in authority.LETS_GO:
        return (HOLD if decision.choice is Choice.HOLD else KEEP), decision.reason
    if _own(basis, finding, taken):
        return KEEP, authority.NEEDS_ANOTHER
    return DESTROY, decision.reason


def _rows(project: Project, basis: _Basis, run_key: bytes) -> Iterator[PlannedRow]:
    for ordinal, finding, taken in _due(project, basis):
        course, reason = _course(basis, finding, taken)
        name = authority.record_id(finding.class_name, finding.key)
        own_key = record_key(run_key, finding.store, name)
        yield PlannedRow(
            ordinal=ordinal,
            store=finding.store,
            class_name=finding.class_name,
            key=finding.key,
            subject=finding.subject,
            rule=finding.rule,
            due_on=finding.due_on,
            version=finding.version,
            action=finding.action,
            reason=reason,
            commitment=commitment(own_key, finding.store, name).hex(),
            tag=case_tag(run_key, finding.subject or finding.key).hex(),
            version_tag=version_tag(own_key, finding.version.encode()).hex(),
            course=course,
        )


def planned_of(row: PlannedRow) -> Planned:
    """Return what the approver signs for about one record."""
    month, action = authority.month_of(row.due_on), action_code(row.action)
    return Planned(row.commitment, row.store, row.class_name, row.rule, month, action)


def _counts(project: Project, basis: _Basis, run_key: bytes) -> dict[str, Any]:
    due, planned = 0, []
    for row in _rows(project, basis, run_key):
        due += 1
        if row.course == DESTROY:
            planned.append(planned_of(row))
    counted = sifts.counts(project.ledger, basis.proposal.sift)
    undatable = sum(group.n for group in counted if group.kind is Kind.UNDATABLE)
    return {"count": len(planned), "root": plan_root(planned), "due": due, "undatable": undatable}


def _digest(statement: Statement) -> str:
    return statement_digest(statement_of({**statement.signed, "type": "decisions", "at": statement.at}))


def open_run_key(project: Project, run: Run, officer: str, passphrase: str) -> bytes:
    """Open the key of a run with the passphrase of a DPO to whom it was sealed. Raises BadInput, Refused."""
    who = people.find_person(project.ledger, officer)
    if who is None or who.slug not in run.sealed_keys:
        raise Refused("the run key was not sealed to this person")
    return keys.open_sealed(project.keys, who.slug, passphrase, run.sealed_keys[who.slug])
