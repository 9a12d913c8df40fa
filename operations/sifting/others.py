"""What a sift finds beside retention: controls, dormant files, quality, excess columns, unclaimed places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from operations.sifting.found import breach
from operations.sifting.identity import NO_FILE, ONE_NUMBER, without_file
from operations.sifting.session import Sifting
from rules.review.values import Finding, Kind, Record
from rules.schedule.calendar import add
from rules.schedule.judge import Contact, Unreadable
from rules.schedule.values import Control, RecordClass, Role

GONE = "no file bears its case number, so no sift will propose it: give it the right number, or take it out by hand"
READABLE = "every record can be read"
UNRULED = "open, or under a rule"
SINCE_WHEN = "for how long cannot be told: a date is missing or cannot be read"


def controls(sifting: Sifting) -> Iterator[list[Finding]]:
    for record_class in sifting.inputs.schedule.classes:
        for control in record_class.controls:
            for reader in sifting.of_class(record_class.name):
                for page in reader.flagged(record_class, control, sifting.inputs.as_of):
                    said = [(record, _said(sifting, control, record)) for record in page]
                    yield [breach(record, control.id, reason) for record, reason in said if reason]


def _said(sifting: Sifting, control: Control, record: Record) -> str:
    """What a control says of a record for which it is true: nothing while the time that it gives is not over.

    Where nobody can tell, it says so: a date left out must not hide a breach, nor is the record said to be late.
    """
    if control.after is None:
        return control.says
    try:
        due_on = sifting.bench.runs_out(control.after, record.dates, Contact())
    except Unreadable:
        return f"{control.says}; {SINCE_WHEN}"
    return control.says if due_on is not None and due_on <= sifting.inputs.as_of else ""


def dormant(sifting: Sifting, heads: Iterable[RecordClass]) -> Iterator[list[Finding]]:
    for head in heads:
        if head.open_when is None or head.dormant is None:
            continue
        for reader in sifting.of_class(head.name):
            for page in reader.open_files(head, sifting.inputs.as_of):
                subjects = [record.subject for record in page if record.subject is not None]
                contacts = sifting.contacts(head, subjects)
                yield list(_sleeping(sifting, head, page, contacts))


def _sleeping(
    sifting: Sifting, head: RecordClass, page: Iterable[Record], contacts: Mapping[str, Contact]
) -> Iterator[Finding]:
    assert head.dormant is not None
    for record in page:
        latest = contacts.get(record.subject or "", Contact()).latest
        if latest is not None and (since := add(latest, head.dormant)) <= sifting.inputs.as_of:
            reason = f"open, with no contact for {head.dormant}"
            yield Finding(
                Kind.DORMANT, record.store, head.name, record.key, "dormant", record.subject, since, reason=reason
            )


def quality(sifting: Sifting) -> Iterator[list[Finding]]:
    for alias, store in sifting.inputs.stores.items():
        reader = sifting.readers[alias]
        for class_name, count in store.duplicates().items():
            if count:
                rule = "one record per key"
                yield [Finding(Kind.QUALITY, alias, class_name, rule, rule, count=count)]
        for class_name, count in store.unreadable().items():
            if count:
                yield [Finding(Kind.QUALITY, alias, class_name, READABLE, READABLE, count=count)]
        if sifting.inputs.quality is not None:
            for record_class in sifting.inputs.schedule.classes:
                if record_class.name in reader.sources:
                    yield list(sifting.inputs.quality(reader, record_class, sifting.inputs.as_of))


def identity(sifting: Sifting) -> Iterator[list[Finding]]:
    """Case numbers in two spellings, people under two, each record without a file, and heads that no rule speaks of."""
    for alias, class_name, count in sifting.namesakes.counts:
        yield [Finding(Kind.QUALITY, alias, class_name, ONE_NUMBER, ONE_NUMBER, count=count)]
    for head in (item for item in sifting.inputs.schedule.classes if not item.part_of):
        for alias, class_name, check, count in sifting.identity(head.name).counts:
            yield [Finding(Kind.QUALITY, alias, class_name, check, check, count=count)]
        found = sifting.identity(head.name).doubtful
        for records in without_file(sifting.of_class, sifting.inputs.schedule, head, found):
            yield [breach(record, NO_FILE, GONE) for record in records]
        for reader in sifting.of_class(head.name) if head.open_when is not None and head.rules else ():
            if count := reader.unruled(head):
                yield [Finding(Kind.QUALITY, reader.alias, head.name, UNRULED, UNRULED, count=count)]


def beyond_minimum(sifting: Sifting) -> Iterator[list[Finding]]:
    for record_class in sifting.inputs.schedule.classes:
        excess = record_class.with_role(Role.EXCESS)
        for reader in sifting.of_class(record_class.name):
            for name, count in reader.filled(record_class, excess).items():
                if count:
                    place = reader.place_of(record_class, name)
                    reason = "the schedule names no purpose for this field"
                    kind = Kind.BEYOND_MINIMUM
                    yield [
                        Finding(kind, reader.alias, record_class.name, place, "no-purpose", count=count, reason=reason)
                    ]


def unclaimed(sifting: Sifting) -> Iterator[list[Finding]]:
    reason = "no record class of the schedule claims it"
    for alias, store in sifting.inputs.stores.items():
        yield [Finding(Kind.UNCLAIMED, alias, "", item.key, "unclaimed", reason=reason) for item in store.unclaimed()]
