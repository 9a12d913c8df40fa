"""The statistical report as plain data, the words that explain its rules, and its page."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import Bar, bar_chart
from reports.writing import environment, reader_date
from rules.privacy.tables import HIDDEN_SYMBOL, CellState, Period, Policy, PublishedTable

TOTAL = "Total"
WITHHELD = "This table is not published: no choice of hidden cells would have protected the people in it."


@dataclass(frozen=True)
class StatisticsReport:
    """One release as it leaves the building. `published_on` is an ISO date; `release` the id it is kept under."""

    release: str
    title: str
    organisation: str
    period: Period
    published_on: str
    policy: Policy
    tables: tuple[PublishedTable, ...]
    contact: str = ""
    compared_with: int = 0  # how many earlier releases the attacker knew


@dataclass(frozen=True)
class ShownCell:
    """One cell for readers: its text, and whether that is the symbol."""

    text: str
    hidden: bool


@dataclass(frozen=True)
class ShownRow:
    """One line for readers; `total` marks the line of totals."""

    label: str
    cells: tuple[ShownCell, ...]
    total: bool


@dataclass(frozen=True)
class ShownTable:
    """One table laid out for readers: headings, lines, and its chart if it has one."""

    number: int
    table: PublishedTable
    headings: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    chart: Markup | None

    @property
    def hides(self) -> bool:
        """Whether any of its cells is hidden."""
        return any(cell.hidden for row in self.rows for cell in row.cells)

    @property
    def caption(self) -> str:
        """Who is counted and how the table reads."""
        spec = self.table.spec
        by = f" and {spec.columns.title.lower()}" if spec.columns is not None else ""
        return f"{spec.population.means}, by {spec.rows.title.lower()}{by}"


def statistics_html(report: StatisticsReport) -> str:
    """Return the report as one HTML page that stands alone: no scripts, no requests, readable on paper.

    The page says that the attacker found nothing, so `rules.privacy.attack.gate` must have said so.
    """
    return (
        environment()
        .get_template("statistics.html")
        .render(
            report=report,
            days=period_words(report.period),
            rules=rules_in_words(report),
            tables=laid_out(report),
            symbol=HIDDEN_SYMBOL,
            withheld=WITHHELD,
        )
    )


def period_words(period: Period) -> str:
    """Return the days of a release for readers: "1 April 2025 to 31 March 2026"."""
    if period.start is None:
        return f"Everybody up to {reader_date(period.end)}"
    return f"{reader_date(period.start)} to {reader_date(period.end)}"


def rules_in_words(report: StatisticsReport) -> tuple[str, ...]:
    """Return the rules that protect people, each in a sentence or two that no statistician is needed for."""
    policy = report.policy
    zeros = (
        "A count of 0 is shown: it counts nobody."
        if policy.show_zeros
        else f"A count of 0 is hidden too, so {HIDDEN_SYMBOL} may also mean nobody."
    )
    earlier = " and from the earlier releases for the same days" if report.compared_with else ""
    return (
        f"Every count of 1 to {policy.threshold - 1} people is hidden and shown as {HIDDEN_SYMBOL}. {zeros}",
        "Some larger counts are hidden as well, because a hidden count could otherwise be worked out by taking the "
        "shown ones from a total. They have the same symbol, so it does not tell how big a hidden count is.",
        "Totals that are shown are true: they include the people in hidden cells. No number is rounded or changed.",
        f"Before publication a program tried to work out each hidden count from all numbers of this report together"
        f"{earlier}, also as somebody who knows that they are alone in a cell. It found none.",
        "No table can guard against what somebody knows already. Please do not combine these figures with local "
        "knowledge to guess at people.",
    )


def laid_out(report: StatisticsReport) -> tuple[ShownTable, ...]:
    """Return the report's tables, numbered from 1, ready for a page or a sheet; withheld ones have no lines."""
    charted: set[tuple[str, str]] = set()
    tables = []
    for number, table in enumerate(report.tables, 1):
        spec = table.spec
        named = (spec.population.id, spec.rows.name)
        chart = _chart(table) if not table.withheld and named not in charted else None
        charted |= {named} if chart is not None else set()
        columns = spec.columns.categories if spec.columns is not None else ()
        last = TOTAL if columns else "Count"
        rows = () if table.withheld else _rows(table, columns)
        tables.append(ShownTable(number, table, (spec.rows.title, *columns, last), rows, chart))
    return tuple(tables)


def _rows(table: PublishedTable, columns: tuple[str, ...]) -> tuple[ShownRow, ...]:
    spec = table.spec
    rows = []
    for row in (*spec.rows.categories, None):
        keys = [spec.key(row, column) for column in (*columns, None)]
        cells = tuple(ShownCell(table.text(key), table.state(key) is CellState.HIDDEN) for key in keys)
        rows.append(ShownRow(TOTAL if row is None else row, cells, row is None))
    return tuple(rows)


def _chart(table: PublishedTable) -> Markup | None:
    """Return bars of the row totals, or None where hiding leaves fewer than two of them."""
    spec = table.spec
    bars = [Bar(row, table.cells.get(spec.key(row))) for row in spec.rows.categories]
    if sum(bar.value is not None for bar in bars) < 2:
        return None
    title = f"{spec.population.means}, by {spec.rows.title.lower()}"
    shown = "; ".join(f"{bar.label} {HIDDEN_SYMBOL if bar.value is None else bar.value}" for bar in bars)
    return bar_chart(title, f"Bars with these counts: {shown}. The table below has the same figures.", bars)
