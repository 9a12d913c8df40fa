"""Declared statistical tables as frozen values: what is counted, of whom, in which categories, and the plan's parser.

A cell is named by the categories that it is counted in: `(("outcome", "Improved"), ("service", "Careers"))`,
sorted by dimension. A margin names fewer dimensions, the grand total none: `()`. Cells of two tables with
one name over one population are the same number, so tables that share margins are protected together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from rules.errors import BadInput, Problem

CellKey = tuple[tuple[str, str], ...]
HIDDEN_SYMBOL = "[c]"
DEFAULT_THRESHOLD = 10


class CellState(Enum):
    """What a reader sees of a cell. There is one hidden state only: telling why would tell how big."""

    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Dimension:
    """One way to group people: its name, its title for readers, the column it is read from, its ordered categories.

    `other`, if given, is the category for values that are missing or not in the list; without it they are refused.
    """

    name: str
    title: str
    categories: tuple[str, ...]
    column: str
    other: str | None = None


@dataclass(frozen=True)
class Population:
    """Who is counted: an id, the words for readers, the record class, and the column that is unique for each person."""

    id: str
    means: str
    record_class: str
    unit: str | None = None


@dataclass(frozen=True)
class TableSpec:
    """One declared table: rows, perhaps columns, over one population."""

    id: str
    title: str
    population: Population
    rows: Dimension
    columns: Dimension | None = None

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions of the inner cells, one or two."""
        return (self.rows,) if self.columns is None else (self.rows, self.columns)

    def key(self, row: str | None, column: str | None = None) -> CellKey:
        """Name a cell by its row and column categories; None stands for the total over that dimension."""
        named: list[tuple[str, str]] = []
        if row is not None:
            named.append((self.rows.name, row))
        if self.columns is not None and column is not None:
            named.append((self.columns.name, column))
        return tuple(sorted(named))

    def cells(self) -> Iterator[CellKey]:
        """Yield every cell of the table: inner cells, margins, grand total, in reading order."""
        columns = () if self.columns is None else self.columns.categories
        for row in (*self.rows.categories, None):
            for column in (*columns, None):
                yield self.key(row, column)


@dataclass(frozen=True)
class Policy:
    """The disclosure rule: counts of 1 to threshold-1 are hidden; zeros too, unless they are shown."""

    threshold: int = DEFAULT_THRESHOLD
    show_zeros: bool = True

    def is_small(self, count: int) -> bool:
        """Return whether a count of people must be hidden for its own sake (primary suppression)."""
        return (0 < count < self.threshold) or (count == 0 and not self.show_zeros)


@dataclass(frozen=True)
class CountTable:
    """A table's true whole counts: `counts[row][column]`, one column if the table has rows only."""

    spec: TableSpec
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        width = 1 if self.spec.columns is None else len(self.spec.columns.categories)
        if len(self.counts) != len(self.spec.rows.categories) or any(len(row) != width for row in self.counts):
            raise BadInput(f"table {self.spec.id}: the counts do not have the shape that the table declares")
        if any(count < 0 for row in self.counts for count in row):
            raise BadInput(f"table {self.spec.id}: a count of people is below nought")

    def cells(self) -> dict[CellKey, int]:
        """Return every cell with its true count, margins and grand total computed from all inner cells."""
        cells = dict.fromkeys(self.spec.cells(), 0)
        columns = ("",) if self.spec.columns is None else self.spec.columns.categories
        for row, line in zip(self.spec.rows.categories, self.counts, strict=True):
            for column, count in zip(columns, line, strict=True):
                key = self.spec.key(row, column)
                for part in {key, *((named,) for named in key), ()}:
                    cells[part] += count
        return cells


@dataclass(frozen=True)
class PublishedTable:
    """What readers get of one table: a count or None for each cell; or nothing at all, when it is withheld."""

    spec: TableSpec
    cells: Mapping[CellKey, int | None]
    withheld: bool = False

    def state(self, key: CellKey) -> CellState:
        """Return whether readers see the count of this cell."""
        return CellState.HIDDEN if self.cells.get(key) is None else CellState.SHOWN

    def text(self, key: CellKey) -> str:
        """Return the cell as readers see it: the count, or the one symbol for every hidden cell."""
        count = self.cells.get(key)
        return HIDDEN_SYMBOL if count is None else f"{count:,}"


@dataclass(frozen=True)
class StatisticsPlan:
    """All tables of one report and the rule that protects them."""

    title: str
    policy: Policy
    tables: tuple[TableSpec, ...]


@dataclass(frozen=True)
class Period:
    """The days that a release covers, both included; `start` None means everybody up to `end`."""

    start: date | None
    end: date

    def overlaps(self, other: Period) -> bool:
        """Return whether one person can be in both periods for the same event, so that subtracting tells something."""
        first, last = max(self.start or date.min, other.start or date.min), min(self.end, other.end)
        return first <= last


@dataclass(frozen=True)
class EarlierTable:
    """One table as it was published before: in which release, for which days, what readers saw."""

    release: str
    period: Period
    table: PublishedTable


def joint_cells(tables: Sequence[CountTable]) -> dict[CellKey, int]:
    """Return the cells of all tables of ONE population as one mapping.

    Raises BadInput when two tables disagree about a number they share: they do not count the same people.
    """
    joint: dict[CellKey, int] = {}
    for table in tables:
        for key, count in table.cells().items():
            if joint.setdefault(key, count) != count:
                raise BadInput(
                    Problem(
                        "two tables of one population disagree about a total they share",
                        key=table.spec.id,
                        mend="Count both from the same rows, and give missing values a category (other: ...)",
                    )
                )
    return joint


def by_population(specs: Sequence[TableSpec]) -> dict[str, tuple[TableSpec, ...]]:
    """Group tables by the id of their population, in the order of the plan."""
    groups: dict[str, tuple[TableSpec, ...]] = {}
    for spec in specs:
        groups[spec.population.id] = (*groups.get(spec.population.id, ()), spec)
    return groups
