"""The statistical report as data: one tidy CSV file and the CSVW metadata that says what its columns mean."""

from __future__ import annotations

import csv
import io
import json

from reports.statistics import TOTAL, StatisticsReport, period_words, rules_in_words
from reports.writing import csv_cell_guard
from rules.privacy.tables import HIDDEN_SYMBOL, CellState, PublishedTable

_COLUMNS = (
    ("table", "string", "Id of the table"),
    ("population", "string", "Who is counted"),
    ("row_dimension", "string", "What the rows group by"),
    ("row", "string", "The row's category, or Total"),
    ("column_dimension", "string", "What the columns group by; empty in a table without columns"),
    ("column", "string", "The column's category, or Total; empty in a table without columns"),
    ("count", "integer", "How many people; empty where hidden"),
    ("symbol", "string", "[c] where the count is confidential, else empty"),
)


def statistics_csv(report: StatisticsReport) -> bytes:
    """Return every published cell on a line of its own, UTF-8, RFC 4180.

    People open this file in spreadsheets, so texts that one would run as a formula have an apostrophe before them.
    """
    held = io.StringIO(newline="")
    writer = csv.writer(held)
    writer.writerow([name for name, _, _ in _COLUMNS])
    for table in report.tables:
        if not table.withheld:
            writer.writerows(_lines(table))
    return held.getvalue().encode("utf-8", "replace")


def _lines(table: PublishedTable) -> list[list[str]]:
    spec = table.spec
    columns = (None,) if spec.columns is None else (*spec.columns.categories, None)
    lines = []
    for row in (*spec.rows.categories, None):
        for column in columns:
            key = spec.key(row, column)
            hidden = table.state(key) is CellState.HIDDEN
            texts = [spec.id, spec.population.means, spec.rows.title, row or TOTAL]
            texts += ["", ""] if spec.columns is None else [spec.columns.title, column or TOTAL]
            count = "" if hidden else str(table.cells[key])
            lines.append([*(csv_cell_guard(text) for text in texts), count, HIDDEN_SYMBOL if hidden else ""])
    return lines


def statistics_csvw(report: StatisticsReport, csv_name: str) -> str:
    """Return the CSVW metadata (W3C, Metadata Vocabulary for Tabular Data) for the CSV file called `csv_name`."""
    withheld = [table.spec.title for table in report.tables if table.withheld]
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": csv_name,
        "dc:title": report.title,
        "dc:creator": report.organisation,
        "dc:identifier": report.release,
        "dc:issued": {"@value": report.published_on, "@type": "xsd:date"},
        "dc:temporal": period_words(report.period),
        "dc:description": " ".join(rules_in_words(report)),
        "rdfs:comment": f"Not published: {'; '.join(withheld)}." if withheld else "All tables are published.",
        "tableSchema": {
            "columns": [
                {"name": name, "titles": name, "datatype": kind, "dc:description": means, "null": ""}
                for name, kind, means in _COLUMNS
            ]
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
