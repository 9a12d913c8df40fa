"""What must hold after every kill, read by raw drivers: nothing of the product is used here but its formats."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from tests.crash.raw import Database

Place = tuple[str, str, str]  # store, table or class, key
TABLES = {
    "clients": "client",
    "sessions": "session",
    "feedback": "feedback",
    "meetings": "meeting",
    "attendances": "attendance",
    "stories": "story",
    "workers": "worker",
}
SHEETS = {"Checks": "check"}
LISTS = {"enquiries": "enquiry", "paper": "paper"}
MANUAL = ("paper",)
OUTCOMES = ("done", "kept", "failed")
CARRIED_OUT = ("destroyed", "blanked", "truncated", "generalised", "redacted", "kept-metadata", "unlinked")
ROWS_GO = ("destroy", "unlink")
NAMES = ("Ann", "Ash", "Di", "Dogwood")


@dataclass(frozen=True)
class World:
    """Where everything is: the project's folder, the database of the casework, the database of the ledger."""

    folder: Path
    casework: Database
    ledger: Database


def contents(world: World) -> dict[Place, tuple[Any, ...]]:
    """Every record of every store with all its values."""
    found: dict[Place, tuple[Any, ...]] = {}
    for table, name in TABLES.items():
        found |= {("casework", name, str(row[0])): row for row in world.casework.rows(f"SELECT * FROM {table}")}
    book = openpyxl.load_workbook(world.folder / "people.xlsx", read_only=True)
    for sheet, name in SHEETS.items():
        lines = [row for row in book[sheet].iter_rows(values_only=True) if row and row[0] is not None]
        found |= {("people", name, str(row[0])): tuple(map(str, row)) for row in lines[1:]}
    book.close()
    for store, name in LISTS.items():
        with open(world.folder / f"{store}.csv", encoding="utf-8-sig", newline="") as file:
            found |= {(store, name, line[0]): tuple(line) for line in list(csv.reader(file))[1:] if line and line[0]}
    documents = world.folder / "documents"
    for path in documents.rglob("*"):
        key = path.relative_to(documents).as_posix()
        if path.is_file() and not key.startswith(".winnow"):
            found["documents", "document", key] = (hashlib.sha256(path.read_bytes()).hexdigest(),)
    return found


@dataclass(frozen=True)
class Before:
    """The world before the run: every record, the plan by ordinal, the keys on hold."""

    records: dict[Place, tuple[Any, ...]]
    planned: dict[int, dict[str, Any]]
    held_cases: frozenset[str]


def before(world: World) -> Before:
    """Read the world before a run."""
    names = ("ordinal", "store", "class_name", "key", "subject", "action", "commitment", "course")
    quoted = ", ".join(f'"{name}"' for name in names)
    plan = world.ledger.rows(f"SELECT {quoted} FROM planned")
    held = world.ledger.rows("SELECT subject FROM hold WHERE released_on IS NULL AND subject IS NOT NULL")
    planned = {int(row[0]): dict(zip(names, row, strict=True)) for row in plan}
    return Before(contents(world), planned, frozenset(str(row[0]) for row in held))


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return hashlib.sha256(b"\0" + data).digest()


