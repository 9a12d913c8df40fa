"""A folder of documents: named files are records, their text is all read or none, and unlinking is all or none."""

from __future__ import annotations

import json
import os
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import pypdf
import pytest

from connectors.stores.base import RecordStore
from connectors.stores.extraction import text_of
from tests.integration.stores.file_helpers import batch_of, destroy, marked, read, store

LETTER = "2020/C1_letter_2020-01-31.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records, a stray, a file with an impossible date, and a link out of the folder."""
    made = tmp_path / "documents"
    (made / "2020").mkdir(parents=True)
    (made / LETTER).write_text("Dear all")
    (made / "C2_note_2020-02-31.txt").write_text("note")
    (made / "holiday.txt").write_text("stray")
    (made / "C2_note_soon.txt").write_text("stray")
    (tmp_path / "outside.txt").write_text("outside")
    (made / "C3_letter_2020-01-01.txt").symlink_to(tmp_path / "outside.txt")
    (made / "linked").symlink_to(tmp_path)
    return made


@pytest.fixture
def documents(folder: Path) -> RecordStore:
    """The folder as a prepared store."""
    return store(folder.parent, "documents")


def test_files_are_read_by_their_names(documents: RecordStore) -> None:
    """Case number and date come from the name; an impossible date stays as it is, to be found undatable."""
    assert read(documents, "document") == [
        (LETTER, "C1", "2020-01-31", None),
        ("C2_note_2020-02-31.txt", "C2", "2020-02-31", None),
    ]


def test_files_named_otherwise_and_links_are_unclaimed(documents: RecordStore) -> None:
    """Whatever is not named by the pattern is unclaimed; links are listed, never followed."""
    found = [item.key for item in documents.unclaimed()]
    assert found == ["C2_note_soon.txt", "C3_letter_2020-01-01.txt", "holiday.txt", "linked"]


def test_a_name_that_is_not_utf8_is_unclaimed(documents: RecordStore, folder: Path) -> None:
    """A file name in another encoding does no harm."""
    try:
        (Path(os.fsdecode(os.fsencode(folder) + b"/C9_letter_2020-01-01\xff.txt"))).touch()
    except OSError:
        pytest.skip("this file system allows UTF-8 names only")
    assert "C9_letter_2020-01-01\\xff.txt" in [item.key for item in documents.unclaimed()]
    assert len(read(documents, "document")) == 2


def test_files_are_unlinked_and_nothing_else(documents: RecordStore, folder: Path) -> None:
    """The record's file goes, the quarantine is left empty, other files stay."""
    batch = batch_of(documents, f"document {LETTER}", "document C3_letter_2020-01-01.txt", "document ../outside.txt")
    said = ["done file unlinked", "kept already-gone", "kept already-gone"]
    assert destroy(documents, batch) == said
    assert not (folder / LETTER).exists()
    assert (folder.parent / "outside.txt").exists()
    assert list((folder / ".winnow-quarantine").iterdir()) == []
    assert marked(documents, batch) == said
    assert [row[0] for row in read(documents, "document")] == ["C2_note_2020-02-31.txt"]


def test_a_document_cannot_be_blanked(documents: RecordStore) -> None:
    """There are no fields to blank in a file: it is kept."""
    assert destroy(documents, batch_of(documents, f"document {LETTER}: blank content")) == [
        "kept document-has-no-fields"
    ]


def test_a_batch_killed_before_its_mark_is_moved_back(documents: RecordStore, folder: Path) -> None:
    """Files in quarantine without a committed mark return to their places, whole."""
    batch = batch_of(documents, f"document {LETTER}")
    quarantine = folder / ".winnow-quarantine" / "run%2F1-1"
    quarantine.mkdir(parents=True)
    os.rename(folder / LETTER, quarantine / "0")
    mark = folder.parent / ".winnow" / "documents" / "watermark-run%2F1-1.json"
    mark.write_text(json.dumps({"outcomes": '[[0,"done","","file unlinked"]]', "committed": ""}))
    assert marked(documents, batch) is None
    assert (folder / LETTER).read_text() == "Dear all"
    assert not quarantine.exists()
    assert destroy(documents, batch) == ["done file unlinked"]


