"""A CSV export with the quirks that real ones have; lines taken out leave every other byte as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.stores import rewriting
from connectors.stores.base import RecordStore
from rules.errors import BadInput
from tests.integration.stores.file_helpers import Versions, batch_of, destroy, marked, read, store

EXPORT = (
    "\ufeffenquiry_id,email,handled_on,message\r\n"
    "E1,a@x,2024-05-31,hello\r\n"
    ",,,\r\n"
    'E2,b@x,31/05/2024,"two\nlines, and a ""quote"""\r\n'
    "E3,c@x,31 May 2024,Zoë\r\n"
    "\r\n"
    "E4,d@x,2024-31-05,\r\n"
    "E5,e@x\r\n"
    "E6,f@x,2024-01-01,a,b,too many\r\n"
    "E7,g@x,2024-01-01,one\r\n"
    "E7,h@x,2024-01-01,other\r\n"
    "Total,,,,123\r\n"
).encode()


@pytest.fixture
def enquiries(tmp_path: Path) -> RecordStore:
    """The export as a prepared store."""
    (tmp_path / "enquiries.csv").write_bytes(EXPORT)
    return store(tmp_path, "enquiries")


def test_an_export_is_read_with_all_its_quirks(enquiries: RecordStore) -> None:
    """BOM, blank rows and total line are passed over; three date formats become ISO; other dates stay as they are."""
    assert read(enquiries, "enquiry") == [
        ("E1", "2024-05-31", "hello"),
        ("E2", "2024-05-31", 'two\nlines, and a "quote"'),
        ("E3", "2024-05-31", "Zoë"),
        ("E4", "2024-31-05", None),
        ("E5", None, None),
    ]


def test_what_cannot_be_used_is_counted(enquiries: RecordStore) -> None:
    """Rows that share a key, and rows with more cells than columns, are left out and counted."""
    assert enquiries.duplicates() == {"enquiry": 2}
    assert enquiries.unreadable() == {"enquiry": 1}
    assert [item.key for item in enquiries.unclaimed()] == ["email"]


def test_free_text_is_read_by_key(enquiries: RecordStore) -> None:
    """Free text comes with its key."""
    assert list(enquiries.texts("enquiry", ["E1", "E5"], ["message"])) == [("E1", "hello")]


def test_lines_go_and_every_other_byte_stays(enquiries: RecordStore, tmp_path: Path) -> None:
    """A record of several lines goes whole; a blanked one keeps its other cells; the rest is the same bytes."""
    batch = batch_of(enquiries, "enquiry E2", "enquiry E3: blank message", "enquiry E7")
    assert destroy(enquiries, batch) == ["done row removed from file", "done fields blanked", "kept already-gone"]
    expected = EXPORT.replace(b'E2,b@x,31/05/2024,"two\nlines, and a ""quote"""\r\n', b"").replace("Zoë".encode(), b"")
    assert (tmp_path / "enquiries.csv").read_bytes() == expected


def test_fields_are_cut_redacted_or_emptied_and_every_other_byte_stays(enquiries: RecordStore, tmp_path: Path) -> None:
    """Only the cells of the named records change; what cannot be done leaves its line as it was."""
    batch = batch_of(
        enquiries,
        "enquiry E1: truncate message to 2 characters",
        "enquiry E2: redact message",
        "enquiry E3: keep only handled_on",
    )
    assert destroy(enquiries, batch) == [
        "done fields shortened",
        "done fields redacted",
        "kept column-not-claimed",  # the e-mail address, which no class claims
    ]
    expected = EXPORT.replace(b"hello", b"he", 1)
    expected = expected.replace(b'"two\nlines, and a ""quote"""', b"[redacted] E2: 24")
    assert (tmp_path / "enquiries.csv").read_bytes() == expected
    assert marked(enquiries, batch) == destroy(enquiries, batch)


def test_a_hold_placed_in_between_stops_the_batch(enquiries: RecordStore, tmp_path: Path) -> None:
    """A batch of an older epoch changes nothing."""
    batch = batch_of(enquiries, "enquiry E1")
    enquiries.bump()
    assert destroy(enquiries, batch) == ["kept hold-placed"]
    assert (tmp_path / "enquiries.csv").read_bytes() == EXPORT


def test_a_changed_record_is_kept(enquiries: RecordStore, tmp_path: Path) -> None:
    """A record that was edited after approval is kept."""
    batch = batch_of(enquiries, "enquiry E1")
    (tmp_path / "enquiries.csv").write_bytes(EXPORT.replace(b"hello", b"hello again"))
    assert destroy(enquiries, batch) == ["kept changed-since-approval"]


def test_a_file_edited_while_we_look_is_left_alone(enquiries: RecordStore, tmp_path: Path) -> None:
    """When the file changes between check and swap, nothing is written."""
    batch = batch_of(enquiries, "enquiry E1")
    versions = Versions(enquiries)

    def edited(connection: object, class_name: str, keys: object) -> object:
        (tmp_path / "enquiries.csv").write_bytes(EXPORT + b"E9,z@x,,\r\n")
        return versions(connection, class_name, keys)  # type: ignore[arg-type]

    (outcome,) = enquiries.destroy(batch, edited)  # type: ignore[arg-type]
    assert (outcome.state, outcome.reason) == ("failed", rewriting.FILE_CHANGED)
    assert (tmp_path / "enquiries.csv").read_bytes() == EXPORT + b"E9,z@x,,\r\n"


