"""A workbook: real and text dates, hostile files, and rows taken out without touching anything else."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font

from connectors.stores.base import RecordStore
from rules.errors import BadInput
from tests.integration.stores.file_helpers import batch_of, destroy, marked, read, store


def write_book(folder: Path, *, formula: bool = False, chart: bool = False) -> Path:
    """People: three volunteers (one key twice more), two checks, an unclaimed column and sheet."""
    book = openpyxl.Workbook()
    people = book.active
    assert people is not None
    people.title = "Volunteers"
    people.append(["person_id", "name", "ended_on", "shoe size"])
    people.append(["V1", "Ann", datetime(2015, 3, 1), 38])
    people.append(["V2", "Bob", "01/04/2016", 44])
    people.append([])
    people.append([3, "Cy", "soon", None])
    people.append(["V4", "Di", date(2015, 3, 1), None])
    people.append(["V4", "Di again", None, None])
    people["B3"].font = Font(bold=True)
    checks = book.create_sheet("DBS")
    checks.append(["check_id", "person_id", "issued", "content"])
    checks.append(["K1", "V1", "2020-01-01", "a caution of 1999"])
    checks.append(["K2", "V2", "=A1" if formula else 1700000000, "nothing"])
    book.create_sheet("Rota").append(["Monday", "Ann"])
    if chart:
        drawn = BarChart()
        drawn.add_data(Reference(people, min_col=4, min_row=2, max_row=3))
        book["Rota"].add_chart(drawn)
    file = folder / "people.xlsx"
    book.save(file)
    return file


@pytest.fixture
def people(tmp_path: Path) -> RecordStore:
    """The workbook as a prepared store."""
    write_book(tmp_path)
    return store(tmp_path, "people")


def test_real_and_text_dates_become_iso_and_the_rest_stays(people: RecordStore) -> None:
    """Date cells and declared text dates are ISO; what cannot be read stays as it is, and keys are text."""
    assert read(people, "volunteer") == [
        ("3", "soon", "Cy"),
        ("V1", "2015-03-01", "Ann"),
        ("V2", "2016-04-01", "Bob"),
    ]
    assert [row[2] for row in read(people, "check")] == ["2020-01-01", "1700000000"]


def test_rows_that_share_a_key_are_left_out_and_counted(people: RecordStore) -> None:
    """Two rows with one key are in no selectable."""
    assert people.duplicates() == {"volunteer": 2, "check": 0}


def test_unclaimed_sheets_and_columns_are_found(people: RecordStore) -> None:
    """Sheets and columns that no class claims are listed."""
    assert [item.key for item in people.unclaimed()] == ["Volunteers.shoe size", "Rota"]


def test_rows_and_cells_go_and_the_rest_of_the_workbook_stays(people: RecordStore, tmp_path: Path) -> None:
    """One volunteer goes, one content is blanked; other rows, styles and sheets are as before."""
    batch = batch_of(people, "volunteer V1", "check K1: blank content", "volunteer V4", "volunteer V9")
    assert destroy(people, batch) == [
        "done row removed from file",
        "done fields blanked",
        "kept already-gone",
        "kept already-gone",
    ]
    assert [row[0] for row in read(people, "volunteer")] == ["3", "V2"]
    assert read(people, "check")[0] == ("K1", "V1", "2020-01-01", None)
    book = openpyxl.load_workbook(tmp_path / "people.xlsx")
    assert book["Volunteers"]["B2"].value == "Bob"
    assert book["Volunteers"]["B2"].font.bold
    assert book["Rota"]["B1"].value == "Ann"
    with zipfile.ZipFile(tmp_path / "people.xlsx") as archive:
        assert not any(b"caution" in archive.read(name) for name in archive.namelist())
    assert marked(people, batch) == destroy(people, batch)
    assert sorted(item.name for item in tmp_path.iterdir()) == [".winnow", "people.xlsx"]


def test_cells_are_cut_made_coarser_and_redacted(people: RecordStore, tmp_path: Path) -> None:
    """A date cell stays a date; other cells are as before; an unclaimed column keeps a record whole."""
    batch = batch_of(
        people,
        "volunteer V1: generalise ended_on to year",
        "volunteer V2: generalise ended_on to year",
        "volunteer 3: keep only name",
        "check K1: redact content",
        "check K2: keep only person_id",
    )
    assert destroy(people, batch) == [
        "done fields generalised",
        "done fields generalised",
        "kept column-not-claimed",
        "done fields redacted",
        "done only metadata kept",
    ]
    assert read(people, "volunteer") == [("3", "soon", "Cy"), ("V1", "2015-01-01", "Ann"), ("V2", "2016-01-01", "Bob")]
    assert read(people, "check") == [("K1", "V1", "2020-01-01", "[redacted] K1: 17"), ("K2", "V2", None, None)]
    book = openpyxl.load_workbook(tmp_path / "people.xlsx")
    assert book["Volunteers"]["C2"].value == datetime(2015, 1, 1)
    assert book["Volunteers"]["D2"].value == 38
    assert book["Rota"]["B1"].value == "Ann"
    cut = batch_of(people, "volunteer V1: truncate name to 1 characters", number=2)
    assert destroy(people, cut) == ["done fields shortened"]
    assert read(people, "volunteer")[1][2] == "A"


@pytest.mark.parametrize("what", ["formula", "chart"])
def test_a_workbook_that_rewriting_would_harm_is_left_alone(tmp_path: Path, what: str) -> None:
    """A workbook with formulas or charts is not rewritten; its records are kept and say why."""
    file = write_book(tmp_path, formula=what == "formula", chart=what == "chart")
    before = file.read_bytes()
    people = store(tmp_path, "people")
    assert destroy(people, batch_of(people, "volunteer V1")) == ["kept file-not-rewritable"]
    assert file.read_bytes() == before


def test_a_formula_never_computed_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    """Without a computed value a formula stays a formula, which no rule can read as missing."""
    write_book(tmp_path, formula=True)
    assert read(store(tmp_path, "people"), "check")[1][2] == "=A1"


def test_a_workbook_open_elsewhere_is_left_alone(people: RecordStore, tmp_path: Path) -> None:
    """While somebody has the workbook open, nothing is destroyed."""
    batch = batch_of(people, "volunteer V1")
    (tmp_path / "~$people.xlsx").touch()
    assert destroy(people, batch) == ["kept file-in-use"]


def test_vanished_sheets_and_columns_are_all_named(tmp_path: Path) -> None:
    """Each missing sheet or column is a problem with the nearest present name."""
    file = write_book(tmp_path)
    book = openpyxl.load_workbook(file)
    book["DBS"].title = "DBS checks"
    book["Volunteers"]["C1"] = "ended"
    book.save(file)
    people = store(tmp_path, "people")
    assert [problem.what for problem in people.problems()] == [
        "the sheet Volunteers has no column ended_on",
        "people.xlsx has no sheet DBS",
    ]
    with pytest.raises(BadInput):
        people.sources()


def test_an_unreadable_workbook_is_one_problem(tmp_path: Path) -> None:
    """A file that is no workbook, or a broken one, says so and nothing of its content."""
    (tmp_path / "people.xlsx").write_bytes(b"PK\x03\x04 Topsecret")
    (problem,) = store(tmp_path, "people").problems()
    assert "people.xlsx" in str(problem)
    assert "Topsecret" not in str(problem)
    with zipfile.ZipFile(tmp_path / "people.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<Topsecret")
    (problem,) = store(tmp_path, "people").problems()
    assert "cannot be read as a workbook" in str(problem)
    assert "Topsecret" not in str(problem)


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """A small file that unpacks to very much is a problem."""
    with zipfile.ZipFile(tmp_path / "people.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    (problem,) = store(tmp_path, "people").problems()
    assert "unpacks to more than" in str(problem)


def test_a_missing_workbook_is_a_problem(tmp_path: Path) -> None:
    """A workbook that is not there is named with its line in stores.yaml."""
    (problem,) = store(tmp_path, "people").problems()
    assert str(problem) == "stores.yaml:3: stores.people: the file people.xlsx is not there"
