"""Evaluate a schedule over all stores as of a date, and keep what it finds in the ledger.

Heads of files first (each with its members from every store), then content with a clock of its own, then
controls, dormant files, columns beyond the minimum and what no class claims. Pages in, findings out: memory
does not grow with the stores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial

from connectors.ledger import sifts
from connectors.ledger.base import Ledger
from operations.rubbish import little_rubbish
from operations.sifting import others
from operations.sifting.alone import alone
from operations.sifting.files import FileSift
from operations.sifting.session import Sifting, SiftInputs, open_sifting
from rules.review.values import Finding, Kind
from rules.schedule.judge import follows_head


def run_sift(ledger: Ledger, inputs: SiftInputs, started_at: str, now: Callable[[], str]) -> int:
    """Carry out a sift and return its id. Raises StoreUnavailable or BadInput before anything is kept as finished."""
    schedule = inputs.schedule
    with ExitStack() as stack:
        stack.enter_context(little_rubbish())
        sifting = open_sifting(inputs, stack)
        sift_id = sifts.new_sift(
            ledger, inputs.as_of, schedule.digest, schedule.version, started_at, scope=",".join(inputs.only)
        )
        for stage, found in _stages(sifting, ledger, sift_id):
            sifts.add_findings(ledger, sift_id, _one_by_one(found, partial(inputs.progress, stage)))
        facts = {kind.value: 0 for kind in Kind}
        for row in sifts.counts(ledger, sift_id):
            facts[row.kind.value] += row.n
        sifts.finish_sift(ledger, sift_id, now(), facts)
    return sift_id


def _one_by_one(pages: Iterable[list[Finding]], progress: Callable[[int], None]) -> Iterator[Finding]:
    """The findings of all pages, so that they are kept in batches of one size however the pages fall."""
    count = 0
    for page in pages:
        yield from page
        count += len(page)
        progress(count)


def _stages(sifting: Sifting, ledger: Ledger, sift_id: int) -> Iterator[tuple[str, Iterator[list[Finding]]]]:
    schedule, only = sifting.inputs.schedule, sifting.inputs.only
    heads = [item for item in schedule.classes if not item.part_of]
    for head in () if only else heads:
        yield f"files: {head.name}", FileSift(sifting, head).findings()
    for record_class in schedule.classes:
        own_clock = record_class.part_of and any(not follows_head(rule.keep) for rule in record_class.rules)
        if own_clock and (not only or record_class.name in only):
            yield f"content: {record_class.name}", alone(sifting, record_class, ledger, sift_id)
    if only:
        return
    yield "controls", others.controls(sifting)
    yield "dormant files", others.dormant(sifting, heads)
    yield "quality", others.quality(sifting)
    yield "whose file", others.identity(sifting)
    yield "beyond the minimum", others.beyond_minimum(sifting)
    yield "unclaimed", others.unclaimed(sifting)
