"""Nothing personal gets out of the stores: every invented name, contact and text is a canary, and is searched for."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from tests.functional.canary_search import CANARY, STORES, contents_of, count_canaries, files_in, found, ours, run_year

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

CLIENTS = 200
DESTROYED = "C000006"  # whose whole file the run destroys; two released holds named it
MOST_SECONDS = 900
HEADS = ("client", "volunteer")


@dataclass(frozen=True)
class Year:
    """What a year of flows left behind, and all that it printed."""

    folder: Path
    printed: bytes

    @property
    def charity(self) -> Path:
        """The project folder."""
        return self.folder / "charity"

    @cached_property
    def destroyed(self) -> list[dict[str, str]]:
        """Class, key, subject and action of every record destroyed."""
        return list(json.loads((self.folder / "destroyed.json").read_text()))

    @cached_property
    def gone(self) -> list[str]:
        """The keys of all records destroyed, and the case numbers of the files that went with their heads."""
        people = {line["subject"] for line in self.destroyed if line["class"] in HEADS}
        return sorted({line["key"] for line in self.destroyed} | people)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """One year of flows in a process of its own, with a Prefect home of its own, as talkative as Prefect can be."""
    folder = tmp_path_factory.mktemp("year")
    ran = run_year(folder, DESTROYED, CLIENTS, MOST_SECONDS)
    assert ran.returncode == 0, ran.stdout.decode(errors="replace")[-4000:]
    return Year(folder, ran.stdout)


def test_the_canaries_are_in_the_stores(year: Year) -> None:
    """Every store holds canaries, so that a search that finds none elsewhere means something."""
    for store in STORES:
        assert found([CANARY], year.charity / store), store
    assert any(
        CANARY.encode() in data for path in files_in(year.charity / "documents") for _, data in contents_of(path)
    )
    assert count_canaries(*(year.charity / store for store in STORES)) > 10 * CLIENTS
    assert len(year.gone) > 100
    assert DESTROYED in year.gone


def test_every_failure_ended_as_meant(year: Year) -> None:
    """A store that breaks or vanishes is unavailable, an unreadable file is bad input, any other error has no text.

    A database that refuses a deletion fails no flow: its records have the outcome that they failed, or were kept.
    """
    assert json.loads((year.folder / "endings.json").read_text()) == {
        "refused_watermark": "NoneType",
        "refused_delete": "NoneType",
        "damaged_database": "StoreUnavailable",
        "broken_database": "StoreUnavailable",
        "undecodable_text": "StoreUnavailable",
        "undecodable_export": "BadInput",
        "vanished_database": "StoreUnavailable",
        "unreadable_workbook": "BadInput",
        "headless_export": "BadInput",
        "quoting_bug": "FlowFailed",
    }


def test_prefect_keeps_no_personal_data(year: Year) -> None:
    """Prefect's database (bytes and rows) and results, temporary files and caches hold no canary or destroyed key."""
    home = year.folder / "prefect"
    assert found([CANARY, *year.gone], home, year.folder / "tmp", year.folder / "home") == set()
    assert {"annual-sift", "nightly-watch"} <= {row[0] for row in _rows(home / "prefect.db", "flow", "name")}
    shown = [str(row) for table in _tables(home / "prefect.db") for row in _rows(home / "prefect.db", table)]
    assert not [row for row in shown if CANARY.lower() in row.lower()]
    assert any("FlowFailed" in row for row in shown)


def _tables(database: Path) -> list[str]:
    return [str(row[0]) for row in _rows(database, "sqlite_master", "name", "WHERE type = 'table'")]


def _rows(database: Path, table: str, columns: str = "*", where: str = "") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(f'SELECT {columns} FROM "{table}" {where}').fetchall()
    finally:
        connection.close()


def test_nothing_personal_is_printed(year: Year) -> None:
    """Output and logs, Prefect's at their most talkative, hold neither canary nor key; Presidio and GX say nothing."""
    text = year.printed.decode(errors="replace")
    assert "Finished in state Completed" in text
    assert CANARY.lower() not in text.lower()
    assert not [word for word in year.gone if word in text]
    assert not re.search("great_expectations|presidio", text)


def test_every_document_but_extracts_is_free_of_names(year: Year) -> None:
    """Review packs, certificate, evidence, statistics and summary hold no canary; nor does what failing flows left."""
    failing = [path / "out" for path in (year.folder / "failing").iterdir()]
    assert {"summary.json", "winnow.vkey"} < {path.name for path in files_in(year.charity / "out")}
    assert found([CANARY], year.charity / "out", *failing, but=("extract-",)) == set()


def test_extracts_keep_no_name_and_no_contact(year: Year) -> None:
    """A redacted extract may keep words of free text, and never a token of a name or a contact."""
    extracts = [path for path in files_in(year.charity / "out") if path.name.startswith("extract-")]
    held = b"".join(data for path in extracts for _, data in contents_of(path)).decode(errors="replace")
    kinds = set(re.findall(f"{CANARY}(.)", held, re.IGNORECASE))
    assert len(extracts) == 4
    assert kinds == {"T"}


def test_the_ledger_never_holds_a_name(year: Year) -> None:
    """While a review is open the ledger holds keys and case numbers, and no name, contact or free text at any time."""
    failing = list((year.folder / "failing").glob("*/ledger.db*"))
    under_review, closed = year.folder / "under-review", year.folder / "closed"
    assert len(found(year.gone, under_review)) == len(year.gone)
    assert found([CANARY], under_review, closed, *year.charity.glob("ledger.db*"), *failing) == set()
    assert found([CANARY], year.charity / ".winnow", year.charity / "keys") == set()


def test_a_closed_run_forgets_what_it_destroyed(year: Year) -> None:
    """No byte of the project folder names what was destroyed, by key or case number: ledger, packs, papers, caches."""
    assert found(year.gone, year.folder / "closed") == set()
    places = ours(year.charity)
    assert {"ledger.db", "out", ".winnow", "keys", "schedules"} <= {path.name for path in places}
    assert found(year.gone, *places) == set()


def test_a_review_pack_goes_with_its_review(year: Year) -> None:
    """The pack named everything that was destroyed; it is deleted when the run is closed."""
    assert (year.folder / "under-review" / "packs").read_text().split() != []
    assert list((year.charity / "out").glob("review-pack-*")) == []


def test_what_is_destroyed_is_gone_from_the_bytes_of_its_store(year: Year) -> None:
    """Not even the free pages of the database file hold a key that was destroyed."""
    data = b"".join(path.read_bytes() for path in year.charity.glob("casework.db*"))
    destroyed = {line["key"] for line in year.destroyed if line["action"] == "destroy"}
    # Numbers of canaries look like case numbers; they follow the canary's own letters.
    left = set(re.findall(rb"(?<![A-Za-z])[A-Z]\d{6,7}(?!\d)", data))
    assert destroyed & {key.decode() for key in left} == set()
