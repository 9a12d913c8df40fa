"""What a search for people and identifiers asks of a store: who still has a record, and where a word is mentioned.

Texts are looked at where they are read and not kept; what comes out are counts.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from connectors.stores.base import RecordStore
from connectors.stores.counting import holds_documents, present_fields
from connectors.stores.extraction import MAX_BYTES, text_of
from connectors.stores.reading import StoreReader
from connectors.stores.reflection import chunks, is_one_of
from connectors.stores.values import pages
from rules.schedule.values import RecordClass, Role, Schedule

Looks = Callable[[str], bool]
Names = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Searched:
    """What a search of one class or folder found: records or files that mention, and those that nothing can read.

    `mentions` has a count for each of the ways to look.
    """

    mentions: tuple[int, ...]
    unread: int = 0


def living_subjects(store: RecordStore, schedule: Schedule, subjects: Collection[str]) -> set[str]:
    """Return which of these case numbers stand on a record of the store. Raises StoreUnavailable, BadInput."""
    found: set[str] = set()
    sources = store.sources()
    with store.reader() as connection:
        for class_name, source in sources.items():
            field = schedule.get(class_name).subject
            if field is None:
                continue
            column = source.columns[field]
            for chunk in chunks(sorted(subjects)):
                query = select(column).where(is_one_of(column, chunk, connection.dialect.name)).distinct()
                found.update(str(one).strip().casefold() for one in connection.scalars(query))
    # Some databases take upper and lower case for the same, and answer with their own spelling.
    return {one for one in subjects if one.strip().casefold() in found}


def names_of(store: RecordStore, schedule: Schedule, class_name: str, keys: Collection[str]) -> Names:
    """Return the name fields of these records, by key, in the order of the schedule; those that the store has.

    Raises StoreUnavailable, BadInput.
    """
    record_class, source = schedule.get(class_name), store.sources()[class_name]
    key = source.columns[record_class.key]
    named = [source.columns[name] for name in record_class.with_role(Role.NAME)]
    found: Names = {}
    with store.reader() as connection:
        for chunk in chunks(sorted(keys)):
            query = select(key, *named).where(is_one_of(key, chunk, connection.dialect.name))
            for one, *parts in connection.execute(query):
                found[str(one)] = tuple("" if part is None else str(part) for part in parts)
    return found


def search_class(
    store: RecordStore, reader: StoreReader, record_class: RecordClass, looks: Sequence[Looks]
) -> Searched:
    """Count the records of a class in which each of `looks` is true of any field, free text and documents included.

    Raises StoreUnavailable, BadInput.
    """
    fields = present_fields(reader, record_class)
    texts = record_class.with_role(Role.FREE_TEXT) if holds_documents(store) else ()
    mentions, unread = [0] * len(looks), 0
    for page in pages(reader, record_class, fields):
        # Nearly every page mentions nobody, and one long text is searched faster than many short ones.
        rows = ["\n".join(filter(None, row.values())) for row in page]
        whole = "\n".join(rows)
        found = [{place for place, text in enumerate(rows) if one(text)} if one(whole) else set() for one in looks]
        if texts:
            places = {key: place for place, row in enumerate(page) if (key := row[record_class.key])}
            read = set()
            for key, text in store.texts(record_class.name, list(places), texts):
                read.add(key)
                for one, here in zip(looks, found, strict=True):
                    here |= {places[key]} if one(text) else set()
            unread += len(places) - len(read)
        mentions = [count + len(here) for count, here in zip(mentions, found, strict=True)]
    return Searched(tuple(mentions), unread)


def search_folder(folder: Path, looks: Sequence[Looks], skipped: Collection[str] = ()) -> Searched:
    """Count the files below a folder that mention, in name or content; links are skipped.

    So are files in the folder itself whose name begins as one of `skipped`.
    """
    mentions, unread = [0] * len(looks), 0
    for place, _, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            path = Path(place, name)
            skip = path.parent == folder and name.startswith(tuple(skipped))
            if skip or path.is_symlink() or not path.is_file():
                continue
            texts = _texts(path)
            unread += texts is None
            told = (name, *(texts or ()))
            mentions = [count + any(map(one, told)) for count, one in zip(mentions, looks, strict=True)]
    return Searched(tuple(mentions), unread)


def _texts(path: Path) -> list[str] | None:
    """Everything in a file that reads as text: the document's, or each member's of an archive; None if too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        document = text_of(path)
        if document is not None:
            return [document]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                    return None
                return [text for info in archive.infolist() for text in _readings(archive.read(info))]
        return _readings(path.read_bytes())
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None


def _readings(content: bytes) -> list[str]:
    """The text of any bytes, in the encodings of web and office, one byte a letter or two (locks and leftovers)."""
    forms = [content, content.replace(b"\0", b"")] if b"\0" in content else [content]
    plain = [one.decode("utf-8", "replace") for one in forms]
    # Where that replaced something: for names with accents.
    return plain + [one.decode("latin-1") for one, text in zip(forms, plain, strict=True) if "\ufffd" in text]


def unclaimed_mentions(store: RecordStore, looks: Sequence[Looks]) -> Iterator[list[bool]]:
    """Yield, for everything that no class claims, whether its name mentions. Raises StoreUnavailable, BadInput."""
    yield from ([look(one.key) for look in looks] for one in store.unclaimed())
