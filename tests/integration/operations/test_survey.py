"""The survey of a whole charity: counts as plain SQL gives them, a DPO's advice, and no word of any record."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.engines import engine
from connectors.stores.counting import count_unclaimed
from connectors.stores.reading import StoreReader
from console.main import run
from operations.extracting import rows
from operations.stores import stores_of
from operations.survey import survey, write_survey
from operations.surveying.published import IN_FORCE_FIELDS
from reports.survey import Survey, by_class, survey_html
from rules.minimise import Advice, Proposal, Reads, Use, UseKind
from rules.privacy.sensitive import Sensitive
from synthetic.charity import generate
from tests.integration.operations.charity import (
    AS_OF,
    CANARY,
    ask,
    change,
    copy_of,
    everything_in,
    make_charity,
    project_in,
)
from tests.unit.reports.html import well_formed

PLANTED = "QQ 12 34 56 C"


@pytest.fixture(scope="module")
def charity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small charity with a number in one summary, and one very long note."""
    folder = make_charity(tmp_path_factory.mktemp("made") / "charity", clients=150)
    change(
        folder,
        f"UPDATE case_records SET text = text || ' {PLANTED}'"
        " WHERE record_id = (SELECT min(record_id) FROM case_records)",
        "UPDATE session_notes SET body = replace(hex(zeroblob(1500)), '00', 'ab ')"
        " WHERE note_id = (SELECT min(note_id) FROM session_notes)",
    )
    return folder


@pytest.fixture(scope="module")
def found(charity: Path) -> Survey:
    """The survey of it."""
    return survey(project_in(charity))


def on(found: Survey, column: str, store: str = "casework") -> Advice:
    """The advice on one column."""
    (one,) = [one for one in found.advice if (one.evidence.store, one.evidence.column) == (store, column)]
    return one


@pytest.mark.parametrize("column", ["religion", "ni_number"])
def test_what_has_no_purpose_is_to_be_dropped(found: Survey, charity: Path, column: str) -> None:
    """Religion and National Insurance numbers are held for nothing; the survey counts them as the store does."""
    advice = on(found, f"clients.{column}")
    filled = ask(charity, f"SELECT count(*), sum(trim(coalesce({column}, '')) <> '') FROM clients")
    assert advice.proposal is Proposal.DROP
    assert (advice.evidence.rows, advice.evidence.filled) == filled[0]


def test_numbers_in_free_text_are_counted_where_they_lie(found: Survey) -> None:
    """One planted number is one text of its kind, and the text is proposed for redaction; the extract loses nothing."""
    advice = on(found, "case_records.text")
    assert advice.proposal is Proposal.REDACT
    assert dict(advice.evidence.sensitive) == {Sensitive.NI: 1}
    assert advice.evidence.scanned == advice.evidence.filled
    assert "Extract supervision: nothing; it redacts the text itself." in advice.losses


def test_a_very_long_note_is_counted(found: Survey) -> None:
    """Texts over 2,000 characters are for their authors to shorten."""
    advice = on(found, "session_notes.body")
    assert (advice.proposal, advice.evidence.long) == (Proposal.TRUNCATE, 1)


def test_what_rules_read_is_kept(found: Survey) -> None:
    """A date of birth is used as an age band too, but birthday rules read it, so it stays as it is."""
    advice = on(found, "clients.date_of_birth")
    assert advice.proposal is Proposal.KEEP
    assert Use(UseKind.RULE, "counselling-file") in advice.evidence.used_by
    assert Use(UseKind.STATISTICS, "service-age", Reads.AGE_BAND) in advice.evidence.used_by


@pytest.mark.parametrize(
    ("column", "use"),
    [
        ("sessions.ended_at", Use(UseKind.RULE, "careers-file")),
        ("case_records.dated_on", Use(UseKind.RULE, "notes-after-summary")),
        ("disclosures.case_number", Use(UseKind.RULE, "notes-after-summary")),
        ("session_notes.case_number", Use(UseKind.RULE, "notes-after-summary")),
        ("session_notes.required_reason", Use(UseKind.CONTROL, "note-kept-without-reason")),
        ("feedback.comment", Use(UseKind.RULE, "feedback-identifiable", Reads.BLANKS)),
        ("clients.status", Use(UseKind.WINNOW, "knows which files are open")),
        ("clients.given_name", Use(UseKind.QUALITY, "one person, one case number")),
        ("clients.opened_on", Use(UseKind.STATISTICS, "opened", Reads.PERIOD)),
        ("clients.area", Use(UseKind.EXTRACT, "statistics", Reads.AREA)),
        ("clients.postcode", Use(UseKind.EXTRACT, "supervision", Reads.SEARCHED_FOR)),
        ("consents.expires_on", Use(UseKind.EXTRACT, "statistics")),
    ],
)
def test_every_kind_of_use_is_known(found: Survey, column: str, use: Use) -> None:
    """Terms, conditions over several classes, controls, checks, tables and extracts are all read for what they use."""
    assert use in on(found, column).evidence.used_by


def test_the_fields_that_say_whether_a_consent_is_in_force() -> None:
    """What the survey counts as read by such an extract is what the extract reads."""
    assert set(IN_FORCE_FIELDS) == set(rows._CONSENT_FIELDS)


