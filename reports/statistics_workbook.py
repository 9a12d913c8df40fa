"""The statistical report as a spreadsheet, after the Analysis Function's "Releasing statistics in spreadsheets".

Cover, contents and notes first, then one table on each sheet, starting in A1 and downwards: title, what the
sheet holds, who is counted, then the table, marked up as a table. No merged, empty or coloured-only cells.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from reports.statistics import WITHHELD, ShownTable, StatisticsReport, laid_out, period_words, rules_in_words
from reports.writing import WORKBOOK_OPTIONS, plain_text, reader_date
from rules.privacy.tables import HIDDEN_SYMBOL

_NOTE = "Some cells show [c]: the count is confidential. See the Notes sheet."


def statistics_xlsx(report: StatisticsReport) -> bytes:
    """Return the report as an XLSX file; the same report gives the same bytes. Texts can never become formulas."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, WORKBOOK_OPTIONS)
    book.set_properties(
        {
            "title": plain_text(report.title),
            "author": plain_text(report.organisation),
            "subject": period_words(report.period),
            "created": datetime.fromisoformat(report.published_on).replace(tzinfo=UTC),
        }
    )
    sheets = _Sheets(book)
    tables = laid_out(report)
    sheets.cover(report)
    sheets.contents(tables)
    sheets.notes(report)
    for shown in tables:
        sheets.table(shown)
    book.close()
    return held.getvalue()


class _Sheets:
    """Writes the sheets of one workbook with its few formats."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._title = book.add_format({"bold": True, "font_size": 16})
        self._bold = book.add_format({"bold": True})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
        self._right_head = book.add_format(
            {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom", "align": "right"}
        )
        self._number = book.add_format({"num_format": "#,##0", "align": "right"})
        self._link = book.get_default_url_format()

    def cover(self, report: StatisticsReport) -> None:
        """Write who published what, when, of which days."""
        sheet = self._sheet("Cover", report.title, [90])
        lines = [
            f"Published by {report.organisation} on {reader_date(report.published_on)}.",
            f"Days covered: {period_words(report.period)}.",
            f"Release: {report.release}.",
            "Counts that could point at a person are hidden; the Notes sheet tells how.",
        ]
        if report.contact:
            lines.append(f"Questions to: {report.contact}")
        for place, line in enumerate(lines, 1):
            sheet.write_string(place, 0, plain_text(line), self._wrap)

    def contents(self, tables: tuple[ShownTable, ...]) -> None:
        """Write the list of sheets, each with a link."""
        sheet = self._sheet("Contents", "Contents", [16, 80])
        sheet.write_string(1, 0, "This sheet holds one table: every sheet of this workbook.")
        entries = [("Notes", "Notes")]
        entries += [(_name(shown), shown.table.spec.title) for shown in tables]
        self._marked(sheet, 2, ["Sheet", "Title"], len(entries), "contents")
        for place, (name, title) in enumerate(entries, 3):
            sheet.write_url(place, 0, f"internal:'{name}'!A1", self._link, name)
            sheet.write_string(place, 1, plain_text(title), self._wrap)

    def notes(self, report: StatisticsReport) -> None:
        """Write the disclosure rules and the shorthand."""
        sheet = self._sheet("Notes", "Notes", [16, 100])
        sheet.write_string(1, 0, "This sheet holds one table: the shorthand and the rules that protect people.")
        entries = [(HIDDEN_SYMBOL, "Confidential: the count is hidden so that nobody can be found.")]
        entries += [(f"Rule {place}", rule) for place, rule in enumerate(rules_in_words(report), 1)]
        self._marked(sheet, 2, ["Note", "Meaning"], len(entries), "notes")
        for place, (name, meaning) in enumerate(entries, 3):
            sheet.set_row(place, 15 * (1 + len(meaning) // 95))  # not every program makes wrapped rows tall enough
            sheet.write_string(place, 0, name, self._wrap)
            sheet.write_string(place, 1, plain_text(meaning), self._wrap)

    def table(self, shown: ShownTable) -> None:
        """Write one published table, numbers as numbers, or why it is withheld."""
        spec = shown.table.spec
        widths = [32, *[14] * (len(shown.headings) - 1)]
        sheet = self._sheet(_name(shown), f"Table {shown.number}. {spec.title}", widths)
        if shown.table.withheld:
            sheet.write_string(1, 0, WITHHELD)
            return
        sheet.write_string(1, 0, f"This sheet holds one table. {_NOTE if shown.hides else ''}".strip())
        sheet.write_string(2, 0, plain_text(f"{shown.caption}."))
        self._marked(sheet, 3, _distinct(shown.headings), len(shown.rows), f"table_{shown.number}", self._right_head)
        for line, row in enumerate(shown.rows, 4):
            sheet.write_string(line, 0, plain_text(row.label), self._bold if row.total else self._wrap)
            for place, cell in enumerate(row.cells, 1):
                if cell.hidden:
                    sheet.write_string(line, place, cell.text, self._number)
                else:
                    sheet.write_number(line, place, int(cell.text.replace(",", "")), self._number)

    def _sheet(self, name: str, title: str, widths: list[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.write_string(0, 0, plain_text(title), self._title)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def _marked(self, sheet: Any, line: int, headings: list[str], rows: int, name: str, head: Any = None) -> None:
        """Mark a block up as a table: assistive technology then reads its headings with its cells.

        `head` is the format of all headings but the first.
        """
        columns = [
            {"header": heading, "header_format": (head if place else None) or self._head}
            for place, heading in enumerate(headings)
        ]
        options = {"name": name, "columns": columns, "autofilter": False, "style": None}
        sheet.add_table(line, 0, line + rows, len(headings) - 1, options)


def _name(shown: ShownTable) -> str:
    return f"Table {shown.number}"


def _distinct(headings: tuple[str, ...]) -> list[str]:
    """Return headings that differ without regard to case, as a marked-up table needs."""
    distinct: list[str] = []
    for heading in headings:
        text, again = plain_text(heading), 2
        while text.casefold() in {other.casefold() for other in distinct}:
            text, again = f"{plain_text(heading)} ({again})", again + 1
        distinct.append(text)
    return distinct
