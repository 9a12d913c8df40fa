"""Two stores, one rule: what leaves each of them, page by page, and that nothing of it stays anywhere."""

from __future__ import annotations

import inspect
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.engines import scratch
from connectors.settings import read_settings
from connectors.stores import bridge
from connectors.stores.asking import open_readers_of, unanswerable
from connectors.stores.base import RecordStore
from connectors.stores.mapping import parse_stores
from connectors.stores.opening import open_stores
from connectors.stores.reading import StoreReader
from connectors.stores.spanning import SpanningReader
from rules.schedule.conditions import parse_condition
from rules.schedule.parser import parse_schedule
from rules.schedule.values import Schedule
from tests.unit.schedule.test_spanning import schedule_with

AS_OF = date(2026, 9, 1)
SECRET = "CANARY of the body"
STORES = """
stores:
  casework: {kind: sql, url: "sqlite:///casework.db", classes: {client: {table: client}, note: {table: note}}}
  archive: {kind: sql, url: "sqlite:///archive.db", classes: {summary: {table: summary}}}
"""
CONDITION = (
    "length(body) > 9 and exists (select 1 from summary where summary_id = note.summary_id and length(text) > 5"
    " or state = 'final' and summary_id = note.summary_id)"
)


def stores_in(folder: Path, schedule: Schedule, notes: int = 7) -> dict[str, RecordStore]:
    """Notes in one database and summaries in another; every third note has none."""
    for name in ("casework", "archive"):
        (folder / f"{name}.db").touch()
    with sqlite3.connect(folder / "casework.db") as casework:
        casework.executescript(
            "CREATE TABLE client (case_number TEXT PRIMARY KEY, status TEXT, closed_on TEXT);"
            "CREATE TABLE note (note_id INTEGER PRIMARY KEY, case_number TEXT, ended TEXT, summary_id TEXT, body TEXT)"
        )
        rows = [(n, f"C{n}", "2026-01-05", f"S{n}", SECRET) for n in range(1, notes + 1)]
        casework.executemany("INSERT INTO note VALUES (?, ?, ?, ?, ?)", rows)
    casework.close()
    with sqlite3.connect(folder / "archive.db") as archive:
        columns = "summary_id TEXT PRIMARY KEY, case_number TEXT, written_on TEXT, text TEXT, state TEXT"
        archive.execute(f"CREATE TABLE summary ({columns})")
        said = [(f"S{n}", f"C{n}", "2026-01-06", SECRET, "draft") for n in range(1, notes + 1) if n % 3]
        archive.executemany("INSERT INTO summary VALUES (?, ?, ?, ?, ?)", said)
    archive.close()
    return dict(open_stores(parse_stores(STORES, schedule), schedule, folder, read_settings({})))


@contextmanager
def readers(stores: dict[str, RecordStore], schedule: Schedule) -> Iterator[dict[str, StoreReader]]:
    """The readers of both stores."""
    with ExitStack() as stack:
        yield open_readers_of(stores, schedule, ZoneInfo("Europe/London"), stack)


