"""Before anything is approved or destroyed: are all decisions that were signed still there, and the last ones in force?

The ledger is a database, and somebody may write to it by hand: take out a later decision to keep, say, so that an
earlier one to destroy counts again. Every statement stands in the log.
"""

from __future__ import annotations

from connectors.ledger import log, people, proposals
from connectors.ledger.base import Ledger
from connectors.ledger.people import Statement
from connectors.ledger.proposals import Proposal
from operations.decide import statement_fields
from rules.errors import Refused
from rules.evidence.leaf import Leaf

LOST = (
    "a decision that was signed: the ledger differs from the log; nothing more is destroyed. Bring the newest ledger"
    " back from its backup, and find out who changed it. Where no backup has it right, begin again: `winnow sift`, then"
    " review, decide and approve what that finds. What was decided about this proposal is worth nothing any more"
)


def require_decisions(ledger: Ledger, proposal: Proposal, fresh: bool = True) -> frozenset[int]:
    """Raise Refused unless the ledger holds every signed decision about a proposal, the last of each in force.

    What each statement decided is compared where it is `fresh`: while no run has forgotten any of it. Returns the
    statements of the ledger that the log holds.
    """
    logged = {i: leaf for i, leaf in log.read_types(ledger, {"decisions"}) if leaf["proposal"] == proposal.hash}
    stored = {one.leaf: one for one in people.statements(ledger, proposal.id, "decisions")}
    for index, leaf in logged.items():
        one = stored.get(index)
        if one is None or not _same(leaf, one):
            raise Refused(LOST)
        if fresh:
            now = statement_fields(proposal, proposals.decisions_of(ledger, one.id))
            if any(leaf[name] != value for name, value in now.items()):
                raise Refused(LOST)
    if not proposals.last_in_force(ledger, proposal.id):
        raise Refused(LOST)
    return frozenset(stored[index].id for index in logged)


def _same(leaf: Leaf, one: Statement) -> bool:
    return {**one.signed, "type": "decisions", "at": leaf["at"]} == dict(leaf)
