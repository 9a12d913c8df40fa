"""Write an extract that has passed its gate: a CSV for people, a workbook with a cover sheet.

Both are pseudonymised personal data and say so; the cover gives the day on which they must be destroyed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from reports.writing import WORKBOOK_OPTIONS, csv_cell_guard, plain_text, reader_date, thousands
from rules.privacy.extracts import LABEL, Extract

_WIDE, _NARROW, _LINE = 70, 20, 15
_A4 = 9
# A cell of a workbook holds 32,767 characters and no more; a longer text would silently be left out.
_LONGEST = 32_000
_CUT = " … (cut here: the whole text is in the CSV file)"


def write_csv(path: Path, extract: Extract) -> None:
    """Write the rows as UTF-8 with a byte-order mark, so that spreadsheets read it, and guarded cells."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(extract.columns)
        writer.writerows([csv_cell_guard(cell) for cell in row] for row in extract.rows)


def write_workbook(path: Path, extract: Extract, *, destroy_by: date) -> None:
    """Write a workbook: a cover sheet with purpose, recipients and destruction date, then the rows."""
    with xlsxwriter.Workbook(str(path), WORKBOOK_OPTIONS) as book:
        bold = book.add_format({"bold": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        book.set_properties({"title": f"Extract: {extract.spec.name}", "subject": LABEL})
        cover = book.add_worksheet("Cover")
        cover.set_column(0, 0, 34)
        cover.set_column(1, 1, _WIDE, wrapped)
        _on_paper(cover, landscape=False)
        for line, (name, value) in enumerate(cover_lines(extract, destroy_by=destroy_by)):
            cover.set_row(line, _height([(value, _WIDE)]))
            cover.write_string(line, 0, name, bold)
            cover.write_string(line, 1, plain_text(value), wrapped)
        sheet = book.add_worksheet("Extract")
        sheet.freeze_panes(1, 0)
        _on_paper(sheet, landscape=True)
        sheet.set_footer(f"&LDestroy by {reader_date(destroy_by)}&CPseudonymised personal data&RPage &P of &N")
        sheet.repeat_rows(0)
        widths = [_width([row[at] for row in extract.rows]) for at in range(len(extract.columns))]
        for at, (name, width) in enumerate(zip(extract.columns, widths, strict=True)):
            sheet.set_column(at, at, width, wrapped)
            sheet.write_string(0, at, name, bold)
        for line, row in enumerate(extract.rows, start=1):
            sheet.set_row(line, _height(zip(row, widths, strict=True)))
            for at, cell in enumerate(row):
                sheet.write_string(line, at, _fitting(plain_text(cell)), wrapped)
        if extract.rows:
            sheet.autofilter(0, 0, len(extract.rows), len(extract.columns) - 1)


def cover_lines(extract: Extract, *, destroy_by: date) -> list[tuple[str, str]]:
    """Return the lines of the cover sheet: what it is, for whom, until when, and what was left out."""
    spec, counts = extract.spec, extract.counts
    return [
        ("Extract", spec.name),
        ("What this is", LABEL),
        ("Purpose", spec.purpose),
        ("Means", spec.means or "–"),
        ("Recipients", spec.recipients),
        ("Made as of", reader_date(extract.as_of)),
        ("Must be destroyed by", reader_date(destroy_by)),
        ("Rows", thousands(counts.written)),
        ("Left out: processing restricted", thousands(counts.restricted)),
        ("Left out: no consent in force", thousands(counts.without_consent)),
        ("Smallest group of like rows", thousands(extract.smallest_class)),
        ("Rules of use", "Do not try to find out who anybody is, do not join it with other data, do not pass it on."),
    ]


def _on_paper(sheet: Any, *, landscape: bool) -> None:
    """Fit a sheet to the width of A4, so that no column is torn from its row in print."""
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    if landscape:
        sheet.set_landscape()


def _width(cells: list[str]) -> int:
    return _WIDE if max(map(len, cells), default=0) > _WIDE else _NARROW


def _height(cells: Iterable[tuple[str, int]]) -> int:
    """Return the height in points that shows wrapped texts whole; a row can be no higher than 409 points."""
    return min(409, _LINE * max(sum(1 + len(part) // width for part in text.split("\n")) for text, width in cells))


def _fitting(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + _CUT
