"""A very small service: clients, their sessions, notes and complaints, in any SQL engine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from connectors.engines import engine
from connectors.settings import read_settings
from connectors.stores.base import Batch, PlannedRecord, RecordStore
from connectors.stores.specs import ClassMap, StoreSpec
from connectors.stores.sql import SqlStore
from rules.schedule.values import (
    Field,
    RecordClass,
    Role,
    Schedule,
)

TABLES = """
CREATE TABLE clients (case_number VARCHAR(20) PRIMARY KEY, closed_on TEXT, religion TEXT,
    linked_case VARCHAR(20) REFERENCES clients (case_number));
CREATE TABLE sessions (session_id INTEGER PRIMARY KEY, case_number VARCHAR(20) NOT NULL REFERENCES clients);
CREATE TABLE notes (note_id INTEGER PRIMARY KEY,
    session_id INTEGER REFERENCES sessions (session_id) ON DELETE CASCADE, body TEXT, ended TEXT NOT NULL);
CREATE TABLE feedback (feedback_id VARCHAR(9) PRIMARY KEY, case_number VARCHAR(20) REFERENCES clients, comment TEXT);
CREATE TABLE letters (letter_id INTEGER PRIMARY KEY, case_number VARCHAR(20) REFERENCES clients ON DELETE CASCADE);
INSERT INTO clients VALUES ('C1', '2010-01-31', 'x', NULL), ('C2', '0000-00-00', NULL, NULL),
    ('C3', '31/02/2020', NULL, 'C2'), ('C4', '', NULL, NULL);
INSERT INTO sessions VALUES (1, 'C1'), (2, 'C1'), (3, 'C2');
INSERT INTO notes VALUES (10, 1, 'a note of a secret', '2010-01-31'), (11, 3, 'another', '2010-01-31');
INSERT INTO feedback VALUES ('F1', 'C4', 'kind words'), ('F2', NULL, NULL);
"""


def record_class(name: str, /, **fields: Role) -> RecordClass:
    """A class with one role for each field."""
    return RecordClass(name, name, tuple(Field(field, frozenset({role})) for field, role in fields.items()))


SCHEDULE = Schedule(
    "Small",
    "1",
    "Europe/London",
    (
        record_class("client", case_number=Role.KEY, closed_on=Role.TRIGGER, linked_case=Role.LINKED),
        record_class("session", session_id=Role.KEY, case_number=Role.SUBJECT),
        record_class("note", note_id=Role.KEY, session_id=Role.EVIDENCE, text=Role.FREE_TEXT, ended=Role.TRIGGER),
        record_class("feedback", feedback_id=Role.KEY, case_number=Role.SUBJECT, comment=Role.FREE_TEXT),
    ),
    "digest",
)


def class_map(name: str, table: str, absent: Sequence[str] = (), **renamed: str) -> ClassMap:
    """Map a class of the small schedule to a table; fields keep their names unless renamed."""
    fields = {item.name: renamed.get(item.name, item.name) for item in SCHEDULE.get(name).fields}
    return ClassMap(name, table, {k: v for k, v in fields.items() if k not in absent}, frozenset(absent), line=7)


MAPS = (
    class_map("client", "clients"),
    class_map("session", "sessions"),
    class_map("note", "notes", text="body"),
    class_map("feedback", "feedback"),
)


def sql_store(url: str, maps: Sequence[ClassMap] = MAPS, **more: object) -> SqlStore:
    """A store over `url`."""
    spec = StoreSpec("casework", "sql", tuple(maps), url=url, **more)  # type: ignore[arg-type]
    return SqlStore(spec, SCHEDULE, Path("/"), read_settings({}))


def run_script(url: str, script: str) -> None:
    """Run statements separated by `;` and a line end."""
    with engine(url).begin() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """The rows of a query, as tuples."""
    with engine(url, read_only=True).connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@dataclass(frozen=True)
class Rechecker:
    """Versions as digests of all the mapped columns, as the sift makes them of those its rule read."""

    store: RecordStore

    def __call__(self, connection: Connection, class_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        source = self.store.sources()[class_name]
        key_name = SCHEDULE.get(class_name).key
        found: dict[str, str] = {}
        for row in connection.execute(select(*[c.label(name) for name, c in source.columns.items()])).mappings():
            if str(row[key_name]) in keys:
                found[str(row[key_name])] = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
        return found


def batch_of(store: RecordStore, *records: str, epoch: int = 1, number: int = 1) -> Batch:
    """A batch of `class key` or `class key: blank field`, with the present versions."""
    planned: list[PlannedRecord] = []
    for record in records:
        place, _, action = record.partition(": ")
        class_name, key = place.split(" ", 1)
        with store.reader() as connection:
            version = Rechecker(store)(connection, class_name, [key]).get(key, "none")
        planned.append(PlannedRecord(class_name, key, version, action or "destroy"))
    return Batch("run-1", number, epoch, tuple(planned), 7, 8, "root")


Said = Callable[[RecordStore, Batch], dict[str, str]]


@pytest.fixture
def carry_out() -> Said:
    """Destroy a batch; answers `class key` → `done grade`, or the state and reason."""

    def act(store: RecordStore, batch: Batch) -> dict[str, str]:
        outcomes = store.destroy(batch, Rechecker(store))
        assert [(item.class_name, item.key) for item in outcomes] == [(r.class_name, r.key) for r in batch.records]
        return {f"{o.class_name} {o.key}": f"{o.state} {o.reason or o.grade}" for o in outcomes}

    return act


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "mariadb"])
def any_engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once in each engine that stores may be in."""
    if request.param != "sqlite":
        return str(request.getfixturevalue({"postgresql": "fresh_postgres", "mariadb": "fresh_mariadb"}[request.param]))
    file = tmp_path / "any.db"
    file.touch()
    return f"sqlite:///{file}"


@pytest.fixture
def small_url(any_engine_url: str) -> str:
    """The small service in a fresh database of each engine, unprepared."""
    run_script(any_engine_url, TABLES)
    return any_engine_url


@pytest.fixture
def prepared(small_url: str) -> SqlStore:
    """The small service, prepared for destroying."""
    store = sql_store(small_url)
    store.prepare()
    return store
