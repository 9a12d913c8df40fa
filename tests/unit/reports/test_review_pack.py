"""The review pack as page and workbook: what it shows, in which order, and that hostile texts stay texts."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from reports.pack_data import PackItem, ReviewPack, item_digest
from reports.review_pack import pack_html, pack_xlsx
from rules.errors import BadInput
from rules.review import pack_form as form
from rules.review.values import REASONS
from tests.unit.reports.html import main_of, well_formed
from tests.unit.reports.sample_pack import FILES, HEADER, NOTES, PACK

GOLDEN = Path(__file__).parent / "golden" / "review_pack.html"


def test_the_first_line_adds_up() -> None:
    """The line on every page says where each due record went; what nobody decided is kept, and said."""
    assert HEADER.first_line == "due 7 = destroyed 0 + kept 6 + held 1 + failed 0; undatable 2"
    assert HEADER.second_line.startswith("6 of the kept await a decision")
    decided = replace(HEADER, destroyed=4, kept=2)
    assert decided.first_line == "due 7 = destroyed 4 + kept 2 + held 1 + failed 0; undatable 2"
    assert decided.second_line == "Nothing awaits a decision."
    with pytest.raises(BadInput):
        replace(HEADER, destroyed=9)


def test_the_page_is_as_agreed() -> None:
    """The small pack gives exactly the golden page (set WINNOW_GOLDEN=write to write it anew, then read the diff)."""
    made = main_of(pack_html(replace(PACK, forecast=())))
    if os.environ.get("WINNOW_GOLDEN") == "write":
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_the_page_is_well_formed() -> None:
    """Every element is closed, there is one main heading, and every table has a caption and scopes."""
    well_formed(pack_html(PACK))


def test_the_page_shows_the_riskiest_group_first() -> None:
    """Groups come by their rank, and within a group the records to be read first come first."""
    page = main_of(pack_html(PACK))
    assert page.index('id="group-2"') < page.index('id="group-1"')
    assert page.index("C-0042<br>") < page.index("C-0060<br>")


def test_hostile_texts_stay_texts_on_the_page() -> None:
    """A key made of markup is shown, not obeyed; control characters and direction marks become visible."""
    page = pack_html(PACK)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\x07\\u202e\\x5fx0041_\\x20" in page
    assert "\x07" not in page


def large_pack(count: int) -> ReviewPack:
    """Return a pack with `count` items in its first group, the last of them to be read first."""
    items = [
        PackItem(
            number, 1, "casework", "client", f"N-{number}", "", date(2026, 8, 31),
            item_digest(HEADER, NOTES.rule, number, "casework", "client", f"N-{number}", "2026-08-31"),
            read_first=("a complaint",) if number == count else (),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    return ReviewPack(replace(HEADER, due=count + 1), (replace(NOTES, count=count), FILES), items)


def test_a_large_pack_stays_usable() -> None:
    """Of 12,000 records the page shows 50 of the group, those to be read first among them, and says so."""
    page = pack_html(large_pack(12_000))
    assert len(page) < 60_000
    assert "Shown here: 50 of 12,000. The workbook holds all of them." in page
    assert "N-12000<br>" in page


def test_the_workbook_holds_every_record() -> None:
    """The workbook has a line for each of many records, under a frozen heading with a filter and drop-downs."""
    out = io.BytesIO()
    pack_xlsx(large_pack(1_000), out)
    sheet = load_workbook(out)[form.ITEMS]
    assert (sheet.max_row, sheet.freeze_panes, sheet.auto_filter.ref) == (1003, "B4", "A3:U1003")
    rules = {str(rule.sqref): (rule.type, rule.formula1) for rule in sheet.data_validations.dataValidation}
    assert rules["H4:H1003"] == ("list", '"destroy,redact,keep until,hold"')
    assert rules["I4:I1003"][1].startswith("'Read me'!$A$")
    assert rules["K4:K1003"][0] == "date"


def test_only_answers_can_be_written() -> None:
    """Every cell of a row is locked but the four answers, and the row checks are out of sight."""
    out = io.BytesIO()
    pack_xlsx(PACK, out)
    sheet = load_workbook(out)[form.ITEMS]
    headings = [str(cell.value) for cell in sheet[3]]
    open_cells = {heading for heading, cell in zip(headings, sheet[4], strict=True) if not cell.protection.locked}
    assert sheet.protection.sheet
    assert open_cells == set(form.ANSWERS)
    assert sheet.column_dimensions[get_column_letter(headings.index(form.DIGEST) + 1)].hidden


def test_the_reasons_in_the_list_are_those_of_the_rules() -> None:
    """The drop-down points at exactly the reasons, no heading and no empty cell."""
    out = io.BytesIO()
    pack_xlsx(PACK, out)
    book = load_workbook(out)
    rule = next(r for r in book[form.ITEMS].data_validations.dataValidation if "Read me" in str(r.formula1))
    cells = book[form.READ_ME][rule.formula1.split("!")[1].replace("$", "")]
    assert [form.reason_code(str(row[0].value)) for row in cells] == list(REASONS)


def test_hostile_texts_stay_texts_in_the_workbook() -> None:
    """No cell of the workbook is a formula or a link, whatever a key starts with, and none is invisible."""
    out = io.BytesIO()
    pack_xlsx(PACK, out)
    kinds = {cell.data_type for sheet in load_workbook(out) for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d", "inlineStr"}
    values = [cell.value for row in load_workbook(out)[form.ITEMS].iter_rows() for cell in row]
    assert "=cmd|' /C calc'!A0 <script>alert(1)</script> \\x07\\u202e\\x5fx0041_\\x20" in values


def test_the_same_pack_gives_the_same_workbook() -> None:
    """Two writings of one pack are byte for byte the same: no clock is read."""
    first, second = io.BytesIO(), io.BytesIO()
    pack_xlsx(PACK, first)
    pack_xlsx(PACK, second)
    assert first.getvalue() == second.getvalue()


def test_an_item_needs_its_group() -> None:
    """A pack whose item belongs to no group is refused when it is made."""
    with pytest.raises(BadInput):
        ReviewPack(HEADER, (FILES,), PACK.items)


def test_the_chart_is_well_formed() -> None:
    """The forecast's picture is an SVG that parses."""
    page = pack_html(PACK)
    ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])


def test_the_page_leads_to_the_quality_page_and_names_holds_without_those_they_are_about() -> None:
    """Where there is a quality page beside it; a hold by its id, with why somebody should look at it again."""
    told = (("hold-2026-09-01-3", "it holds a whole class; it has no review date"),)
    page = pack_html(replace(PACK, holds_to_look_at=told))
    well_formed(page)
    assert 'href="quality-p1.html"' in pack_html(replace(PACK, quality_page="quality-p1.html"))
    assert "hold-2026-09-01-3" in page
    assert "it holds a whole class; it has no review date" in page
    assert "Holds to look at again" not in pack_html(PACK)
