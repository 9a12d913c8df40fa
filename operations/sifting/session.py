"""One sift under way: open readers, standing holds, contacts and topics. Shared by everything that judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.stores.asking import open_readers_of, require_answers
from connectors.stores.base import RecordStore
from connectors.stores.namesakes import Namesakes
from connectors.stores.reading import StoreReader
from operations.sifting import held
from operations.sifting.identity import Identity, entered_twice, identify
from rules.review.holds import HoldIndex, active
from rules.review.safeguarding import topics_in
from rules.review.spelling import same_case
from rules.review.values import Finding, Hold, Record
from rules.schedule.judge import Bench, Contact
from rules.schedule.values import RecordClass, Role, Schedule

Place = tuple[str, str, str]
Progress = Callable[[str, int], None]
QualityCheck = Callable[[StoreReader, RecordClass, date], Iterable[Finding]]


# A scan, a picture or a broken file may hold anything: a person reads it.
UNREAD = "text that no program can read"


def silent(_stage: str, _count: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class SiftInputs:
    """What a sift needs. `only` limits it to content of these classes that has a clock of its own.

    `secret` is a key for the digests of names that this sift compares; without one nobody is looked for under two
    case numbers.
    """

    schedule: Schedule
    stores: Mapping[str, RecordStore]
    as_of: date
    holds: tuple[Hold, ...] = ()
    quality: QualityCheck | None = None
    scan_text: bool = True
    only: tuple[str, ...] = ()
    progress: Progress = silent
    secret: bytes | None = field(default=None, repr=False)


@dataclass
class Sifting:
    """One sift under way: the open readers, and the holds as they stand."""

    inputs: SiftInputs
    readers: dict[str, StoreReader]
    bench: Bench
    holds: HoldIndex = field(default_factory=HoldIndex)
    _identities: dict[str, Identity] = field(default_factory=dict)

    def identity(self, head: str) -> Identity:
        """Which files of this head class nobody can be sure of; looked up once."""
        if head not in self._identities:
            schedule = self.inputs.schedule
            self._identities[head] = identify(self.of_class, schedule, schedule.get(head))
        return self._identities[head]

    def doubtful(self, record: Record) -> bool:
        """Whether it is in doubt whose file a record belongs to, or what else belongs to that file."""
        record_class = self.inputs.schedule.get(record.class_name)
        found = self.identity(record_class.part_of or record_class.name).doubtful
        return bool(found) and record.subject is not None and same_case(record.subject) in found

    @cached_property
    def namesakes(self) -> Namesakes:
        """Who is perhaps entered under two case numbers; looked up once, and only where the inputs have a secret."""
        secret = self.inputs.secret
        return Namesakes() if secret is None else entered_twice(self.of_class, self.inputs.schedule, secret)

    def other_number(self, record: Record) -> str | None:
        """Another case number under which the person of this record is perhaps entered."""
        return None if record.subject is None else self.namesakes.others.get(same_case(record.subject))

    def of_class(self, name: str) -> list[StoreReader]:
        """The readers of the stores that hold the class."""
        return [reader for reader in self.readers.values() if name in reader.sources]

    def contacts(self, head: RecordClass, subjects: Sequence[str]) -> dict[str, Contact]:
        """The latest contact with each subject over every class of the file and every store."""
        merged: dict[str, Contact] = {}
        for record_class in (head, *self.inputs.schedule.members(head.name)):
            for reader in self.of_class(record_class.name):
                for subject, contact in reader.contacts(record_class, subjects):
                    merged[subject] = later(merged.get(subject, Contact()), contact)
        return merged

    def topics(self, records: Iterable[Record]) -> dict[Place, tuple[str, ...]]:
        """The lexicon's topics in the free text of these records: read where it lies, and not kept."""
        texts = {item.name: item.with_role(Role.FREE_TEXT) for item in self.inputs.schedule.classes}
        keys: dict[tuple[str, str], list[str]] = {}
        for record in records if self.inputs.scan_text else ():
            if texts[record.class_name]:
                keys.setdefault((record.store, record.class_name), []).append(record.key)
        found: dict[Place, set[str]] = {}
        for (alias, class_name), wanted in keys.items():
            store = self.inputs.stores[alias]
            silent_ones = set(wanted) if store.kind == "documents" else set()
            for key, text in store.texts(class_name, wanted, texts[class_name]):
                found.setdefault((alias, class_name, key), set()).update(topics_in(text))
                silent_ones.discard(key)
            for key in silent_ones:
                found[alias, class_name, key] = {UNREAD}
        return {place: tuple(sorted(topics)) for place, topics in found.items() if topics}


def open_sifting(inputs: SiftInputs, stack: ExitStack) -> Sifting:
    """Open every store for reading (closed with `stack`) and resolve the holds. Raises StoreUnavailable, BadInput."""
    zone = ZoneInfo(inputs.schedule.zone)
    require_answers(inputs.stores, inputs.schedule)
    also = held.asked_about(inputs.schedule, inputs.holds)
    readers = open_readers_of(inputs.stores, inputs.schedule, zone, stack, also=also)
    sifting = Sifting(inputs, readers, Bench(inputs.schedule, inputs.as_of))
    standing = active(inputs.holds, inputs.as_of)
    sifting.holds = held.resolve(sifting.of_class, inputs.schedule, standing)
    return sifting


def later(one: Contact, other: Contact) -> Contact:
    """The later of two contacts; unreadable if either is."""
    known = [contact.latest for contact in (one, other) if contact.latest is not None]
    return Contact(max(known, default=None), one.unreadable or other.unreadable)
