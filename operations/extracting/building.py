"""Build an extract a few thousand records at a time, so that only its own cells stay in memory.

Each part passes the gate with the records behind it at hand; those are forgotten before the next part is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date
from itertools import islice
from sys import intern

from rules.privacy.extract_policy import ExtractPolicy, ExtractSpec, Treatment
from rules.privacy.extracts import Extract, ExtractCounts, Record, RedactMany, build_extract, gate_columns
from rules.privacy.leak_gate import RegisterIndex, find_leaks

PART = 5_000
_NOT_COMBINED = frozenset({Treatment.PSEUDONYM, Treatment.FREE_TEXT, Treatment.DROP})


@dataclass(frozen=True)
class Making:
    """What turns records into cells: policy, pseudonym key, redactor (None without free text), day, and register."""

    spec: ExtractSpec
    policy: ExtractPolicy
    key: bytes
    redact_many: RedactMany | None
    as_of: date
    register: RegisterIndex


@dataclass
class Built:
    """A finished extract, its leaks by kind and column (none: it may be written), and the tags of whom it holds."""

    extract: Extract
    leaks: Counter[str] = field(default_factory=Counter)
    tags: set[str] = field(default_factory=set)


def build(
    making: Making,
    records: Iterable[Record],
    tags_of: Callable[[Iterable[str]], set[str]],
    progress: Callable[[str, int], None],
) -> Built:
    """Build the extract of the records; `tags_of` turns case numbers into keyed tags. `own` records are not kept."""
    columns = gate_columns(making.spec, making.policy)
    rows: list[tuple[str, ...]] = []
    counts = ExtractCounts()
    built = Built(_part(making, ()))
    for part in (_part(making, batch) for batch in _batches(records)):
        leaks = find_leaks(part.rows, columns, making.register, part.own)
        built.leaks.update(f"{leak.kind} in column {leak.column}" for leak in leaks)
        built.tags |= tags_of(number for own in part.own for number in own.case_numbers)
        rows += (tuple(map(intern, row)) for row in part.rows)  # categories repeat: each text is held once
        _add(counts, part.counts)
        progress("records read", counts.read)
    rows.sort()  # by pseudonym, so that not even a row's place tells which case it is
    smallest = _smallest_class(making.spec, rows)
    built.extract = replace(built.extract, rows=tuple(rows), counts=counts, smallest_class=smallest)
    return built


def _part(making: Making, records: Iterable[Record]) -> Extract:
    return build_extract(
        making.spec,
        making.policy,
        records,
        key=making.key,
        redact_many=making.redact_many,
        as_of=making.as_of,
    )


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, PART)):
        yield batch


def _add(total: ExtractCounts, part: ExtractCounts) -> None:
    for item in fields(ExtractCounts):
        setattr(total, item.name, getattr(total, item.name) + getattr(part, item.name))


def _smallest_class(spec: ExtractSpec, rows: Iterable[tuple[str, ...]]) -> int:
    """How many rows share the rarest combination of values, over the parts together."""
    shown = [column for column in spec.columns if column.treatment is not Treatment.DROP]
    combined = [place for place, column in enumerate(shown) if column.treatment not in _NOT_COMBINED]
    return min(Counter(tuple(row[place] for place in combined) for row in rows).values(), default=0)
