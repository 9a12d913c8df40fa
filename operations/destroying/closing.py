"""Close a run whose every record has its outcome: the closing leaf, a signed checkpoint, and forgetting."""

from __future__ import annotations

from connectors.ledger import log, purge, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import Run
from operations.destroying.context import MANUAL, Carrying
from operations.destroying.gone import gone_people
from rules.evidence.certificate import COLUMNS, OUTCOME_TYPES
from rules.evidence.leaf import decode

NEVER_SEARCHED = "backups"


def close_if_done(carrying: Carrying, run: Run) -> bool:
    """Close the run if nothing of it is open; say whether it is closed. Doing it twice changes nothing."""
    current = runs.get_run(carrying.ledger, run.id)
    assert current is not None
    if current.state != runs.CLOSED:
        if runs.without_outcome(carrying.ledger, run.id):
            return False
        at = carrying.now()
        closing = _closing(carrying, run)
        with writing(carrying.ledger) as connection:
            if runs.lock(connection, run.id).state != runs.CLOSED:  # the second of two who come at once does nothing
                log.record(connection, [closing], at)
                runs.close_run(connection, run.id, at)
    log.sign_checkpoint(carrying.ledger, carrying.signers)
    purge.purge_closed(carrying.ledger, run.id, gone_people(carrying, run))
    purge.compact(carrying.ledger)
    return True


def _closing(carrying: Carrying, run: Run) -> dict[str, object]:
    """Counts as the log itself has them, so that they cannot differ from its entries."""
    totals = dict.fromkeys(("destroyed", "kept", "held", "failed"), 0)
    opened, last, undatable = 0, 0, 0
    for index, data in log.read_leaves(carrying.ledger, run.approval_leaf):
        leaf = decode(data)
        if leaf.get("run") != run.id:
            continue
        if leaf["type"] == "run-opened":
            opened = last = index
        elif leaf["type"] == "approval":
            undatable = leaf["undatable"]
        elif leaf["type"] in OUTCOME_TYPES or leaf["type"] == "intent":
            last = index
        if leaf["type"] in OUTCOME_TYPES:
            totals[COLUMNS[leaf.get("outcome", "failed")]] += 1
    manual = sorted(alias for alias, store in carrying.stores.items() if store.kind == MANUAL)
    return {
        "type": "run-closed",
        "run": run.id,
        **totals,
        "due": sum(totals.values()),
        "undatable": undatable,
        "first": opened,
        "last": last,
        "not_searched": [*manual, NEVER_SEARCHED],
    }
