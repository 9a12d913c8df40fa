"""What all stores of files share: read into a snapshot, checked again under the lock, then changed."""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from connectors import engines
from connectors.stores import plan
from connectors.stores.base import Batch, ClassSource, Recheck, RecordOutcome, Unclaimed
from connectors.stores.plan import Books
from connectors.stores.reflection import chunks
from connectors.stores.residue import Residue
from connectors.stores.snapshot import Loaded, Row, Snapshot
from connectors.stores.specs import STATE_FOLDER, ClassMap, StoreSpec
from connectors.stores.state import FileState
from connectors.trouble import of_disk
from rules.errors import BadInput, Problem, StoreUnavailable
from rules.evidence.restores import Mark
from rules.schedule.values import Schedule

# The disk may be better tomorrow; what it refuses for other reasons it will refuse again.
PASSING = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ESTALE})


@dataclass(frozen=True)
class Kept:
    """A snapshot of the file with this digest, as a database in bytes, and what was left out of it."""

    fingerprint: str
    data: bytes
    loaded: dict[str, Loaded]


class FileStore(ABC):
    """A store that is a file, or a folder of files."""

    alias: str
    kind: str
    reads_apart = False
    marks_tell = True
    grades: ClassVar[Mapping[str, str]]

    def __init__(self, spec: StoreSpec, schedule: Schedule, folder: Path) -> None:
        self.alias = spec.alias
        self._spec = spec
        self._schedule = schedule
        self._path = (folder / spec.path).absolute()
        self._snapshot = Snapshot(spec, schedule)
        self._state = FileState(spec.alias, self._path.parent / STATE_FOLDER)
        self._kept: Kept | None = None
        self._compiled: dict[Any, Any] = {}  # every snapshot has an engine of its own, and all run the same statements
        self._sound = ""

    @abstractmethod
    def problems(self) -> list[Problem]:
        """Everything that stops this store from being read: unreadable, vanished sheets or columns."""

    @abstractmethod
    def unclaimed(self) -> list[Unclaimed]:
        """Columns, sheets or files that no class claims."""

    @abstractmethod
    def _rows(self, item: ClassMap) -> Iterable[Row | None]:
        """Yield the records of a class by field name, None for one that cannot be read."""

    @abstractmethod
    def _change(self, batch: Batch, books: Books, seen: str) -> list[RecordOutcome]:
        """Take out what the books still doom, with a watermark; called under the lock.

        `seen` is the fingerprint of the store before it was checked.
        """

    @abstractmethod
    def _settled(self, batch: Batch) -> list[RecordOutcome] | None:
        """The outcomes that the batch left, after finishing or undoing what was half done; under the lock."""

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Open a snapshot of the store as it is now. Raises BadInput when it cannot be read."""
        with self._loaded() as (connection, _):
            yield connection

    def sources(self) -> Mapping[str, ClassSource]:
        """The classes of this store and their selectables. Raises BadInput for what cannot be read."""
        self._check()
        return self._snapshot.sources()

    def duplicates(self) -> Mapping[str, int]:
        """For each class, how many records share their key with another or have none."""
        with self._loaded() as (_, loaded):
            return {name: item.duplicates for name, item in loaded.items()}

    def unreadable(self) -> Mapping[str, int]:
        """For each class, how many rows or files could not be read at all."""
        with self._loaded() as (_, loaded):
            return {name: item.unreadable for name, item in loaded.items()}

    def texts(self, class_name: str, keys: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield (key, text) for every filled one of `fields` of these records."""
        columns = self.sources()[class_name].columns
        key = columns[self._schedule.get(class_name).key]
        with self.reader() as connection:
            for chunk in chunks(keys):
                statement = select(key, *[columns[name] for name in fields]).where(key.in_(chunk))
                for found, *texts in connection.execute(statement).all():
                    yield from ((str(found), str(item)) for item in texts if item)

    def prepare_statements(self) -> list[str]:
        """The steps that `prepare` will carry out; empty when nothing is needed."""
        return self._state.steps()

    def prepare(self) -> None:
        """Make the fence, in a folder beside the store. Raises StoreUnavailable."""
        with self._working():
            self._state.prepare()

    def epoch(self) -> int:
        """The present fence epoch. Raises BadInput when the store was never prepared, StoreUnavailable."""
        with self._working():
            return self._state.epoch()

    def bump(self) -> int:
        """Raise the fence epoch, after any batch that is under way. Raises BadInput, StoreUnavailable."""
        with self._working():
            return self._state.bump()

    def destroy(self, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        """Carry out one batch under the store's lock: fence, a fresh snapshot re-checked, change, watermark.

        Raises StoreUnavailable for a full or failing disk: then only `watermark` knows.
        """
        with self._working(), self._state.lock():
            before = self._settled(batch)
            if before is not None:
                return before
            if self._state.epoch() != batch.epoch:
                return plan.whole(batch, "kept", plan.HOLD_PLACED)
            try:
                seen = self._fingerprint()
                return self._change(batch, self._checked(batch, recheck), seen)
            except OSError as error:
                if error.errno in PASSING:
                    raise
                # Not done, or done and marked: the watermark knows which.
                return self._settled(batch) or plan.whole(batch, "failed", plan.STORE_ERROR)

    def watermark(self, batch: Batch) -> list[RecordOutcome] | None:
        """The outcomes that `batch` left behind, or None when it never committed."""
        with self._working(), self._state.lock():
            return self._settled(batch)

    def clear_residue(self) -> Residue | None:
        """None: the file was written anew or unlinked, and its old blocks are the file system's."""
        return None

    def marks(self) -> list[Mark]:
        """The watermark of every batch that the store still knows of."""
        with self._working():
            return [
                Mark(one["run"], one["batch"], one["intent_index"], one["log_size"], one["log_root"])
                for one in self._state.all_marks()
                if one.get("committed")
            ]

    def came_back(self) -> bool:
        """Whether the file is what a batch has replaced."""
        with self._working():
            replaced = {one["before"] for one in self._state.all_marks() if one.get("before") != one.get("after")}
            return bool(replaced) and self._digest_now() in replaced - {""}

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(f"store {self.alias} cannot be used now ({of_disk(error)})") from None

    def _fingerprint(self) -> str:
        """A digest of the file; empty where there is none to take."""
        return ""

    def _equip(self, connection: Connection) -> None:
        """Give a snapshot what only this kind of store has."""
        _ = connection

    def _checked(self, batch: Batch, recheck: Recheck) -> Books:
        books = Books(batch)
        with self.reader() as connection:
            for class_name in books.classes():
                key = self._snapshot.sources()[class_name].columns[self._schedule.get(class_name).key]
                for chunk in chunks(books.keys(class_name)):
                    present = [str(item) for item in connection.scalars(select(key).where(key.in_(chunk)))]
                    books.compare(class_name, present, recheck(connection, class_name, chunk), chunk)
        return books

    @contextmanager
    def _loaded(self) -> Iterator[tuple[Connection, dict[str, Loaded]]]:
        self._check()
        try:
            made = engines.engine("sqlite:///:memory:")
            with made.connect().execution_options(compiled_cache=self._compiled) as connection:
                loaded = self._fill(connection)
                self._equip(connection)
                connection.exec_driver_sql("PRAGMA query_only=ON")
                yield connection, loaded
        except SQLAlchemyError as error:
            raise engines.unavailable(self.alias, error) from None
        finally:
            made.dispose()

    def _fill(self, connection: Connection) -> dict[str, Loaded]:
        """Load every class; the bytes of a file that is still the same are not read a second time."""
        raw: Any = connection.connection.driver_connection
        before = self._digest_now()
        if self._kept is not None and before == self._kept.fingerprint:
            raw.deserialize(self._kept.data)
            return self._kept.loaded
        loaded = self._load(connection)
        connection.commit()
        if before and before == self._digest_now():
            self._kept = Kept(before, raw.serialize(), loaded)
        return loaded

    def _load(self, connection: Connection) -> dict[str, Loaded]:
        return {
            item.class_name: self._snapshot.fill(connection, item.class_name, self._rows(item))
            for item in self._spec.classes
        }

    def _check(self) -> None:
        """Raise BadInput for what is wrong with the file; one that was found sound is not looked at again."""
        now = self._digest_now()
        if now and now == self._sound:
            return
        problems = self.problems()
        if problems:
            raise BadInput(problems)
        self._sound = now

    def _digest_now(self) -> str:
        try:
            return self._fingerprint()
        except OSError:
            return ""

    def _problem(self, what: str, mend: str = "", item: ClassMap | None = None) -> Problem:
        key = f"stores.{self.alias}" + (f".classes.{item.class_name}" if item else "")
        return Problem(what, file=self._spec.file, line=item.line if item else self._spec.line, key=key, mend=mend)
