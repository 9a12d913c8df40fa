"""Which columns the declared statistics and extracts read, and how coarsely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.schedule_file import read_text
from connectors.stores.values import AgeAt, Grouping, YearOf
from operations.extracting.rows import CONSENT
from operations.extracting.wanted import IN_FORCE
from operations.policy_file import read_policy
from operations.publishing.declared import read_declared
from operations.surveying.asked import Place
from rules.errors import BadInput
from rules.minimise import Reads, Use, UseKind
from rules.privacy.extract_policy import ExtractSpec, Treatment, parse_extracts
from rules.privacy.tables import TableSpec
from rules.schedule.values import Schedule

IN_FORCE_FIELDS = ("signed_on", "withdrawn_on", "expires_on", "why", "extent")
"""What an extract that counts consents in force reads of each."""

_COARSENESS: Mapping[Treatment, Reads] = {
    Treatment.AGE_BAND: Reads.AGE_BAND,
    Treatment.MONTH: Reads.PERIOD,
    Treatment.QUARTER: Reads.PERIOD,
    Treatment.POSTCODE_AREA: Reads.AREA,
    Treatment.REGION: Reads.AREA,
    Treatment.FREE_TEXT: Reads.REDACTED,
    Treatment.DROP: Reads.LEFT_OUT,
}


def declares(path: Path) -> bool:
    """Whether the file is there and holds more than comments, as `winnow init` writes it."""
    lines = read_text(path).splitlines() if path.is_file() else []
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def of_statistics(path: Path, schedule: Schedule) -> Iterator[tuple[Place, Use]]:
    """Yield every field that a declared table reads; none where nothing is declared. Raises BadInput."""
    if not declares(path):
        return
    declared = read_declared(path, schedule)
    for table in declared.plan.tables:
        class_name = table.population.record_class
        whole = [table.population.unit, declared.restricted.get(class_name, ""), declared.dated]
        yield from (((class_name, name), Use(UseKind.STATISTICS, table.id)) for name in whole if name)
        for dimension in table.dimensions:
            yield from _grouped(table, declared.columns[dimension.name].grouping)


def _grouped(table: TableSpec, grouping: Grouping) -> Iterator[tuple[Place, Use]]:
    class_name = table.population.record_class
    if isinstance(grouping, AgeAt):
        yield (class_name, grouping.born), Use(UseKind.STATISTICS, table.id, Reads.AGE_BAND)
        yield (class_name, grouping.at), Use(UseKind.STATISTICS, table.id)
    else:
        reads = Reads.PERIOD if isinstance(grouping, YearOf) else Reads.EXACTLY
        yield (class_name, grouping.field), Use(UseKind.STATISTICS, table.id, reads)


def of_extracts(path: Path) -> Iterator[tuple[Place, Use]]:
    """Yield every field that a declared extract reads; none where nothing is declared. Raises BadInput."""
    if not declares(path):
        return
    file = read_policy(path)
    try:
        policy = parse_extracts(file.plain(numbers=("destroy_after_days",)), file=file.name)
    except BadInput as error:
        raise file.placed(error) from None
    for spec in policy.extracts:
        yield from _extract(spec)
        searched = Use(UseKind.EXTRACT, spec.name, Reads.SEARCHED_FOR)
        if any(column.treatment is Treatment.FREE_TEXT for column in spec.columns):
            yield from ((_place(column), searched) for columns in policy.identifiers.values() for column in columns)


def _extract(spec: ExtractSpec) -> Iterator[tuple[Place, Use]]:
    for column in spec.columns:
        reads = _COARSENESS.get(column.treatment, Reads.EXACTLY)
        yield _place(column.source), Use(UseKind.EXTRACT, spec.name, reads)
    whole = [spec.restricted, *((spec.consent.basis, spec.consent.given) if spec.consent else ())]
    for column_name in whole:
        if column_name.endswith(f".{IN_FORCE}"):
            yield from (((CONSENT, name), Use(UseKind.EXTRACT, spec.name)) for name in IN_FORCE_FIELDS)
        elif column_name:
            yield _place(column_name), Use(UseKind.EXTRACT, spec.name)


def _place(column: str) -> Place:
    class_name, _, name = column.partition(".")
    return class_name, name
