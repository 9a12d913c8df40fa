"""What of a person, a record or a class had already been destroyed when a hold came, and what is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Row, Select, func, select

from connectors.ledger.base import Source, reading
from connectors.ledger.runs import CLOSED, PLANNED
from connectors.ledger.tables import planned, run
from rules.review.spelling import same_case
from rules.review.values import Hold

_PAGE = 5_000


@dataclass(frozen=True)
class Gone:
    """How many records of a class one run had destroyed, or has begun to destroy."""

    run: str
    store: str
    class_name: str
    count: int


@dataclass(frozen=True)
class Begun:
    """A record of a batch whose intent is durable and that has no outcome yet: only its store can tell."""

    run: str
    store: str
    class_name: str
    key: str
    action: str


def already_gone(source: Source, hold: Hold) -> tuple[list[Gone], list[str]]:
    """Return what the hold came too late for, and the runs that can't be searched for it.

    A closed run no longer knows whose records it destroyed, and no run knows people by name, or what a condition asks.
    """
    whole_class = _is_of_class(hold)
    done = select(planned).where(planned.c.state == "done")
    blind = select(run.c.id).order_by(run.c.approved_at)
    if not hold.name and not hold.condition:
        blind = blind.where(run.c.state == CLOSED)
    with reading(source) as connection:
        if whole_class:
            group = (planned.c.run, planned.c.store, planned.c.class_name)
            counted = select(*group, func.count()).where(planned.c.state == "done")
            counted = counted.where(planned.c.class_name == hold.class_name).group_by(*group).order_by(*group)
            return [Gone(row[0], row[1], row[2], int(row[3])) for row in connection.execute(counted)], []
        unknown = list(connection.scalars(blind))
        if hold.name or hold.condition:
            return [], unknown
        rows = connection.execute(_narrowed(done, hold)).yield_per(_PAGE)
        return counted_by_class(_covered(rows, hold)), unknown


def begun(source: Source, hold: Hold) -> list[Begun]:
    """Return the records of the hold that somebody has begun to destroy and of which nobody has written what became."""
    query = select(planned).where(planned.c.state == PLANNED, planned.c.batch.is_not(None))
    with reading(source) as connection:
        return list(_covered(connection.execute(_narrowed(query, hold)).yield_per(_PAGE), hold))


def counted_by_class(found: Iterable[Begun]) -> list[Gone]:
    """Count records by run, store and class, in that order."""
    counts = Counter((one.run, one.store, one.class_name) for one in found)
    return [Gone(*group, count) for group, count in sorted(counts.items())]


def _narrowed(query: Select[tuple[object, ...]], hold: Hold) -> Select[tuple[object, ...]]:
    """The rows among which a hold may have some: the database can't compare spellings, but classes and stores."""
    if hold.class_name:
        query = query.where(planned.c.class_name == hold.class_name)
    return query.where(planned.c.store == hold.store) if hold.store else query


def _covered(rows: Iterable[Row[tuple[object, ...]]], hold: Hold) -> Iterator[Begun]:
    """Those of the rows that a hold covers, in whatever way a case number or key is spelled.

    Where only a name or a condition is held, any of them may be covered.
    """
    person = same_case(hold.subject) if hold.subject else ""
    key = same_case(hold.key) if hold.key else ""
    for row in rows:
        one = Begun(row.run, row.store, row.class_name, row.key, row.action)
        if person and person not in (same_case(row.subject or ""), same_case(row.key)):
            continue
        if key and key != same_case(row.key):
            continue
        yield one


def _is_of_class(hold: Hold) -> bool:
    return bool(hold.class_name) and not hold.key and not hold.condition
