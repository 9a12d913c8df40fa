"""The verb `pseudonymise`: records for one purpose, generalised and redacted, written only when nobody leaks.

The gate searches the whole extract for everybody in the register (invariant 8). The ledger knows of an extract, and
of the day on which it must be gone, before anybody can read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors import keys
from connectors.ledger import releases
from connectors.redactor import Redactor
from operations.extracting.register import Schemes, naming_classes, people_of
from operations.extracting.rows import CONSENT, SourceRows, check_consents
from operations.extracting.sources import source_tags
from operations.extracting.wanted import wanted_of
from operations.policy_file import read_policy
from operations.project import Project
from operations.readers import open_readers
from operations.sifting.session import silent
from operations.whole_files import WholeFiles
from reports.extracts import write_csv, write_workbook
from rules.errors import BadInput, CheckSaidNo
from rules.privacy.extract_policy import ExtractSpec, Treatment, parse_extracts
from rules.privacy.extracts import Extract, ExtractCounts, Record, RedactMany, build_extract, gate_columns
from rules.privacy.leak_gate import GateColumn, Leak, RegisterIndex, find_leaks
from rules.schedule.calendar import add
from rules.schedule.values import Period

ExtractCheck = Callable[[Extract], Sequence[str]]
"""Names the expectations that an extract fails; none when all hold."""

MakeRedactor = Callable[[str, RegisterIndex], RedactMany]
"""From the scheme of case numbers (a regular expression) and the register to a redactor."""

LONGEST_LIFE = Period(years=1)
_MOST_SAID = 12


@dataclass(frozen=True)
class Extracted:
    """A finished extract: its id, where it lies, when it must be destroyed, and its counts.

    `orphans` are records without a head of their file: nobody can say whose they are, so they are left out.
    `smallest_class` is how many rows share the rarest combination of values.
    """

    id: str
    purpose: str
    csv: Path
    xlsx: Path
    destroy_on: date
    counts: ExtractCounts
    orphans: int
    smallest_class: int


def presidio(case_number: str, register: RegisterIndex) -> RedactMany:
    """Return the redactor that extracts use."""
    return Redactor(case_number=case_number, register=register).redact_many


def pseudonymise(
    project: Project,
    purpose: str,
    as_of: date | None = None,
    out: Path | None = None,
    checks: ExtractCheck | None = None,
    progress: Callable[[str, int], None] = silent,
    redactor: MakeRedactor = presidio,
) -> Extracted:
    """Write the extract called `purpose` as of a date (today by default) in `out` (the project's own by default).

    Raises CheckSaidNo, naming kinds, rows and columns and never values, and writes nothing, where the gate finds
    anybody or `checks` fail; BadInput for a policy or a store that can't be used; StoreUnavailable.
    """
    day = as_of or project.today()
    with ExitStack() as stack:
        extract, register, orphans = _build(project, purpose, day, stack, progress, redactor)
    progress("rows searched for names", len(extract.rows))
    _refuse_leaks(extract, register)
    failed = list(checks(extract)) if checks else []
    if failed:
        raise CheckSaidNo("\n".join([f"the extract {purpose} is not written; it fails its checks:", *failed]))
    return _write(project, extract, orphans, out or project.settings.out)


@dataclass(frozen=True)
class _Register:
    """The searchable register, and the values that each column of the extract declares."""

    index: RegisterIndex
    columns: list[GateColumn]


def _build(
    project: Project,
    purpose: str,
    as_of: date,
    stack: ExitStack,
    progress: Callable[[str, int], None],
    redactor: MakeRedactor,
) -> tuple[Extract, _Register, int]:
    file = read_policy(project.settings.extracts)
    try:
        policy = parse_extracts(file.plain(numbers=("destroy_after_days",)), file=file.name)
    except BadInput as error:
        raise file.placed(error) from None
    spec = policy.extract(purpose)
    wanted = wanted_of(project.schedule, policy, spec, file)
    if wanted.counts_consents:
        check_consents(project.schedule)
    named = [item.name for item in naming_classes(project.schedule, policy)]
    readers = open_readers(project, stack, {wanted.records.name, wanted.head.name, CONSENT, *named})
    schemes = Schemes()
    index = RegisterIndex(schemes.learning(people_of(project.schedule, policy, readers)))
    free = any(column.treatment is Treatment.FREE_TEXT for column in spec.columns)
    source = SourceRows(project.schedule, readers, wanted, spec.purpose, as_of)
    extract = build_extract(
        spec,
        policy,
        _counted(source, progress),
        key=keys.pseudonym_key(project.keys, project.random),
        redact_many=redactor(schemes.pattern, index) if free else None,
        as_of=as_of,
    )
    return extract, _Register(index, gate_columns(spec, policy)), source.orphans


def _counted(source: SourceRows, progress: Callable[[str, int], None]) -> Iterator[Record]:
    for number, record in enumerate(source.records(), 1):
        yield record
        progress("records read", number)


def _refuse_leaks(extract: Extract, register: _Register) -> None:
    leaks = find_leaks(extract.rows, register.columns, register.index, extract.own)
    if leaks:
        raise CheckSaidNo(_refusal(extract.spec, leaks))


def _refusal(spec: ExtractSpec, leaks: Sequence[Leak]) -> str:
    kinds = Counter(f"{leak.kind} in column {leak.column}" for leak in leaks)
    first = {f"{leak.kind} in column {leak.column}": leak.row for leak in reversed(leaks)}
    said = [f"{what}: {count} rows, the first is row {first[what]}" for what, count in kinds.most_common(_MOST_SAID)]
    return "\n".join([f"the extract {spec.name} is not written; the gate found people of the register in it:", *said])


def _write(project: Project, extract: Extract, orphans: int, folder: Path) -> Extracted:
    spec = extract.spec
    destroy_on = min(spec.destroy_by(extract.as_of, None), add(extract.as_of, LONGEST_LIFE))
    base = f"extract-{spec.name}-{extract.as_of.isoformat()}"
    again = sum(one.id.startswith(base) for one in releases.extracts(project.ledger, only_living=False))
    name = f"{base}-{again + 1}" if again else base
    with WholeFiles(folder, name, mode=0o600) as files:
        write_csv(files.place(f"{name}.csv"), extract)
        write_workbook(files.place(f"{name}.xlsx"), extract, destroy_by=destroy_on)
        made = releases.Extract(name, spec.purpose, str(folder / name), project.now(), destroy_on)
        tags = source_tags(project, (number for own in extract.own for number in own.case_numbers))
        releases.add_extract(project.ledger, made, tags)
        csv, xlsx = files.show()
    return Extracted(name, spec.purpose, csv, xlsx, destroy_on, extract.counts, orphans, extract.smallest_class)
