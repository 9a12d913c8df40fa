"""The destruction certificate of one run: nothing but a reading of the log, so it can be issued again at any time.

It names officers and never a client. The stand-alone verifier derives the same document by itself and compares.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rules.errors import BadInput
from rules.evidence.backups import Backup, held_by, registered, state_of
from rules.evidence.leaf import Leaf
from rules.evidence.statement import statement_digest, statement_of

FORMAT = "winnow-certificate-v1"
# Codes of the checks that a run logs beside looking up each key again.
RESIDUE, ABSENCE, NAMES = "residue-", "absence-search", "name-search"
BOOK = ("store", "class", "before", "created", "destroyed", "others", "outside", "after")
OUTCOME_TYPES = ("done", "kept", "failed")
LIMITS = (
    "This certificate does not prove that the records were rightly due for destruction.",
    "It does not prove that no copy remains elsewhere: in places not searched, on paper not listed, or in a backup.",
    "Deleting by program leaves traces on disks until they are written over; the grade says how far this went.",
    "Without a checkpoint that was kept outside, whoever holds the log's key could have written the log anew.",
)
CHANGED = ("blanked", "truncated", "generalised", "redacted", "kept-metadata")
"""Outcomes of records that stay with less in them: done, but never counted as destroyed."""

COLUMNS = {
    "destroyed": "destroyed",
    **dict.fromkeys((*CHANGED, "kept", "unlinked"), "kept"),
    "held": "held",
    "failed": "failed",
}
"""Outcome of a leaf to the column of the balance "due = destroyed + kept + held + failed"."""


@dataclass(frozen=True)
class Officer:
    """A person who signed something that this run rests on, and what it was."""

    did: str
    officer: str
    role: str
    signed_at: str


@dataclass(frozen=True)
class Line:
    """One line of the account: how many records of a class met one outcome for one reason, under one rule.

    `from_month` and `to_month` bound the due months (YYYY-MM; `none` without a date). `recovered` counts those
    whose outcome was settled after a crash.
    """

    store: str
    class_name: str
    rule: str
    outcome: str
    reason: str
    grade: str
    count: int
    recovered: int
    from_month: str
    to_month: str


@dataclass(frozen=True)
class Certificate:
    """What was destroyed, on whose authority, under which rules, how, and what stands against it."""

    certificate: str
    authority: str
    tool: str
    as_of: str
    opened_at: str
    closed_at: str
    first_leaf: int
    closing_leaf: int
    schedule_name: str
    schedule_version: str
    schedule_hash: str
    schedule_file: str
    adopted_minutes: tuple[str, ...]
    officers: tuple[Officer, ...]
    totals: dict[str, int]
    lines: tuple[Line, ...]
    verifications: tuple[dict[str, Any], ...]
    books: tuple[dict[str, Any], ...]
    backups: tuple[Backup, ...]
    state: str
    until: str
    not_searched: tuple[str, ...]
    checkpoint: str
    limits: tuple[str, ...] = LIMITS
    format: str = FORMAT

    def to_json(self) -> str:
        """Write the certificate as JSON, keys sorted, two spaces deep, ending in a newline."""
        return json.dumps(asdict(self), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def certificate_of(leaves: Sequence[Leaf], run: str, checkpoint_note: str) -> Certificate:
    """Read the certificate of a closed run out of the whole log. Raises BadInput when the run is not closed.

    `leaves` are decoded and start at index 0; `checkpoint_note` is the signed note over all of them.
    """
    own = [(index, leaf) for index, leaf in enumerate(leaves) if leaf.get("run") == run]
    opened = next(((index, leaf) for index, leaf in own if leaf["type"] == "run-opened"), None)
    closed = next(((index, leaf) for index, leaf in own if leaf["type"] == "run-closed"), None)
    if opened is None or closed is None:
        raise BadInput("a certificate is issued for a run that the log has opened and closed")
    mine = [leaf for _, leaf in own]
    digest = opened[1]["schedule"]
    schedule = next((leaf for leaf in leaves if leaf["type"] == "schedule" and leaf["hash"] == digest), None)
    if schedule is None:
        raise BadInput("the log does not hold the schedule of this run")
    adoptions = [leaf for leaf in leaves[: closed[0]] if leaf["type"] == "adoption" and leaf["schedule"] == digest]
    backups = held_by(registered(leaves), opened[1]["stores"], closed[1]["at"][:10])
    state, until = state_of(backups)
    return Certificate(
        certificate=run,
        authority=opened[1]["authority"],
        tool=opened[1]["tool"],
        as_of=opened[1]["as_of"],
        opened_at=opened[1]["at"],
        closed_at=closed[1]["at"],
        first_leaf=opened[0],
        closing_leaf=closed[0],
        schedule_name=schedule["name"],
        schedule_version=schedule["version"],
        schedule_hash=digest,
        schedule_file=schedule["file"],
        adopted_minutes=tuple(sorted({leaf["minute"] for leaf in adoptions})),
        officers=_officers(adoptions, leaves, mine),
        totals={name: closed[1][name] for name in ("due", "destroyed", "kept", "held", "failed", "undatable")},
        lines=_lines(mine),
        verifications=_rows(mine, "verify", ("store", "method", "credential", "checked", "remaining")),
        books=_rows(mine, "books", BOOK),
        backups=backups,
        state=state,
        until=until,
        not_searched=tuple(sorted(closed[1]["not_searched"])),
        checkpoint=checkpoint_note,
    )


def _rows(leaves: Sequence[Leaf], leaf_type: str, names: Sequence[str]) -> tuple[dict[str, Any], ...]:
    return tuple({name: leaf[name] for name in names} for leaf in leaves if leaf["type"] == leaf_type)


def _lines(leaves: Sequence[Leaf]) -> tuple[Line, ...]:
    groups: dict[tuple[str, str, str, str, str, str], list[Leaf]] = {}
    for leaf in leaves:
        if leaf["type"] in OUTCOME_TYPES:
            outcome = leaf.get("outcome", "failed")
            key = (leaf["store"], leaf["class"], leaf["rule"], outcome, leaf["reason"], leaf["grade"])
            groups.setdefault(key, []).append(leaf)
    return tuple(_line(key, groups[key]) for key in sorted(groups))


def _line(key: tuple[str, str, str, str, str, str], leaves: Sequence[Leaf]) -> Line:
    months = [leaf["due_month"] for leaf in leaves]
    return Line(*key, len(leaves), sum(leaf["recovered"] for leaf in leaves), min(months), max(months))


def _officers(adoptions: Sequence[Leaf], leaves: Sequence[Leaf], mine: Sequence[Leaf]) -> tuple[Officer, ...]:
    approvals = [leaf for leaf in mine if leaf["type"] == "approval"]
    named = {digest for leaf in approvals for digest in leaf["decisions"]}
    decisions = [leaf for leaf in leaves if leaf["type"] == "decisions"]
    recommended = [leaf for leaf in decisions if statement_digest(statement_of(leaf)) in named]
    confirmed = [leaf for leaf in mine if leaf["type"] == "confirmation"]
    acts = (("adopted", adoptions), ("recommended", recommended), ("approved", approvals), ("confirmed", confirmed))
    return tuple(
        Officer(did, leaf["officer"], leaf["role"], leaf["signed_at"]) for did, signed in acts for leaf in signed
    )
