"""The redactor of a run that redacts: it knows everybody whom the stores name, and whose each text is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from importlib import import_module
from itertools import chain
from typing import Any

from connectors.ledger import runs
from connectors.ledger.runs import DESTROY, PLANNED, PlannedRow, Run
from connectors.schedule_file import read_text
from connectors.stores.base import Redact
from connectors.stores.reading import StoreReader
from connectors.stores.values import pages
from operations.extracting.register import Schemes, naming_classes, people_of
from operations.policy_file import read_policy
from operations.project import Project
from operations.readers import holding, open_readers
from rules.errors import BadInput
from rules.privacy.extract_policy import ExtractPolicy, parse_extracts
from rules.privacy.extracts import RedactMany
from rules.privacy.identity import OwnRecord
from rules.privacy.leak_gate import RegisterIndex
from rules.schedule.actions import parse_action
from rules.schedule.values import RecordClass

MakeRedactor = Callable[[str, RegisterIndex], RedactMany]


def presidio(case_number: str, register: RegisterIndex) -> RedactMany:
    """Return the redactor that extracts use. Its language model takes seconds to load: only who redacts waits."""
    module: Any = import_module("connectors.redactor")
    made: RedactMany = module.Redactor(case_number=case_number, register=register).redact_many
    return made


def redact_for(project: Project, run: Run, make: MakeRedactor = presidio) -> Redact | None:
    """Return what rewrites the texts of a run; None where it has none to rewrite. Raises BadInput, StoreUnavailable.

    The register is read before anything is destroyed, so a person whose file goes in this very run is known too.
    """
    rows = {
        (row.class_name, row.key): row
        for row in runs.iterate_planned(project.ledger, run.id, (DESTROY,))
        if row.state == PLANNED and parse_action(row.action).kind == "redact"
    }
    if not rows:
        return None
    people, scheme = _people(project, {row.subject for row in rows.values() if row.subject})
    register, own = people
    many = make(scheme, register)

    def redact(class_name: str, key: str, text: str) -> str:
        return next(iter(many([(text, _own(own, rows[class_name, key]))]))).text

    return redact


def _own(known: dict[str, OwnRecord], row: PlannedRow) -> OwnRecord:
    return known.get(row.subject or "", OwnRecord(case_numbers=(row.subject,) if row.subject else ()))


def _people(project: Project, subjects: AbstractSet[str]) -> tuple[tuple[RegisterIndex, dict[str, OwnRecord]], str]:
    """Everybody by name, those whose texts are rewritten by case number, and how case numbers are written."""
    policy, schemes, own = _policy(project), Schemes(), dict[str, OwnRecord]()
    heads = [item for item in project.schedule.classes if item.subject is not None and not item.part_of]
    with ExitStack() as stack:
        named = {item.name for item in [*naming_classes(project.schedule, policy), *heads]}
        readers = open_readers(project, stack, named)
        known = chain(people_of(project.schedule, policy, readers), _numbers(heads, readers))
        everybody = list(schemes.learning(known))
    for person in everybody:
        for number in subjects & set(person.case_numbers):
            own.setdefault(number, person)  # the record with names comes before the bare number
    return (RegisterIndex(iter(everybody)), own), schemes.pattern


def _numbers(heads: Sequence[RecordClass], readers: Sequence[StoreReader]) -> Iterator[OwnRecord]:
    """Yield the case number of every file, which no column with a name need hold."""
    for head in heads:
        assert head.subject is not None
        for reader in holding(readers, head.name):
            for page in pages(reader, head, (head.subject,)):
                yield from (OwnRecord(case_numbers=(number,)) for row in page if (number := row[head.subject]))


def _policy(project: Project) -> ExtractPolicy:
    """Which columns identify people: as the extracts say, or by the roles of the schedule where none are declared."""
    path = project.settings.extracts
    lines = read_text(path).splitlines() if path.is_file() else []
    if all(not line.strip() or line.lstrip().startswith("#") for line in lines):
        return ExtractPolicy((), {})
    file = read_policy(path)
    try:
        return parse_extracts(file.plain(numbers=("destroy_after_days",)), file=file.name)
    except BadInput as error:
        raise file.placed(error) from None
