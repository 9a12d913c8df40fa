"""What a destroying run works with; everything that knows the time or holds a key is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from connectors.ledger.base import Ledger
from connectors.ledger.runs import PlannedRow
from connectors.stores.base import RecordStore, Redact
from operations.holds_stand import StandingHolds
from rules.evidence.note import NoteSigner
from rules.schedule.values import Schedule

Progress = Callable[[str, int, int], None]

MANUAL = "manual"
TOOL = "winnow-0.1.0"


def silent(_stage: str, _done: int, _of: int) -> None:
    """Show no progress."""


def not_compared(_rows: Sequence[PlannedRow]) -> None:
    """Compare nothing: where nothing is going to be destroyed."""


@dataclass(frozen=True)
class Carrying:
    """One run being carried out. `now` gives a UTC instant as text, `holds` the holds that stand at this moment."""

    ledger: Ledger
    schedule: Schedule
    stores: Mapping[str, RecordStore]
    signers: Sequence[NoteSigner]
    organisation: str
    owner: str
    now: Callable[[], str]
    lease: Callable[[], str]
    today: date
    holds: StandingHolds
    random: Callable[[int], bytes]
    folders: Mapping[str, Path]  # where copies of records may lie, by the name under which the log speaks of them
    progress: Progress = field(default=silent)
    redact: Redact | None = None  # where the run rewrites texts
    again: bool = False  # whether all of it had been destroyed before and came back from a backup
    # Raises Refused where a row of the run is not as it was when ledger and log were compared.
    as_approved: Callable[[Sequence[PlannedRow]], None] = not_compared

    def order(self) -> list[str]:
        """Stores in the order of destruction: databases first (they can still refuse), paper and its like last."""
        rank = {"sql": 0, MANUAL: 2}
        return sorted(self.stores, key=lambda alias: (rank.get(self.stores[alias].kind, 1), alias))
