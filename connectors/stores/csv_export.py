"""A CSV export as real systems write it: BOM, mixed dates, blank rows, a total line, the wrong encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from connectors.stores import cells
from connectors.stores.base import Unclaimed
from connectors.stores.plan import Books
from connectors.stores.reflection import nearest
from connectors.stores.rewriting import Changes, RewrittenFile
from connectors.stores.snapshot import Row
from connectors.stores.specs import ClassMap
from rules.errors import BadInput, Problem

BOM = b"\xef\xbb\xbf"
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Line:
    """One record of the file: its cells and the physical lines it spans, counted from 0, end excluded."""

    cells: list[str]
    start: int
    end: int


class CsvStore(RewrittenFile):
    """One CSV file that holds one class."""

    kind = "csv"

    def problems(self) -> list[Problem]:
        """Everything that stops this file from being read: missing, wrong encoding, broken quotes, vanished columns."""
        try:
            header, lines = self._parse()
            for _ in lines:
                pass
        except BadInput as error:
            return list(error.problems)
        found: list[Problem] = []
        for item in self._spec.classes:
            for column in item.fields.values():
                if header.count(column) != 1:
                    what = "has no column" if column not in header else "has more than one column"
                    found.append(self._problem(f"{self._path.name} {what} {column}", nearest(column, header), item))
        return found

    def unclaimed(self) -> list[Unclaimed]:
        """The columns that no class claims."""
        claimed = {column for item in self._spec.classes for column in item.fields.values()}
        return [Unclaimed(name) for name in self._parse()[0] if name and name not in claimed]

    def _rows(self, item: ClassMap) -> Iterator[Row | None]:
        record_class = self._schedule.get(item.class_name)
        dated = cells.date_fields(record_class)
        header, lines = self._parse()
        places = {field: header.index(column) for field, column in item.fields.items()}
        for line in lines:
            if any(cell.strip() for cell in line.cells[len(header) :]):
                yield None  # more cells than columns: which value is which cannot be known
                continue
            held = {
                field: cells.as_text(line.cells[place]) if place < len(line.cells) else None
                for field, place in places.items()
            }
            yield cells.with_iso_dates(held, dated, self._spec.dates)

    def _parse(self) -> tuple[list[str], Iterator[Line]]:
        """The header and the records below it, less blank lines and totals. Raises BadInput naming the line."""
        raw = self._raw_lines()
        texts = self._decoded(raw)
        lines = self._spans(csv.reader(texts, delimiter=_delimiter(raw), strict=True))
        header = next(lines, None)
        if header is None:
            raise BadInput(Problem("is empty", file=self._path.name))
        return [cell.strip() for cell in header.cells], (line for line in lines if not self._skipped(line))

    def _raw_lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().splitlines(keepends=True)
        except OSError:
            raise BadInput(self._problem(f"the file {self._path.name} cannot be read")) from None

    def _decoded(self, raw: list[bytes]) -> Iterator[str]:
        encoding = "utf-8" if self._spec.encoding == "utf-8-sig" else self._spec.encoding
        for number, line in enumerate(raw, 1):
            try:
                if number == 1 and line.startswith(BOM):
                    if encoding != "utf-8":
                        raise UnicodeError
                    line = line.removeprefix(BOM)
                yield line.decode(encoding)
            except UnicodeError:
                mend = "Set `encoding:` of this store to the one it was exported in, such as cp1252 or utf-8"
                raise BadInput(Problem(f"is not in {encoding}", self._path.name, number, mend=mend)) from None

    def _spans(self, reader: Iterable[list[str]]) -> Iterator[Line]:
        source = iter(reader)
        start = 0
        while True:
            try:
                found = next(source)
            except StopIteration:
                return
            except csv.Error:
                where = getattr(reader, "line_num", 0)
                raise BadInput(
                    Problem("has quotes that do not match, or a cell too long", self._path.name, where)
                ) from None
            end = int(getattr(reader, "line_num", 0))
            if any(cell.strip() for cell in found):
                yield Line(found, start, end)
            start = end

    def _skipped(self, line: Line) -> bool:
        return line.cells[0].strip() in self._spec.skip_when_first_cell

    def _refusal(self) -> str:
        return ""

    def _columns_of(self, item: ClassMap) -> list[str]:
        return self._parse()[0]

    def _without(self, books: Books, changes: Changes) -> tuple[bytes, int]:
        (item,) = self._spec.classes
        raw = self._raw_lines()
        header, lines = self._parse()
        place = header.index(item.fields[self._schedule.get(item.class_name).key])
        found = 0
        for line in lines:
            key = cells.as_text(line.cells[place]) if place < len(line.cells) else None
            if key is None or books.position(item.class_name, key) is None:
                continue
            found += 1
            new = changes.get((item.class_name, key))
            cells_now = {header.index(column): _written(value) for column, value in (new or {}).items()}
            kept = b"" if new is None else self._rewritten(line, cells_now, raw)
            raw[line.start : line.end] = [kept, *[b""] * (line.end - line.start - 1)]  # keeps the line numbers
        return b"".join(raw), found

    def _rewritten(self, line: Line, new: Mapping[int, str], raw: list[bytes]) -> bytes:
        """The line with some cells changed, in the file's own delimiter, quoting and line end."""
        first, last = raw[line.start], raw[line.end - 1]
        quoted = first.startswith(b'"')
        text = io.StringIO()
        dialect = csv.unix_dialect if quoted else csv.excel  # all cells quoted, or only where needed
        writer = csv.writer(text, dialect, delimiter=_delimiter(raw), lineterminator="")
        writer.writerow([new.get(place, cell) for place, cell in enumerate(line.cells)])
        return text.getvalue().encode(self._spec.encoding.removesuffix("-sig")) + last[len(last.rstrip(b"\r\n")) :]


def _written(value: str | date | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _delimiter(raw: list[bytes]) -> str:
    """The sign that separates the headings."""
    first = next((line for line in raw if line.strip(BOM + b" \t\r\n,;|")), b"")
    return max(DELIMITERS, key=lambda sign: first.count(sign.encode()))
