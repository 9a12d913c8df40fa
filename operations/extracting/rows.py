"""The records of an extract as its rules want them: `class.field` to value, each with the head of its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from zoneinfo import ZoneInfo

from connectors.stores.reading import StoreReader
from connectors.stores.values import Values, of_subjects, pages
from operations.extracting.wanted import IN_FORCE, Wanted
from operations.readers import holding
from rules.errors import BadInput, Problem
from rules.schedule.calendar import parse_date
from rules.schedule.values import Schedule

CONSENT = "consent"
_CONSENT_FIELDS = ("signed_on", "withdrawn_on", "expires_on", "why", "extent")


@dataclass
class SourceRows:
    """Reads an extract's records from the stores, a page at a time. `orphans` had no head: they enter no extract."""

    schedule: Schedule
    readers: Sequence[StoreReader]
    wanted: Wanted
    purpose: str
    as_of: date
    orphans: int = field(default=0, init=False)

    def records(self) -> Iterator[Mapping[str, object]]:
        """Yield every record with the head of its file; whose restriction is not known is left out and counted."""
        own = self.wanted.records
        subject = own.subject or own.key
        fields = tuple(dict.fromkeys((*self.wanted.fields[own.name], subject)))
        for reader in holding(self.readers, own.name):
            for page in pages(reader, own, fields):
                yield from self._joined(page, subject)

    def _joined(self, page: Sequence[Values], subject: str) -> Iterator[Mapping[str, object]]:
        people = sorted({person for row in page if (person := row[subject])})
        heads = self._heads(people)
        consents = self._consents(people) if self.wanted.counts_consents else Counter()
        for row in page:
            person = row[subject] or ""
            if person not in heads:
                self.orphans += 1
                continue
            yield {
                **_qualified(self.wanted.head.name, heads[person]),
                **_qualified(self.wanted.records.name, row),
                f"{self.wanted.head.name}.{IN_FORCE}": consents[person],
            }

    def _heads(self, people: Sequence[str]) -> dict[str, Values]:
        head = self.wanted.head
        found: dict[str, Values] = {}
        for reader in holding(self.readers, head.name):
            for person, values in of_subjects(reader, head, self.wanted.fields[head.name], people):
                if person in found:
                    raise BadInput(f"two records of {head.name} in several stores share a number: which of them is it?")
                found[person] = values
        return found

    def _consents(self, people: Sequence[str]) -> Counter[str]:
        """How many consents to this purpose, in so many words, each person has in force."""
        zone = ZoneInfo(self.schedule.zone)
        counted: Counter[str] = Counter()
        record_class = self.schedule.get(CONSENT)
        for reader in holding(self.readers, CONSENT):
            for person, consent in of_subjects(reader, record_class, _CONSENT_FIELDS, people):
                counted[person] += in_force(consent, self.purpose, self.as_of, zone)
        return counted


def check_consents(schedule: Schedule) -> None:
    """Raise BadInput unless the schedule has a class of consents with the fields that say whether one is in force."""
    for record_class in schedule.classes:
        if record_class.name == CONSENT and set(_CONSENT_FIELDS) <= {item.name for item in record_class.fields}:
            return
    mend = f"Give it the fields {', '.join(_CONSENT_FIELDS)}"
    raise BadInput(Problem(f"to count consents in force, the schedule needs a class {CONSENT!r}", mend=mend))


def in_force(consent: Values, purpose: str, as_of: date, zone: tzinfo) -> bool:
    """Whether a consent names the purpose and is in force; one whose dates can't be read is not."""
    signed, expires = parse_date(consent["signed_on"], zone), parse_date(consent["expires_on"], zone)
    if purpose.casefold() not in f"{consent['why'] or ''} {consent['extent'] or ''}".casefold():
        return False
    lasts = consent["expires_on"] is None or (expires is not None and expires > as_of)
    return signed is not None and signed <= as_of and consent["withdrawn_on"] is None and lasts


def _qualified(class_name: str, values: Values) -> dict[str, object]:
    return {f"{class_name}.{name}": value for name, value in values.items()}
