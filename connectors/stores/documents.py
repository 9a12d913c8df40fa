"""A folder of documents: what a record is stands in the file's name; its text is read only when asked for.

Destroying moves the files into a quarantine inside the folder, marks the batch, then unlinks them. Until the
mark stands everything can be moved back, so a killed process leaves all of the batch or none of it.
"""

from __future__ import annotations

import os
import re
import stat
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, String, func

from connectors.stores import cells, plan
from connectors.stores.base import Batch, ClassSource, RecordOutcome, Unclaimed
from connectors.stores.extraction import text_of
from connectors.stores.files import FileStore
from connectors.stores.plan import Books, from_json, to_json
from connectors.stores.snapshot import Row
from connectors.stores.specs import QUARANTINE_FOLDER, STATE_FOLDER, ClassMap, StoreSpec
from connectors.stores.state import batch_name, digest_of, sync_folder
from rules.errors import Problem
from rules.schedule.values import RecordClass, Role, Schedule


class DocumentStore(FileStore):
    """A folder, with its sub-folders, that holds one class; the key is the path below the folder."""

    kind = "documents"
    grades: ClassVar = {"destroy": "file unlinked"}

    def __init__(self, spec: StoreSpec, schedule: Schedule, folder: Path) -> None:
        super().__init__(spec, schedule, folder)
        self._sealed: dict[str, str] = {}  # the digest of each document when it was last looked at

    def problems(self) -> list[Problem]:
        """Everything that stops this folder from being read."""
        if self._path.is_dir() and os.access(self._path, os.R_OK | os.X_OK):
            return []
        return [self._problem(f"the folder {self._path.name} cannot be read")]

    def unclaimed(self) -> list[Unclaimed]:
        """Files that are not named by the pattern, and everything that is no plain file (links are not followed)."""
        (item,) = self._spec.classes
        pattern = self._pattern(item)
        return [Unclaimed(_shown(path)) for path, plain in self._walk() if not plain or not _matches(pattern, path)]

    def texts(self, class_name: str, keys: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield (key, text) for each document whose whole text can be read; a scan or a broken file yields nothing."""
        for key in keys:
            path = self._path / key
            if fields and self._is_ours(path):
                text = text_of(path)
                if text:
                    yield key, text

    def sources(self) -> Mapping[str, ClassSource]:
        """The class of this folder; its seal is the digest of the file, taken only where it is asked for."""
        (item,) = self._spec.classes
        key = self._schedule.get(item.class_name).key
        return {
            name: replace(source, seal=func.winnow_seal(source.columns[key], type_=String()))
            for name, source in super().sources().items()
        }

    def _equip(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.create_function("winnow_seal", 1, self._seal)

    def _seal(self, key: str) -> str:
        path = self._path / key
        try:
            self._sealed[key] = digest_of(path) if self._is_ours(path) else "gone"
        except OSError:
            self._sealed[key] = "unreadable"
        return self._sealed[key]

    def _rows(self, item: ClassMap) -> Iterator[Row | None]:
        record_class = self._schedule.get(item.class_name)
        pattern = self._pattern(item)
        inside = set(record_class.with_role(Role.FREE_TEXT))
        dated = cells.date_fields(record_class)
        for path, plain in self._walk():
            found = pattern.fullmatch(Path(path).stem) if plain and _encodable(path) else None
            if found is None:
                continue
            parts = found.groupdict()
            row = {field: cells.as_text(parts.get(part)) for field, part in item.fields.items() if field not in inside}
            row |= {field: None for field in item.fields if field in inside}
            row[record_class.key] = path
            yield cells.with_iso_dates(row, dated, self._spec.dates)

    def _walk(self) -> Iterator[tuple[str, bool]]:
        """Yield every path below the folder, with whether it is a plain file; ordered; links are not followed."""
        for folder, names, files in os.walk(self._path, followlinks=False):
            names[:] = sorted(name for name in names if name not in (QUARANTINE_FOLDER, STATE_FOLDER))
            linked = [name for name in names if os.path.islink(os.path.join(folder, name))]
            for name in sorted([*files, *linked]):
                path = Path(folder, name)
                yield path.relative_to(self._path).as_posix(), stat.S_ISREG(path.lstat().st_mode)

    def _pattern(self, item: ClassMap) -> re.Pattern[str]:
        record_class = self._schedule.get(item.class_name)
        return name_pattern(self._spec.name, record_class, item, free=bool(self._spec.dates))

    def _is_ours(self, path: Path) -> bool:
        """Whether the path is a plain file below our folder, reached without any link."""
        try:
            return stat.S_ISREG(path.lstat().st_mode) and path.parent.resolve().is_relative_to(self._path.resolve())
        except OSError:
            return False

    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        for position in books.doomed():
            record = batch.records[position]
            if not books.action(record.class_name, record.key).takes_row:
                books.keep(position, plan.NO_FIELDS)
            elif not self._is_ours(self._path / record.key):
                books.keep(position, plan.GONE)
        self._state.write_mark(batch, to_json(books.outcomes(self.grades)), committed="")
        quarantine = self._quarantine(batch)
        quarantine.mkdir(parents=True, exist_ok=True)
        moved = books.doomed()
        for position in moved:
            # Inside the quarantine a file is a number: its name may be a case number.
            os.rename(self._path / batch.records[position].key, quarantine / str(position))
        for folder in {(self._path / batch.records[position].key).parent for position in moved}:
            sync_folder(folder)
        sync_folder(quarantine)
        sync_folder(quarantine.parent)
        for position in moved:
            # Written over between the check and the move; out of everybody's reach it stays as it is now.
            checked = self._sealed.get(batch.records[position].key)
            if checked is not None and digest_of(quarantine / str(position)) != checked:
                books.keep(position, plan.CHANGED)
        for position in set(moved) - set(books.doomed()):
            self._put_back(batch, quarantine / str(position))
        self._state.write_mark(batch, to_json(books.outcomes(self.grades)), committed="yes")
        self._empty(quarantine)
        return books.outcomes(self.grades)

    def _settled(self, batch: Batch) -> list[RecordOutcome] | None:
        mark = self._state.read_mark(batch)
        if mark is None:
            return None
        if mark["committed"]:
            self._empty(self._quarantine(batch))
            return from_json(mark["outcomes"], batch)
        self._move_back(batch)
        self._state.drop_mark(batch)
        return None

    def _move_back(self, batch: Batch) -> None:
        quarantine = self._quarantine(batch)
        for file in sorted(quarantine.iterdir()) if quarantine.is_dir() else ():
            self._put_back(batch, file)
        self._empty(quarantine)

    def _put_back(self, batch: Batch, file: Path) -> None:
        home = self._path / batch.records[int(file.name)].key
        home.parent.mkdir(parents=True, exist_ok=True)
        while not _back(file, home):  # another file has been put there since: both stay, to be found unclaimed
            home = home.with_name(f"{home.stem}.moved-back{home.suffix}")
        sync_folder(home.parent)
        file.unlink()

    def _quarantine(self, batch: Batch) -> Path:
        return self._path / QUARANTINE_FOLDER / batch_name(batch)

    def _empty(self, quarantine: Path) -> None:
        if not quarantine.is_dir():
            return
        for file in quarantine.iterdir():
            file.unlink()
        sync_folder(quarantine)
        quarantine.rmdir()
        sync_folder(quarantine.parent)


def _back(file: Path, home: Path) -> bool:
    """Give a quarantined file its old name, never over another; True as well where a killed process did so before."""
    try:
        os.link(file, home)
    except FileExistsError:
        return os.path.samestat(file.lstat(), home.lstat())
    return True


def name_pattern(name: str, record_class: RecordClass, item: ClassMap, *, free: bool) -> re.Pattern[str]:
    """The pattern of a file's stem; a date part must look like YYYY-MM-DD unless other formats are declared."""
    dated = {item.fields[field] for field in cells.date_fields(record_class) if field in item.fields}
    made = ""
    for literal, part, _, _ in string.Formatter().parse(name):
        made += re.escape(literal)
        if part is not None:
            made += f"(?P<{part}>{r'[0-9]{4}-[0-9]{2}-[0-9]{2}' if part in dated and not free else '.+?'})"
    return re.compile(made)


def _matches(pattern: re.Pattern[str], path: str) -> bool:
    return _encodable(path) and pattern.fullmatch(Path(path).stem) is not None


def _encodable(path: str) -> bool:
    return _shown(path) == path


def _shown(path: str) -> str:
    """The path as text; bytes that are not UTF-8 are spelt out."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
