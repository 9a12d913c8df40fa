"""The review pack as a workbook that people fill in; connectors/pack_reader.py reads it back.

Locked cells keep honest people from slips; the row checks catch the rest when the workbook is read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import xlsxwriter

from reports.pack_data import PackFinding, PackGroup, PackHeader, PackItem, ReviewPack, digest_of_group
from reports.writing import WORKBOOK_OPTIONS, reader_date
from rules.errors import BadInput
from rules.review import pack_form as form
from rules.review.digest import visible
from rules.review.values import REASONS

Cell = str | int | date | None
Row = TypeVar("Row")

MOST_ROWS = 1_000_000  # a sheet ends at row 1,048,576
_LINE = 13  # points of one line of text
HEADING_ROW = 2  # counted from 0; above it stand the first line and a word of help
_FIRST_EXCEL_DAY = date(1900, 3, 1)  # before it the format counts a 29 February 1900 that never was


@dataclass(frozen=True)
class _Column(Generic[Row]):
    """One column: heading, width in characters, and how to read its value from a row."""

    heading: str
    width: int
    value: Callable[[Row], Cell]


_ANSWER_WIDTHS = (14, 38, 34, 18)
_ANSWER_COLUMNS: list[_Column[Any]] = [
    _Column(heading, width, lambda _: None) for heading, width in zip(form.ANSWERS, _ANSWER_WIDTHS, strict=True)
]

_FINDING_COLUMNS: list[_Column[PackFinding]] = [
    _Column("List", 18, lambda finding: finding.kind.replace("_", " ")),
    _Column("Store", 14, lambda finding: finding.store),
    _Column("Class", 20, lambda finding: finding.class_name),
    _Column("Key", 30, lambda finding: finding.key),
    _Column("Case number", 16, lambda finding: finding.case_number),
    _Column("Rule", 26, lambda finding: finding.rule),
    _Column("Date", 18, lambda finding: finding.due_on),
    _Column("Count", 9, lambda finding: finding.count),
    _Column("Why", 60, lambda finding: finding.why),
    _Column("Holds", 24, lambda finding: ", ".join(finding.holds)),
]


def pack_xlsx(pack: ReviewPack, target: str | Path | BinaryIO) -> None:
    """Write the pack as an XLSX workbook to a path or a binary file; memory does not grow with its rows.

    Sheets: Read me, Groups, Items, Other findings. Every text stays a text, whatever it starts with.
    Raises BadInput for more than 1,000,000 items or findings (sift a part at a time then).
    """
    if max(len(pack.items), len(pack.findings)) > MOST_ROWS:
        raise BadInput(f"a review workbook holds at most {MOST_ROWS:,} rows: sift one store or class at a time")
    options = {**WORKBOOK_OPTIONS, "in_memory": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options) as book:
        book.set_properties(_properties(pack.header))
        styles = _Styles(book)
        _read_me(book, styles, pack)
        groups = pack.ranked_groups
        _Sheet(book, styles, form.GROUPS, _group_columns(pack.header)).fill(pack.header, groups, len(groups))
        _Sheet(book, styles, form.ITEMS, _item_columns(pack)).fill(pack.header, pack.items, len(pack.items))
        _Sheet(book, styles, form.OTHER, _FINDING_COLUMNS).fill(pack.header, pack.findings, len(pack.findings))


def _properties(header: PackHeader) -> dict[str, Any]:
    return {
        "title": f"Review pack {header.pack_id}",
        "author": header.organisation,
        "created": datetime.fromisoformat(header.prepared_at).replace(tzinfo=None),
    }


def _group_columns(header: PackHeader) -> list[_Column[PackGroup]]:
    return [
        _Column(form.NUMBER, 6, lambda group: group.number),
        _Column(form.RULE, 26, lambda group: group.rule),
        _Column("What would happen", 22, lambda group: group.action),
        _Column(form.RECORDS, 10, lambda group: group.count),
        _Column(form.READ_COUNT, 12, lambda group: group.flagged),
        _Column("Earliest due", 18, lambda group: group.earliest_due),
        _Column("Latest due", 18, lambda group: group.latest_due),
        *_ANSWER_COLUMNS,
        _Column("Reason", 50, lambda group: group.reason),
        _Column("Policy clause", 24, lambda group: "; ".join(group.clauses)),
        _Column("Legal basis", 36, lambda group: "; ".join(group.legal_basis)),
        _Column("Confidence in the period", 14, lambda group: group.confidence),
        _Column(form.DIGEST, 10, lambda group: digest_of_group(header, group)),
    ]


def _item_columns(pack: ReviewPack) -> list[_Column[PackItem]]:
    groups = {group.number: group for group in pack.groups}
    return [
        _Column(form.NUMBER, 7, lambda item: item.ordinal),
        _Column("Case number", 15, lambda item: item.case_number),
        _Column(form.CLASS, 18, lambda item: item.class_name),
        _Column(form.KEY, 26, lambda item: item.key),
        _Column(form.DUE_ON, 18, lambda item: item.due_on),
        _Column("Read first", 30, lambda item: "; ".join(item.read_first)),
        _Column("Holds", 20, lambda item: ", ".join(item.holds)),
        *_ANSWER_COLUMNS,
        _Column("Group", 8, lambda item: item.group),
        _Column(form.RULE, 24, lambda item: groups[item.group].rule),
        _Column("What would happen", 20, lambda item: groups[item.group].action),
        _Column("Dates that started the clock", 36, lambda item: "; ".join(f"{n}: {d}" for n, d in item.triggers)),
        _Column("Age when closed", 10, lambda item: item.age_at_close),
        _Column("Last contact, all stores", 18, lambda item: item.last_contact),
        _Column("Linked people", 20, lambda item: ", ".join(item.linked)),
        _Column("If kept, review again on", 18, lambda item: item.review_again_on),
        _Column(form.STORE, 14, lambda item: item.store),
        _Column(form.DIGEST, 10, lambda item: item.digest),
    ]


class _Styles:
    """The cell formats of one workbook."""

    def __init__(self, book: Any) -> None:
        base = {"valign": "top", "text_wrap": True, "font_name": "Arial", "font_size": 10}
        self.text = book.add_format(base)
        self.number = book.add_format({**base, "num_format": "0", "align": "center"})
        self.date = book.add_format({**base, "num_format": "d mmmm yyyy", "align": "left"})
        self.head = book.add_format({**base, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F5C4D", "border": 1})
        answer = {**base, "locked": False, "bg_color": "#FFF8D6", "border": 1, "border_color": "#8A8A6A"}
        self.answer = book.add_format(answer)
        self.answer_date = book.add_format({**answer, "num_format": "d mmmm yyyy", "align": "left"})
        self.strong = book.add_format({"bold": True, "valign": "top", "font_name": "Arial", "font_size": 10})
        self.title = book.add_format({"bold": True, "font_name": "Arial", "font_size": 12})


class _Sheet(Generic[Row]):
    """One sheet of rows under a frozen heading, with a filter, locked but for the answers."""

    def __init__(self, book: Any, styles: _Styles, name: str, columns: Sequence[_Column[Row]]) -> None:
        self._sheet = book.add_worksheet(name)
        self._styles = styles
        self._columns = columns

    def fill(self, header: PackHeader, rows: Iterable[Row], count: int) -> None:
        """Write headings and `count` rows."""
        last = HEADING_ROW + max(count, 1)
        self._lay_out(header, last)
        for at, row in enumerate(rows, HEADING_ROW + 1):
            values = [_shown(column.value(row)) for column in self._columns]
            self._sheet.set_row(at, self._height(values))
            for place, (column, value) in enumerate(zip(self._columns, values, strict=True)):
                self._write(at, place, column, value)

    def _lay_out(self, header: PackHeader, last: int) -> None:
        sheet, columns = self._sheet, self._columns
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width, None, {"hidden": column.heading == form.DIGEST})
        sheet.write_string(0, 0, header.first_line, self._styles.title)
        sheet.write_string(1, 0, header.second_line)
        sheet.set_row(HEADING_ROW, 2 * _LINE + 4)
        for place, column in enumerate(columns):
            sheet.write_string(HEADING_ROW, place, column.heading, self._styles.head)
        sheet.autofilter(HEADING_ROW, 0, last, len(columns) - 1)
        sheet.freeze_panes(HEADING_ROW + 1, 1)
        sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(2 if len(columns) > 10 else 1, 0)
        sheet.repeat_rows(0, HEADING_ROW)
        sheet.repeat_columns(0)
        self._offer_answers(header, last)

    def _offer_answers(self, header: PackHeader, last: int) -> None:
        for place, column in enumerate(self._columns):
            rule = _validation(column.heading, header)
            if rule:
                self._sheet.data_validation(HEADING_ROW + 1, place, last, place, rule)

    def _height(self, values: Sequence[Cell]) -> int:
        """Return a row's height in points: not every program makes room for wrapped text by itself."""
        wrapped = (
            len(str(value)) * 1.1 / column.width
            for column, value in zip(self._columns, values, strict=True)
            if isinstance(value, str) and column.heading != form.DIGEST
        )
        return _LINE * min(max(1, *(math.ceil(lines) for lines in wrapped), 1), 12) + 2

    def _write(self, at: int, place: int, column: _Column[Row], value: Cell) -> None:
        sheet, styles = self._sheet, self._styles
        if column.heading in form.ANSWERS:
            dated = column.heading == form.REVIEW_AGAIN
            sheet.write_blank(at, place, None, styles.answer_date if dated else styles.answer)
            return
        if isinstance(value, date) and value >= _FIRST_EXCEL_DAY:
            sheet.write_datetime(at, place, value, styles.date)
        elif isinstance(value, int):
            sheet.write_number(at, place, value, styles.number)
        elif value is not None and value != "":
            sheet.write_string(at, place, str(value), styles.text)


