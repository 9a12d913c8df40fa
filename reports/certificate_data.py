"""What a destruction certificate shows, as one plain frozen value. It names officers and never a client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.errors import BadInput
from rules.evidence.backups import BEYOND_USE, FINAL, NOT_REGISTERED
from rules.evidence.certificate import Certificate

STATES = (BEYOND_USE, FINAL, NOT_REGISTERED)


@dataclass(frozen=True)
class WorkList:
    """A work list that people signed: how they destroyed, to what size, and the contractor's certificate if any."""

    store: str
    count: int
    method: str
    done_on: str
    people: tuple[str, ...]
    standard: str = ""
    contractor: str = ""
    receipt: str = ""

    @property
    def grade(self) -> str:
        """Return what the signatures say, and no more."""
        return f"{self.method}, to {self.standard}" if self.standard else self.method


@dataclass(frozen=True)
class RuleShown:
    """A rule that the run applied, in plain English: how long, under which conditions, what then, and what it rests on.

    `confidence` is the schedule's word for what the period rests on: policy, source, part or general.
    """

    id: str
    keeps: str
    then: str
    because: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class CertificateData:
    """The certificate as the log has it, and what a reader needs beside it.

    `proof` is the C2SP proof text of the closing leaf; `bundle` and `key_file` are the names of the files that the
    reader is given; `holds_checked` counts the records whose holds were looked at inside the destroying transaction,
    `holds_checked_at` is the last such instant (empty without any); `methods` says in words what was done in each
    store, or in each "store grade"; `work_lists` are those that people signed; `rules` are those that the run applied;
    `exceptions` are plain sentences beyond those that follow from the figures; `kept_outside` says that every day's
    checkpoint is kept where no backup of the ledger brings it back. Raises BadInput for a state that is none of
    `STATES`, or counts that do not add up.
    """

    certificate: Certificate
    organisation: str
    proof: str
    bundle: str
    key_file: str
    holds_checked: int = 0
    holds_checked_at: str = ""
    methods: Mapping[str, str] | None = None
    exceptions: tuple[str, ...] = ()
    work_lists: tuple[WorkList, ...] = ()
    kept_outside: bool = False
    rules: tuple[RuleShown, ...] = ()

    def __post_init__(self) -> None:
        totals = self.certificate.totals
        if self.certificate.state not in STATES:
            raise BadInput("a certificate is in a state that readers have no words for")
        if totals["due"] != sum(totals[name] for name in ("destroyed", "kept", "held", "failed")):
            raise BadInput("the counts of a certificate do not add up to what was due")

    @property
    def first_line(self) -> str:
        """Return the line that stands first on every page."""
        totals = self.certificate.totals
        return (
            f"due {totals['due']} = destroyed {totals['destroyed']} + kept {totals['kept']} + held {totals['held']}"
            f" + failed {totals['failed']}; undatable {totals['undatable']}"
        )
