"""What passes between sift, review and destruction: findings, proposals, decisions, approvals, holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

# The fact of a finding that bears another case number under which its person is perhaps entered.
PERHAPS_ALSO = "perhaps also"


class Kind(StrEnum):
    """What a finding says about a record (or a column, or a class)."""

    PAST_RETENTION = "past_retention"
    HELD = "held"
    UNDATABLE = "undatable"
    DORMANT = "dormant"
    QUALITY = "quality"
    CONTROL_BREACH = "control_breach"
    BEYOND_MINIMUM = "beyond_minimum"
    UNCLAIMED = "unclaimed"


class Record(NamedTuple):
    """What leaves a store about one record: its key, its subject, dates as text, and flags of conditions.

    `seal` is a digest of its content, where the store gives one (a document says nothing of it in its name). `beyond`
    names those of its dates and flags that other stores have a say in.
    """

    store: str
    class_name: str
    key: str
    subject: str | None
    dates: Mapping[str, str | None]
    flags: Mapping[str, bool | None]
    linked: str | None = None
    author: str | None = None
    seal: str | None = None
    beyond: frozenset[str] = frozenset()

    @property
    def place(self) -> tuple[str, str, str]:
        """Store, class and key: where the record is."""
        return (self.store, self.class_name, self.key)


@dataclass(frozen=True)
class Finding:
    """One record, one rule, one reason. `version` is the digest of the columns that the rule read."""

    kind: Kind
    store: str
    class_name: str
    key: str
    rule: str
    subject: str | None = None
    due_on: date | None = None
    count: int | None = None
    action: str = "destroy"
    version: str = ""
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    read_first: tuple[str, ...] = ()


class Choice(StrEnum):
    """What a person may decide about a finding."""

    DESTROY = "destroy"
    REDACT = "redact"
    KEEP_UNTIL = "keep until"
    HOLD = "hold"


# Codes, because reasons outlive the record that they speak of and must hold no personal data.
REASONS: Mapping[str, str] = {
    "period-over": "The retention period is over and nothing requires the record",
    "not-required": "The content is not required for the service",
    "still-needed": "The service still needs the record",
    "claim-possible": "A claim or complaint is possible",
    "safeguarding": "A safeguarding concern rests on the record",
    "legal-request": "A court, the police or a regulator has asked for it",
    "subject-request": "The person has asked for access or restriction",
    "funder": "A funder or contract requires it",
    "wrong-data": "The dates or the match look wrong; to be corrected first",
    "other-see-file": "Another reason, recorded on the file",
}


@dataclass(frozen=True)
class Hold:
    """Suspends destruction of a person's records, one record, what a query finds, or a class; several may stand.

    `subject`, or `name` (before any case number exists), or `store`+`class_name`+`key`, or `class_name` with a
    `condition` in the schedule's language, or `class_name` alone.
    """

    id: str
    kind: str
    authority: str
    placed_by: str
    placed_on: date
    review_on: date | None = None
    released_on: date | None = None
    subject: str | None = None
    name: str | None = None
    store: str | None = None
    class_name: str | None = None
    key: str | None = None
    condition: str | None = None


HOLD_KINDS: Mapping[str, str] = {
    "sar": "Subject-access request (DPA 2018 s.173)",
    "foi": "Freedom-of-information request (FOIA 2000 s.77)",
    "litigation": "Claim contemplated or under way (CPR PD 31B para 7)",
    "court_order": "Court order or witness summons",
    "inquiry": "Statutory inquiry (Inquiries Act 2005 s.35)",
    "csa": "Known to relate to child sexual abuse (IICSA Rec 17; Limitation Act 1980 s.11ZA)",
    "safeguarding": "Open safeguarding matter",
    "coroner": "Coroner's investigation (Coroners and Justice Act 2009 Sch 6 para 7)",
    "complaint": "Open complaint",
    "victim_info_request": "Victim information request (PCSCA 2022 ss.44A-44F)",
    "insurer": "Notified to the insurer",
    "funder_audit": "Funder's audit",
    "erasure_refused": "Erasure refused (UK GDPR Art 17(3))",
    "restriction": "Restriction of processing (UK GDPR Art 18)",
}
