"""The absence search: after a run, look in every store and export folder for the identifiers and names that went.

They are in memory only; what comes out are counts and places. A mention in somebody else's living record is told to
people and never proposed for redaction: it may be that person's evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.stores.base import RecordStore
from connectors.stores.reading import StoreReader
from connectors.stores.searching import search_class, search_folder, unclaimed_mentions
from operations.destroying.context import MANUAL
from rules.errors import BadInput, StoreUnavailable
from rules.review.mentions import Mentions, Names
from rules.schedule.values import Schedule

UNCLAIMED = "unclaimed"
KEYLESS = "keyless-records"
SHORT = "identifiers-too-short-to-look-for"
BACKUPS = "backups"
# They are made of the log, which names nobody.
OURS = ("evidence-", "certificate-run-", "winnow.vkey")
OUT = "output-folder"

Wanted = Mentions | Names


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
    wanted: Sequence[Wanted],
    folders: Mapping[str, Path],
    skipped: Collection[str] = (),
) -> list[Absence]:
    """Look in all of these stores and folders, free text and documents included, once for all that is wanted.

    Returns what was found of each of `wanted`. `skipped` are beginnings of names in our own output folder that need no
    search; in a folder of somebody else's a file of any name may be about a person.
    """
    seeking = _Seeking(schedule, wanted)
    for alias, store in sorted(stores.items()):
        seeking.missed |= {alias} if store.kind == MANUAL else set()  # its register is searched, not what it stands for
        try:
            found = seeking.in_store(store)
        except (StoreUnavailable, BadInput):
            seeking.missed.add(alias)
        else:
            seeking.found += found
            seeking.searched.append(alias)
    for name, folder in sorted(folders.items()):
        if folder.is_dir():
            here = search_folder(folder, seeking.looks, (*OURS, *skipped) if name == OUT else ())
            seeking.missed |= {f"{name}-unreadable-files"} if here.unread else set()
            seeking.found.append((name, "file", here.mentions))
            seeking.searched.append(name)
    return [seeking.of(number) for number in range(len(wanted))]


class _Seeking:
    """One walk through everything, and what it has met so far: place, class, and a count for each of `wanted`."""

    def __init__(self, schedule: Schedule, wanted: Sequence[Wanted]) -> None:
        self.schedule, self.wanted = schedule, wanted
        self.looks = [one.found_in for one in wanted]
        self.searched: list[str] = []
        self.found: list[tuple[str, str, tuple[int, ...]]] = []
        self.missed = {BACKUPS}

    def of(self, number: int) -> Absence:
        """What the walk has found of one that was wanted."""
        wanted = self.wanted[number]
        found = tuple(Mentioned(place, name, counts[number]) for place, name, counts in self.found if counts[number])
        missed = self.missed | ({SHORT} if isinstance(wanted, Mentions) and wanted.untelling else set())
        return Absence(wanted.count, tuple(self.searched), found, tuple(sorted(missed)))

    def in_store(self, store: RecordStore) -> list[tuple[str, str, tuple[int, ...]]]:
        """Look through one store. Raises StoreUnavailable, BadInput."""
        sources, found = store.sources(), []
        with store.reader() as connection:
            reader = StoreReader(store.alias, connection, sources, self.schedule, ZoneInfo(self.schedule.zone))
            for class_name in sources:
                here = search_class(store, reader, self.schedule.get(class_name), self.looks)
                self.missed |= {f"{store.alias}-unreadable-files"} if here.unread else set()
                found.append((store.alias, class_name, here.mentions))
        if any(store.duplicates().values()) or any(store.unreadable().values()):
            self.missed.add(f"{store.alias}-{KEYLESS}")
        named = list(unclaimed_mentions(store, self.looks))
        self.missed |= {f"{store.alias}-{UNCLAIMED}"} if named else set()
        counts = tuple(sum(one[number] for one in named) for number in range(len(self.looks)))
        return [*found, (store.alias, UNCLAIMED, counts)]
