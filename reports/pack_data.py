"""What a review pack shows, as plain frozen values: the caller fills them, the pack's writers only lay them out.

Hold reasons that could tip somebody off have no field here: holds come as kinds only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from rules.errors import BadInput
from rules.review.digest import group_digest, row_digest


@dataclass(frozen=True)
class PackHeader:
    """Which proposal the pack shows, and the counts of its first line. `prepared_at` is an ISO 8601 instant.

    `kept` counts decisions to keep; whatever nobody has decided is kept as well and shown apart.
    Raises BadInput when the outcomes add up to more than what was due.
    """

    pack_id: str
    proposal_id: str
    proposal_hash: str
    organisation: str
    schedule_name: str
    schedule_version: str
    schedule_hash: str
    as_of: date
    prepared_at: str
    destroys_itself_on: date
    due: int
    undatable: int
    destroyed: int = 0
    kept: int = 0
    held: int = 0
    failed: int = 0

    def __post_init__(self) -> None:
        if self.awaiting < 0:
            raise BadInput("the outcomes of a review pack add up to more than what was due")

    @property
    def awaiting(self) -> int:
        """Return how many due records nobody has decided about yet: silence keeps them."""
        return self.due - self.destroyed - self.kept - self.held - self.failed

    @property
    def first_line(self) -> str:
        """Return the line that stands first on every page; it always adds up."""
        return (
            f"due {self.due} = destroyed {self.destroyed} + kept {self.kept + self.awaiting} + held {self.held}"
            f" + failed {self.failed}; undatable {self.undatable}"
        )

    @property
    def second_line(self) -> str:
        """Return what "kept" hides while decisions are missing."""
        if not self.awaiting:
            return "Nothing awaits a decision."
        return f"{self.awaiting:,} of the kept await a decision. Until somebody decides, they are kept."


@dataclass(frozen=True)
class PackGroup:
    """Findings with one rule and one reason. `flagged` of its `count` records must be read or seen one by one.

    `risk_rank` 1 is the riskiest; `confidence` says how sure the source of the period is.
    """

    number: int
    rule: str
    kind: str
    action: str
    reason: str
    clauses: tuple[str, ...]
    legal_basis: tuple[str, ...]
    confidence: str
    count: int
    earliest_due: date | None
    latest_due: date | None
    risk_rank: int
    flagged: int = 0


@dataclass(frozen=True)
class PackItem:
    """One record that awaits a decision. `digest` is `item_digest` of it; `last_contact` is over all stores.

    `triggers` are names and dates as the store has them; `linked` are case numbers; `holds` are kinds only.
    """

    ordinal: int
    group: int
    store: str
    class_name: str
    key: str
    case_number: str
    due_on: date | None
    digest: str
    triggers: tuple[tuple[str, str], ...] = ()
    age_at_close: int | None = None
    last_contact: date | None = None
    linked: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    read_first: tuple[str, ...] = ()
    review_again_on: date | None = None

    @property
    def flagged(self) -> bool:
        """Tell whether a group decision leaves this record out: it must be looked at by itself."""
        return bool(self.read_first or self.holds)


@dataclass(frozen=True)
class PackFinding:
    """A finding that is not up for decision: a line of a work list. `count` is for findings about many records."""

    kind: str
    store: str
    class_name: str
    key: str
    rule: str
    why: str
    case_number: str = ""
    due_on: date | None = None
    count: int | None = None
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewPack:
    """A whole pack. `items` may be any sequence, so that a large one need not lie in memory as a tuple."""

    header: PackHeader
    groups: tuple[PackGroup, ...]
    items: Sequence[PackItem]
    findings: Sequence[PackFinding] = ()
    forecast: tuple[tuple[str, int], ...] = field(default=())  # months as 2026-09, records that fall due
    quality_page: str = ""  # the name of the file beside it
    holds_to_look_at: tuple[tuple[str, str], ...] = ()  # the id of a hold, and why; nobody in it

    def __post_init__(self) -> None:
        numbers = {group.number for group in self.groups}
        if len(numbers) != len(self.groups):
            raise BadInput("two groups of a review pack have the same number")
        if any(item.group not in numbers for item in self.items):
            raise BadInput("an item of a review pack belongs to no group of the pack")

    @property
    def ranked_groups(self) -> list[PackGroup]:
        """Return the groups, riskiest first."""
        return sorted(self.groups, key=lambda group: (group.risk_rank, group.number))


def item_digest(header: PackHeader, rule: str, ordinal: int, store: str, class_name: str, key: str, due: str) -> str:
    """Return the digest of an item that is about to be put into the pack of `header`. `due` is ISO or empty."""
    return row_digest(header.pack_id, header.proposal_hash, ordinal, store, class_name, key, rule, due)


def digest_of_group(header: PackHeader, group: PackGroup) -> str:
    """Return the digest of a group's row in the pack of `header`."""
    return group_digest(header.pack_id, header.proposal_hash, group.number, group.rule, group.count, group.flagged)