def _shown(value: Cell) -> Cell:
    return visible(value) if isinstance(value, str) else value


def _validation(heading: str, header: PackHeader) -> dict[str, Any] | None:
    if heading == form.DECISION:
        return {
            "validate": "list",
            "source": list(form.DECISIONS),
            "error_title": "Decision",
            "error_message": "Choose one of: " + ", ".join(form.DECISIONS) + ".",
        }
    if heading == form.REASON:
        last = _REASONS_START + len(REASONS)
        return {
            "validate": "list",
            "source": f"='{form.READ_ME}'!$A${_REASONS_START + 1}:$A${last}",
            "error_title": "Reason",
            "error_message": "Choose a reason from the list. Put anything else in the note.",
        }
    if heading == form.REVIEW_AGAIN:
        return {
            "validate": "date",
            "criteria": ">",
            "value": header.as_of,
            "error_title": "Review again on",
            "error_message": f"Write a date after {reader_date(header.as_of)}, such as 1/9/2027.",
        }
    return None


_HELP = (
    ("How to fill in", "Write only in the yellow cells of the sheets Groups and Items. Everything else is locked."),
    ("Decision", "destroy, redact, keep until (give the date under Review again on), or hold."),
    ("Reason", "Every decision needs a reason from the list below. The note is free text; name nobody in it."),
    (
        "A decision for a group",
        "On the sheet Groups: it covers every record of the group that nobody has to read first and no hold touches."
        " A decision on the sheet Items goes before the one for its group.",
    ),
    ("Left empty", "No decision. Silence keeps the record."),
    ("Read first", "Somebody named must have read the file before it is decided, and says so under Reason or Note."),
    ("Last contact", "The latest contact found in any store, not only in the one where the record lies."),
    ("Other findings", "Work lists. Nothing is decided there; put the record right in its store."),
    ("Hand back", "Save as XLSX and give it to the person who runs: winnow decide --from FILE"),
    (
        "Changed rows",
        "Each row carries a hidden check. A row that was altered, or comes from another pack, is refused.",
    ),
)


