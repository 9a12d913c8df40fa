"""Makes declared and random tables for the tests of disclosure control."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from rules.privacy.tables import CellKey, CountTable, Dimension, Policy, Population, PublishedTable, TableSpec

CLIENTS = Population("clients", "Clients seen", "client")


def dimension(name: str, categories: int | Sequence[str]) -> Dimension:
    """Return a dimension with the categories given, or with so many made-up ones."""
    if isinstance(categories, int):
        categories = [f"{name}{place}" for place in range(categories)]
    return Dimension(name, name.capitalize(), tuple(categories), name)


def table(rows: Dimension, columns: Dimension | None, counts: Sequence[Sequence[int]], name: str = "") -> CountTable:
    """Return a table of clients with these inner counts."""
    name = name or rows.name + (f"-by-{columns.name}" if columns else "")
    return CountTable(TableSpec(name, name, CLIENTS, rows, columns), tuple(tuple(line) for line in counts))


def random_table(chance: random.Random, rows: int, columns: int, people: int) -> CountTable:
    """Return a table of so many people, spread unevenly over rows and columns."""
    counts = [[0] * columns for _ in range(rows)]
    row_weights = [chance.expovariate(1) for _ in range(rows)]
    column_weights = [chance.expovariate(1) for _ in range(columns)]
    for _ in range(people):
        row, column = chance.choices(range(rows), row_weights)[0], chance.choices(range(columns), column_weights)[0]
        counts[row][column] += 1
    return table(dimension("a", rows), dimension("b", columns), counts)


def random_report(
    chance: random.Random, sizes: Mapping[str, int], pairs: Sequence[str], people: int
) -> list[CountTable]:
    """Return linked tables over the same people: one for each pair of letters ("ab"), one-way for one letter."""
    dimensions = {name: dimension(name, size) for name, size in sizes.items()}
    weights = {name: [chance.expovariate(1) for _ in d.categories] for name, d in dimensions.items()}
    units = [{n: chance.choices(range(sizes[n]), weights[n])[0] for n in sizes} for _ in range(people)]
    tables = []
    for pair in pairs:
        width = sizes[pair[1]] if len(pair) > 1 else 1
        counts = [[0] * width for _ in range(sizes[pair[0]])]
        for unit in units:
            counts[unit[pair[0]]][unit[pair[1]] if len(pair) > 1 else 0] += 1
        tables.append(table(dimensions[pair[0]], dimensions[pair[1]] if len(pair) > 1 else None, counts))
    return tables


def published(counted: CountTable, hidden: set[CellKey]) -> PublishedTable:
    """Return the table with just these cells hidden."""
    return PublishedTable(counted.spec, {k: None if k in hidden else c for k, c in counted.cells().items()})


def small_cells(counted: CountTable, policy: Policy) -> set[CellKey]:
    """Return the cells that must be hidden for their own sake."""
    return {key for key, count in counted.cells().items() if policy.is_small(count)}
