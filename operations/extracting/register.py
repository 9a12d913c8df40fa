"""Everybody whom the stores name: clients, people referred, enquirers, volunteers and staff."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connectors.stores.reading import StoreReader
from connectors.stores.values import Values, pages
from operations.readers import holding
from rules.privacy.extract_policy import ExtractPolicy
from rules.privacy.identity import OwnRecord, Person
from rules.schedule.values import RecordClass, Role, Schedule

_FEWEST_DIGITS = 4
_MOST_SCHEMES = 8


def naming_classes(schedule: Schedule, policy: ExtractPolicy) -> list[RecordClass]:
    """The classes that name people, by the policy's identifiers or by the roles of their fields."""
    named = {column.partition(".")[0] for columns in policy.identifiers.values() for column in columns}
    return [
        item
        for item in schedule.classes
        if item.name in named or item.with_role(Role.NAME) or item.with_role(Role.DETAIL)
    ]


def people_of(schedule: Schedule, policy: ExtractPolicy, readers: Sequence[StoreReader]) -> Iterator[OwnRecord]:
    """Yield what every store says about everybody, a page at a time."""
    for record_class in naming_classes(schedule, policy):
        fields = _identifying(policy, record_class)
        by_role = (*record_class.with_role(Role.NAME), *record_class.with_role(Role.DETAIL))
        for reader in holding(readers, record_class.name):
            for page in pages(reader, record_class, fields or by_role):
                for row in page:
                    if fields:
                        yield policy.own_record({f"{record_class.name}.{name}": value for name, value in row.items()})
                    else:
                        yield _by_role(record_class, row)


def _identifying(policy: ExtractPolicy, record_class: RecordClass) -> tuple[str, ...]:
    columns = (column.partition(".") for listed in policy.identifiers.values() for column in listed)
    return tuple(dict.fromkeys(name for class_name, _, name in columns if class_name == record_class.name))


def _by_role(record_class: RecordClass, row: Values) -> OwnRecord:
    """A person by the roles of the fields: one full name, or given and family name and perhaps another given name."""
    names = [" ".join((row[name] or "").split()) for name in record_class.with_role(Role.NAME)]
    details = [value.strip() for name in record_class.with_role(Role.DETAIL) if (value := row[name])]
    if len(names) == 1:
        given, *others = names[0].split() or [""]
        family = others.pop() if others else ""
        person = Person(given=given, family=family, middle=" ".join(others))
    else:
        given, family, known_as = (*names, "", "", "")[:3]
        person = Person(given=given, family=family, known_as=known_as)
    return OwnRecord(
        people=(person,) if any(names) else (),
        emails=tuple(value for value in details if "@" in value),
        phones=tuple(value for value in details if "@" not in value and _is_phone(value)),
    )


def _is_phone(value: str) -> bool:
    return sum(letter.isdigit() for letter in value) >= 9 and not any(letter.isalpha() for letter in value)


class Schemes:
    """Learns how case numbers are written, so that numbers no longer in the register are found in free text too."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def learning(self, people: Iterator[OwnRecord]) -> Iterator[OwnRecord]:
        """Pass everybody on, looking at their case numbers."""
        for person in people:
            for number in person.case_numbers:
                scheme = re.sub(r"\d+", lambda digits: rf"\d{{{len(digits[0])}}}", re.escape(number))
                if sum(sign.isdigit() for sign in number) >= _FEWEST_DIGITS and len(self._seen) < _MOST_SCHEMES:
                    self._seen.add(scheme)
            yield person

    @property
    def pattern(self) -> str:
        """A regular expression for case numbers; empty when none was seen, or when no scheme is to be made out."""
        if not self._seen or len(self._seen) == _MOST_SCHEMES:
            return ""
        return rf"\b(?:{'|'.join(sorted(self._seen))})\b"
