"""Holds: placed, released and kept. Why one was placed is kept apart and read only when asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from connectors.ledger.base import Source, reading, writing
from connectors.ledger.tables import hold as table
from connectors.ledger.tables import hold_event, hold_reason
from rules.review.holds import Reach
from rules.review.values import Hold

_FIELDS = tuple(field.name for field in fields(Hold))
_AS_PLACED = (table.c.placed_on, func.length(table.c.id), table.c.id)  # the ids of a day count 1, 2 … 10


@dataclass(frozen=True)
class HoldEvent:
    """What one person did about a hold: placed, looked at (with the next day of review), or released it."""

    hold: str
    event: str
    person: str
    at: str
    authority: str
    review_on: date | None = None


def place(source: Source, hold: Hold, reason: str = "", salt: str | None = None) -> None:
    """Store a hold, the reason apart from it, and the salt (hexadecimal) of what the log says that it covers."""
    with writing(source) as connection:
        connection.execute(insert(table).values(asdict(hold) | {"salt": salt}))
        if reason:
            connection.execute(insert(hold_reason).values(hold=hold.id, reason=reason))


def release(source: Source, hold_id: str, on: date, by: str, authority: str) -> bool:
    """Mark a hold as released; say whether it was still in force."""
    values = {"released_on": on, "released_by": by, "release_authority": authority}
    standing = update(table).where(table.c.id == hold_id, table.c.released_on.is_(None))
    with writing(source) as connection:
        return connection.execute(standing.values(values)).rowcount == 1


def get(source: Source, hold_id: str) -> Hold | None:
    """Return the hold with this id, or None."""
    with reading(source) as connection:
        row = connection.execute(select(table).where(table.c.id == hold_id)).first()
    return None if row is None else _hold(row._asdict())


def all_holds(source: Source) -> list[Hold]:
    """Return every hold, released ones too, in the order in which they were placed."""
    with reading(source) as connection:
        return [_hold(row._asdict()) for row in connection.execute(select(table).order_by(*_AS_PLACED))]


def active_holds(source: Source, as_of: date) -> tuple[Hold, ...]:
    """Return the holds in force on `as_of`; one that was placed later counts as well (a hold wins on every path)."""
    query = select(table).where(or_(table.c.released_on.is_(None), table.c.released_on > as_of))
    with reading(source) as connection:
        return tuple(_hold(row._asdict()) for row in connection.execute(query.order_by(*_AS_PLACED)))


def reason_of(source: Source, hold_id: str) -> str:
    """Return why a hold was placed: for the person who placed it and the manager, never for a pack or a report."""
    with reading(source) as connection:
        return connection.scalar(select(hold_reason.c.reason).where(hold_reason.c.hold == hold_id)) or ""


def add_event(source: Source, event: HoldEvent) -> None:
    """Store what somebody did about a hold."""
    with writing(source) as connection:
        connection.execute(insert(hold_event).values(asdict(event)))


def events(source: Source, hold_id: str) -> list[HoldEvent]:
    """Return what people did about a hold, oldest first."""
    names = [hold_event.c[field.name] for field in fields(HoldEvent)]
    with reading(source) as connection:
        rows = connection.execute(select(*names).where(hold_event.c.hold == hold_id).order_by(hold_event.c.id))
        return [HoldEvent(**row._asdict()) for row in rows]


def review(source: Source, hold_id: str, review_on: date) -> bool:
    """Give a hold another day of review; say whether it still stands."""
    standing = update(table).where(table.c.id == hold_id, table.c.released_on.is_(None))
    with writing(source) as connection:
        return connection.execute(standing.values(review_on=review_on)).rowcount == 1


def set_reach(source: Source, hold_id: str, reach: Reach) -> None:
    """Store how far a hold reached when somebody looked."""
    values = {"reach": reach.matched, "reach_of": reach.of, "reached_on": reach.on}
    with writing(source) as connection:
        connection.execute(update(table).where(table.c.id == hold_id).values(values))


def salts(source: Source) -> dict[str, str]:
    """Return the salt (hexadecimal) of what each hold covers; one of an earlier version has none."""
    with reading(source) as connection:
        rows = connection.execute(select(table.c.id, table.c.salt).where(table.c.salt.is_not(None)))
        return {row.id: row.salt for row in rows}


def reaches(source: Source) -> dict[str, Reach]:
    """Return how far each hold reached when somebody last looked; a hold nobody has measured is absent."""
    query = select(table.c.id, table.c.reach, table.c.reach_of, table.c.reached_on).where(table.c.reach.is_not(None))
    with reading(source) as connection:
        return {row.id: Reach(row.reach, row.reach_of, row.reached_on) for row in connection.execute(query)}


def _hold(values: Mapping[str, Any]) -> Hold:
    return Hold(**{name: values[name] for name in _FIELDS})
