"""One answer of the review workbook: cells into a decision, a reason code and a date, or into complaints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from rules.errors import BadInput, Problem
from rules.review import pack_form as form
from rules.review.values import Choice

MOST_PROBLEMS = 200
_DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y")


@dataclass(frozen=True)
class Answer:
    """What a row says: the decision, the reason as its code, a note in free text, a date."""

    decision: str
    reason: str
    note: str
    review_again_on: date | None


@dataclass
class Complaints:
    """Every problem of one file; beyond 200 they are only counted."""

    file: str
    found: list[Problem] = field(default_factory=list)
    beyond: int = 0

    def add(self, what: str, sheet: str, column: str = "", line: int | None = None, mend: str = "") -> None:
        """Note one problem; a cell's value is never part of it."""
        if len(self.found) >= MOST_PROBLEMS:
            self.beyond += 1
            return
        place = f"sheet {sheet}" + (f", column {column}" if column else "")
        self.found.append(Problem(what, file=self.file, line=line, key=place, mend=mend))

    def raise_if_any(self) -> None:
        """Raise BadInput with everything noted, if there is anything."""
        if self.beyond:
            self.found.append(Problem(f"and {self.beyond:,} more problems of these kinds", file=self.file))
        if self.found:
            raise BadInput(self.found)


def answer_of(cells: Mapping[str, object], sheet: str, line: int, complaints: Complaints) -> Answer | None:
    """Return a row's answer, or None where it has none or a wrong one (which is then said)."""
    decision, reason, note, again = (cells[name] for name in form.ANSWERS)
    if all(text(cell).strip() == "" for cell in (decision, reason, note, again)):
        return None
    before = len(complaints.found) + complaints.beyond
    if text(decision).strip() == "":
        complaints.add(
            "there is an answer but no decision", sheet, form.DECISION, line, "Choose one, or clear the row."
        )
    choice = form.choice_for(text(decision))
    if choice is None and text(decision).strip():
        complaints.add("the decision is none of the list", sheet, form.DECISION, line, _choices())
    code = form.reason_code(text(reason))
    if code is None:
        what = "the reason is none of the list" if text(reason).strip() else "the reason is missing"
        complaints.add(what, sheet, form.REASON, line, "Choose one from the list.")
    if len(text(note)) > form.LONGEST_NOTE:
        complaints.add(f"the note is longer than {form.LONGEST_NOTE:,} characters", sheet, form.NOTE, line)
    review = _review_date(again, choice, sheet, line, complaints)
    if choice is None or code is None or len(complaints.found) + complaints.beyond > before:
        return None
    return Answer(choice.value, code, text(note).strip(), review)


def _choices() -> str:
    return "Choose one of: " + ", ".join(form.DECISIONS) + "."


def _review_date(cell: object, choice: Choice | None, sheet: str, line: int, complaints: Complaints) -> date | None:
    if text(cell).strip() == "":
        if choice is Choice.KEEP_UNTIL:
            complaints.add("keep until needs a date", sheet, form.REVIEW_AGAIN, line, "Write one, such as 1/9/2027.")
        return None
    if choice in (Choice.DESTROY, Choice.REDACT):
        complaints.add("there is a date, but nothing is kept", sheet, form.REVIEW_AGAIN, line, "Clear the date.")
    read = _date(cell)
    if read is None:
        complaints.add("the date cannot be read", sheet, form.REVIEW_AGAIN, line, "Write it such as 1/9/2027.")
    return read


def _date(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for written in _DATE_FORMS if isinstance(cell, str) else ():
        try:
            return datetime.strptime(text(cell).strip(), written).date()
        except ValueError:
            continue
    return None


def due_text(cell: object) -> str:
    """Return the due date as the digest has it: ISO, or the text as it stands."""
    day = cell.date() if isinstance(cell, datetime) else cell
    return day.isoformat() if isinstance(day, date) else text(cell)


def whole(cell: object) -> int | None:
    """Return a cell's whole number (programs may save 3 as 3.0), or None."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell if isinstance(cell, int) else None


def text(cell: object) -> str:
    """Return a cell as text, an empty one as an empty text."""
    return "" if cell is None else str(cell)