def test_what_no_class_claims_is_found_and_counted(found: Survey, charity: Path) -> None:
    """A leftover table and column by their names; files only by their number, for a file's name may name somebody."""
    table, column = on(found, "tmp_import_2019"), on(found, "clients.legacy_ref")
    ((rows_there,),) = ask(charity, "SELECT count(*) FROM tmp_import_2019")
    assert {table.proposal, column.proposal} == {Proposal.CLAIM}
    assert table.evidence.rows == rows_there
    assert 0 < column.evidence.filled <= (column.evidence.rows or 0)
    (files,) = [one for one in found.advice if one.evidence.store == "documents" and not one.evidence.class_name]
    assert files.evidence.rows == 4


def test_every_kind_of_store_is_surveyed(found: Survey) -> None:
    """Workbook, export, folder and registers are counted like databases; documents are read where they lie."""
    assert {one.evidence.store for one in found.advice} == {
        "casework", "people", "enquiries", "documents", "paper", "hosted",
    }  # fmt: skip
    documents = on(found, "document.text", "documents").evidence
    assert documents.document
    assert 0 < documents.filled == documents.scanned <= (documents.rows or 0)
    assert on(found, "enquiry.message", "enquiries").evidence.scanned > 0


@pytest.mark.postgres
def test_postgresql_counts_as_sqlite_does(found: Survey, charity: Path, tmp_path: Path, fresh_postgres: str) -> None:
    """The same charity in PostgreSQL has the same evidence; a table that can't be read stops nothing."""
    folder = copy_of(charity, tmp_path)
    made = engine(fresh_postgres, create=True)
    generate(made, tmp_path / "again", seed=11, as_of=AS_OF, clients=150, canary=CANARY)
    made.dispose()
    stores = folder / "stores.yaml"
    stores.write_text(stores.read_text().replace("sqlite:///casework.db", fresh_postgres))
    project = project_in(folder)
    changed = {"case_records.text", "session_notes.body"}
    there = [one.evidence for one in survey(project).advice if one.evidence.column not in changed]
    assert there == [one.evidence for one in found.advice if one.evidence.column not in changed]
    store = stores_of(project)["casework"]
    with store.reader() as connection:
        reader = StoreReader("casework", connection, store.sources(), project.schedule, ZoneInfo("Europe/London"))
        assert count_unclaimed(store, reader, "no such table") is None
        assert count_unclaimed(store, reader, "tmp_import_2019") is not None


def test_page_and_workbook_hold_counts_and_no_value(found: Survey, charity: Path, tmp_path: Path) -> None:
    """Neither a canary of names, contacts and texts nor the planted number nor a case number is in either file."""
    html, xlsx = write_survey(project_in(charity), found, tmp_path)
    assert (html.name, xlsx.name) == ("survey-2026-09-01.html", "survey-2026-09-01.xlsx")
    well_formed(html.read_text(encoding="utf-8"))
    everything = "".join(everything_in(tmp_path).values())
    assert "religion" in everything
    for value in (CANARY, PLANTED, "C000", "Bristol"):
        assert value not in everything
    with zipfile.ZipFile(xlsx) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_riskiest_class_comes_first(found: Survey) -> None:
    """The class whose text holds numbers is before the one with excess columns, and its risky column is on top."""
    parts = by_class(found)
    assert [part.class_name for part in parts[:2]] == ["case_record", "client"]
    assert parts[0].advice[0].evidence.column == "case_records.text"
    assert parts[1].asked == "drop 2"


def test_names_of_columns_are_escaped(found: Survey) -> None:
    """A column may have any name; it can't write into the page."""
    one = found.advice[0]
    named = replace(one, evidence=replace(one.evidence, column="clients.<script>alert(1)</script>", class_name="<b>"))
    page = survey_html(replace(found, advice=(named,), undeclared=("<i>.yaml",)))
    well_formed(page)
    assert "<script>alert" not in page
    assert "&lt;b&gt; in casework" in page


def test_without_statistics_and_extracts_the_survey_says_so(charity: Path, tmp_path: Path) -> None:
    """A missing file, or one of comments only, is no error: what only it would need seems unused, and that is said."""
    folder = copy_of(charity, tmp_path)
    (folder / "statistics.yaml").unlink()
    (folder / "extracts.yaml").write_text("# nothing yet\n")
    found = survey(project_in(folder))
    assert found.undeclared == ("statistics.yaml", "extracts.yaml")
    assert on(found, "clients.gender").proposal is Proposal.LOOK


def test_the_command_says_it_and_writes_it(charity: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`winnow survey` prints what to change; with --json it is one document with every column."""
    assert run(["survey", "--project", str(charity), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "clients.religion" in said
    assert CANARY not in said
    assert run(["survey", "--project", str(charity), "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["drop"] == 2
    assert Path(told["html"]).is_file()
    (religion,) = [one for one in told["columns"] if one["column"] == "clients.religion"]
    assert (religion["advice"], religion["purposes"]) == ("drop", ["no purpose"])
    assert religion["read_by"] == [{"kind": "extract", "name": "statistics", "reads": "left out"}]
