"""Faults that quote: values of the wrong kind in a charity full of canaries, and ways to break each of its stores."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import Flow

import flows.sift as sifting
from flows.destruction import destroy_approved_run
from flows.sift import annual_sift

APPROVED = "approved"  # a copy of the charity, its run approved and not begun
# Words where a category belongs: whoever checks categories must count them and sample none.
DIRTY = ("service", "outcome", "gender", "referral_source", "lawful_basis", "counsellor_id")

Spoil = Callable[[Path], None]


def dirty_fields(charity: Path, canary: str) -> None:
    """Put names where dates and categories belong, texts that are none (a NUL, bytes, a number), and broken files."""
    for column in ("closed_on", "date_of_birth"):
        chosen = f"SELECT case_number FROM clients WHERE {column} LIKE '20%' ORDER BY case_number DESC LIMIT 2"
        _change(charity, f"UPDATE clients SET {column} = '{canary}N see file' WHERE case_number IN ({chosen})")
    for column in DIRTY:
        chosen = f"SELECT case_number FROM clients WHERE {column} <> '' ORDER BY case_number DESC LIMIT 2 OFFSET 2"
        _change(charity, f"UPDATE clients SET {column} = '{canary}N ' || {column} WHERE case_number IN ({chosen})")
    for odd in (f"'{canary}N' || char(0) || 'behind it'", f"x'{canary.encode().hex()}4e00fe'", "1e999"):
        chosen = "SELECT max(feedback_id) FROM feedback WHERE typeof(comment) = 'text' AND instr(comment, char(0)) = 0"
        _change(charity, f"UPDATE feedback SET comment = {odd} WHERE feedback_id = ({chosen})")
    store = sqlite3.connect(charity / "casework.db")
    unread = store.execute("SELECT max(case_number) FROM clients").fetchone()[0]
    store.close()
    for ending, begins in (("docx", b"PK\x03\x04"), ("pdf", b"%PDF-1.4\n"), ("eml", b"\xff\xfe\x00")):
        broken = charity / "documents" / f"{unread}_letter_2020-01-01.{ending}"
        broken.write_bytes(begins + f"{canary}N in a broken file".encode() * 9)


def _change(charity: Path, *statements: str) -> None:
    store = sqlite3.connect(charity / "casework.db")
    with store:
        for statement in statements:
            assert store.execute(statement).rowcount != 0, statement
    store.close()


def endings(folder: Path, canary: str, run: str) -> dict[str, str]:
    """How the sift or the destruction ends for each fault, in a copy of its own: the name of the error."""
    sifting.sift_stores = sifting.sift_stores.with_options(retries=1, retry_delay_seconds=0)
    found = {name: _ending(folder, name, spoil, destroy_approved_run, run=run) for name, spoil in _late(canary).items()}
    found |= {name: _ending(folder, name, spoil, annual_sift) for name, spoil in _faults(canary).items()}
    return found | {"quoting_bug": _ending(folder, "quoting_bug", lambda _charity: _quoting_bug(canary), annual_sift)}


def _ending(folder: Path, name: str, spoil: Spoil, flow: Flow[..., Any], **given: str) -> str:
    copy = folder / "failing" / name
    shutil.copytree(folder / (APPROVED if given else "charity"), copy)
    spoil(copy)
    state: Any = flow(project=str(copy), return_state=True, **given)
    return type(state.result(raise_on_failure=False)).__name__


def _faults(canary: str) -> dict[str, Spoil]:
    """What breaks a sift: a store that breaks midway or is away, and files and texts that nothing can read."""

    def broken_database(charity: Path) -> None:
        store = charity / "casework.db"
        whole = store.read_bytes()
        store.write_bytes(whole[: len(whole) // 2])

    def vanished_database(charity: Path) -> None:
        (charity / "casework.db").unlink()

    def undecodable_text(charity: Path) -> None:
        """The driver quotes the text in its error."""
        odd = f"CAST(x'{canary.encode().hex()}4eff' AS TEXT)"
        _change(charity, f"UPDATE session_notes SET session_ended = {odd}")

    def unreadable_workbook(charity: Path) -> None:
        (charity / "people.xlsx").write_bytes(b"PK\x03\x04" + f"{canary}N a name".encode() * 20)

    def headless_export(charity: Path) -> None:
        lines = (charity / "enquiries.csv").read_bytes().splitlines(keepends=True)
        (charity / "enquiries.csv").write_bytes(b"".join(lines[2:]))

    def undecodable_export(charity: Path) -> None:
        """The codec's error holds all the bytes."""
        with (charity / "enquiries.csv").open("ab") as export:
            export.write(f"ENQ99999,{canary}N ".encode() + b"\xff\xfe,,,,\r\n")

    ways = (broken_database, vanished_database, undecodable_text)
    return {way.__name__: way for way in (*ways, unreadable_workbook, headless_export, undecodable_export)}


def _late(canary: str) -> dict[str, Spoil]:
    """What breaks a destruction: a database that refuses midway and quotes, and one that is damaged."""
    quoted = f"BEGIN SELECT RAISE(ABORT, '{canary}N quoted by the database'); END"

    def refused_watermark(charity: Path) -> None:
        _change(charity, f"CREATE TRIGGER refuses BEFORE INSERT ON winnow_watermark {quoted}")

    def refused_delete(charity: Path) -> None:
        _change(charity, f"CREATE TRIGGER refuses BEFORE DELETE ON session_notes {quoted}")

    def damaged_database(charity: Path) -> None:
        store = charity / "casework.db"
        whole = bytearray(store.read_bytes())
        middle = len(whole) // 3
        whole[middle : middle * 2] = (f"{canary}N ".encode() * (middle // 6 + 1))[:middle]
        store.write_bytes(whole)

    return {way.__name__: way for way in (refused_watermark, refused_delete, damaged_database)}


def _quoting_bug(canary: str) -> None:
    def gate(*_given: object) -> None:
        name = f"{canary}N quoted by a library"
        try:
            raise KeyError(name)
        except KeyError as error:
            raise ValueError(f"invalid literal: {name}") from error

    setattr(sifting, "QualityGate", lambda: gate)  # noqa: B010 - it stands in for the real one
