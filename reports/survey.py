"""The survey as a page and a workbook: what is held, why, what reads it, and what is advised. Counts, never values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from reports.writing import WORKBOOK_OPTIONS, environment, plain_text, thousands
from rules.minimise import Advice, ColumnEvidence, Proposal, UseKind
from rules.review.digest import visible

MEANS: dict[Proposal, str] = {
    Proposal.REDACT: "free text seems to hold numbers that do not belong there",
    Proposal.DROP: "held for no purpose, and nothing needs it",
    Proposal.BLANK: "held for no purpose, but something reads the column",
    Proposal.CLAIM: "no class claims it, so no rule ever lets it go",
    Proposal.GENERALISE: "only ever used more coarsely than it is held",
    Proposal.TRUNCATE: "texts longer than 2,000 characters",
    Proposal.LOOK: "a purpose is declared, but nothing reads it, or hardly anybody has it",
    Proposal.KEEP: "needed for its purpose",
}


@dataclass(frozen=True)
class Survey:
    """What every store holds and what is advised. `undeclared` are the files of statistics and extracts not written."""

    organisation: str
    schedule: str
    version: str
    surveyed_on: str
    advice: tuple[Advice, ...]
    undeclared: tuple[str, ...] = ()

    @property
    def counted(self) -> Counter[Proposal]:
        """How many columns have each advice."""
        return Counter(one.proposal for one in self.advice)


@dataclass(frozen=True)
class ClassPart:
    """One class in one store (or what no class claims there): its columns, the riskiest first."""

    store: str
    class_name: str
    rows: int | None
    advice: tuple[Advice, ...]

    @property
    def heading(self) -> str:
        """What readers call it."""
        return f"{visible(self.class_name) or 'Claimed by no class'} in {visible(self.store)}"

    @property
    def asked(self) -> str:
        """What is advised in all: `redact 1, drop 2`; empty where everything is kept."""
        counted: Counter[Proposal] = Counter(one.proposal for one in self.advice if one.proposal is not Proposal.KEEP)
        return ", ".join(f"{proposal} {counted[proposal]}" for proposal in Proposal if counted[proposal])


def by_class(survey: Survey) -> list[ClassPart]:
    """Return the classes, the one with the riskiest column first; within each the riskiest column first."""
    parts: dict[tuple[str, str], list[Advice]] = {}
    for one in survey.advice:
        parts.setdefault((one.evidence.store, one.evidence.class_name), []).append(one)
    made = [
        ClassPart(store, name, advice[0].evidence.rows if name else None, tuple(sorted(advice, key=_risk)))
        for (store, name), advice in parts.items()
    ]
    return sorted(made, key=lambda part: _risk(part.advice[0]))


def _risk(one: Advice) -> tuple[int, int]:
    return one.risk


def survey_html(survey: Survey) -> str:
    """Return the survey as one HTML page that needs no other file."""
    counted = survey.counted
    return (
        environment()
        .get_template("survey.html")
        .render(
            survey=survey,
            parts=by_class(survey),
            counted=[(proposal, MEANS[proposal], counted[proposal]) for proposal in Proposal],
            keep=Proposal.KEEP,
            visible=visible,
            filled_words=filled_words,
            uses=uses_in_words,
            found=found_in_words,
        )
    )


def filled_words(column: ColumnEvidence) -> str:
    """Return how full a column is: `312 of 400 (78.0%)`, `all 400`, or that nobody could count."""
    if column.rows is None:
        return "not counted"
    if not column.class_name and column.filled == column.rows:
        return thousands(column.rows)
    if not column.rows or column.filled in (0, column.rows):
        return f"all {thousands(column.rows)}" if column.filled else "none"
    return f"{thousands(column.filled)} of {thousands(column.rows)} ({column.share_filled:.1%})"


def uses_in_words(column: ColumnEvidence) -> list[str]:
    """Return what reads a column, one line for each kind: `rules: a, b`."""
    lines = []
    for kind in UseKind:
        names = [
            visible(use.name) + ("" if use.reads == "as it stands" else f" ({use.reads})")
            for use in column.used_by
            if use.kind is kind
        ]
        if names:
            plural = kind if kind is UseKind.WINNOW or len(names) == 1 else f"{kind}s"
            lines.append(f"{plural}: {', '.join(names)}")
    return lines


def found_in_words(column: ColumnEvidence) -> list[str]:
    """Return what a scan of the texts counted, and how long they are; empty where nothing was scanned."""
    lines = [f"{kind}: {thousands(count)}" for kind, count in sorted(column.sensitive.items()) if count]
    if column.scanned:
        lines.append(f"{thousands(column.scanned)} texts, the longest {thousands(column.longest)} characters")
    if column.long:
        lines.append(f"over 2,000 characters: {thousands(column.long)} ({column.share_long:.1%})")
    return lines


_COLUMNS: Sequence[tuple[str, int, Callable[[Advice], str | int | None]]] = (
    ("Store", 14, lambda one: one.evidence.store),
    ("Class", 20, lambda one: one.evidence.class_name or "none"),
    ("Column", 32, lambda one: one.evidence.column),
    ("Advice", 14, lambda one: one.proposal.value),
    ("Why", 60, lambda one: one.reason),
    ("What would be lost", 60, lambda one: "\n".join(one.losses)),
    ("Declared purpose", 22, lambda one: one.evidence.purposes or "none"),
    ("Records", 10, lambda one: one.evidence.rows),
    ("Filled", 10, lambda one: one.evidence.filled if one.evidence.rows is not None else None),
    ("Read by", 48, lambda one: "\n".join(uses_in_words(one.evidence))),
    ("Found in texts", 40, lambda one: "\n".join(found_in_words(one.evidence))),
    ("Longest text", 10, lambda one: one.evidence.longest),
    ("Over 2,000 characters", 12, lambda one: one.evidence.long),
    ("Decision", 16, lambda _one: None),
    ("Decided by and on", 22, lambda _one: None),
)


def survey_xlsx(survey: Survey, target: Path) -> None:
    """Write the survey as an XLSX workbook, one row for each column, with room to decide. Every text stays a text."""
    with xlsxwriter.Workbook(str(target), {**WORKBOOK_OPTIONS, "in_memory": False}) as book:
        properties: dict[str, Any] = {
            "title": "Survey of what is held",
            "author": plain_text(survey.organisation),
            "created": datetime.fromisoformat(survey.surveyed_on).replace(tzinfo=UTC),
        }
        book.set_properties(properties)
        text = book.add_format({"text_wrap": True, "valign": "top"})
        number = book.add_format({"num_format": "#,##0", "valign": "top"})
        head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
        sheet = book.add_worksheet("Columns")
        sheet.freeze_panes(1, 3)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        for place, (heading, width, _) in enumerate(_COLUMNS):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, heading, head)
        rows = [one for part in by_class(survey) for one in part.advice]
        for line, one in enumerate(rows, 1):
            for place, (_, _, value) in enumerate(_COLUMNS):
                _write(sheet, line, place, value(one), text, number)
        sheet.autofilter(0, 0, max(len(rows), 1), len(_COLUMNS) - 1)


def _write(sheet: Any, line: int, place: int, value: str | int | None, text: Any, number: Any) -> None:
    if isinstance(value, int):
        sheet.write_number(line, place, value, number)
    elif value:
        sheet.write_string(line, place, plain_text(value), text)
    else:
        sheet.write_blank(line, place, None, text)
