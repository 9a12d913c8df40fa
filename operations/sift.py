"""The verb `sift`: evaluate the schedule over all stores as of a date and freeze what was found as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from connectors.ledger import holds, proposals, sifts
from connectors.ledger.proposals import Proposal
from connectors.ledger.sifts import Count
from operations.hold_reach import measure_standing
from operations.project import Project
from operations.sifting.run import run_sift
from operations.sifting.session import Progress, QualityCheck, SiftInputs, silent
from operations.stores import stores_of
from rules.errors import BadInput, Problem, WinnowError
from rules.review.values import Kind


@dataclass(frozen=True)
class Sifted:
    """A finished sift: its frozen proposal and its counts."""

    sift: int
    as_of: date
    proposal: Proposal
    counts: tuple[Count, ...]

    def by_kind(self) -> Mapping[Kind, int]:
        """How many findings of each kind."""
        totals = dict.fromkeys(Kind, 0)
        for row in self.counts:
            totals[row.kind] += row.n
        return totals


def sift(
    project: Project,
    as_of: date | None = None,
    only: tuple[str, ...] = (),
    quality: QualityCheck | None = None,
    progress: Progress = silent,
) -> Sifted:
    """Sift all stores as of a date (today by default). Nothing in any store is changed.

    `only` names classes whose content has a clock of its own (the daily sift of session notes). Raises
    StoreUnavailable, or BadInput for a schedule, mapping or store that cannot be used.
    """
    unknown = [name for name in only if name not in {item.name for item in project.schedule.classes}]
    if unknown:
        raise BadInput([Problem(f"the schedule has no class {name!r}", key="--only") for name in unknown])
    day = as_of or project.today()
    inputs = SiftInputs(
        schedule=project.schedule.on(day),
        stores=stores_of(project),
        as_of=day,
        holds=tuple(holds.all_holds(project.ledger)),
        quality=quality,
        progress=progress,
        only=only,
        secret=project.random(32),
    )
    sift_id = run_sift(project.ledger, inputs, project.now(), project.now)
    frozen = proposals.freeze(project.ledger, sift_id, project.now(), project.random)
    with suppress(WinnowError):  # the sift stands, whatever holds reach
        measure_standing(project)
    return Sifted(sift_id, day, frozen, tuple(sifts.counts(project.ledger, sift_id)))