def test_page_after_page_is_brought_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of every page get their own answers, in the order of their keys, and no more than a page is kept."""
    monkeypatch.setattr(bridge, "PAGE", 2)
    monkeypatch.setattr(bridge, "CHUNK", 1)
    schedule = schedule_with(CONDITION)
    with readers(stores_in(tmp_path, schedule), schedule) as opened:
        pages = list(opened["casework"].candidates(schedule.get("note"), AS_OF))
    said = {record.key: record.flags["note.only_if"] for page in pages for record in page}
    assert said == {str(n): bool(n % 3) for n in range(1, 8)}
    assert [len(page) for page in pages] == [2, 2, 2, 1]


def test_no_free_text_leaves_its_store(tmp_path: Path) -> None:
    """What is brought together are keys, case numbers, dates and answers: the canary in every text is not there."""
    schedule = schedule_with(CONDITION)
    with readers(stores_in(tmp_path, schedule), schedule) as opened:
        reader = opened["casework"]
        assert isinstance(reader, SpanningReader)
        assert len(list(reader.by_keys(schedule.get("note"), ["1", "2", "3"]))) == 3
        meeting: Any = reader._scratch.connection.driver_connection
        brought = "\n".join(meeting.iterdump())
    assert "S1" in brought
    assert "CANARY" not in brought


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    """For three notes their three summaries are brought, not the archive."""
    schedule = schedule_with(CONDITION)
    with readers(stores_in(tmp_path, schedule, notes=50), schedule) as opened:
        reader = opened["casework"]
        assert isinstance(reader, SpanningReader)
        list(reader.by_keys(schedule.get("note"), ["1", "2", "4"]))
        assert reader._scratch.exec_driver_sql('SELECT count(*) FROM "casework 0 asked 1"').scalar() == 3


def test_a_reader_that_needs_no_other_store_is_a_plain_one(tmp_path: Path) -> None:
    """The archive's own rules ask nobody, so nothing is brought together for them."""
    schedule = schedule_with(CONDITION)
    with readers(stores_in(tmp_path, schedule), schedule) as opened:
        assert type(opened["archive"]) is StoreReader


def test_what_is_brought_together_has_no_name_on_the_disk() -> None:
    """Even when it outgrows memory it is in a file that was unlinked as it was opened: no crash can leave it behind."""
    with scratch() as meeting:
        meeting.exec_driver_sql("CREATE TABLE much (text TEXT)")
        meeting.exec_driver_sql("INSERT INTO much SELECT hex(zeroblob(500000)) FROM (VALUES (1), (2), (3), (4), (5))")
        meeting.exec_driver_sql("INSERT INTO much SELECT text FROM much")
        meeting.exec_driver_sql("INSERT INTO much SELECT text FROM much")
        held = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert any("/etilqs_" in name and name.endswith(" (deleted)") for name in held)


def test_the_statement_says_what_each_store_is_asked(tmp_path: Path) -> None:
    """The SQL of a rule that spans stores: one SELECT for each store, and the one that decides."""
    schedule = schedule_with(CONDITION)
    with readers(stores_in(tmp_path, schedule), schedule) as opened:
        (rule,) = schedule.get("note").rules
        said = opened["casework"].statement(schedule.get("note"), rule, AS_OF)
    assert "-- Asked of casework" in said
    assert "-- Asked of archive: summary" in said
    assert "-- Decided over what was brought together" in said


def test_a_class_of_no_store_and_a_join_by_text_are_told(tmp_path: Path) -> None:
    """Everything that no store can answer is said at once, with what to do."""
    by_text = schedule_with("exists (select 1 from summary where text = note.body)")
    stores = stores_in(tmp_path, by_text)
    held = {alias: store.sources() for alias, store in stores.items()}
    assert {problem.what for problem in unanswerable(held, by_text)} == {
        "a condition on note joins stores by note.body, which is free text",
        "a condition on note joins stores by summary.text, which is free text",
    }
    alone = {"casework": held["casework"]}
    assert [problem.what for problem in unanswerable(alone, by_text)] == [
        "note asks about summary, which no store holds"
    ]


