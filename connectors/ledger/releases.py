"""What left the building, and the fences: published statistics, extracts and their sources, epochs per store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update

from connectors.ledger.base import Source, chunks, reading, to_json, writing
from connectors.ledger.tables import extract, extract_source, fence, release


@dataclass(frozen=True)
class Release:
    """One published set of statistics. `cells` is what was published, as JSON values."""

    id: str
    published_at: str
    cells: Any


@dataclass(frozen=True)
class Extract:
    """Pseudonymised records for one purpose; it dies on `destroy_on`, or with the first of its sources."""

    id: str
    purpose: str
    place: str
    made_at: str
    destroy_on: date
    destroyed_at: str | None = None


def add_release(source: Source, published: Release) -> None:
    """Remember what was published: the next release is attacked together with it."""
    values = {"id": published.id, "published_at": published.published_at, "cells": to_json(published.cells)}
    with writing(source) as connection:
        connection.execute(insert(release).values(values))


def releases(source: Source) -> list[Release]:
    """Return everything ever published, oldest first."""
    with reading(source) as connection:
        rows = connection.execute(select(release).order_by(release.c.published_at, release.c.id)).all()
    return [Release(row.id, row.published_at, json.loads(row.cells)) for row in rows]


def add_extract(source: Source, made: Extract, commitments: Iterable[str]) -> None:
    """Remember an extract and the commitments (hexadecimal) of the subjects in it."""
    with writing(source) as connection:
        connection.execute(insert(extract).values(made.__dict__))
        for chunk in chunks(sorted(set(commitments))):
            connection.execute(insert(extract_source), [{"extract": made.id, "commitment": one} for one in chunk])


def extracts(source: Source, only_living: bool = True) -> list[Extract]:
    """Return the extracts, oldest first; those already destroyed too unless `only_living`."""
    query = select(extract).order_by(extract.c.made_at, extract.c.id)
    if only_living:
        query = query.where(extract.c.destroyed_at.is_(None))
    with reading(source) as connection:
        return [Extract(**row._asdict()) for row in connection.execute(query)]


def extracts_with(source: Source, commitments: Collection[str]) -> set[str]:
    """Return the ids of living extracts that hold any of these subjects: they must die with them."""
    found: set[str] = set()
    with reading(source) as connection:
        for chunk in chunks(commitments):
            query = select(extract.c.id).join(extract_source, extract_source.c.extract == extract.c.id)
            living = query.where(extract.c.destroyed_at.is_(None), extract_source.c.commitment.in_(chunk))
            found.update(connection.scalars(living))
    return found


def extract_destroyed(source: Source, extract_id: str, at: str) -> None:
    """Mark an extract as destroyed and forget who was in it."""
    with writing(source) as connection:
        connection.execute(update(extract).where(extract.c.id == extract_id).values(destroyed_at=at))
        connection.execute(delete(extract_source).where(extract_source.c.extract == extract_id))


def set_epoch(source: Source, store: str, epoch: int, at: str) -> None:
    """Remember the fence epoch that a store reported after a bump."""
    with writing(source) as connection:
        connection.execute(delete(fence).where(fence.c.store == store))
        connection.execute(insert(fence).values(store=store, epoch=epoch, bumped_at=at))


def epochs(source: Source) -> dict[str, int]:
    """Return the last known fence epoch of each store."""
    with reading(source) as connection:
        return {row.store: int(row.epoch) for row in connection.execute(select(fence))}
