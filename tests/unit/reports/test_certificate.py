"""The destruction certificate as HTML and PDF: the same words in both, accessible, hostile texts stay texts."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from reports.auditor_readme import WIDTH, auditor_readme
from reports.certificate import certificate_html, certificate_pdf
from reports.certificate_data import CertificateData, WorkList
from reports.certificate_document import sections, state_line
from rules.errors import BadInput
from tests.unit.reports.html import main_of, well_formed
from tests.unit.reports.sample_certificate import CERTIFICATE, CHECKPOINT, DATA

GOLDEN = Path(__file__).parent / "golden" / "certificate.html"


def pdf_text(data: bytes) -> str:
    """Return the text of a PDF with single spaces."""
    reader = pypdf.PdfReader(io.BytesIO(data))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def plain(page: str) -> str:
    """Return a page's text with single spaces."""
    return " ".join(re.sub("<[^>]+>", " ", main_of(page)).split())


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """The sample certificate as PDF."""
    return certificate_pdf(DATA)


def test_the_page_is_as_agreed() -> None:
    """The sample gives exactly the golden page (set WINNOW_GOLDEN=write to write it anew, then read the diff)."""
    made = main_of(certificate_html(DATA))
    if os.environ.get("WINNOW_GOLDEN") == "write":
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_the_page_is_well_formed() -> None:
    """Every element is closed, headings are in order, tables have captions and scopes, nothing is fetched."""
    well_formed(certificate_html(DATA))


def test_the_pdf_is_accessible(pdf: bytes) -> None:
    """The PDF says that it is PDF/UA-1, has tags, a title, a language, headings, and words for its picture."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Certificate of destruction run-2026-0001"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    kinds, words = structure(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/Caption", "/TH", "/TD", "/Figure", "/L"} <= kinds
    assert any("QR code" in text for text in words)


def structure(node: Any) -> tuple[set[str], list[str]]:
    """Return the kinds of all tags below a node, and all alternative texts."""
    kinds: set[str] = set()
    texts: list[str] = []
    todo: list[Any] = [node]
    while todo:
        current = todo.pop()
        current = current.get_object() if isinstance(current, pypdf.generic.IndirectObject) else current
        if isinstance(current, pypdf.generic.ArrayObject):
            todo.extend(current)
        elif isinstance(current, pypdf.generic.DictionaryObject):
            kinds.add(str(current.get("/S")))
            if "/Alt" in current:
                texts.append(str(current["/Alt"]))
            if "/K" in current:
                todo.append(current.raw_get("/K"))
    return kinds, texts


def test_both_forms_carry_every_field(pdf: bytes) -> None:
    """Each field that a certificate must carry is in the HTML and in the PDF, in the same words."""
    shown = (pdf_text(pdf), plain(certificate_html(DATA)))
    wanted = [
        "due 452 = destroyed 448 + kept 0 + held 3 + failed 1; undatable 17",
        "run-2026-0001",
        "402 to 1,283",
        "until 13 December 2026",
        "version 2026-04",
        "14 April 2026",
        "checked for 452 records",
        "winnow-0.1.0",
        "September 2025",
        "leftover pages of the database file cleared",
        "1 record could not be destroyed",
        "settled after an interruption",
        "weekly-2026-37",
        "row deleted, traces cleared",
        "emptied 359 none",
        "unlinked; the disk was not written over",
        "looked up by key reader 368 0",
        "2 records or files still mention something that was destroyed",
        "1 record went outside the tool",
        "405 1 41 2 1 362 yes",
        "cross-cut-4x15, to DIN-66399-P-4 Shred Ltd, 4711 15 September 2026 Jo O'Brien and Ceri Llŷr-Jones",
        "client-file 7 years after the later of closed on and last contact; where status is closed destroy S3 4.4;",
        "is a general default, accepted by name",
        "data-protection officer recommended",
        "documents: documents whose text no program can read, such as scans",
        "volunteers phones",
        "python3 -I verify_winnow.py larch-evidence-2026.zip --key winnow.vkey",
        "larch.example/winnow 1284",
        *(officer.officer for officer in CERTIFICATE.officers),
        *CERTIFICATE.limits,
    ]
    for text in shown:
        folded = text.replace("’", "'").replace("&#39;", "'").replace("- ", "-")
        assert [want for want in wanted if want.replace("’", "'").replace("- ", "-") not in folded] == []


def test_a_place_of_which_only_the_register_was_searched_is_told_so() -> None:
    """A cabinet whose register was searched is named for what nobody looked into; a place without one stays a name."""
    register = {"store": "paper", "method": "absence-search", "credential": "same-account", "checked": 1}
    looked = (*CERTIFICATE.verifications, {**register, "remaining": 0})
    its = replace(CERTIFICATE, verifications=looked, not_searched=("mailboxes", "paper"))
    (section,) = [one for one in sections(replace(DATA, certificate=its)) if one.title == "Places not searched"]
    assert section.points == ("mailboxes", "paper: only its register was searched, not what lies there")


def test_a_long_cell_never_runs_into_the_next() -> None:
    """Four columns of sentences share the page's width: no word of one stands over a word of another."""
    words = ("cross-cut-4x15", "2026-09-15", ("Jo O’Brien", "Ceri Llŷr-Jones"), "DIN-66399-P-4")
    lists = tuple(WorkList("paper", 3, *words, "Shredders of Devon and Cornwall Ltd", number) for number in ("1", "2"))
    pdf = certificate_pdf(replace(DATA, work_lists=lists))
    headings = ("Contractor, certificate", "Done on", "Signed by")
    edges: list[float] = []

    def note(shown: str, placed: list[float], *_: object) -> None:
        if shown.strip() in headings:
            edges.append(placed[4])  # PDF 32000-1, 8.3.3: how far from the left

    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=note)
    assert len(edges) == len(headings)
    assert edges[1] - edges[0] > 100
    assert edges[2] - edges[1] > 60


