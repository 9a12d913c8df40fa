"""The absence search: after a run, look in every store and export folder for the identifiers of what it destroyed.

They are in memory only; what comes out are counts and places. A mention in somebody else's living record is told to
people and never proposed for redaction: it may be that person's evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.stores.base import RecordStore
from connectors.stores.reading import StoreReader
from connectors.stores.searching import Searched, search_class, search_folder, unclaimed_mentions
from operations.destroying.context import MANUAL
from rules.errors import BadInput, StoreUnavailable
from rules.review.mentions import Mentions
from rules.schedule.values import Schedule

UNCLAIMED = "unclaimed"
KEYLESS = "records-without-a-key-of-their-own"
SHORT = "identifiers-too-short-to-look-for"
BACKUPS = "backups"
# They are made of the log, which names nobody.
OURS = ("evidence-", "certificate-", "winnow.vkey")


@dataclass(frozen=True)
class Mentioned:
    """How many records of a class (or files of a folder, or names that no class claims) still mention what went."""

    place: str
    class_name: str
    count: int


@dataclass(frozen=True)
class Absence:
    """What an absence search looked for, where, what it found, and where it could not look."""

    looked_for: int
    searched: tuple[str, ...]
    found: tuple[Mentioned, ...]
    not_searched: tuple[str, ...]

    def found_in(self, place: str) -> int:
        """How many mentions a store or folder holds."""
        return sum(one.count for one in self.found if one.place == place)


def search(
    stores: Mapping[str, RecordStore],
    schedule: Schedule,
    identifiers: Collection[str],
    folders: Mapping[str, Path],
    skipped: Collection[str] = (),
) -> Absence:
    """Look for identifiers in all of these stores and folders, free text and documents included.

    `skipped` are beginnings of file names in the folders that need no search.
    """
    wanted = Mentions(identifiers)
    searched, found, missed = [], [], {BACKUPS}
    missed |= {SHORT} if wanted.untelling else set()
    for alias, store in sorted(stores.items()):
        missed |= {alias} if store.kind == MANUAL else set()  # its register is searched, what it stands for is not
        try:
            found += _in_store(store, schedule, wanted, missed)
        except (StoreUnavailable, BadInput):
            missed.add(alias)
        else:
            searched.append(alias)
    for name, folder in sorted(folders.items()):
        if folder.is_dir():
            here = search_folder(folder, wanted.found_in, (*OURS, *skipped))
            missed |= {f"{name}-unreadable-files"} if here.unread else set()
            found.append(Mentioned(name, "file", here.mentions))
            searched.append(name)
    hits = tuple(one for one in found if one.count)
    return Absence(wanted.count, tuple(searched), hits, tuple(sorted(missed)))


def _in_store(store: RecordStore, schedule: Schedule, wanted: Mentions, missed: set[str]) -> list[Mentioned]:
    sources, found = store.sources(), []
    with store.reader() as connection:
        reader = StoreReader(store.alias, connection, sources, schedule, ZoneInfo(schedule.zone))
        for class_name in sources:
            here: Searched = search_class(store, reader, schedule.get(class_name), wanted.found_in)
            missed |= {f"{store.alias}-unreadable-files"} if here.unread else set()
            found.append(Mentioned(store.alias, class_name, here.mentions))
    if any(store.duplicates().values()) or any(store.unreadable().values()):
        missed.add(f"{store.alias}-{KEYLESS}")
    named = list(unclaimed_mentions(store, wanted.found_in))
    missed |= {f"{store.alias}-{UNCLAIMED}"} if named else set()
    return [*found, Mentioned(store.alias, UNCLAIMED, sum(named))]
