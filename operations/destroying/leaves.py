"""What a run writes in the log, from what was planned: codes, digests and counts, never a name or a key."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.ledger.runs import HOLD, Outcome, PlannedRow
from connectors.stores.base import RecordOutcome, RecordStore
from operations.approve import planned_of
from rules.evidence.leaf import Leaf
from rules.schedule.actions import ActionKind, parse_action

OUTCOMES: Mapping[ActionKind, str] = {
    "destroy": "destroyed",
    "blank": "blanked",
    "truncate": "truncated",
    "generalise": "generalised",
    "redact": "redacted",
    "keep only": "kept-metadata",
}
"""What the log calls an action that was carried out. A record is unlinked by a leaf that says that it is kept."""


def slug(words: str) -> str:
    """`row removed from file` → `row-removed-from-file`; nothing → `none`."""
    return "-".join(words.replace(",", " ").split()) or "none"


def looked_by(store: RecordStore) -> str:
    """With which access a store was looked at: an account of its own, or the same that destroys."""
    return "reader" if store.reads_apart else "same-account"


def looked_how(store: RecordStore) -> str:
    """How it is known that records are gone: by looking up their keys, and by that alone where no mark tells."""
    return "query-by-key" if store.marks_tell else "query-by-key-alone"


def intent(run: str, approval: int, row: PlannedRow, batch: int, checked_at: str) -> Leaf:
    """The durable intent to carry out one planned record."""
    line = planned_of(row)
    return {
        **_record(run, row, batch),
        "type": "intent",
        "action": line.action,
        "approval": approval,
        "holds_checked_at": checked_at,
        "version": row.version_tag,
    }


def outcome(run: str, approval: int, row: PlannedRow, found: RecordOutcome, recovered: bool) -> Leaf:
    """The one terminal outcome of a record for which an intent stands."""
    common = {
        **_record(run, row, row.batch or 0),
        "reason": found.reason or row.reason,
        "grade": slug(found.grade),
        "recovered": recovered,
    }
    kind = parse_action(row.action).kind
    if found.state == "done" and kind != "unlink":
        return {**common, "type": "done", "outcome": OUTCOMES[kind]}
    if found.state == "failed":
        return {**common, "type": "failed"}
    stayed = {"held": "held", "done": "unlinked"}.get(found.state, "kept")
    return {**common, "type": "kept", "outcome": stayed, "action": planned_of(row).action, "approval": approval}


def settled(row: PlannedRow, found: RecordOutcome, at: str, leaf: int) -> Outcome:
    """The outcome as the ledger keeps it, with the index of its leaf."""
    return Outcome(row.ordinal, found.state, found.reason or row.reason, slug(found.grade), at, leaf)


def never_meant(run: str, row: PlannedRow) -> Leaf:
    """The outcome of a due record that was not approved for destruction: kept, or held."""
    return {
        **_record(run, row, 0),
        "type": "kept",
        "outcome": "held" if row.course == HOLD else "kept",
        "reason": row.reason,
        "grade": "none",
        "recovered": False,
        "action": planned_of(row).action,
    }


def verification(run: str, place: str, method: str, credential: str, checked: int, remaining: int) -> Leaf:
    """What was looked for or done in a store or folder after the destruction, and how much of it was found or left."""
    return {
        "type": "verify",
        "run": run,
        "store": place,
        "method": method,
        "credential": credential,
        "checked": checked,
        "remaining": remaining,
    }


def _record(run: str, row: PlannedRow, batch: int) -> dict[str, object]:
    line = planned_of(row)
    return {
        "run": run,
        "store": row.store,
        "class": row.class_name,
        "batch": batch,
        "commitment": row.commitment,
        "tag": row.tag,
        "rule": row.rule,
        "due_month": line.due_month,
    }