def test_the_same_data_give_the_same_pdf(pdf: bytes) -> None:
    """A certificate can be issued again, byte for byte: no clock is read."""
    assert certificate_pdf(DATA) == pdf


@pytest.mark.parametrize(
    "hostile",
    [
        '#set page(width: 1pt) *b* $x$ `raw` [x] @ref // \\u{41} "; #panic()',
        "=cmd|' /C calc'!A0 <script>alert(1)</script>",
        "long " * 400,
    ],
)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    """Markup of either language in a value is set as it stands."""
    data = replace(DATA, organisation=hostile, exceptions=(hostile,))
    page = certificate_html(data)
    well_formed(page)
    assert "<script" not in page
    shown = pdf_text(certificate_pdf(data)).replace("’", "'").replace("”", '"').replace("“", '"')
    assert " ".join(hostile.split())[:60] in shown


def test_control_characters_do_not_break_the_pdf() -> None:
    """A control character in a value leaves a PDF that can be read."""
    assert "Larch" in pdf_text(certificate_pdf(replace(DATA, organisation="Larch \x07\x1b\u202e Trust")))


def test_a_name_in_a_rare_script_costs_no_certificate() -> None:
    """Letters that no font has are spelled out in the PDF and shown as they are in the HTML."""
    data = replace(DATA, organisation="Larch \U00016f00 Trust")
    assert "Larch (U+16F00) Trust" in pdf_text(certificate_pdf(data))
    assert "\U00016f00" in certificate_html(data)


@pytest.mark.parametrize(
    ("state", "start"),
    [("final", "Final: "), ("beyond use", "Destroyed in the stores. Copies"), ("backups not registered", "Destroyed")],
)
def test_each_state_has_its_words(state: str, start: str) -> None:
    """Final, beyond use until a day, and nothing known about backups read differently."""
    data = replace(DATA, certificate=replace(CERTIFICATE, state=state))
    assert state_line(data).startswith(start)


