"""The verb `pseudonymise`: records for one purpose, generalised and redacted, written only when nobody leaks.

The gate searches the whole extract for everybody in the register (invariant 8). The ledger knows of an extract, and
of the day on which it must be gone, before anybody can read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors import keys
from connectors.ledger import releases
from connectors.redactor import Redactor
from operations.extracting.building import Built, Making, build
from operations.extracting.register import Schemes, naming_classes, people_of
from operations.extracting.rows import CONSENT, SourceRows, check_consents
from operations.extracting.sources import source_tags
from operations.extracting.wanted import Wanted, wanted_of
from operations.policy_file import read_policy
from operations.project import Project
from operations.readers import open_readers
from operations.sifting.session import silent
from operations.whole_files import WholeFiles
from reports.extracts import write_csv, write_workbook
from rules.errors import BadInput, CheckSaidNo
from rules.privacy.extract_policy import ExtractPolicy, ExtractSpec, Treatment, parse_extracts
from rules.privacy.extracts import Extract, ExtractCounts, RedactMany
from rules.privacy.leak_gate import RegisterIndex
from rules.schedule.calendar import add
from rules.schedule.language import Period

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

    Raises CheckSaidNo, naming kinds and columns and never values, and writes nothing, where the gate finds
    anybody or `checks` fail; BadInput for a policy or a store that can't be used; StoreUnavailable.
    """
    day = as_of or project.today()
    with ExitStack() as stack:
        built, orphans = _build(project, purpose, day, stack, progress, redactor)
    if built.leaks:
        raise CheckSaidNo(_refusal(purpose, built.leaks))
    failed = list(checks(built.extract)) if checks else []
    if failed:
        raise CheckSaidNo("\n".join([f"the extract {purpose} is not written; it fails its checks:", *failed]))
    return _write(project, built, orphans, out or project.settings.out)


def _build(
    project: Project,
    purpose: str,
    as_of: date,
    stack: ExitStack,
    progress: Callable[[str, int], None],
    redactor: MakeRedactor,
) -> tuple[Built, int]:
    policy, spec, wanted = _declared(project, purpose)
    named = [item.name for item in naming_classes(project.schedule, policy)]
    readers = open_readers(project, stack, {wanted.records.name, wanted.head.name, CONSENT, *named})
    schemes = Schemes()
    register = RegisterIndex(schemes.learning(people_of(project.schedule, policy, readers)))
    free = any(column.treatment is Treatment.FREE_TEXT for column in spec.columns)
    making = Making(
        spec=spec,
        policy=policy,
        key=keys.pseudonym_key(project.keys, project.random),
        redact_many=redactor(schemes.pattern, register) if free else None,
        as_of=as_of,
        register=register,
    )
    source = SourceRows(project.schedule, readers, wanted, spec.purpose, as_of)
    built = build(making, source.records(), lambda subjects: source_tags(project, subjects), progress)
    return built, source.orphans


def _declared(project: Project, purpose: str) -> tuple[ExtractPolicy, ExtractSpec, Wanted]:
    file = read_policy(project.settings.extracts)
    try:
        policy = parse_extracts(file.plain(numbers=("destroy_after_days",)), file=file.name)
    except BadInput as error:
        raise file.placed(error) from None
    spec = policy.extract(purpose)
    wanted = wanted_of(project.schedule, policy, spec, file)
    if wanted.counts_consents:
        check_consents(project.schedule)
    return policy, spec, wanted


def _refusal(purpose: str, leaks: Counter[str]) -> str:
    said = [f"{what}: {count} rows" for what, count in leaks.most_common(_MOST_SAID)]
    return "\n".join([f"the extract {purpose} is not written; the gate found people of the register in it:", *said])


def _write(project: Project, built: Built, orphans: int, folder: Path) -> Extracted:
    extract, spec = built.extract, built.extract.spec
    destroy_on = min(spec.destroy_by(extract.as_of, None), add(extract.as_of, LONGEST_LIFE))
    base = f"extract-{spec.name}-{extract.as_of.isoformat()}"
    again = sum(one.id.startswith(base) for one in releases.extracts(project.ledger, only_living=False))
    name = f"{base}-{again + 1}" if again else base
    with WholeFiles(folder, name, mode=0o600) as files:
        write_csv(files.place(f"{name}.csv"), extract)
        write_workbook(files.place(f"{name}.xlsx"), extract, destroy_by=destroy_on)
        made = releases.Extract(name, spec.purpose, str((folder / name).absolute()), project.now(), destroy_on)
        releases.add_extract(project.ledger, made, built.tags)
        csv, xlsx = files.show()
    return Extracted(name, spec.purpose, csv, xlsx, destroy_on, extract.counts, orphans, extract.smallest_class)
