"""A large casework store of three tables, invented, one row in ten due: the ground for measuring a sift at scale."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger.base import open_ledger
from connectors.settings import read_settings
from operations.project import Project, open_project
from tests.acceptance.charity import AS_OF, CLOCK

SCHEDULE = """\
schedule: Large service
version: 2026-01
zone: Europe/London
classes:
  client:
    means: The head of a file
    open_when: status = 'open'
    dormant_after: 3 years
    fields: {case_number: "key, subject", status: state, closed_on: trigger, last_contact_on: contact}
    rules:
      - {id: file, keep: "6 years after latest of (closed_on, last contact)", applies_to: "status = 'closed'",
         then: destroy, because: [test]}
  session:
    means: A session
    part_of: client
    fields: {session_id: key, case_number: subject, ended_at: contact, minutes: purpose}
  note:
    means: A note with a clock of its own
    part_of: client
    fields: {note_id: key, case_number: subject, session_ended: trigger, disposition: state}
    rules:
      - {id: note, keep: 30 days after session_ended, applies_to: "disposition = 'not_required'", then: destroy,
         because: [test]}
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: {url}
    classes:
      client: {{table: clients}}
      session: {{table: sessions}}
      note: {{table: notes}}
"""
TABLES = {
    "clients": "case_number VARCHAR(12) PRIMARY KEY NOT NULL, status VARCHAR(10), closed_on VARCHAR(10), "
    "last_contact_on VARCHAR(10)",
    "sessions": "session_id INTEGER PRIMARY KEY NOT NULL, case_number VARCHAR(12), ended_at VARCHAR(19), "
    "minutes INTEGER",
    "notes": "note_id INTEGER PRIMARY KEY NOT NULL, case_number VARCHAR(12), session_ended VARCHAR(10), "
    "disposition VARCHAR(20)",
}
INDEXES = (
    "CREATE INDEX session_case ON sessions (case_number)",
    "CREATE INDEX note_case ON notes (case_number)",
    "CREATE INDEX note_ended ON notes (session_ended)",
    "CREATE INDEX client_closed ON clients (closed_on)",
)
PER_CLIENT = 10  # rows: the head, five sessions, four notes
SESSIONS, NOTES = 5, 4


def big_project(folder: Path, rows: int, url: str = "") -> Project:
    """A project over a casework store of about `rows` rows, in SQLite or in the empty database at `url`."""
    folder.mkdir(parents=True)
    where = url or f"sqlite:///{folder / 'casework.db'}"
    _fill(where, rows // PER_CLIENT)
    (folder / "winnow.yaml").write_text("organisation: Large service\nledger: sqlite:///ledger.db\n")
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES.format(url=where))
    open_ledger("sqlite:///ledger.db", folder=folder)
    return open_project(folder, CLOCK, read_settings())


def _fill(url: str, clients: int) -> None:
    made = engine(url, create=url.startswith("sqlite"))
    with made.begin() as connection:
        for name, columns in TABLES.items():
            connection.execute(text(f"CREATE TABLE {name} ({columns})"))
        chosen = random.Random(7)
        for start in range(0, clients, 5_000):
            people = [_person(number, chosen) for number in range(start, min(start + 5_000, clients))]
            for name in TABLES:
                _write(connection, name, [row for person in people for row in person[name]])
        for index in INDEXES:
            connection.execute(text(index))
    with made.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))


def _write(connection: Any, name: str, rows: list[tuple[Any, ...]]) -> None:
    raw = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with raw.cursor().copy(f"COPY {name} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        raw.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _person(number: int, chosen: random.Random) -> dict[str, list[tuple[Any, ...]]]:
    """One file: a twentieth is past six years, one in five hundred of these has an unreadable date."""
    case = f"C{number:09}"
    state = chosen.random()
    if state < 0.05:
        last = AS_OF - timedelta(days=chosen.randint(6 * 366 + 10, 15 * 365))
    elif state < 0.6:
        last = AS_OF - timedelta(days=chosen.randint(400, 6 * 365 - 10))
    else:
        last = AS_OF - timedelta(days=chosen.randint(0, 700))
    closed = state < 0.6
    closed_on = last.isoformat() if chosen.random() < 0.998 else last.strftime("%d/%m/%Y")
    days = [last - timedelta(days=7 * place) for place in range(SESSIONS)]
    first = number * SESSIONS
    return {
        "clients": [(case, "closed" if closed else "open", closed_on if closed else None, last.isoformat())],
        "sessions": [(first + place, case, f"{day.isoformat()} 16:50:00", 50) for place, day in enumerate(days)],
        "notes": [_note(number * NOTES + place, case, days[place], chosen, closed) for place in range(NOTES)],
    }


def _note(key: int, case: str, day: date, chosen: random.Random, closed: bool) -> tuple[Any, ...]:
    due = chosen.random() < 0.125
    return (key, case, day.isoformat(), "not_required" if due else "summarised" if closed else "to_summarise")
