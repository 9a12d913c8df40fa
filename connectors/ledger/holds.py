"""Holds: placed, released and kept. Why one was placed is kept apart and read only when asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlalchemy import insert, or_, select, update

from connectors.ledger.base import Source, reading, writing
from connectors.ledger.tables import hold as table
from connectors.ledger.tables import hold_reason
from rules.review.values import Hold

_FIELDS = tuple(field.name for field in fields(Hold))


def place(source: Source, hold: Hold, reason: str = "") -> None:
    """Store a hold, and the reason apart from it."""
    with writing(source) as connection:
        connection.execute(insert(table).values(asdict(hold)))
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
        return [
            _hold(row._asdict()) for row in connection.execute(select(table).order_by(table.c.placed_on, table.c.id))
        ]


def active_holds(source: Source, as_of: date) -> tuple[Hold, ...]:
    """Return the holds in force on `as_of`; one that was placed later counts as well (a hold wins on every path)."""
    query = select(table).where(or_(table.c.released_on.is_(None), table.c.released_on > as_of))
    with reading(source) as connection:
        return tuple(_hold(row._asdict()) for row in connection.execute(query.order_by(table.c.placed_on, table.c.id)))


def reason_of(source: Source, hold_id: str) -> str:
    """Return why a hold was placed: for the person who placed it and the manager, never for a pack or a report."""
    with reading(source) as connection:
        return connection.scalar(select(hold_reason.c.reason).where(hold_reason.c.hold == hold_id)) or ""


def _hold(values: Mapping[str, Any]) -> Hold:
    return Hold(**{name: values[name] for name in _FIELDS})
