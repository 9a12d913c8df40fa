"""Stores of files over hand-made workbooks, exports, registers and folders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from connectors.settings import read_settings
from connectors.stores.base import Batch, PlannedRecord, RecordStore
from connectors.stores.mapping import parse_stores
from connectors.stores.opening import open_stores
from rules.schedule.values import Role, Schedule
from tests.integration.stores.conftest import record_class

SCHEDULE = Schedule(
    "Files",
    "1",
    "Europe/London",
    (
        record_class("volunteer", person_id=Role.KEY, ended_on=Role.TRIGGER, name=Role.NAME),
        record_class("check", check_id=Role.KEY, person_id=Role.SUBJECT, issued=Role.TRIGGER, content=Role.FREE_TEXT),
        record_class("enquiry", enquiry_id=Role.KEY, handled_on=Role.TRIGGER, message=Role.FREE_TEXT),
        record_class(
            "document", path=Role.KEY, case_number=Role.SUBJECT, written_on=Role.CONTACT, content=Role.FREE_TEXT
        ),
        record_class("paper", item_id=Role.KEY, case_number=Role.SUBJECT, box=Role.DETAIL),
    ),
    "digest",
)

YAML = """
stores:
  people: {kind: workbook, path: people.xlsx, dates: ["%d/%m/%Y"], classes: {volunteer: {sheet: Volunteers}, check: {sheet: DBS}}}
  enquiries:
    kind: csv
    path: enquiries.csv
    dates: ["%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"]
    skip_when_first_cell: [Total]
    classes: {enquiry: {}}
  documents: {kind: documents, path: documents, name: "{case_number}_{kind}_{written_on}", classes: {document: {}}}
  paper: {kind: manual, path: paper.csv, classes: {paper: {}}}
"""  # noqa: E501 - one store a line


def store(folder: Path, alias: str) -> RecordStore:
    """The store `alias` of the mapping above, prepared."""
    opened = open_stores(parse_stores(YAML, SCHEDULE), SCHEDULE, folder, read_settings({}))[alias]
    opened.prepare()
    return opened


def read(opened: RecordStore, class_name: str) -> list[tuple[object, ...]]:
    """All the records of a class, columns in the order of the schedule, by key."""
    columns = opened.sources()[class_name].columns
    names = [item.name for item in SCHEDULE.get(class_name).fields]
    with opened.reader() as connection:
        found = connection.execute(select(*[columns[name] for name in names]).order_by(columns[names[0]]))
        return [tuple(row) for row in found]


@dataclass(frozen=True)
class Versions:
    """Versions of the records on a connection, as digests of their columns."""

    opened: RecordStore

    def __call__(self, connection: Connection, class_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        columns = self.opened.sources()[class_name].columns
        key = columns[SCHEDULE.get(class_name).key]
        found = connection.execute(select(key, *columns.values()).where(key.in_(keys))).all()
        return {str(row[0]): hashlib.sha256(repr(tuple(row)).encode()).hexdigest() for row in found}


def batch_of(opened: RecordStore, *records: str, number: int = 1, epoch: int | None = None) -> Batch:
    """A batch of `class key` or `class key: blank field` with the present versions."""
    planned: list[PlannedRecord] = []
    for record in records:
        place, _, action = record.partition(": ")
        class_name, key = place.split(" ", 1)
        with opened.reader() as connection:
            version = Versions(opened)(connection, class_name, [key]).get(key, "none")
        planned.append(PlannedRecord(class_name, key, version, action or "destroy"))
    now = opened.epoch() if epoch is None else epoch
    return Batch("run/1", number, now, tuple(planned), 7, 8, "root", lambda _class, key, text: f"{key}: {len(text)}")


def destroy(opened: RecordStore, batch: Batch) -> list[str]:
    """Destroy a batch; answers `state grade` or `state reason` of each record in order."""
    return [f"{o.state} {o.reason or o.grade}" for o in opened.destroy(batch, Versions(opened))]


def marked(opened: RecordStore, batch: Batch) -> list[str] | None:
    """The watermark of a batch in the same words."""
    found = opened.watermark(batch)
    return None if found is None else [f"{o.state} {o.reason or o.grade}" for o in found]