def _facts(pack: ReviewPack) -> list[tuple[str, str]]:
    header = pack.header
    return [
        ("Organisation", header.organisation),
        (form.PACK_ID, header.pack_id),
        ("Proposal", header.proposal_id),
        (form.PROPOSAL_HASH, header.proposal_hash),
        ("Schedule", f"{header.schedule_name}, version {header.schedule_version}"),
        ("Schedule hash", header.schedule_hash),
        ("As of", reader_date(header.as_of)),
        ("Prepared", reader_date(header.prepared_at)),
        ("Destroy every copy by", reader_date(header.destroys_itself_on)),
        (form.ROW_COUNT, str(len(pack.items))),
    ]


_FACT_COUNT = 10
_REASONS_START = 3 + _FACT_COUNT + 1 + len(_HELP) + 2  # the row, counted from 0, of the first reason


def _read_me(book: Any, styles: _Styles, pack: ReviewPack) -> None:
    sheet = book.add_worksheet(form.READ_ME)
    sheet.set_column(0, 0, 52)
    sheet.set_column(1, 1, 92)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.write_string(0, 0, pack.header.first_line, styles.title)
    sheet.write_string(1, 0, pack.header.second_line)
    facts = [(label, visible(value)) for label, value in _facts(pack)]
    lines = [*facts, ("", ""), *_HELP, ("", ""), ("Reasons to choose from", "Code in the log")]
    for at, (label, value) in enumerate(lines, 3):
        sheet.set_row(at, _LINE * (1 + len(value) // 84) + 2)
        sheet.write_string(at, 0, label, styles.strong)
        sheet.write_string(at, 1, value, styles.text)
    for at, (code, words) in enumerate(REASONS.items(), _REASONS_START):
        sheet.write_string(at, 0, words, styles.text)
        sheet.write_string(at, 1, code, styles.text)
