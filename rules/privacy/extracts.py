"""Build an extract: generalise every record for one purpose, leave out those that may not enter, and count.

An extract is pseudonymised personal data (UK GDPR Art 4(1), 4(5)). Rows come in the order of their pseudonyms,
so that not even their place tells which case is which. The leak gate must pass before one is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from rules.privacy.extract_policy import ColumnSpec, ConsentRule, ExtractPolicy, ExtractSpec, Treatment
from rules.privacy.generalise import NOT_KNOWN, age_band, age_bands, month, postcode_area, quarter, region
from rules.privacy.identity import OwnRecord
from rules.privacy.leak_gate import GateColumn
from rules.privacy.pseudonyms import pseudonym
from rules.privacy.redaction import Kind, Redacted

LABEL = "pseudonymised personal data (UK GDPR Art 4(1), 4(5))"
"""What every extract is called on its face."""

RedactMany = Callable[[Iterable[tuple[str, OwnRecord]]], Iterator[Redacted]]
Record = Mapping[str, object]

_NO = frozenset({"", "0", "no", "n", "false", "none"})
_YES = frozenset({"yes", "y", "true"})
_QUASI = frozenset(Treatment) - {Treatment.PSEUDONYM, Treatment.FREE_TEXT, Treatment.DROP}


@dataclass
class ExtractCounts:
    """How many records were read, written and left out, and cells outside their declared categories."""

    read: int = 0
    written: int = 0
    restricted: int = 0
    without_consent: int = 0
    outside_categories: int = 0
    redactions: Counter[Kind] = field(default_factory=Counter)


@dataclass(frozen=True)
class Extract:
    """An extract not yet written: cells by row, and beside each row the record that it came from.

    `smallest_class` is the number of rows that share the rarest combination of values (k of k-anonymity); 0
    for an empty extract. `own` is for the gate only and never leaves.
    """

    spec: ExtractSpec
    as_of: date
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    own: tuple[OwnRecord, ...]
    counts: ExtractCounts
    smallest_class: int


def build_extract(
    spec: ExtractSpec,
    policy: ExtractPolicy,
    records: Iterable[Record],
    *,
    key: bytes,
    redact_many: RedactMany | None,
    as_of: date,
) -> Extract:
    """Return the extract of the records, each a mapping from `class.column` to a value, ages at `as_of`.

    `key` is the organisation's 32-byte pseudonym key; `redact_many` is needed only where a column is free text.
    """
    counts = ExtractCounts()
    entered = [record for record in records if _enters(spec, record, counts)]
    own = [policy.own_record(record) for record in entered]
    shown = [column for column in spec.columns if column.treatment is not Treatment.DROP]
    texts = _redacted(shown, entered, own, redact_many, counts)
    rows = [
        tuple(
            next(texts) if column.treatment is Treatment.FREE_TEXT else _cell(column, record, spec, policy, key, as_of)
            for column in shown
        )
        for record in entered
    ]
    counts.written = len(rows)
    counts.outside_categories = sum(_outside(shown, record) for record in entered)
    order = sorted(range(len(rows)), key=lambda at: rows[at])
    return Extract(
        spec=spec,
        as_of=as_of,
        columns=tuple(column.name for column in shown),
        rows=tuple(rows[at] for at in order),
        own=tuple(own[at] for at in order),
        counts=counts,
        smallest_class=_smallest_class(shown, rows),
    )


def gate_columns(spec: ExtractSpec, policy: ExtractPolicy) -> list[GateColumn]:
    """Return the columns of an extract for the gate, each with the values that it declares."""
    generalised = {
        Treatment.AGE_BAND: frozenset(age_bands()),
        Treatment.REGION: frozenset({*policy.regions.values(), NOT_KNOWN}),
    }
    return [
        GateColumn(
            column.name,
            column.treatment is Treatment.FREE_TEXT,
            generalised.get(column.treatment, frozenset({*column.categories, NOT_KNOWN})),
        )
        for column in spec.columns
        if column.treatment is not Treatment.DROP
    ]


def _enters(spec: ExtractSpec, record: Record, counts: ExtractCounts) -> bool:
    counts.read += 1
    # Whatever is not plainly a no restricts: a restriction must not be missed for the way it was written.
    if spec.restricted and _text(record.get(spec.restricted)).casefold() not in _NO:
        counts.restricted += 1
        return False
    if spec.consent and not _consented(spec.consent, record):
        counts.without_consent += 1
        return False
    return True


def _consented(rule: ConsentRule, record: Record) -> bool:
    """Say whether consent is no matter, or given: a plain yes or a number of consents in force."""
    if _text(record.get(rule.basis)).casefold() != rule.value.casefold():
        return True
    given = _text(record.get(rule.given)).casefold()
    return given in _YES or (given.isdecimal() and int(given) > 0)


def _text(value: object) -> str:
    return "" if value is None or value is False else str(value).strip()


def _redacted(
    shown: list[ColumnSpec],
    entered: list[Record],
    own: list[OwnRecord],
    redact_many: RedactMany | None,
    counts: ExtractCounts,
) -> Iterator[str]:
    """Yield the redacted free texts in the order of rows and columns."""
    free = [column for column in shown if column.treatment is Treatment.FREE_TEXT]
    if not free:
        return
    if redact_many is None:
        raise ValueError("an extract with free text needs a redactor")
    texts = (
        (_text(record.get(column.source)), who) for record, who in zip(entered, own, strict=True) for column in free
    )
    for redacted in redact_many(texts):
        counts.redactions.update(redacted.counts)
        yield redacted.text


def _cell(column: ColumnSpec, record: Record, spec: ExtractSpec, policy: ExtractPolicy, key: bytes, as_of: date) -> str:
    value = _text(record.get(column.source))
    match column.treatment:
        case Treatment.PSEUDONYM:
            return pseudonym(key, spec.purpose, value) if value else NOT_KNOWN
        case Treatment.AGE_BAND:
            return age_band(value, as_of)
        case Treatment.MONTH:
            return month(value)
        case Treatment.QUARTER:
            return quarter(value)
        case Treatment.POSTCODE_AREA:
            return postcode_area(value)
        case Treatment.REGION:
            return region(value, policy.regions)
        case _:
            return value if value in column.categories else NOT_KNOWN


def _outside(shown: list[ColumnSpec], record: Record) -> int:
    kept = (column for column in shown if column.treatment is Treatment.KEEP)
    return sum(bool(value := _text(record.get(column.source))) and value not in column.categories for column in kept)


def _smallest_class(shown: list[ColumnSpec], rows: list[tuple[str, ...]]) -> int:
    quasi = [at for at, column in enumerate(shown) if column.treatment in _QUASI]
    return min(Counter(tuple(row[at] for at in quasi) for row in rows).values(), default=0)