def test_a_batch_killed_before_the_swap_never_happened(enquiries: RecordStore, tmp_path: Path) -> None:
    """A watermark without its swap is undone; one whose swap took place counts, even without its last word."""
    batch = batch_of(enquiries, "enquiry E1")
    assert marked(enquiries, batch) is None
    said = destroy(enquiries, batch)
    (mark,) = (tmp_path / ".winnow" / "enquiries").glob("watermark-*.json")
    half = json.dumps({**json.loads(mark.read_text()), "committed": ""})
    mark.write_text(half)
    assert marked(enquiries, batch) == said
    after = (tmp_path / "enquiries.csv").read_bytes()
    mark.write_text(half)
    (tmp_path / "enquiries.csv").write_bytes(after + b"E9,z@x,,\r\n")  # somebody has added a line since
    assert marked(enquiries, batch) == said
    mark.write_text(half)
    (tmp_path / "enquiries.csv").write_bytes(EXPORT)
    assert marked(enquiries, batch) is None
    assert not mark.exists()


def test_a_watermark_holds_no_key(enquiries: RecordStore, tmp_path: Path) -> None:
    """The watermark tells positions, never keys or values."""
    destroy(enquiries, batch_of(enquiries, "enquiry E3"))
    (mark,) = (tmp_path / ".winnow" / "enquiries").glob("watermark-*.json")
    assert json.loads(mark.read_text())["outcomes"] == '[[0,"done","","row removed from file"]]'
    assert "E3" not in mark.read_text()


def test_the_wrong_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    """A CSV in another encoding is refused with the first line that is wrong, and nothing of its text."""
    (tmp_path / "enquiries.csv").write_bytes("enquiry_id,handled_on,message\nE1,,ok\nE2,,Zoë\n".encode("cp1252"))
    (problem,) = store(tmp_path, "enquiries").problems()
    assert str(problem).startswith("enquiries.csv:3: is not in utf-8")
    assert "Zo" not in str(problem)


def test_quotes_that_do_not_match_are_refused(tmp_path: Path) -> None:
    """An open quote would swallow the records below it, so the file is refused."""
    (tmp_path / "enquiries.csv").write_bytes(b'enquiry_id,handled_on,message\nE1,,"open\nE2,,\n')
    with pytest.raises(BadInput, match="quotes"):
        store(tmp_path, "enquiries").sources()


def test_semicolons_and_vanished_columns(tmp_path: Path) -> None:
    """Exports of other locales use semicolons; a missing column is named with the nearest one, as it is spelt there."""
    (tmp_path / "enquiries.csv").write_bytes(b"enquiry_id;Handled;message\nE1;;x\n")
    (problem,) = store(tmp_path, "enquiries").problems()
    assert (problem.what, problem.mend) == ("enquiries.csv has no column handled_on", "Did you mean Handled?")


def test_a_store_never_prepared_says_so(tmp_path: Path) -> None:
    """Destroying needs the fence; preparing shows its steps first and can be repeated."""
    (tmp_path / "enquiries.csv").write_bytes(EXPORT)
    enquiries = store(tmp_path, "enquiries")
    assert enquiries.prepare_statements() == []
    (tmp_path / ".winnow" / "enquiries" / "fence.json").unlink()
    assert enquiries.prepare_statements() == ["make the folder .winnow/enquiries with a fence"]
    with pytest.raises(BadInput, match="never prepared"):
        enquiries.bump()


def test_a_register_is_never_written_and_its_records_stay_open(tmp_path: Path) -> None:
    """Destroying from a manual store makes open outcomes for a work list; the register is untouched."""
    register = b"item_id,case_number,box,out_since\nP1,C1,12,\nP2,C2,13,\n"
    (tmp_path / "paper.csv").write_bytes(register)
    paper = store(tmp_path, "paper")
    batch = batch_of(paper, "paper P1", "paper P3")
    assert destroy(paper, batch) == ["open work list", "kept already-gone"]
    assert marked(paper, batch) == ["open work list", "kept already-gone"]
    assert (tmp_path / "paper.csv").read_bytes() == register


def test_an_export_put_back_from_a_copy_is_known_by_its_bytes(enquiries: RecordStore, tmp_path: Path) -> None:
    """The file that a batch has replaced is recognised when it is there again; each batch leaves a mark to be read."""
    assert (enquiries.marks(), enquiries.came_back()) == ([], False)
    batch = batch_of(enquiries, "enquiry E2")
    destroy(enquiries, batch)
    (mark,) = enquiries.marks()
    assert (mark.run, mark.batch, mark.log_root) == (batch.run, batch.number, batch.log_root)
    assert enquiries.came_back() is False
    (tmp_path / "enquiries.csv").write_bytes(EXPORT)
    assert enquiries.came_back() is True
