"""How values look to people and to programs."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from console.screen import cell, document, instant, progress, say, table
from rules.review.values import Hold, Kind


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (date(2026, 9, 1), "1 September 2026"), (12345, "12,345"), (True, "True"), ("[red]x", "[red]x")],
)
def test_cells_are_written_for_readers(value: object, shown: str) -> None:
    """Dates are written out, figures have their commas, nothing is an empty cell."""
    assert cell(value) == shown


def test_instants_say_that_they_are_utc() -> None:
    """An instant shows day, time and zone."""
    assert instant("2026-09-01T09:30:00Z") == "1 September 2026, 09:30 UTC"


def test_json_holds_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Dates are ISO, paths and codes are text, frozen values become objects."""
    hold = Hold("hold-1", "sar", "SAR-1", "asha-patel", date(2026, 9, 1), subject="C1")
    document({"day": date(2026, 9, 1), "path": Path("a/b"), "kind": Kind.HELD, "hold": hold, "people": {"x"}})
    told = json.loads(capsys.readouterr().out)
    assert (told["day"], told["path"], told["kind"], told["people"]) == ("2026-09-01", "a/b", "held", ["x"])
    assert told["hold"]["placed_on"] == "2026-09-01"


def test_what_has_no_form_in_json_is_an_error() -> None:
    """A value that nobody thought of is not written as if it were text."""
    with pytest.raises(TypeError, match="object"):
        document({"what": object()})


def test_markup_in_a_cell_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A value in square brackets is a value, not a colour; figures with commas stand whole."""
    table("Found", ("What", "How many"), [("[bold]file[/bold]", 12345), ("b", 7)])
    said = capsys.readouterr().out
    assert "[bold]file[/bold]" in said
    assert "12,345" in said


def test_lines_are_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    """A path or a word list that is longer than the window stays one line, to be copied."""
    say("x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"


def test_there_is_no_progress_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard error is a file, no progress is written into it."""
    with progress("sift") as advance:
        advance("files: client", 5)
        advance("destroy", 5, 10)
    assert capsys.readouterr() == ("", "")
