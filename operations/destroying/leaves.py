"""What a run writes in the log, from what was planned: codes, digests and counts, never a name or a key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from connectors.ledger.runs import HOLD, Outcome, PlannedRow
from connectors.stores.base import RecordOutcome, RecordStore
from rules.evidence.leaf import Alike, Leaf
from rules.review.authority import month_of
from rules.schedule.actions import ActionKind, action_code, parse_action

Item = TypeVar("Item")

OUTCOMES: Mapping[ActionKind, str] = {
    "destroy": "destroyed",
    "blank": "blanked",
    "truncate": "truncated",
    "generalise": "generalised",
    "redact": "redacted",
    "keep only": "kept-metadata",
}
"""What the log calls an action that was carried out. A record is unlinked by a leaf that says that it is kept."""


@lru_cache(maxsize=256)
def slug(words: str) -> str:
    """`row removed from file` → `row-removed-from-file`; nothing → `none`."""
    return "-".join(words.replace(",", " ").split()) or "none"


def looked_by(store: RecordStore) -> str:
    """With which access a store was looked at: an account of its own, or the same that destroys."""
    return "reader" if store.reads_apart else "same-account"


def looked_how(store: RecordStore) -> str:
    """How it is known that records are gone: by looking up their keys, and by that alone where no mark tells."""
    return "query-by-key" if store.marks_tell else "query-by-key-alone"


def intents(run: str, approval: int, rows: Iterable[PlannedRow], batch: int, checked_at: str) -> list[Alike]:
    """The durable intents to carry out planned records."""

    def shared(row: PlannedRow) -> Leaf:
        said = {"type": "intent", "action": action_code(row.action), "approval": approval}
        return {**_record(run, row, batch), **said, "holds_checked_at": checked_at}

    return _alike(rows, _kind, shared, lambda row: (row.commitment, row.tag, row.version_tag))


def outcomes(
    run: str,
    approval: int,
    pairs: Iterable[tuple[PlannedRow, RecordOutcome]],
    recovered: bool,
    more: Mapping[str, object] | None = None,
) -> list[Alike]:
    """The one terminal outcome of each record for which an intent stands, with what `more` is said of all of them."""
    return _alike(
        pairs,
        lambda pair: (*_kind(pair[0]), pair[0].reason, pair[0].batch, pair[1][2:]),
        lambda pair: {**_outcome(run, approval, *pair, recovered), **(more or {})},
        lambda pair: (pair[0].commitment, pair[0].tag),
    )


def _outcome(run: str, approval: int, row: PlannedRow, found: RecordOutcome, recovered: bool) -> Leaf:
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
    return {**common, "type": "kept", "outcome": stayed, "action": action_code(row.action), "approval": approval}


def settled(row: PlannedRow, found: RecordOutcome, at: str, leaf: int) -> Outcome:
    """The outcome as the ledger keeps it, with the index of its leaf."""
    return Outcome(row.ordinal, found.state, found.reason or row.reason, slug(found.grade), at, leaf)


def never_meant(run: str, rows: Sequence[PlannedRow]) -> list[Alike]:
    """The outcomes of due records that were not approved for destruction: kept, or held."""

    def shared(row: PlannedRow) -> Leaf:
        said = {"type": "kept", "outcome": "held" if row.course == HOLD else "kept", "reason": row.reason}
        done = {"grade": "none", "recovered": False, "action": action_code(row.action)}
        return {**_record(run, row, 0), **said, **done}

    return _alike(
        rows, lambda row: (*_kind(row), row.reason, row.course), shared, lambda row: (row.commitment, row.tag)
    )


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
    return {
        "run": run,
        "store": row.store,
        "class": row.class_name,
        "batch": batch,
        "rule": row.rule,
        "due_month": month_of(row.due_on),
    }


def _kind(row: PlannedRow) -> tuple[object, ...]:
    """What all leaves about a record say of it, but for its digests."""
    return (row.store, row.class_name, row.rule, row.due_on, row.action)


def _alike(
    items: Iterable[Item],
    kind: Callable[[Item], object],
    shared: Callable[[Item], Leaf],
    own: Callable[[Item], tuple[str, ...]],
) -> list[Alike]:
    """A leaf for each item: what those of one `kind` share is put together once, and `own` are its digests."""
    known: dict[object, Leaf] = {}
    said = []
    for one in items:
        name = kind(one)
        leaf = known.get(name)
        if leaf is None:
            leaf = known[name] = shared(one)
        said.append(Alike(leaf, own(one)))
    return said