def root(hashes: list[bytes]) -> bytes:
    """The root of a tree, as RFC 6962 defines it, by recursion."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:split]) + root(hashes[split:])).digest()


def leaves_of(world: World) -> list[bytes]:
    """The log as it is stored; its indexes have no gap."""
    found = world.ledger.rows("SELECT idx, bytes FROM leaf ORDER BY idx")
    assert [row[0] for row in found] == list(range(len(found))), "the log has a gap"
    return [bytes(row[1]) for row in found]


def notes_of(world: World) -> list[str]:
    """Every checkpoint that was ever signed."""
    return [str(row[0]) for row in world.ledger.rows("SELECT note FROM checkpoint ORDER BY size")]


def check_log(world: World, emitted: list[str]) -> list[dict[str, Any]]:
    """The log extends every checkpoint ever emitted; returns its leaves."""
    data = leaves_of(world)
    hashes = [leaf_hash(leaf) for leaf in data]
    notes = notes_of(world)
    assert set(emitted) <= set(notes), "a checkpoint that was given out is no longer known"
    for note in notes:
        _, size, signed = note.split("\n")[:3]
        assert root(hashes[: int(size)]) == b64decode(signed), f"the checkpoint of {size} is no prefix of the log"
    return [json.loads(leaf) for leaf in data]


def carried_out(leaf: dict[str, Any]) -> bool:
    """Whether an entry says that something was done to a record; a link that went is told as kept, unlinked."""
    return bool(leaf["type"] == "done" or leaf.get("outcome") == "unlinked")


def _check_fields(place: Place, was: tuple[Any, ...], now: tuple[Any, ...] | None, action: str) -> None:
    assert now is not None, f"a {place[1]} of which fields were to change went"
    changed = [(before, after) for before, after in zip(was, now, strict=True) if before != after]
    kind, _, rest = action.partition(" ")
    if kind == "truncate":
        letters = int(rest.split(" ")[-2])
        assert [after for _, after in changed] == [before[:letters] for before, _ in changed], f"{place[1]}: no cut"
        assert len(changed) == 1, f"more of a {place[1]} changed than was to be cut"
        return
    if kind == "generalise":
        assert [after for _, after in changed] == [before[:8] + "01" for before, _ in changed], (
            f"{place[1]}: not coarser"
        )
        return
    if kind == "redact":
        (text,) = [after for _, after in changed]
        assert text.startswith("[redacted] "), f"a {place[1]} was rewritten, not redacted"
        assert not any(name in text for name in NAMES), f"a redacted {place[1]} names somebody"
        return
    assert kind == "keep" or len(changed) <= len(rest.split(",")), (
        f"more of a {place[1]} changed than was to be blanked"
    )
    gone = [after in (None, "", "None") for _, after in changed]
    assert all(gone), f"a {place[1]} was rewritten, not blanked"


def check_under_way(world: World, was: Before, emitted: list[str]) -> None:
    """Gone ⊆ intended, done ⊆ gone, nothing outside the plan touched, nothing on hold gone, one outcome each."""
    leaves = check_log(world, emitted)
    now = contents(world)
    intended: set[str] = set()
    for leaf in leaves:
        if leaf["type"] == "intent":
            intended.add(leaf["commitment"])
        assert leaf["type"] != "done" or leaf["commitment"] in intended, "an outcome stands before its intent"
    settled = Counter(leaf["commitment"] for leaf in leaves if leaf["type"] in OUTCOMES)
    assert all(count == 1 for count in settled.values()), "a record has two outcomes"
    by_place = {(row["store"], row["class_name"], row["key"]): row for row in was.planned.values()}
    for place, values in was.records.items():
        row = by_place.get(place)
        if now.get(place) == values:
            continue
        assert row is not None, f"a {place[1]} outside the plan changed or went"
        assert row["course"] == "destroy", f"a {place[1]} that was to be kept changed or went"
        assert row["commitment"] in intended, f"a {place[1]} changed or went without an intent"
        assert row["subject"] not in was.held_cases, f"a {place[1]} on hold changed or went"
        if row["action"] not in ROWS_GO:
            _check_fields(place, values, now.get(place), row["action"])
    strangers = {place for place in now if place not in was.records}
    assert not strangers, f"records appeared: {sorted({place[:2] for place in strangers})}"
    by_commitment = {row["commitment"]: row for row in was.planned.values()}
    for leaf in leaves:
        if carried_out(leaf):
            row = by_commitment[leaf["commitment"]]
            place = (row["store"], row["class_name"], row["key"])
            if row["store"] not in MANUAL:
                assert now.get(place) != was.records[place], f"a {place[1]} is said to be done and is as it was"
                assert (place in now) == (row["action"] not in ROWS_GO), f"a {place[1]} is said to be done and is there"


def check_closed(world: World, run: str, was: Before, emitted: list[str]) -> None:
    """Everything above, and: one terminal outcome for each, counts of certificate = leaves = what the stores lost."""
    check_under_way(world, was, emitted)
    now = contents(world)
    leaves = [json.loads(leaf) for leaf in leaves_of(world)]
    outcome = {leaf["commitment"]: leaf for leaf in leaves if leaf["type"] in OUTCOMES and leaf["run"] == run}
    assert set(outcome) == {row["commitment"] for row in was.planned.values()}, "a due record has no outcome"
    kept = {int(ordinal): state for ordinal, state in world.ledger.rows("SELECT ordinal, state FROM outcome")}
    done = {row["commitment"] for ordinal, row in was.planned.items() if kept[ordinal] == "done"}
    assert done == {key for key, leaf in outcome.items() if carried_out(leaf)}, "ledger and log differ"
    lost: Counter[str] = Counter()
    for place, values in was.records.items():
        lost[place[0]] += now.get(place) != values
    said = Counter(leaf["store"] for leaf in outcome.values() if carried_out(leaf))
    assert +lost == said, f"the stores lost {dict(+lost)}, the log says {dict(said)}"
    closed = [leaf for leaf in leaves if leaf["type"] == "run-closed" and leaf["run"] == run]
    assert len(closed) == 1, "a run closes once"
    with zipfile.ZipFile(world.folder / "out" / f"evidence-{run}.zip") as bundle:
        certificate = json.loads(bundle.read("certificate.json"))
    counted = Counter[str]()
    for line in certificate["lines"]:
        counted[line["store"]] += line["count"] if line["outcome"] in CARRIED_OUT else 0
    assert +counted == said, "the certificate counts otherwise than the log"
    assert certificate["totals"]["due"] == len(was.planned)
    shown = world.ledger.rows("""SELECT count(*) FROM planned WHERE state = 'done' AND "key" <> commitment""")
    assert shown == [(0,)], "a closed run still names what it destroyed"
    left = [*world.folder.rglob(".winnow-*.tmp"), *world.folder.glob("documents/.winnow-quarantine/*")]
    assert not left, f"left behind: {sorted(file.name for file in left)}"
