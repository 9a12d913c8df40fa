"""Once a run is closed: nothing in the review tables says any more what was destroyed (invariant 5).

Keys, case numbers, dates and notes go; commitments, rules, reasons as codes, months and counts remain. That holds
for older reviews and older runs too: what one run kept, a later one may destroy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    bindparam,
    case,
    cast,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import OperationalError

from connectors.ledger.base import Ledger, Source, chunks, reading, to_json, translated, writing
from connectors.ledger.proposals import line_tag
from connectors.ledger.runs import CLOSED, get_run
from connectors.ledger.sifts import SETTLING, from_row
from connectors.ledger.tables import decision, finding, hold, hold_reason, outcome, person, planned, proposal, run
from connectors.ledger.tables import sift as sift_table
from rules.errors import Refused
from rules.review.values import Kind

_PAGE = 2_000
_FORGETTING = "finding, planned, decision, hold, hold_reason, person, proposal, run, census"
_PATIENCE = 5  # seconds, for whoever reads a table of the ledger
_DONE = "done"
_GONE_BEFORE = "already-gone"
_BETWEEN_WORDS = re.compile(r"[\s/_.]+")


def destroyed_subjects(source: Source, run_id: str) -> dict[str, set[str]]:
    """Return, by class, the case numbers of the records that a run destroyed; none once the run is purged."""
    done = select(planned.c.class_name, planned.c.subject).where(
        planned.c.run == run_id, planned.c.state == _DONE, planned.c.action == "destroy", planned.c.subject.is_not(None)
    )
    found: dict[str, set[str]] = {}
    with reading(source) as connection:
        for class_name, subject in connection.execute(done.distinct()):
            found.setdefault(class_name, set()).add(subject)
    return found


def purge_closed(source: Source, run_id: str, people: Collection[str]) -> int:
    """Forget what the closed run destroyed; return how many records that were. Doing it twice changes nothing.

    `people` are the case numbers of whom no record is left. Raises Refused for a run that is not closed.
    """
    with writing(source) as connection:
        closing = get_run(connection, run_id)
        if closing is None or closing.state != CLOSED:
            raise Refused(f"run {run_id} is not closed")
        gone = frozenset(people)
        _forget_salts(connection, closing.proposal)
        salts = _living_salts(connection)
        _forget_places(connection, run_id, salts)
        if gone:
            _forget_people(connection, gone, salts)
        _forget_holds(connection, run_id, gone)
        _forget_in_older_runs(connection, run_id, gone)
        return _forget_rows(connection, _forgotten(run_id))


def compact(ledger: Ledger) -> None:
    """Overwrite what the database file still holds of deleted rows, as far as its engine can be told to.

    SQLite overwrites as it deletes, and its write-ahead log is emptied here. PostgreSQL and MariaDB rebuild the tables,
    unless somebody reads them; what their own logs hold stays until they write there again. Raises StoreUnavailable.
    """
    if ledger.engine.dialect.name == "postgresql":
        with translated(), ledger.engine.connect() as connection:
            free = connection.execution_options(isolation_level="AUTOCOMMIT")
            free.exec_driver_sql(f"SET lock_timeout = '{_PATIENCE}s'")
            for name in _FORGETTING.split(", "):
                try:
                    free.exec_driver_sql(f"VACUUM FULL {name}")
                except OperationalError:  # somebody reads it, or the disk is full: the next run rebuilds it
                    free.exec_driver_sql(f"VACUUM {name}")
    elif ledger.engine.dialect.name == "mariadb":
        with writing(ledger) as connection:
            # What it can't do it says in its answer, and does the next time.
            connection.exec_driver_sql(
                f"SET STATEMENT lock_wait_timeout = {_PATIENCE} FOR OPTIMIZE TABLE {_FORGETTING}"
            ).all()
    elif ledger.engine.dialect.name == "sqlite":
        # A raw connection, because a checkpoint of the write-ahead log can't run inside a transaction.
        with translated(), closing(ledger.engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _forgotten(run_id: str) -> ColumnElement[bool]:
    """The records of a run that are no more: those it destroyed, and those it found gone already."""
    before = select(outcome.c.ordinal).where(outcome.c.run == run_id, outcome.c.reason == _GONE_BEFORE)
    return (planned.c.run == run_id) & or_(planned.c.state == _DONE, planned.c.ordinal.in_(before))


def _living_salts(connection: Connection) -> dict[int, bytes]:
    rows = connection.execute(select(proposal.c.sift, proposal.c.salt).where(proposal.c.salt.is_not(None)))
    return {int(row.sift): bytes.fromhex(row.salt) for row in rows}


def _pages(connection: Connection, query: Select[Any]) -> Iterator[list[Row[Any]]]:
    after = (0, 0)
    place = (finding.c.sift, finding.c.ordinal)
    while True:
        beyond = query.where(tuple_(*place) > tuple_(*after)).order_by(*place).limit(_PAGE)
        rows = list(connection.execute(beyond))
        if not rows:
            return
        yield rows
        after = (rows[-1].sift, rows[-1].ordinal)


def _forget_places(connection: Connection, run_id: str, salts: dict[int, bytes]) -> None:
    same = (
        (planned.c.store == finding.c.store)
        & (planned.c.class_name == finding.c.class_name)
        & (planned.c.key == finding.c.key)
    )
    # Each row of the finding or decision looks for its own planned record: every engine has an index for that.
    mine = select(func.min(planned.c.commitment)).where(same, _forgotten(run_id)).correlate(finding)
    noted = select(finding.c.ordinal).join(proposal, proposal.c.sift == finding.c.sift).join(planned, same)
    about = noted.where(proposal.c.id == decision.c.proposal, finding.c.ordinal == decision.c.ordinal)
    about = about.where(_forgotten(run_id)).correlate(decision)
    connection.execute(update(decision).where(decision.c.note != "", about.exists()).values(note=""))
    query = select(finding, planned.c.commitment).join(planned, same).where(finding.c.sift.in_(list(salts)))
    for rows in _pages(connection, query.where(_forgotten(run_id))) if salts else ():
        _rewrite(connection, rows, salts, _without_record)
    # Where no proposal is under review any more there is no hash to be kept, and nothing to be computed row by row.
    due_on = case((finding.c.kind.in_(SETTLING), _first_of_month(connection, finding.c.due_on)), else_=None)
    forgotten = {"subject": None, "version": "", "reason": "", "facts": "{}", "due_on": due_on}
    found = select(planned.c.ordinal).where(same, _forgotten(run_id)).correlate(finding).exists()
    others = update(finding).where(found, finding.c.sift.not_in(list(salts)))
    connection.execute(others.values({"key": mine.scalar_subquery(), **forgotten}))


def _first_of_month(connection: Connection, day: ColumnElement[Any]) -> ColumnElement[Any]:
    if connection.dialect.name == "sqlite":
        return func.date(day, "start of month")
    if connection.dialect.name == "postgresql":
        return cast(func.date_trunc("month", day), Date)
    return cast(func.date_format(day, "%Y-%m-01"), Date)


def _without_record(row: Row[Any]) -> dict[str, object]:
    return {
        "key": row.commitment,
        "subject": None,
        "version": "",
        "reason": "",
        "facts": "{}",
        "due_on": _month(row.due_on) if row.kind in SETTLING else None,
    }


def _forget_people(connection: Connection, gone: frozenset[str], salts: dict[int, bytes]) -> None:
    unclaimed = finding.c.kind == Kind.UNCLAIMED.value
    mentions = select(finding).where((finding.c.facts != "{}") | finding.c.subject.is_not(None) | unclaimed)
    for rows in _pages(connection, mentions):
        named = [row for row in rows if row.subject in gone or gone & set(json.loads(row.facts).values())]
        _rewrite(connection, named, salts, lambda row: _without_people(row, gone))
        # The name of a file that no class claims stays readable while somebody reviews it.
        closed = [row for row in rows if row.kind == Kind.UNCLAIMED.value and row.sift not in salts]
        bearing = [row for row in closed if gone & set(_BETWEEN_WORDS.split(row.key))]
        _rewrite(connection, bearing, salts, lambda row: {**_without_people(row, gone), "key": "", "reason": ""})
    for officer in connection.execute(select(person.c.slug, person.c.case_numbers)).all():
        kept = [number for number in json.loads(officer.case_numbers) if number not in gone]
        own = update(person).where(person.c.slug == officer.slug)
        connection.execute(own.values(case_numbers=to_json(kept)))


def _forget_holds(connection: Connection, run_id: str, gone: frozenset[str]) -> None:
    """Of released holds, forget why they stood and on whom or which destroyed record; a name serves nobody any more."""
    released = hold.c.released_on.is_not(None)
    same = (
        (planned.c.store == hold.c.store) & (planned.c.class_name == hold.c.class_name) & (planned.c.key == hold.c.key)
    )
    records = connection.execute(
        select(hold.c.id, planned.c.commitment).join(planned, same).where(released, _forgotten(run_id))
    ).all()
    people = connection.execute(select(hold.c.id, hold.c.subject, hold.c.name).where(released)).all()
    unnamed = [row.id for row in people if row.name is not None or row.subject in gone]
    asked = connection.execute(select(hold.c.id, hold.c.condition).where(released, hold.c.condition.is_not(None))).all()
    naming = [row.id for row in asked if any(one in row.condition for one in gone)]
    for chunk in chunks(naming):
        connection.execute(update(hold).where(hold.c.id.in_(chunk)).values(condition="", salt=None))
    for chunk in chunks(unnamed):
        connection.execute(update(hold).where(hold.c.id.in_(chunk)).values(subject=None, name=None, salt=None))
    for row in records:
        connection.execute(update(hold).where(hold.c.id == row.id).values(key=row.commitment, salt=None))
    for chunk in chunks([*unnamed, *naming, *(row.id for row in records)]):
        connection.execute(delete(hold_reason).where(hold_reason.c.hold.in_(chunk)))


def _without_people(row: Row[Any], gone: frozenset[str]) -> dict[str, object]:
    kept = {name: value for name, value in json.loads(row.facts).items() if value not in gone}
    return {
        "key": row.key,
        "subject": None if row.subject in gone else row.subject,
        "version": row.version,
        "reason": row.reason,
        "facts": to_json(kept),
        "due_on": row.due_on,
    }


def _rewrite(
    connection: Connection,
    rows: list[Row[Any]],
    salts: dict[int, bytes],
    forget: Callable[[Row[Any]], dict[str, object]],
) -> None:
    if not rows:
        return
    own = (finding.c.sift == bindparam("own_sift")) & (finding.c.ordinal == bindparam("own_ordinal"))
    values = []
    for row in rows:
        # A proposal still under review keeps its hash: a blinded tag takes the place of the forgotten line.
        salt = salts.get(row.sift)
        tag = line_tag(salt, from_row(row)) if salt else row.line_tag
        values.append({**forget(row), "line_tag": tag, "own_sift": row.sift, "own_ordinal": row.ordinal})
    changed = ("key", "subject", "version", "reason", "facts", "due_on", "line_tag")
    connection.execute(update(finding).where(own).values({name: bindparam(name) for name in changed}), values)


def _forget_in_older_runs(connection: Connection, run_id: str, gone: frozenset[str]) -> None:
    """Forget in closed runs what they kept and this one destroyed, and whose it was."""
    other = planned.alias()
    same = (
        (planned.c.store == other.c.store)
        & (planned.c.class_name == other.c.class_name)
        & (planned.c.key == other.c.key)
    )
    closed = select(run.c.id).where(run.c.state == CLOSED, run.c.id != run_id)
    named = select(other.c.run, other.c.ordinal).join(planned, same)
    named = named.where(_forgotten(run_id), other.c.run.in_(closed))
    _forget_rows(connection, tuple_(planned.c.run, planned.c.ordinal).in_(named))
    for chunk in chunks(sorted(gone)):
        theirs = update(planned).where(planned.c.run.in_([*connection.scalars(closed), run_id]))
        connection.execute(theirs.where(planned.c.subject.in_(chunk)).values(subject=None))


def _forget_rows(connection: Connection, these: ColumnElement[bool]) -> int:
    month = _first_of_month(connection, planned.c.due_on)
    forget = {"key": planned.c.commitment, "subject": None, "version": "", "due_on": month}
    return connection.execute(update(planned).where(these).values(forget)).rowcount


def _forget_salts(connection: Connection, proposal_id: str) -> None:
    """Forget the salt of this proposal unless a run of it is open, and those of older proposals of its scope."""
    open_runs = select(run.c.id).where(run.c.proposal == proposal_id, run.c.state != CLOSED)
    if connection.execute(open_runs.limit(1)).first() is None:
        connection.execute(update(proposal).where(proposal.c.id == proposal_id).values(salt=None))
    mine = connection.execute(
        select(sift_table.c.id, sift_table.c.scope).where(
            sift_table.c.id == select(proposal.c.sift).where(proposal.c.id == proposal_id).scalar_subquery()
        )
    ).one()
    older = select(sift_table.c.id).where(sift_table.c.scope == mine.scope, sift_table.c.id < mine.id)
    busy = select(run.c.proposal).where(run.c.state != CLOSED)
    idle = update(proposal).where(proposal.c.sift.in_(older), proposal.c.id.not_in(busy))
    connection.execute(idle.values(salt=None))


def still_named(source: Source, run_id: str) -> int:
    """Return how many records of the run still show their key: zero after `purge_closed`, but for what was kept."""
    shown = select(planned.c.ordinal).where(_forgotten(run_id), planned.c.key != planned.c.commitment)
    with reading(source) as connection:
        return len(connection.execute(shown).all())


def _month(day: date | None) -> date | None:
    return day.replace(day=1) if day else None