def test_a_batch_killed_after_its_mark_is_finished(documents: RecordStore, folder: Path) -> None:
    """With a committed mark the quarantined files are unlinked when anyone asks."""
    batch = batch_of(documents, f"document {LETTER}")
    quarantine = folder / ".winnow-quarantine" / "run%2F1-1"
    quarantine.mkdir(parents=True)
    os.rename(folder / LETTER, quarantine / "0")
    mark = folder.parent / ".winnow" / "documents" / "watermark-run%2F1-1.json"
    mark.write_text(json.dumps({"outcomes": '[[0,"done","","file unlinked"]]', "committed": "yes"}))
    assert marked(documents, batch) == ["done file unlinked"]
    assert not quarantine.exists()
    assert not (folder / LETTER).exists()


def test_the_text_of_a_letter_is_read_in_place(documents: RecordStore) -> None:
    """Text comes by key; a path outside the folder or a link yields nothing."""
    keys = [LETTER, "C3_letter_2020-01-01.txt", "../outside.txt", "none.txt"]
    assert list(documents.texts("document", keys, ["content"])) == [(LETTER, "Dear all")]


def test_all_the_text_of_a_word_document_is_read(tmp_path: Path) -> None:
    """Body, tables and headers of a DOCX are read."""
    made = docx.Document()
    made.add_paragraph("In the body")
    made.add_table(1, 1).cell(0, 0).text = "in a table"
    made.sections[0].header.paragraphs[0].text = "in the header"
    made.save(str(tmp_path / "a.docx"))
    text = text_of(tmp_path / "a.docx")
    assert text is not None
    assert all(part in text for part in ("In the body", "in a table", "in the header"))


def test_a_pdf_without_text_is_unread_not_clean(tmp_path: Path) -> None:
    """A PDF that holds no text gives none, so that a person looks at it."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(str(tmp_path / "a.pdf"))
    writer.close()
    assert text_of(tmp_path / "a.pdf") is None


def mail(name: str, content: bytes) -> bytes:
    """A mail with one attachment."""
    message = EmailMessage()
    message["Subject"] = "About the case"
    message.set_content("See the file.")
    message.add_alternative("<p>See the <b>file</b> &amp; more.</p>", subtype="html")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_a_mail_is_read_with_its_attachments_or_not_at_all(tmp_path: Path) -> None:
    """An attachment that can be read adds to the text; one that cannot makes the mail unread."""
    (tmp_path / "a.eml").write_bytes(mail("b.txt", b"the attached words"))
    text = text_of(tmp_path / "a.eml")
    assert text is not None
    assert all(part in text for part in ("About the case", "See the", "file", "& more", "the attached words"))
    (tmp_path / "b.eml").write_bytes(mail("b.jpg", b"\xff\xd8"))
    assert text_of(tmp_path / "b.eml") is None


@pytest.mark.parametrize("suffix", [".docx", ".pdf", ".eml", ".msg", ".txt"])
def test_hostile_files_are_unread_and_do_no_harm(tmp_path: Path, suffix: str) -> None:
    """Garbage under any suffix is no text and no exception."""
    file = tmp_path / f"a{suffix}"
    file.write_bytes(b"" if suffix in (".txt", ".eml") else b"%PDF-1.4 PK\x03\x04" + bytes(range(256)))
    assert not text_of(file)


def test_a_word_document_that_is_a_bomb_is_unread(tmp_path: Path) -> None:
    """A DOCX that unpacks to very much, or whose XML expands, is not opened."""
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 60_000_000)
    assert text_of(tmp_path / "a.docx") is None
    laughs = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w>&b;</w>'
    with zipfile.ZipFile(tmp_path / "b.docx", "w") as archive:
        archive.writestr("word/document.xml", laughs)
    assert text_of(tmp_path / "b.docx") is None
