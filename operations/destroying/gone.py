"""Of whom nothing is left after a run: their case numbers go from the ledger too, others' stay."""

from __future__ import annotations

from connectors.ledger import purge
from connectors.ledger.runs import Run
from connectors.stores.searching import living_subjects
from operations.destroying.context import Carrying
from rules.errors import BadInput, StoreUnavailable


def gone_people(carrying: Carrying, run: Run) -> frozenset[str]:
    """Case numbers of destroyed records that stand on no record of any store any more.

    Where a store can't be asked, only those count whose file went with its head.
    """
    destroyed = purge.destroyed_subjects(carrying.ledger, run.id)
    left = set().union(*destroyed.values())
    blind = False
    for store in carrying.stores.values():
        try:
            left -= living_subjects(store, carrying.schedule, left)
        except (StoreUnavailable, BadInput):
            blind = True
    if blind:
        heads = {item.name for item in carrying.schedule.classes if not item.part_of}
        left &= set().union(*(subjects for name, subjects in destroyed.items() if name in heads))
    return frozenset(left)
