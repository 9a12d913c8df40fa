"""Judge approved records again: before the run by the whole schedule, and inside the destroying transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.ledger.runs import PlannedRow
from connectors.stores.asking import needed, open_readers_of
from connectors.stores.base import Recheck, RecordStore
from operations.destroying.context import Carrying
from operations.sifting.alone import alone_findings
from operations.sifting.files import FileSift
from operations.sifting.found import due_finding
from operations.sifting.held import asked_about, queried
from operations.sifting.session import Place, Sifting, SiftInputs, open_sifting
from rules.review.holds import active
from rules.review.values import Finding, Hold, Kind, Record
from rules.review.version import own_part, version_of
from rules.schedule.files import judge_alone
from rules.schedule.judge import State
from rules.schedule.values import RecordClass, Schedule

PAGE = 500


class HoldsMovedError(Exception):
    """A hold was placed or released after the judgement on which a destroying transaction rests."""


def judged_now(
    carrying: Carrying, as_of: date, rows: Sequence[PlannedRow], holds: tuple[Hold, ...]
) -> dict[Place, Finding]:
    """What these records, and the rest of their files, are now: past retention, or held. No longer due: absent.

    The rules are applied as of the proposal's date, the holds as they stand today.
    """
    found: dict[Place, Finding] = {}
    with ExitStack() as stack:
        sifting = _opened(carrying, as_of, holds, stack)
        for rule_class in sorted({carrying.schedule.rule(row.rule).class_name for row in rows}):
            record_class = carrying.schedule.get(rule_class)
            mine = [row for row in rows if carrying.schedule.rule(row.rule).class_name == rule_class]
            for page in _pages(mine):
                findings = (
                    _alone(sifting, record_class, page) if record_class.part_of else _files(sifting, record_class, page)
                )
                found.update({(item.store, item.class_name, item.key): item for item in findings})
    return found


def _pages(rows: Sequence[PlannedRow]) -> Iterator[list[PlannedRow]]:
    """Cut records into pages, all of one subject together: a file is judged whole, and so only once."""
    files: dict[str | None, list[PlannedRow]] = {}
    for row in rows:
        files.setdefault(row.subject, []).append(row)
    alone = files.pop(None, [])
    page: list[PlannedRow] = []
    for file in files.values():
        page += file
        if len(page) >= PAGE:
            yield page
            page = []
    for start in range(0, len(alone), PAGE):
        yield alone[start : start + PAGE]
    if page:
        yield page


def remaining_now(
    carrying: Carrying, as_of: date, rows: Sequence[PlannedRow], holds: tuple[Hold, ...]
) -> dict[Place, Finding]:
    """What is left of these records, whatever the rules would say: past retention, or held. Gone: absent.

    A hold over the head's class or person holds what is left of its file, though the head itself has gone.
    """
    found: dict[Place, Finding] = {}
    schedule = carrying.schedule
    with ExitStack() as stack:
        sifting = _opened(carrying, as_of, holds, stack)
        for class_name in sorted({row.class_name for row in rows}):
            for reader in sifting.of_class(class_name):
                mine = {row.key: row for row in rows if (row.class_name, row.store) == (class_name, reader.alias)}
                for record in reader.by_keys(schedule.get(class_name), list(mine)):
                    row = mine[record.key]
                    rule = schedule.rule(row.rule)
                    head = Record("", rule.class_name, row.subject or "", row.subject, {}, {})
                    kinds = sifting.holds.over(head)
                    found[record.place] = due_finding(sifting, record, rule, row.due_on, (), {}, kinds, row.action)
    return found


def _opened(carrying: Carrying, as_of: date, holds: tuple[Hold, ...], stack: ExitStack) -> Sifting:
    standing = tuple(replace(hold, released_on=None) for hold in active(holds, carrying.today))
    return open_sifting(SiftInputs(carrying.schedule, carrying.stores, as_of, standing, scan_text=False), stack)


def _files(sifting: Sifting, head_class: RecordClass, rows: Sequence[PlannedRow]) -> list[Finding]:
    subjects = sorted({row.subject for row in rows if row.subject is not None})
    keys = sorted({row.key for row in rows if row.subject is None})
    found: list[Finding] = []
    for reader in sifting.of_class(head_class.name):
        heads = [*reader.of_subjects(head_class, subjects), *reader.by_keys(head_class, keys)]
        found += FileSift(sifting, head_class).judge_page(heads)
    return [item for item in found if item.kind in (Kind.PAST_RETENTION, Kind.HELD)]


def _alone(sifting: Sifting, record_class: RecordClass, rows: Sequence[PlannedRow]) -> list[Finding]:
    found: list[Finding] = []
    for reader in sifting.of_class(record_class.name):
        keys = [row.key for row in rows if row.store == reader.alias]
        records = list(reader.by_keys(record_class, keys))
        judged = [(record, judge_alone(sifting.bench, record_class, record)) for record in records]
        due = [pair for pair in judged if pair[1].state is State.DUE]
        found += alone_findings(sifting, record_class, due)
    return found


def versions_in(
    store: RecordStore,
    stores: Mapping[str, RecordStore],
    schedule: Schedule,
    first: Callable[[], None] | None = None,
    settled: Mapping[tuple[str, str], str] | None = None,
    holds: Sequence[Hold] = (),
) -> Recheck:
    """The re-check that a store calls inside its transaction: the present versions of these records.

    `first` is called each time before; what it raises stops the transaction. Where a rule asks other stores they are
    asked anew, by the reading credential, and what they say is part of the version. `settled` are the versions by class
    and key of records about which they are no longer asked: such a record is as it was approved if its own row is.
    A record for which the condition of one of the `holds` has become true raises HoldsMovedError: it is judged anew.
    """
    queries = [hold for hold in holds if hold.condition]
    zone = ZoneInfo(schedule.zone)
    also = asked_about(schedule, queries)
    asked = {name: needed(stores, name, schedule, also) - {store.alias} for name in store.sources()}

    def recheck(connection: Connection, class_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        if first is not None:
            first()
        with ExitStack() as stack:
            involved = {alias: stores[alias] for alias in sorted(asked[class_name])} | {store.alias: store}
            readers = open_readers_of(involved, schedule, zone, stack, {store.alias: connection}, also)
            if any(queried(readers[store.alias], schedule, hold, class_name, keys) for hold in queries):
                raise HoldsMovedError
            found = readers[store.alias].by_keys(schedule.get(class_name), keys)
            versions = {record.key: version_of(record) for record in found}
        return {key: _as_settled(version, (settled or {}).get((class_name, key))) for key, version in versions.items()}

    return recheck


def _as_settled(version: str, approved: str | None) -> str:
    """The approved version where only other stores' answers differ from it, else the present one."""
    return approved if approved is not None and own_part(approved) == own_part(version) else version
