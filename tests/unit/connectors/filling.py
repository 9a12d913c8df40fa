"""Fills in a review workbook the way a person does, by heading; changes locked cells the way a forger does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from rules.review import pack_form as form

HEADING_LINE = 3


def edit(book: Workbook, name: str, line: int, cells: Mapping[str, object]) -> None:
    """Write cells of one line by the headings of their columns."""
    sheet = book[name]
    assert isinstance(sheet, Worksheet)
    headings = [cell.value for cell in sheet[HEADING_LINE]]
    for heading, value in cells.items():
        sheet.cell(line, headings.index(heading) + 1).value = value  # type: ignore[assignment]


def filled(source: Path, target: Path, edits: list[tuple[str, int, dict[str, object]]]) -> Path:
    """Copy the workbook with these edits: sheet, line, cells by heading."""
    book = load_workbook(source)
    for name, line, cells in edits:
        edit(book, name, line, cells)
    book.save(target)
    return target


def answer(decision: object, reason: object, note: object = None, again: object = None) -> dict[str, object]:
    """Return the four answer cells of a row."""
    return dict(zip(form.ANSWERS, (decision, reason, note, again), strict=True))
