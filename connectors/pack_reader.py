"""Reads a filled-in review workbook back. The file is hostile until parsed, and every problem is said at once."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

from openpyxl import Workbook, load_workbook

from connectors.pack_answers import Complaints, answer_of, due_text, text, whole
from connectors.safe_zip import check_archive
from rules.errors import BadInput, Problem
from rules.review import pack_form as form
from rules.review.digest import group_digest, row_digest

_MOST_BYTES = 1_500_000_000  # a million rows unpack to 0.7 GB; they are streamed, not held
_LAST_ROW = 1_048_576  # of the file format; a file may claim any row number
_LAST_COLUMN = 60
_HEADING_ROWS = 20  # the heading stands within them, wherever a program has moved it

# What openpyxl, its XML parser and zipfile raise on a broken or malicious file.
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    SyntaxError,
    RuntimeError,
    AssertionError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class AnswerRow:
    """One answered item: line of the sheet, ordinal in the proposal, its digest, the decision and its reason code."""

    line: int
    ordinal: int
    digest: str
    decision: str
    reason: str
    note: str
    review_again_on: date | None


@dataclass(frozen=True)
class GroupAnswer:
    """One answered group, for all of its records that need not be decided one by one."""

    line: int
    number: int
    rule: str
    digest: str
    decision: str
    reason: str
    note: str
    review_again_on: date | None


@dataclass(frozen=True)
class PackAnswers:
    """What a workbook says. `unanswered` counts items without a decision of their own: silence keeps."""

    pack_id: str
    proposal_hash: str
    rows: tuple[AnswerRow, ...]
    groups: tuple[GroupAnswer, ...]
    unanswered: int


def read_decisions(path: str | Path) -> PackAnswers:
    """Read the answers of a review workbook, after Excel or LibreOffice has saved it.

    Every row's digest is recomputed from what the row shows, so a row that was changed, or comes from another
    pack, is refused with its line. The caller still compares pack, proposal hash and each ordinal and digest with
    its own frozen proposal, for digests have no key. Notes are free text and may hold personal data.
    Raises BadInput with every problem found: file, line, sheet and column, never a cell's value.
    """
    file = Path(path)
    check_archive(file, max_total=_MOST_BYTES)
    complaints = Complaints(file.name)
    with warnings.catch_warnings():
        # openpyxl warns of parts that it does not keep; nothing is written back, so nothing is lost.
        warnings.filterwarnings("ignore", module=r"openpyxl\..*")
        # A workbook that fails to open leaves its own file open, so the file is ours to close.
        with file.open("rb") as stream:
            book = _open(stream, file.name)
            try:
                answers = _read(book, complaints)
            finally:
                book.close()
    complaints.raise_if_any()
    return answers


def _unreadable(file: str) -> BadInput:
    return BadInput(Problem("cannot be read as a workbook", file=file, mend="Save it as XLSX and try again."))


def _open(stream: BinaryIO, name: str) -> Workbook:
    try:
        return load_workbook(stream, read_only=True, data_only=False, keep_links=False)
    except _UNREADABLE:
        raise _unreadable(name) from None


def _read(book: Workbook, complaints: Complaints) -> PackAnswers:
    missing = [name for name in (form.READ_ME, form.GROUPS, form.ITEMS) if name not in book.sheetnames]
    for name in missing:
        complaints.add("the sheet is missing", name, mend="Fill in the workbook as it was written.")
    complaints.raise_if_any()
    facts = _facts(book, complaints)
    pack_id, proposal_hash = facts.get(form.PACK_ID, ""), facts.get(form.PROPOSAL_HASH, "")
    for label in (form.PACK_ID, form.PROPOSAL_HASH):
        if not facts.get(label):
            complaints.add(f'the line "{label}" is missing', form.READ_ME)
    complaints.raise_if_any()
    groups = tuple(_group_answers(book, pack_id, proposal_hash, complaints))
    items = _Items(pack_id, proposal_hash, complaints)
    rows = tuple(items.read(_table(book, form.ITEMS, form.ITEM_BOUND + form.ANSWERS, complaints)))
    return PackAnswers(pack_id, proposal_hash, rows, groups, items.unanswered)


def _lines(book: Workbook, name: str, file: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield number and values of each line; the file's own errors end here."""
    try:
        # A row or column number beyond the format would make openpyxl pad for ever: both are bounded.
        rows = book[name].iter_rows(max_row=_LAST_ROW, max_col=_LAST_COLUMN, values_only=True)
        yield from enumerate(rows, 1)
    except _UNREADABLE:
        raise _unreadable(file) from None


