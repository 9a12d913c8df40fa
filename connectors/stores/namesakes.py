"""People who are perhaps entered twice: one name and one date of birth under two case numbers, over all stores.

Names and dates of birth are read where they lie and kept nowhere. What meets in a private database are digests of the
two, made with a key that lives as long as the look, with the case numbers beside them; memory does not grow with the
stores. What comes out are case numbers and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from connectors.engines import scratch, unavailable
from connectors.stores.reading import PAGE, StoreReader
from rules.review.spelling import name_forms, same_case
from rules.schedule.calendar import parse_date
from rules.schedule.compile import as_text
from rules.schedule.values import RecordClass, Role

_SEEN = "CREATE TABLE seen (person BLOB, number TEXT, written TEXT, place INTEGER, record INTEGER)"
_KEEP = "INSERT INTO seen VALUES (?, ?, ?, ?, ?)"
# Sorted outside memory; what bears one number however often is no double.
_TWICE = (
    "CREATE TABLE twice AS SELECT seen.* FROM seen WHERE person IN "
    "(SELECT person FROM seen GROUP BY person HAVING min(number) <> max(number))"
)
_COUNTS = "SELECT place, count(DISTINCT record) FROM twice GROUP BY place ORDER BY place"
_PAIRS = "SELECT person, number, min(written) FROM twice GROUP BY person, number ORDER BY person, number"
_DIGEST_SIZE = 16


@dataclass(frozen=True)
class Namesakes:
    """The case numbers (as `same_case` has them) of people perhaps entered twice, each with another of theirs.

    The other is in its own store's spelling. `counts` has the records of each store and class that bear such a number
    with that name.
    """

    others: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[tuple[str, str, int], ...] = ()


def can_tell(record_class: RecordClass) -> bool:
    """Whether records of the class say who a person is: a name, a date of birth and a case number."""
    named = record_class.with_role(Role.NAME) and record_class.with_role(Role.BIRTHDAY)
    return bool(named) and record_class.subject is not None


def perhaps_twice(places: Sequence[tuple[StoreReader, RecordClass]], secret: bytes) -> Namesakes:
    """Look through classes that `can_tell`, each once, for people under two case numbers.

    `secret` is the key of the digests, up to 64 bytes. A name or a date of birth that is missing or cannot be read
    never makes two people one. Raises StoreUnavailable.
    """
    with scratch() as meeting:
        meeting.exec_driver_sql(_SEEN)
        for place, (reader, record_class) in enumerate(places):
            _bring(meeting, _rows(reader, record_class, place, secret))
        meeting.exec_driver_sql(_TWICE)
        counted = [(int(place), int(records)) for place, records in meeting.exec_driver_sql(_COUNTS)]
        others = _others(meeting)
    counts = [(places[place][0].alias, places[place][1].name, records) for place, records in counted]
    return Namesakes(others, tuple(counts))


def _bring(meeting: Connection, rows: Iterable[tuple[object, ...]]) -> None:
    waiting = iter(rows)
    while page := list(islice(waiting, PAGE)):
        meeting.exec_driver_sql(_KEEP, page)


def _rows(reader: StoreReader, record_class: RecordClass, place: int, secret: bytes) -> Iterator[tuple[object, ...]]:
    """One row for each form of each name that has a date of birth and a case number."""
    for record, (number, birthday, *parts) in enumerate(_people(reader, record_class)):
        if birthday is None or number is None:
            continue
        case_number, born = str(number), parse_date(str(birthday), reader.zone)
        folded = same_case(case_number)
        if born is None or not folded:
            continue
        for form in name_forms([str(part or "") for part in parts]):
            said = f"{' '.join(sorted(form))}\n{born.isoformat()}".encode("utf-8", "surrogatepass")
            digest = blake2b(said, digest_size=_DIGEST_SIZE, key=secret).digest()
            yield digest, folded, case_number, place, record


def _people(reader: StoreReader, record_class: RecordClass) -> Iterator[Sequence[Any]]:
    here = reader.sources[record_class.name]
    wanted = [here.text(str(record_class.subject)), as_text(here.columns[record_class.with_role(Role.BIRTHDAY)[0]])]
    wanted += [here.columns[name] for name in record_class.with_role(Role.NAME)]
    labelled = [column.label(f"c{number}") for number, column in enumerate(wanted)]
    query = select(*labelled).where(wanted[0].is_not(None), wanted[1].is_not(None))
    try:
        yield from reader.connection.execute(query).yield_per(PAGE)
    except SQLAlchemyError as error:  # told apart from what goes wrong where the digests meet
        raise unavailable(reader.alias, error) from None


def _others(meeting: Connection) -> dict[str, str]:
    """Each number of a double with the first other one of the same person."""
    found: dict[str, str] = {}
    for _, same in groupby(meeting.exec_driver_sql(_PAIRS), key=lambda row: row[0]):
        first: tuple[str, str] | None = None
        for _, number, written in same:
            if first is None:
                first = number, written
                continue
            found.setdefault(first[0], written)
            found.setdefault(number, first[1])
    return found