SPANNING = """
schedule: Small
version: 2026-04
zone: Europe/London
classes:
  client:
    means: A head
    open_when: exists (select 1 from visit where case_number = client.case_number and kind = 'open')
    dormant_after: 1 year
    fields: {case_number: "key, subject", seen_on: contact, closed_on: trigger}
    rules:
      - id: file
        applies_to: exists (select 1 from visit where case_number = client.case_number and kind = 'last')
        keep: 7 years after latest visited_on of visit
        then: destroy
        because: [S3 4.4]
    controls:
      - id: unseen
        flag_when: not exists (select 1 from visit where case_number = client.case_number)
        says: nobody has seen this client
        because: [S3 4.4]
    holds:
      - id: disputed
        kind: litigation
        when: (select count(*) from visit where case_number = client.case_number and kind = 'dispute') > 1
        because: [CPR PD 31B]
  visit:
    means: A visit
    part_of: client
    fields: {visit_id: key, case_number: subject, kind: state, visited_on: trigger}
    rules: [{id: visit, keep: with client, then: destroy, because: [S3 4.4]}]
"""
DISPUTE = "exists (select 1 from visit where case_number = client.case_number and kind = 'dispute')"
VISITS = """visit_id,case_number,kind,visited_on
V1,C1,open,2026-01-01
V2,C2,last,2010-01-01
V3,C2,visit,2015-01-01
V4,C3,last,not known
V5,C4,dispute,2026-01-01
V6,C4,dispute,2026-01-02
"""


def test_every_question_of_a_class_may_span_stores(tmp_path: Path) -> None:
    """Clocks, undatable records, open files, controls, automatic holds and silence: each is asked of both stores."""
    (tmp_path / "visits.csv").write_text(VISITS)
    (tmp_path / "casework.db").touch()
    with sqlite3.connect(tmp_path / "casework.db") as casework:
        casework.execute("CREATE TABLE client (case_number TEXT PRIMARY KEY, seen_on TEXT, closed_on TEXT)")
        casework.executemany("INSERT INTO client VALUES (?, '2020-01-01', NULL)", [(f"C{n}",) for n in range(1, 6)])
    casework.close()
    schedule = parse_schedule(SPANNING, "schedule.yaml")
    mapping = """
stores:
  casework: {kind: sql, url: "sqlite:///casework.db", classes: {client: {table: client}}}
  visits: {kind: csv, path: visits.csv, classes: {visit: {}}}
"""
    stores = dict(open_stores(parse_stores(mapping, schedule), schedule, tmp_path, read_settings({})))
    client = schedule.get("client")
    names = {item.name: frozenset(one.name for one in item.fields) for item in schedule.classes}
    disputes, closed = (parse_condition(text, "client", names) for text in (DISPUTE, "closed_on is not null"))
    with readers(stores, schedule) as opened:
        reader = opened["casework"]
        found = {
            "due": list(reader.candidates(client, AS_OF)),
            "undatable": list(reader.undatable(client, AS_OF)),
            "open": list(reader.open_files(client, AS_OF)),
            "unseen": list(reader.flagged(client, client.controls[0], AS_OF)),
            "held": list(reader.matching(client, client.holds[0].when)),
            "disputed": list(reader.not_excluded(client, disputes)),
            "closed": list(reader.not_excluded(client, closed)),
        }
        keys = {name: sorted(record.key for page in pages for record in page) for name, pages in found.items()}
        people = {
            record.key: record.dates["visit.visited_on"] for record in reader.of_subjects(client, ["C2", "C3", "C5"])
        }
        assert reader.unruled(client) == 2
        assert reader.any_not_excluded(client, disputes, ["C1", "C4"])
        assert not reader.any_not_excluded(client, disputes, ["C1", "C2"])
    assert {name: listed for name, listed in keys.items() if name != "due"} == {
        "undatable": [],
        "open": ["C1"],
        "unseen": ["C5"],
        "held": ["C4"],
        "disputed": ["C4"],
        "closed": [],
    }
    assert keys["due"] == ["C2", "C3"]
    assert people == {"C2": "2015-01-01", "C3": "unreadable", "C5": None}


def test_every_question_that_rules_answer_is_asked_of_all_stores() -> None:
    """A reader of one store has no way to a rule's answer that its spanning kind does not go with the other stores."""
    source = inspect.getsource(StoreReader)
    bodies = re.split(r"\n    def ", source)[1:]
    asking = {body.split("(")[0] for body in bodies if re.search(r"self\.(compiler|_pages|_matching|_columns)\b", body)}
    public = {name for name in asking if not name.startswith("_")}
    assert public == {name for name in vars(SpanningReader) if not name.startswith("_")}