def _facts(book: Workbook, complaints: Complaints) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line, row in _lines(book, form.READ_ME, complaints.file):
        label = text(row[0])
        if label in (form.PACK_ID, form.PROPOSAL_HASH):
            facts.setdefault(label, text(row[1]))
        if line > 100:
            break
    return facts


def _table(
    book: Workbook, sheet: str, wanted: Iterable[str], complaints: Complaints
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield line and cells by heading of each row below the heading that is not empty in all wanted columns."""
    places: dict[str, int] = {}
    for line, row in _lines(book, sheet, complaints.file):
        if not places:
            headings = [text(cell).strip() for cell in row]
            if form.NUMBER in headings:
                places = _places(headings, sheet, line, wanted, complaints)
                if not places:
                    return
            elif line >= _HEADING_ROWS:
                break
            continue
        cells = {heading: row[place] for heading, place in places.items()}
        if any(cell not in (None, "") for cell in cells.values()):
            yield line, cells
    if not places:
        complaints.add("the headings are missing", sheet, mend="Leave the heading row as it was written.")


def _places(
    headings: list[str], sheet: str, line: int, wanted: Iterable[str], complaints: Complaints
) -> dict[str, int]:
    places = {}
    for heading in wanted:
        if headings.count(heading) != 1:
            complaints.add("the column is missing or there twice", sheet, heading, line)
        else:
            places[heading] = headings.index(heading)
    return {} if len(places) != len(set(wanted)) else places


@dataclass
class _Items:
    """Reads the Items sheet row by row; counts the rows that nobody answered."""

    pack_id: str
    proposal_hash: str
    complaints: Complaints
    unanswered: int = 0
    seen: set[int] = field(default_factory=set)

    def read(self, table: Iterable[tuple[int, Mapping[str, object]]]) -> Iterator[AnswerRow]:
        for line, cells in table:
            ordinal = self._ordinal(line, cells)
            answer = answer_of(cells, form.ITEMS, line, self.complaints)
            if answer is None:
                self.unanswered += 1
            elif ordinal is not None:
                yield AnswerRow(line, ordinal, text(cells[form.DIGEST]), **vars(answer))

    def _ordinal(self, line: int, cells: Mapping[str, object]) -> int | None:
        """Return the row's ordinal, or None after saying what is wrong with the row."""
        ordinal = whole(cells[form.NUMBER])
        texts = [text(cells[name]) for name in (form.STORE, form.CLASS, form.KEY, form.RULE)]
        due = due_text(cells[form.DUE_ON])
        if ordinal is None or text(cells[form.DIGEST]) != row_digest(
            self.pack_id, self.proposal_hash, ordinal, texts[0], texts[1], texts[2], texts[3], due
        ):
            _say_changed(self.complaints, form.ITEMS, form.ITEM_BOUND, line)
            return None
        if ordinal in self.seen:
            self.complaints.add("the record is there twice", form.ITEMS, form.NUMBER, line, "Delete one of the rows.")
            return None
        self.seen.add(ordinal)
        return ordinal


def _group_answers(book: Workbook, pack_id: str, proposal_hash: str, complaints: Complaints) -> Iterator[GroupAnswer]:
    seen: set[int] = set()
    for line, cells in _table(book, form.GROUPS, form.GROUP_BOUND + form.ANSWERS, complaints):
        number, rule, digest = whole(cells[form.NUMBER]), text(cells[form.RULE]), text(cells[form.DIGEST])
        count, flagged = whole(cells[form.RECORDS]), whole(cells[form.READ_COUNT])
        answer = answer_of(cells, form.GROUPS, line, complaints)
        if (
            number is None
            or count is None
            or flagged is None
            or number in seen
            or (digest != group_digest(pack_id, proposal_hash, number, rule, count, flagged))
        ):
            _say_changed(complaints, form.GROUPS, form.GROUP_BOUND, line)
        elif answer is not None:
            yield GroupAnswer(line, number, rule, digest, **vars(answer))
        if number is not None:
            seen.add(number)


def _say_changed(complaints: Complaints, sheet: str, bound: tuple[str, ...], line: int) -> None:
    complaints.add(
        "the row was changed, or comes from another pack",
        sheet,
        " / ".join(bound[:-1]),
        line,
        "Copy the row again from the pack as it was written; fill in only the yellow cells.",
    )
