"""What closed and open runs have taken away, records and links, looked up by the keys that stand for it now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from connectors.ledger.base import Source, chunks, reading
from connectors.ledger.runs import AS_ROW, PlannedRow, planned_of_row
from connectors.ledger.tables import outcome, planned

_DONE, _TAKEN = "done", ("destroy", "unlink")


def gone_classes(source: Source) -> dict[tuple[str, str], list[str]]:
    """Return, by store and class, the runs that destroyed or unlinked records of it."""
    done = (planned.c.state == _DONE) & planned.c.action.in_(_TAKEN)
    query = select(planned.c.store, planned.c.class_name, planned.c.run).where(done).distinct()
    found: dict[tuple[str, str], list[str]] = {}
    with reading(source) as connection:
        for store, class_name, run in connection.execute(query.order_by(planned.c.run)):
            found.setdefault((store, class_name), []).append(run)
    return found


def gone_under(source: Source, run: str, store: str, class_name: str, keys: Collection[str]) -> list[PlannedRow]:
    """Return what a run destroyed or unlinked of a class under these keys.

    While the run is open that is the record's own key; once it is closed, its commitment.
    """
    where = (planned.c.store == store, planned.c.class_name == class_name, planned.c.run == run)
    found = []
    with reading(source) as connection:
        for chunk in chunks(keys):
            query = select(*AS_ROW).where(*where, planned.c.state == _DONE, planned.c.key.in_(chunk))
            found += [planned_of_row(row) for row in connection.execute(query)]
    return [row for row in found if row.action in _TAKEN]


def outcome_leaf(source: Source, run: str, ordinal: int) -> int | None:
    """Return where the outcome of one record stands in the log."""
    query = select(outcome.c.leaf).where(outcome.c.run == run, outcome.c.ordinal == ordinal)
    with reading(source) as connection:
        found = connection.scalar(query)
    return None if found is None else int(found)
