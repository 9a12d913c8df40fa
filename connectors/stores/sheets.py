"""A workbook (XLSX): each class is a sheet with a heading row; real date cells and text dates both occur."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import Any

import openpyxl
from sqlalchemy import Connection

from connectors.safe_zip import check_archive
from connectors.stores import cells, plan
from connectors.stores.base import Unclaimed
from connectors.stores.plan import Books
from connectors.stores.reflection import nearest
from connectors.stores.rewriting import Changes, RewrittenFile
from connectors.stores.snapshot import Loaded, Row
from connectors.stores.specs import ClassMap
from connectors.stores.workbook_parts import has_formulas, loses_parts
from rules.errors import BadInput, Problem, WinnowError


class WorkbookStore(RewrittenFile):
    """One XLSX file with a sheet for each class."""

    kind = "workbook"
    _book: Any = None

    def problems(self) -> list[Problem]:
        """Everything that stops this workbook from being read: missing, hostile, vanished sheets or columns."""
        try:
            with self._opened() as book:
                headers = {name: _header(book[name]) for name in book.sheetnames if hasattr(book[name], "iter_rows")}
        except BadInput as error:
            return list(error.problems)
        found: list[Problem] = []
        for item in self._spec.classes:
            if item.place not in headers:
                what = f"{self._path.name} has no sheet {item.place}"
                found.append(self._problem(what, nearest(item.place, headers), item))
                continue
            header = headers[item.place]
            for column in item.fields.values():
                if header.count(column) != 1:
                    what = "has no column" if column not in header else "has more than one column"
                    found.append(
                        self._problem(f"the sheet {item.place} {what} {column}", nearest(column, header), item)
                    )
        return found

    def unclaimed(self) -> list[Unclaimed]:
        """Sheets, hidden ones too, and columns (`Sheet.column`) that no class claims."""
        claimed = {item.place: set(item.fields.values()) for item in self._spec.classes}
        found: list[Unclaimed] = []
        with self._opened() as book:
            for name in book.sheetnames:
                if name not in claimed:
                    found.append(Unclaimed(name))
                    continue
                found += [Unclaimed(f"{name}.{c}") for c in _header(book[name]) if c and c not in claimed[name]]
        return found

    def _rows(self, item: ClassMap) -> Iterator[Row | None]:
        dated = cells.date_fields(self._schedule.get(item.class_name))
        with nullcontext(self._book) if self._book else self._opened() as book:
            rows = self._values(book, item.place)
            header = [cells.as_text(value) or "" for value in next(rows)]
            places = {field: header.index(column) for field, column in item.fields.items()}
            for row in rows:
                held = {f: cells.as_text(row[place]) if place < len(row) else None for f, place in places.items()}
                yield cells.with_iso_dates(held, dated, self._spec.dates)

    def _load(self, connection: Connection) -> dict[str, Loaded]:
        with self._opened() as self._book:  # opening reads all the strings of a workbook: once for all sheets
            try:
                return super()._load(connection)
            finally:
                self._book = None

    def _values(self, book: Any, sheet: str) -> Iterator[Sequence[object]]:
        """Yield the rows that are not blank. A formula never computed stays a formula, which no rule can read."""
        rows = _not_blank(book[sheet])
        if not has_formulas(self._path):
            yield from rows
            return
        with self._opened(data_only=False) as formulas:
            for row, written in zip(_all_rows(book[sheet]), _all_rows(formulas[sheet]), strict=True):
                merged = [there if value is None else value for value, there in zip(row, written, strict=False)]
                if any(cells.as_text(value) is not None for value in merged):
                    yield merged

    @contextmanager
    def _opened(self, *, data_only: bool = True) -> Iterator[Any]:
        """Open the workbook for reading. Raises BadInput for whatever is wrong with it."""
        if not self._path.is_file():
            raise BadInput(self._problem(f"the file {self._path.name} is not there"))
        check_archive(self._path)
        try:
            # A workbook that fails to open leaves its own file open, so the file is ours to close.
            with warnings.catch_warnings(), self._path.open("rb") as stream:
                warnings.simplefilter("ignore")  # openpyxl tells which parts it does not read
                book = openpyxl.load_workbook(stream, read_only=True, data_only=data_only)
                try:
                    yield book
                finally:
                    book.close()
        except WinnowError:
            raise
        except Exception:  # noqa: BLE001 - a broken file raises anything, and its text may quote a cell
            raise BadInput(self._problem(f"{self._path.name} cannot be read as a workbook")) from None

    def _refusal(self) -> str:
        name = self._path.name
        if any(self._path.with_name(lock).exists() for lock in (f"~${name}", f".~lock.{name}#")):
            return plan.IN_USE
        return plan.NOT_REWRITABLE if loses_parts(self._path) or has_formulas(self._path) else ""

    def _columns_of(self, item: ClassMap) -> list[str]:
        with self._opened() as book:
            return _header(book[item.place])

    def _without(self, books: Books, changes: Changes) -> tuple[bytes, int]:
        with warnings.catch_warnings(), self._path.open("rb") as stream:
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream)
        found = 0
        for item in self._spec.classes:
            found += self._take_out(book[item.place], item, books, changes)
        content = io.BytesIO()
        book.save(content)
        book.close()
        return content.getvalue(), found

    def _take_out(self, sheet: Any, item: ClassMap, books: Books, changes: Changes) -> int:
        rows = (row for row in sheet.iter_rows() if any(cells.as_text(cell.value) is not None for cell in row))
        header = [cells.as_text(cell.value) or "" for cell in next(rows)]
        place = header.index(item.fields[self._schedule.get(item.class_name).key])
        emptied: list[int] = []
        found = 0
        for row in rows:
            key = cells.as_text(row[place].value)
            if key is None or books.position(item.class_name, key) is None:
                continue
            found += 1
            new = changes.get((item.class_name, key))
            if new is None:
                for cell in row:
                    _clear(cell)
                emptied.append(row[0].row)
            for column, value in (new or {}).items():
                _set(row[header.index(column)], value)
        if not _sticks_to_rows(sheet):
            for number in reversed(emptied):
                sheet.delete_rows(number)
        return found


def _clear(cell: Any) -> None:
    # Cells inside a merged range have no value of their own.
    if type(cell).__name__ != "MergedCell":
        cell.value = None
        cell.comment = None
        cell.hyperlink = None


def _set(cell: Any, value: str | date | None) -> None:
    """Give a cell what it becomes; a comment or link beside it goes, as it may say what the cell said."""
    was_date = isinstance(cell.value, date)
    _clear(cell)
    if value is not None and type(cell).__name__ != "MergedCell":
        cell.value = value.isoformat() if isinstance(value, date) and not was_date else value
        if isinstance(value, str):
            cell.data_type = "s"  # a text that begins like a formula stays a text


def _sticks_to_rows(sheet: Any) -> bool:
    """Whether something is tied to row numbers that openpyxl does not move: then the row is left, empty."""
    tied = (sheet.merged_cells.ranges, sheet.tables, sheet._hyperlinks, sheet.conditional_formatting)
    return any(bool(item) for item in tied) or any(cell.comment for row in sheet.iter_rows() for cell in row)


def _all_rows(sheet: Any) -> Iterator[Sequence[object]]:
    sheet.reset_dimensions()  # some writers state a size that is too small
    yield from sheet.iter_rows(values_only=True)


def _not_blank(sheet: Any) -> Iterator[Sequence[object]]:
    return (row for row in _all_rows(sheet) if any(cells.as_text(value) is not None for value in row))


def _header(sheet: Any) -> list[str]:
    return [cells.as_text(value) or "" for value in next(_not_blank(sheet), ())]