def test_a_certificate_that_does_not_add_up_is_not_made() -> None:
    """Counts that do not add up, and a state nobody has words for, are refused."""
    with pytest.raises(BadInput):
        replace(DATA, certificate=replace(CERTIFICATE, totals={**CERTIFICATE.totals, "due": 1}))
    with pytest.raises(BadInput):
        replace(DATA, certificate=replace(CERTIFICATE, state="perhaps"))


def test_what_went_wrong_is_said_without_being_asked() -> None:
    """Records still found and books that do not balance become exceptions by themselves."""
    check = {**CERTIFICATE.verifications[0], "remaining": 5}
    book = {**CERTIFICATE.books[0], "after": 1}
    data = replace(DATA, certificate=replace(CERTIFICATE, verifications=(check,), books=(book,)))
    points = next(section.points for section in sections(data) if section.title == "Exceptions")
    assert "1 record went outside the tool: gone since the last count, and no run destroyed them." in points
    assert "5 records still found after the destruction." in points
    assert "Books that do not balance: 1. See the table above." in points


def test_a_check_by_the_account_that_destroyed_says_so() -> None:
    """Looking with the same account is no independent check, and the certificate does not pretend that it is."""
    check = {**CERTIFICATE.verifications[0], "credential": "same-account"}
    page = plain(certificate_html(replace(DATA, certificate=replace(CERTIFICATE, verifications=(check,)))))
    assert "not independent of the destruction" in page
    assert "not independent of the destruction" not in plain(certificate_html(DATA))


@pytest.mark.parametrize("left", [0, 3])
def test_no_grade_is_stronger_than_its_evidence(left: int) -> None:
    """A store whose traces could not all be cleared is never said to be clear of them."""
    method = "residue-vacuumed" if left else "residue-rewritten"
    check = {"store": "casework", "method": method, "credential": "destroyer", "checked": 3, "remaining": left}
    page = plain(certificate_html(replace(DATA, certificate=replace(CERTIFICATE, verifications=(check,)))))
    assert ("row deleted, traces may remain" in page) == bool(left)
    assert ("row deleted, traces cleared" in page) == (not left)
    assert ("cycled 3 none" in page) == (not left)


def test_an_empty_run_has_a_certificate() -> None:
    """A run that destroyed nothing still gets a certificate in both forms."""
    totals = dict.fromkeys(CERTIFICATE.totals, 0)
    none = replace(
        CERTIFICATE, totals=totals, lines=(), verifications=(), books=(), backups=(), not_searched=(), officers=(),
        adopted_minutes=(), state="backups not registered", until="",
    )  # fmt: skip
    data = CertificateData(none, "Larch", DATA.proof, "b.zip", "k.vkey")
    well_formed(certificate_html(data))
    assert "due 0 = destroyed 0" in pdf_text(certificate_pdf(data))


def test_a_proof_too_long_for_a_qr_code_leaves_the_checkpoint() -> None:
    """When the proof does not fit, the code holds the checkpoint, and the caption says where the proof is."""
    assert "the proof lies in the bundle" in certificate_html(replace(DATA, proof="x" * 3000))
    with pytest.raises(BadInput):
        certificate_html(replace(DATA, proof="x" * 3000, certificate=replace(CERTIFICATE, checkpoint="x" * 3000)))


def test_the_readme_is_plain_and_complete() -> None:
    """README.txt has the command on one line, short lines, and none of its places left unfilled."""
    text = auditor_readme("Larch {x} Counselling", "run-2026-0001", "larch-evidence.zip", "winnow.vkey")
    assert "    python3 -I verify_winnow.py larch-evidence.zip --key winnow.vkey\n" in text
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert "Larch {x} Counselling" in " ".join(text.split())
    assert CHECKPOINT not in text
