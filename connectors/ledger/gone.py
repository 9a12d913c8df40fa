"""What of a person, a record or a class had already been destroyed when a hold came."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, select

from connectors.ledger.base import Source, reading
from connectors.ledger.runs import CLOSED
from connectors.ledger.tables import planned, run
from rules.review.values import Hold


@dataclass(frozen=True)
class Gone:
    """How many records of a class one run had destroyed."""

    run: str
    store: str
    class_name: str
    count: int


def already_gone(source: Source, hold: Hold) -> tuple[list[Gone], list[str]]:
    """Return what the hold came too late for, and the runs that can't be searched because they are closed.

    A closed run no longer knows whose records it destroyed, and no run knows people by name.
    """
    covered: ColumnElement[bool] = false()
    if hold.subject:
        covered = (planned.c.subject == hold.subject) | (planned.c.key == hold.subject)
    elif hold.key and hold.store:
        place = (planned.c.store == hold.store) & (planned.c.class_name == hold.class_name)
        covered = place & (planned.c.key == hold.key)
    elif hold.class_name:
        covered = planned.c.class_name == hold.class_name
    group = (planned.c.run, planned.c.store, planned.c.class_name)
    done = select(*group, func.count()).where(planned.c.state == "done", covered).group_by(*group).order_by(*group)
    blind = select(run.c.id).order_by(run.c.approved_at)
    if not hold.name:
        blind = blind.where(run.c.state == CLOSED)
    if hold.class_name and not hold.key:
        blind = blind.where(false())
    with reading(source) as connection:
        found = [Gone(row[0], row[1], row[2], int(row[3])) for row in connection.execute(done)]
        return found, list(connection.scalars(blind))
