"""Before anything is destroyed: does the approval in the log still say exactly what the ledger is about to do?

The ledger is a database, and somebody may write to it by hand between approval and run. What people signed is in the
log: the root over the planned records, the proposal (hence every finding, hence which record a commitment means), the
decisions, and the day before which nothing starts. All of it is compared again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from connectors import keys
from connectors.ledger import log, people, proposals, runs
from connectors.ledger.base import Ledger
from connectors.ledger.people import Statement
from connectors.ledger.proposals import Proposal
from connectors.ledger.runs import DESTROY, PlannedRow, Run
from connectors.ledger.sifts import StoredFinding
from operations.approve import planned_of
from operations.decide import statement_fields
from operations.decisions_stand import require_decisions
from operations.officers import officers_of
from rules.errors import CheckSaidNo, Refused, WinnowError
from rules.evidence.leaf import Leaf, decode
from rules.evidence.plan import plan_root
from rules.evidence.statement import check_signature, statement_digest, statement_of
from rules.review.authority import DESTROYED_BY, MAY
from rules.review.values import Finding


@dataclass(frozen=True)
class Approved:
    """What a signed approval covers: a digest of each record of a run, by ordinal, without how far it has come.

    `again` says that all of it had been destroyed before and came back from a backup.
    """

    digests: Mapping[int, bytes]
    again: bool

    def require(self, rows: Iterable[PlannedRow]) -> None:
        """Raise Refused where one of these rows, read later, is not as it was when it was compared."""
        for row in rows:
            if self.digests.get(row.ordinal) != _digest_of(row):
                raise _differs("which record is meant")


def require_approval(ledger: Ledger, run: Run) -> Approved:
    """Return what a signed approval in the log covers: every record that the run would destroy, and no other.

    Raises Refused where log and ledger differ. Rows of the run that are read later are compared with what is returned.

    Once another run that was approved from the same findings has been closed, what that run has forgotten (notes, case
    numbers) is no longer compared.
    """
    leaf = _approval(ledger, run)
    proposal = proposals.get(ledger, run.proposal)
    if proposal is None or proposal.hash != leaf["proposal"] or proposal.as_of != run.as_of:
        raise _differs("its proposal")
    rows = {row.ordinal: row for row in runs.iterate_planned(ledger, run.id, (DESTROY,))}
    fresh = not any(one.closed_at and one.closed_at >= proposal.created_at for one in runs.runs(ledger))
    others = set(rows)  # what no finding has answered for
    again: list[int] = []

    def meant(stored: StoredFinding) -> None:
        row = rows.get(stored.ordinal)
        if row is None or _record(row) != _found(stored.finding) or (stored.line_tag and fresh):
            return
        if row.subject == stored.finding.subject or stored.line_tag:
            others.discard(stored.ordinal)
            again.extend([stored.ordinal] if DESTROYED_BY in stored.finding.facts else [])

    if not proposals.unchanged(ledger, proposal, meant):
        raise _differs("the findings of its proposal")
    said = (run.schedule_digest, run.cooling_off_until, run.commitments_root)
    if said != (leaf["schedule"], leaf["not_before"], leaf["root"]):
        raise _differs("its schedule, its cooling-off time or its root")
    if (len(rows), plan_root(map(planned_of, rows.values()))) != (leaf["count"], leaf["root"]):
        raise _differs("what it plans to destroy")
    if runs.planned_count(ledger, run.id) != leaf["due"]:
        raise _differs("what was due")
    compared = require_decisions(ledger, proposal, fresh)
    signed = _decisions(ledger, proposal, leaf, fresh, compared)
    if others:
        raise _differs("which record is meant")
    decided = proposals.letting_go(ledger, proposal.id)
    for ordinal, row in rows.items():
        statement, reason = decided.get(ordinal, (0, ""))
        if statement not in signed or reason != row.reason:
            raise _differs("a decision on which it rests")
        if signed[statement].person == run.approved_by:
            raise Refused(f"run {run.id} would destroy what its approver recommended")
    return Approved({ordinal: _digest_of(row) for ordinal, row in rows.items()}, bool(again))


def _differs(what: str) -> Refused:
    mend = "bring the newest ledger back from its backup; where none has it right, begin again with `winnow sift`"
    return Refused(f"{what}: the ledger differs from the approval that was signed; nothing more is destroyed: {mend}")


def _approval(ledger: Ledger, run: Run) -> Leaf:
    """The approval's leaf, with a signature that holds, by a person whose key the log made known before."""
    stored = list(log.read_leaves(ledger, run.approval_leaf, run.approval_leaf + 1))
    leaf = decode(stored[0][1])
    if (leaf["type"], leaf.get("run")) != ("approval", run.id):
        raise _differs("where its approval stands in the log")
    try:
        check_signature(leaf, keys.verify)
    except WinnowError:
        raise Refused(f"the signature on the approval of {run.id} does not hold") from None
    who = people.find_person(ledger, run.approved_by)
    if who is None or who.name != leaf["officer"]:
        raise _differs("who approved it")
    if leaf["role"] not in MAY["approve"] or not officers_of(ledger, run.approval_leaf).signed(leaf):
        raise Refused(f"the key that approved {run.id} is not the key of an approver in the log")
    return leaf


def _decisions(
    ledger: Ledger, proposal: Proposal, approval: Leaf, fresh: bool, compared: frozenset[int]
) -> dict[int, Statement]:
    """The statements of decisions that the approval names: each signed, by another key, over what is stored.

    What those of `compared` decided has just been compared with the log.
    """
    found: dict[int, Statement] = {}
    for one in people.statements(ledger, proposal.id, "decisions"):
        leaf = {**one.signed, "type": "decisions", "at": one.at}
        if statement_digest(statement_of(leaf)) not in approval["decisions"]:
            continue
        try:
            check_signature(leaf, keys.verify)
        except CheckSaidNo:
            raise _differs("a decision on which it rests") from None
        if fresh and one.id not in compared:
            now = statement_fields(proposal, proposals.decisions_of(ledger, one.id))
            if any(one.signed[name] != value for name, value in now.items()):
                raise _differs("a decision on which it rests")
        if one.signed["key"] == approval["key"]:
            raise Refused("one key has both recommended and approved; nothing was destroyed")
        found[one.id] = one
    return found


def _record(row: PlannedRow) -> tuple[object, ...]:
    return (row.store, row.class_name, row.key, row.rule, row.due_on, row.version, row.action)


def _found(finding: Finding) -> tuple[object, ...]:
    place = (finding.store, finding.class_name, finding.key)
    return (*place, finding.rule, finding.due_on, finding.version, finding.action)


def _digest_of(row: PlannedRow) -> bytes:
    said = (row.ordinal, *_record(row), row.subject, row.reason, row.course, row.commitment, row.tag, row.version_tag)
    return blake2b(repr(said).encode(), digest_size=16).digest()
