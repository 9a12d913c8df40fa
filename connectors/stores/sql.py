"""A SQL store (SQLite, PostgreSQL, MariaDB): read with one credential, destroyed from with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connectors import engines
from connectors.settings import Settings
from connectors.stores import plan, reflection
from connectors.stores.base import Batch, ClassSource, Recheck, RecordOutcome, Unclaimed
from connectors.stores.destroying import Aborted, Destruction
from connectors.stores.marks import Marks
from connectors.stores.marks_beside import MarksBeside
from connectors.stores.reflection import Shape, chunks, typed_key
from connectors.stores.residue import FAILED, Residue, clear_residue
from connectors.stores.specs import IN_FOLDER, STATE_FOLDER, StoreSpec
from connectors.stores.state import FileState
from rules.errors import BadInput, Problem, StoreUnavailable, WinnowError
from rules.evidence.restores import Mark
from rules.schedule.values import Schedule

# Busy, locked, out of memory, failing or full disk (sqlite.org/rescode.html); lost connection, conflict, no
# resources, intervention, lock not granted (PostgreSQL, appendix A); lock wait, deadlock, full, gone (MariaDB).
SQLITE_PASSES = frozenset({5, 6, 7, 10, 13, 14})
STATE_PASSES = ("08", "40", "53", "57", "58", "55P03")
MARIADB_PASSES = frozenset({1021, 1040, 1053, 1205, 1213, 2003, 2006, 2013})


class SqlStore:
    """One database, or one schema of it. Nothing is kept of it but its shape."""

    kind = "sql"

    def __init__(self, spec: StoreSpec, schedule: Schedule, folder: Path, settings: Settings) -> None:
        self.alias = spec.alias
        self.reads_apart = spec.destroy_url not in ("", spec.url)
        self._spec = spec
        self._schedule = schedule
        self._folder = folder
        self._settings = settings
        self._shape: Shape | None = None
        self._sources: Mapping[str, ClassSource] | None = None
        self._engines: dict[bool, Engine] = {}
        self.marks_tell = spec.marks != IN_FOLDER
        self._marks: Marks | MarksBeside = Marks(spec.alias, spec.schema)
        if not self.marks_tell:
            state = FileState(spec.alias, folder.absolute() / STATE_FOLDER)
            self._marks = MarksBeside(spec, schedule, state, self._reflected)

    def problems(self) -> list[Problem]:
        """Everything that stops this store from being used: unreachable, vanished tables or columns, views."""
        try:
            shape = self._reflected()
            return [*shape.problems, *(problem for name, problem in shape.views.items() if self._goes(name))]
        except BadInput as error:
            return list(error.problems)
        except WinnowError as error:
            return [Problem(str(error), file=self._spec.file, line=self._spec.line, key=f"stores.{self.alias}")]

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Open a read-only connection, one transaction long. Raises StoreUnavailable for every database error."""
        try:
            with self._engine(read_only=True).connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise engines.unavailable(self.alias, error) from None

    def sources(self) -> Mapping[str, ClassSource]:
        """The classes of this store and their selectables. Raises BadInput for a vanished table or column."""
        shape = self._reflected()
        if shape.problems:
            raise BadInput(shape.problems)
        if self._sources is None:
            self._sources = reflection.sources(shape, self._spec, self._schedule)
        return self._sources

    def unclaimed(self) -> list[Unclaimed]:
        """Tables and columns (`table.column`) that no class claims."""
        with self.reader() as connection:
            return reflection.unclaimed(connection, self._spec)

    def duplicates(self) -> Mapping[str, int]:
        """For each class, how many records share their key with another or have none."""
        shape = self._reflected()
        counted: dict[str, int] = {}
        with self.reader() as connection:
            for item in self._spec.classes:
                table = shape.tables[item.class_name]
                key = table.columns[item.fields[self._schedule.get(item.class_name).key]]
                counted[item.class_name] = reflection.count_duplicates(connection, table, key)
        return counted

    def unreadable(self) -> Mapping[str, int]:
        """For each class, 0: a database row can always be read."""
        return {item.class_name: 0 for item in self._spec.classes}

    def texts(self, class_name: str, keys: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield (key, text) for every filled one of `fields` of these records, in chunks of keys."""
        source = self.sources()[class_name]
        key = source.columns[self._schedule.get(class_name).key]
        wanted = [source.columns[name] for name in fields]
        with self.reader() as connection:
            for chunk in chunks(keys):
                statement = select(key, *wanted).where(key.in_([typed_key(key, item) for item in chunk]))
                for found, *texts in connection.execute(statement).all():
                    yield from ((str(found), str(item)) for item in texts if item not in (None, ""))

    def prepare_statements(self) -> list[str]:
        """The DDL (or the steps beside the store) that `prepare` will carry out; empty when nothing is needed."""
        with self._destroyer() as connection:
            return self._marks.statements(connection)

    def prepare(self) -> None:
        """Make the fence and the watermark table, or the folder that stands for them."""
        with self._destroyer() as connection:
            self._marks.prepare(connection)
            connection.commit()

    def epoch(self) -> int:
        """The present fence epoch. Raises BadInput when the store was never prepared."""
        with self._destroyer() as connection:
            return self._marks.epoch(connection)

    def bump(self) -> int:
        """Raise the fence epoch: every destroying transaction begun earlier aborts."""
        with self._destroyer() as connection:
            raised = self._marks.bump(connection)
            connection.commit()
            return raised

    def destroy(self, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        """Carry out one batch in one transaction.

        Raises StoreUnavailable when the store cannot be reached now, is locked or full, or when its answer to COMMIT
        is lost: then only `watermark` knows.
        """
        shape = self._reflected()
        if shape.problems:
            raise BadInput(shape.problems)
        if views := [shape.views[name] for name in {one.class_name for one in batch.records} & shape.views.keys()]:
            raise BadInput(views)
        with self._marks.alone(), self._destroyer() as connection:
            work = Destruction(connection, self._spec, self._schedule, shape, self._marks)
            try:
                outcomes = work.carry_out(batch, recheck)
            except Aborted as abort:
                connection.rollback()
                return plan.whole(batch, abort.state, abort.reason)
            except SQLAlchemyError as error:
                if may_pass(error):
                    raise
                connection.rollback()
                return plan.whole(batch, "failed", plan.STORE_ERROR)
            connection.commit()
            self._marks.committed(batch, outcomes)
            return outcomes

    def watermark(self, batch: Batch) -> list[RecordOutcome] | None:
        """The outcomes that `batch` left behind, or None when it never committed."""
        with self._marks.alone(), self._destroyer() as connection:
            return self._marks.read(connection, batch)

    def clear_residue(self) -> Residue:
        """Have the engine overwrite what it can of the rows that were deleted, as stores.yaml allows."""
        try:
            tables = [item.place for item in self._spec.classes]
            return clear_residue(self._engine(read_only=False), self._spec.residue, tables, self._spec.schema)
        except StoreUnavailable:
            return FAILED

    def marks(self) -> list[Mark]:
        """The watermark of every batch that the store still knows of."""
        with self._destroyer() as connection:
            return self._marks.all(connection)

    def came_back(self) -> bool:
        """A database changes all the time: its marks and its fence tell."""
        return False

    def _goes(self, class_name: str) -> bool:
        """Whether some rule may destroy records of a class, or change them."""
        record_class = self._schedule.get(class_name)
        return bool(record_class.rules or (record_class.part_of and self._schedule.get(record_class.part_of).rules))

    @contextmanager
    def _destroyer(self) -> Iterator[Connection]:
        try:
            with self._engine(read_only=False).connect() as connection:
                if connection.dialect.name != "sqlite":
                    # Locked rows are read as they are now, not as they were when the transaction began.
                    connection.execution_options(isolation_level="READ COMMITTED")
                yield connection
        except SQLAlchemyError as error:
            raise engines.unavailable(self.alias, error) from None

    def _engine(self, *, read_only: bool) -> Engine:
        """One engine for each credential: it keeps no connection, but what it has learnt of the server."""
        known = self._engines.get(read_only)
        if known is None:
            url = self._spec.url if read_only else self._spec.destroy_url or self._spec.url
            expanded = self._settings.expand(url)
            known = engines.engine(expanded, read_only, destroying=not read_only, folder=self._folder)
            self._engines[read_only] = known
        return known

    def _reflected(self) -> Shape:
        if self._shape is None:
            with self.reader() as connection:
                self._shape = reflection.reflect(connection, self._spec)
        return self._shape


def may_pass(error: SQLAlchemyError) -> bool:
    """Whether the same statement may succeed tomorrow: no refusal of what we asked, but a store out of order."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    original: Any = error.orig
    state = str(getattr(original, "sqlstate", None) or "")
    number = original.args[0] if original.args and isinstance(original.args[0], int) else 0
    return (
        error.connection_invalidated
        or getattr(original, "sqlite_errorcode", 0) & 0xFF in SQLITE_PASSES
        or state.startswith(STATE_PASSES)
        or number in MARIADB_PASSES
    )
