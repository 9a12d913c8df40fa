"""Destruction outside the tool: what has gone from the stores since they were last counted, and no run destroyed."""

from __future__ import annotations

from connectors.ledger import census
from connectors.stores.base import RecordStore
from operations.destroying.books import Counting, Told, gone_outside, told_by_log
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, StoreUnavailable

GONE, NOT_COUNTED = "records gone that no run destroyed", "stores that could not be counted"


def gone_outside_tool(project: Project) -> dict[str, int]:
    """Count, over all stores, the records gone outside the tool and the stores that could not be counted.

    The first time it only counts what is there. What it finds is counted again until the next run writes it in its
    books.
    """
    counting = Counting(project.ledger, project.schedule, project.now, project.random)
    told = told_by_log(project.ledger, census.oldest(project.ledger))
    gone = missed = 0
    for store in stores_of(project).values():
        try:
            gone += _gone_from(counting, store, told)
        except (StoreUnavailable, BadInput):
            missed += 1
    return {GONE: gone, NOT_COUNTED: missed}


def _gone_from(counting: Counting, store: RecordStore, told: Told) -> int:
    return sum(gone_outside(counting, store, class_name, told) for class_name in store.sources())
