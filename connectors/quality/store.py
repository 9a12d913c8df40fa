"""Check a record class where it lies: one SELECT of flags, which Great Expectations counts inside the database.

A flag is 1 in an offending row, so no value of the record reaches Great Expectations, in memory or in a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, case, func, not_, or_, select

from connectors.quality import engine
from connectors.quality.result import QualityResult
from rules.review.values import Finding, Kind
from rules.schedule.compile import Expression, Source, as_text
from rules.schedule.values import Expectation, RecordClass

EARLIEST_BIRTH = date(1900, 1, 1)


def run_suite(connection: Connection, source: Source, record_class: RecordClass, as_of: date) -> list[QualityResult]:
    """Check the class's expectations and the built-in ones on `connection`; one result for each, in order.

    A check that the database cannot carry out is an `exception` and leaves the others alone.
    """
    checks = [*_declared(source, record_class, as_of), *_built_in(source, record_class)]
    found = _run(connection, source, checks)
    if len(checks) > 1 and any(item.exception for item in found):
        # All flags travel in one SELECT, which one impossible check spoils for the rest.
        found = [item for check in checks for item in _run(connection, source, [check])]
    return found


def findings_of(alias: str, record_class: RecordClass, results: Iterable[QualityResult]) -> Iterator[Finding]:
    """Yield a finding for each expectation of the schedule that some rows fail, or that could not be checked."""
    for item in results:
        name = item.expectation
        if item.declared and (item.unexpected or item.exception):
            reason = "the check could not be carried out" if item.exception else f"{item.evaluated} looked at"
            count = None if item.exception else item.unexpected
            yield Finding(Kind.QUALITY, alias, record_class.name, name, name, count=count, reason=reason)


_Check = tuple[str, ColumnElement[bool], bool]


def _declared(source: Source, record_class: RecordClass, as_of: date) -> Iterator[_Check]:
    for expectation in record_class.expectations:
        yield expectation.id, offending(source, expectation, as_of), True


def _built_in(source: Source, record_class: RecordClass) -> Iterator[_Check]:
    key, subject = record_class.key, record_class.subject
    yield "key present", source.text(key).is_(None), False
    yield "one record per key", _shared(source, (key,), folded=False), False
    if record_class.part_of and subject is not None:
        yield "subject present", source.text(subject).is_(None), False


def _run(connection: Connection, source: Source, checks: Iterable[_Check]) -> list[QualityResult]:
    checks = list(checks)
    flags = [case((offends, 1), else_=0).label(f"check_{number}") for number, (_, offends, _) in enumerate(checks, 1)]
    savepoint = connection.begin_nested()  # a failing SELECT would spoil the whole transaction on PostgreSQL
    try:
        found = engine.on_connection(connection, select(*flags).select_from(source.table))
    finally:
        savepoint.rollback()
    return [engine.result(name, raw, declared=declared) for (name, _, declared), raw in zip(checks, found, strict=True)]


def offending(source: Source, expectation: Expectation, as_of: date) -> ColumnElement[bool]:
    """The condition under which a row offends against an expectation; never NULL.

    Blank is missing. A date counts as implausible only where it is readable: what is unreadable is another
    check's business. A time of day and its offset are left out of account.
    """
    fields = expectation.fields
    match expectation.kind:
        case "not empty":
            return or_(*(source.text(name).is_(None) for name in fields))
        case "readable date":
            return or_(*(not_(source.readable(name)) for name in fields))
        case "not in the future":
            return or_(
                *(_readable_and(source, name, _day(source, name) > _as_day(source, name, as_of)) for name in fields)
            )
        case "plausible birthday":
            return or_(*(_readable_and(source, name, _implausible(source, name, as_of)) for name in fields))
        case "unique together":
            return _shared(source, fields, folded=True)


def _day(source: Source, name: str) -> Expression:
    column = source.columns[name]
    return func.date(column) if name in source.native_dates else func.substr(as_text(column), 1, 10)


def _as_day(source: Source, name: str, day: date) -> date | str:
    return day if name in source.native_dates else day.isoformat()


def _implausible(source: Source, name: str, as_of: date) -> ColumnElement[bool]:
    day = _day(source, name)
    return or_(day < _as_day(source, name, EARLIEST_BIRTH), day > _as_day(source, name, as_of))


def _readable_and(source: Source, name: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(source.readable(name), condition)


def _shared(source: Source, fields: tuple[str, ...], *, folded: bool) -> ColumnElement[bool]:
    """Whether another row has the same filled values; `folded`: letter case and outer spaces do not count."""
    texts = [source.text(name) for name in fields]
    parts = [func.lower(text) for text in texts] if folded else texts
    several = func.count().over(partition_by=parts) > 1
    return and_(*(text.is_not(None) for text in texts), several)
