"""Promises of the statistical report: figures, page, spreadsheet and data say the same, and hide the same."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from datetime import date
from xml.etree.ElementTree import Element

import openpyxl
import pandas as pd
import pytest
from defusedxml import ElementTree

from reports.figures import count_table
from reports.statistics import StatisticsReport, rules_in_words, statistics_html
from reports.statistics_data import statistics_csv, statistics_csvw
from reports.statistics_workbook import statistics_xlsx
from rules.errors import BadInput
from rules.privacy.attack import gate
from rules.privacy.protection import protect
from rules.privacy.releases import earlier_tables, release_record
from rules.privacy.tables import CountTable, Dimension, Period, Policy, Population, PublishedTable, TableSpec

SERVICE = Dimension("service", "Service", ("Counselling", "Mentoring", "Careers guidance"), "service", None)
OUTCOME = Dimension(
    "outcome", "Outcome", ("Improved", "No change", "Declined", "Not recorded"), "ended", "Not recorded"
)
CLIENTS = Population("clients", "Clients seen in the year", "client", "case_number")
SERVICES = TableSpec("services", "Clients by service", CLIENTS, SERVICE)
ENDS = TableSpec("ends", "How the work ended", CLIENTS, SERVICE, OUTCOME)
YEAR = Period(date(2025, 4, 1), date(2026, 3, 31))


def clients(seed: int = 1, people: int = 300) -> pd.DataFrame:
    chance = random.Random(seed)
    return pd.DataFrame(
        {
            "case_number": [f"C{number:05}" for number in range(people)],
            "service": chance.choices(SERVICE.categories, (6, 3, 1), k=people),
            "ended": chance.choices(["Improved", "No change", "Declined", None, "?"], (60, 25, 3, 8, 4), k=people),
        }
    )


def counted() -> list[CountTable]:
    return [count_table(clients(), SERVICES), count_table(clients(), ENDS)]


def report(tables: list[CountTable] | None = None) -> StatisticsReport:
    shown = protect(tables or counted(), Policy())
    return StatisticsReport(
        "2026-annual",
        "The year in figures",
        "Example Counselling",
        YEAR,
        "2026-05-01",
        Policy(),
        shown,
        "dpo@example.org",
    )


# ---- figures


def test_people_are_counted_into_declared_categories_and_strays_into_other() -> None:
    frame = clients()
    cells = count_table(frame, ENDS).cells()
    strays = frame[frame["ended"].isna() | (frame["ended"] == "?")]
    assert cells[()] == 300
    assert cells[(("outcome", "Not recorded"),)] == len(strays)
    both = frame[(frame["service"] == "Mentoring") & (frame["ended"] == "Improved")]
    assert cells[ENDS.key("Mentoring", "Improved")] == len(both)


def test_counts_made_by_a_store_give_the_same_table_as_the_rows() -> None:
    grouped = clients().groupby(["service", "ended"], dropna=False).size().reset_index(name="n")
    assert count_table(grouped, ENDS, "n") == count_table(clients(), ENDS)
    assert count_table(grouped, SERVICES, "n") == count_table(clients(), SERVICES)


def test_an_empty_frame_counts_nobody() -> None:
    assert set(count_table(clients().head(0), ENDS).cells().values()) == {0}


@pytest.mark.parametrize(
    ("frame", "counts"),
    [
        (clients().drop(columns="service"), None),
        (pd.concat([clients(), clients()]), None),
        (clients().assign(service="Jane Doe"), None),
        (clients().assign(case_number=None), None),
        (clients().assign(n="x"), "n"),
        (clients().assign(n=-1), "n"),
        (clients().assign(n=1.5), "n"),
        (clients(), "n"),
    ],
)
def test_figures_that_cannot_be_counted_are_refused_without_repeating_a_value(
    frame: pd.DataFrame, counts: str | None
) -> None:
    with pytest.raises(BadInput) as caught:
        count_table(frame, ENDS, counts)
    assert "Jane" not in str(caught.value)
    assert "C00" not in str(caught.value)


# ---- page


def _parsed(page: str) -> Element:
    """Read the page as XML: void elements aside, it is well formed."""
    body = page.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "")
    for line in [line for line in body.splitlines() if line.startswith("<meta")]:
        body = body.replace(line, "")
    root: Element = ElementTree.fromstring(body)
    return root


def test_the_page_shows_every_published_cell_and_no_hidden_count() -> None:
    made = report()
    root = _parsed(statistics_html(made))
    for published, table in zip(made.tables, root.iter("table"), strict=True):
        shown = [cell.text for cell in table.iter("td")]
        assert shown == [published.text(key) for key in published.spec.cells()]
    assert "[c]" in "".join(root.itertext())


def test_the_page_has_one_h1_captions_and_scopes() -> None:
    root = _parsed(statistics_html(report()))
    assert root.get("lang") == "en-GB"
    assert len(list(root.iter("h1"))) == 1
    assert len(list(root.iter("caption"))) == len(list(root.iter("table"))) == 2
    assert all(head.get("scope") in ("row", "col") for head in root.iter("th"))


def test_the_page_says_the_rules_in_plain_words() -> None:
    text = " ".join(_parsed(statistics_html(report())).itertext())
    assert "Every count of 1 to 9 people is hidden" in text
    assert "Totals that are shown are true" in text
    assert "1 April 2025 to 31 March 2026" in text
    assert any("may also mean nobody" in rule for rule in rules_in_words(replace(report(), policy=Policy(5, False))))


def test_a_withheld_table_is_named_and_not_shown() -> None:
    made = report()
    made = replace(made, tables=(made.tables[0], PublishedTable(ENDS, {}, withheld=True)))
    page = statistics_html(made)
    assert len(list(_parsed(page).iter("table"))) == 1
    assert "This table is not published" in page
    book = openpyxl.load_workbook(io.BytesIO(statistics_xlsx(made)))
    assert "not published" in book["Table 2"]["A2"].value
    assert b"ends" not in statistics_csv(made)
    assert "How the work ended" in statistics_csvw(made, "s.csv")


# ---- spreadsheet


def test_the_spreadsheet_has_the_sheets_properties_and_tables_that_the_guidance_asks_for() -> None:
    book = openpyxl.load_workbook(io.BytesIO(statistics_xlsx(report())))
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Table 1", "Table 2"]
    assert book.properties.title == "The year in figures"
    assert book.properties.creator == "Example Counselling"
    for sheet in book.worksheets:
        assert not sheet.merged_cells.ranges
        assert sheet["A1"].value
    assert all(len(book[name].tables) == 1 for name in book.sheetnames[1:])
    assert any("[c]" in str(cell.value) for cell in book["Notes"]["A"])


def test_the_spreadsheet_holds_the_published_cells_numbers_as_numbers() -> None:
    made = report()
    sheet = openpyxl.load_workbook(io.BytesIO(statistics_xlsx(made)))["Table 2"]
    seen = [cell.value for line in sheet.iter_rows(min_row=5, min_col=2) for cell in line]
    cells = made.tables[1].cells
    assert seen == ["[c]" if cells[key] is None else cells[key] for key in ENDS.cells()]


def test_the_same_report_gives_the_same_bytes() -> None:
    made = report()
    assert statistics_xlsx(made) == statistics_xlsx(made)
    assert statistics_csv(made) == statistics_csv(made)


# ---- data


def test_the_csv_has_one_line_for_each_cell_and_its_metadata_names_its_columns() -> None:
    made = report()
    lines = list(csv.DictReader(io.StringIO(statistics_csv(made).decode())))
    assert len(lines) == sum(len(table.cells) for table in made.tables)
    assert {line["symbol"] for line in lines if not line["count"]} == {"[c]"}
    assert {line["symbol"] for line in lines if line["count"]} == {""}
    metadata = json.loads(statistics_csvw(made, "statistics.csv"))
    assert [column["name"] for column in metadata["tableSchema"]["columns"]] == list(lines[0])
    assert metadata["url"] == "statistics.csv"


def test_hostile_labels_stay_text_everywhere() -> None:
    """Markup in a page, formulas in a spreadsheet or a CSV: none of it does anything."""
    bad = ('<script>alert("1")</script>', "=1+1", "@SUM(A1)", "+1\x00", "{{ 7*7 }}", "service")
    hostile = Dimension("service", "Service", bad, "service")
    heads = Dimension("outcome", '=HYPERLINK("http://x")', bad, "ended")
    spec = TableSpec("t", "=2+2 <b>", Population("p", "<i>People</i>", "client"), hostile, heads)
    made = report([CountTable(spec, tuple((20,) * 6 for _ in range(6)))])
    page = statistics_html(made)
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "49" not in page.split("<main", 1)[1].split('<h2 id="rules"')[0]
    book = openpyxl.load_workbook(io.BytesIO(statistics_xlsx(made)))
    assert not [
        cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line if cell.data_type == "f"
    ]
    lines = list(csv.reader(io.StringIO(statistics_csv(made).decode())))
    assert not [text for line in lines for text in line if text.startswith(("=", "+", "-", "@"))]


# ---- the release kept for the next one


def test_a_kept_release_is_read_back_and_attacked_together_with_the_next() -> None:
    made = report()
    kept = earlier_tables(json.loads(json.dumps(release_record("2026-annual", YEAR, made.tables))))
    assert [old.table.cells for old in kept] == [table.cells for table in made.tables]
    assert gate(made.tables, Policy(), counted(), YEAR, kept) == []
    grown = [count_table(clients(people=303), SERVICES), count_table(clients(people=303), ENDS)]
    longer = Period(YEAR.start, date(2026, 6, 30))
    assert gate(protect(grown, Policy()), Policy(), grown, longer, kept) != []


@pytest.mark.parametrize("record", [{}, {"release": "x", "start": None, "end": "no", "tables": []}])
def test_a_damaged_record_of_a_release_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        earlier_tables(record)
