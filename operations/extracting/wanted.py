"""Which fields an extract needs of which class, checked against the schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from operations.policy_file import PolicyFile, line_of
from rules.errors import BadInput, Problem
from rules.located import suggest
from rules.privacy.extract_policy import ExtractPolicy, ExtractSpec
from rules.schedule.values import RecordClass, Schedule

IN_FORCE = "consents_in_force"
"""A field that no store has: how many consents of the subject to the extract's purpose are in force."""


@dataclass(frozen=True)
class Wanted:
    """The class that an extract's records are of, the head of their file, and the fields to read of both."""

    records: RecordClass
    head: RecordClass
    fields: Mapping[str, tuple[str, ...]]
    counts_consents: bool


def wanted_of(schedule: Schedule, policy: ExtractPolicy, spec: ExtractSpec, file: PolicyFile) -> Wanted:
    """Return what the extract needs. Raises BadInput with everything that the schedule does not have."""
    known = {item.name: item for item in schedule.classes}
    if spec.records not in known:
        key = f"extracts.{spec.name}.records"
        what, mend = f"the schedule has no class {spec.records!r}", f"Write {suggest(spec.records, known)}"
        raise BadInput(Problem(what, file.name, line_of(file.top, key), key, mend))
    records = known[spec.records]
    head = known[records.part_of] if records.part_of else records
    found: dict[str, dict[str, None]] = {records.name: {}, head.name: {}}
    problems = []
    for key, column in _named(policy, spec):
        class_name, _, field = column.partition(".")
        here = known.get(class_name)
        fields = [item.name for item in here.fields] if here else []
        if field not in fields and column != f"{head.name}.{IN_FORCE}":
            what = f"the schedule has no {column!r}"
            mend = (
                f"Write class.field; the fields of {class_name} are {', '.join(fields)}" if fields else "Name a class"
            )
            problems.append(Problem(what, file.name, line_of(file.top, key), key, mend))
        elif class_name not in found and not key.startswith("identifiers"):
            mend = f"Name a field of {records.name} or {head.name}"
            what = f"{class_name} is neither the extract's class nor the head of its file"
            problems.append(Problem(what, file.name, line_of(file.top, key), key, mend))
        elif class_name in found and field != IN_FORCE:
            found[class_name][field] = None
    problems += _without_subject(policy, head, file)
    if problems:
        raise BadInput(problems)
    given = spec.consent.given if spec.consent else ""
    fields_of = {name: tuple(fields) for name, fields in found.items()}
    return Wanted(records, head, fields_of, given == f"{head.name}.{IN_FORCE}")


def _named(policy: ExtractPolicy, spec: ExtractSpec) -> Iterator[tuple[str, str]]:
    """Yield (key in the file, class.field) for everything that the extract names."""
    at = f"extracts.{spec.name}"
    yield from ((f"{at}.columns.{column.name}.from", column.source) for column in spec.columns)
    if spec.restricted:
        yield f"{at}.restricted", spec.restricted
    if spec.consent:
        yield from ((f"{at}.consent.basis", spec.consent.basis), (f"{at}.consent.given", spec.consent.given))
    yield from ((f"identifiers.{what}", column) for what, columns in policy.identifiers.items() for column in columns)


def _without_subject(policy: ExtractPolicy, head: RecordClass, file: PolicyFile) -> list[Problem]:
    """The case number must be known: it is searched for, and the extract dies with the first of its sources."""
    subject = f"{head.name}.{head.subject}"
    if head.subject is not None and subject in policy.identifiers.get("case_numbers", ()):
        return []
    key = "identifiers.case_numbers"
    return [Problem(f"does not name {subject}", file.name, line_of(file.top, key), key, f"Add {subject}")]
