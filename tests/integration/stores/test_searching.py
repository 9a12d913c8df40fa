"""The absence search reads whatever lies in a folder: copies that office programs leave, locks, old encodings."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from connectors.stores.searching import search_folder
from rules.review.mentions import Mentions, Names

WANTED = (Mentions(["CASE-77A"]), Names([("Renée", "Ash")]))
SAID = "CASE-77A is Renée Ash"


def write_workbook_copy(path: Path) -> None:
    """A workbook under another name is an archive still."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{SAID}</t>")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.csv.bak", SAID.encode()),
        (".people.csv.swp", b"\x00\x01b0VIM 9.0\x00\x00" + SAID.encode() + b"\x00\xff"),
        ("people (1).csv", SAID.encode("cp1252")),
        ("~$people.docx", b"\x08" + SAID.encode("utf-16-le")),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0" + SAID.encode("utf-16-le") + b"\x00\x00"),
        ("~WRL0001.tmp", b"\x00\x05" + SAID.encode("utf-16")),
        ("people.xlsx~", None),
    ],
)
def test_leftovers_are_searched_whatever_their_kind(tmp_path: Path, name: str, content: bytes | None) -> None:
    """A number and a name are found in each of them."""
    if content is None:
        write_workbook_copy(tmp_path / name)
    else:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "other.txt").write_bytes(b"CASE-77AB\0Ren\0Ash")
    found = search_folder(tmp_path, [one.found_in for one in WANTED])
    assert (found.mentions, found.unread) == ((1, 1), 0)
