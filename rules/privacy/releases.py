"""A release as plain values that can be kept and read again, so that the next release is attacked together with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rules.errors import BadInput
from rules.privacy.tables import (
    Dimension,
    EarlierTable,
    Period,
    Population,
    PublishedTable,
    TableSpec,
)


def release_record(release: str, period: Period, tables: Sequence[PublishedTable]) -> dict[str, Any]:
    """Return what readers saw of a release, as values that JSON can hold; it tells nothing that was not published."""
    return {
        "release": release,
        "start": period.start.isoformat() if period.start else None,
        "end": period.end.isoformat(),
        "tables": [_table_record(table) for table in tables if not table.withheld],
    }


def _table_record(table: PublishedTable) -> dict[str, Any]:
    spec = table.spec
    return {
        "id": spec.id,
        "title": spec.title,
        "population": {"id": spec.population.id, "means": spec.population.means, "class": spec.population.record_class},
        "dimensions": [
            {"name": d.name, "title": d.title, "column": d.column, "categories": list(d.categories)}
            for d in spec.dimensions
        ],
        "counts": [table.cells[key] for key in spec.cells()],
    }


def earlier_tables(record: Mapping[str, Any]) -> tuple[EarlierTable, ...]:
    """Return the tables of a record made by release_record. Raises BadInput when it is none."""
    try:
        start = record["start"]
        period = Period(date.fromisoformat(start) if start else None, date.fromisoformat(record["end"]))
        return tuple(EarlierTable(record["release"], period, _table(entry)) for entry in record["tables"])
    except (KeyError, TypeError, ValueError, IndexError):
        raise BadInput("an earlier release cannot be read: its record is damaged") from None


def _table(entry: Mapping[str, Any]) -> PublishedTable:
    who = entry["population"]
    dimensions = [Dimension(d["name"], d["title"], tuple(d["categories"]), d["column"]) for d in entry["dimensions"]]
    rows, columns = dimensions[0], dimensions[1] if len(dimensions) > 1 else None
    spec = TableSpec(entry["id"], entry["title"], Population(who["id"], who["means"], who["class"]), rows, columns)
    return PublishedTable(spec, dict(zip(spec.cells(), entry["counts"], strict=True)))
