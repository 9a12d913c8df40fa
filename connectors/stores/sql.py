"""A SQL store (SQLite, PostgreSQL, MariaDB): read with one credential, destroyed from with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from connectors import engines
from connectors.settings import Settings
from connectors.stores import reflection
from connectors.stores.base import ClassSource, Unclaimed
from connectors.stores.reflection import Shape, typed_key
from connectors.stores.specs import StoreSpec
from rules.errors import BadInput, Problem, WinnowError
from rules.schedule.values import Schedule

CHUNK = 500

_T = TypeVar("_T")


class SqlStore:
    """One database, or one schema of it. Nothing is kept of it but its shape."""

    kind = "sql"

    def __init__(self, spec: StoreSpec, schedule: Schedule, folder: Path, settings: Settings) -> None:
        self.alias = spec.alias
        self._spec = spec
        self._schedule = schedule
        self._folder = folder
        self._settings = settings
        self._shape: Shape | None = None

    def problems(self) -> list[Problem]:
        """Everything that stops this store from being read: unreachable, vanished tables or columns."""
        try:
            return list(self._reflected().problems)
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
        return reflection.sources(shape, self._spec, self._schedule)

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
                    yield from ((str(found), str(text)) for text in texts if text not in (None, ""))

    def _engine(self, *, read_only: bool) -> Engine:
        url = self._spec.url if read_only else self._spec.destroy_url or self._spec.url
        expanded = self._settings.expand(url)
        return engines.engine(expanded, read_only, destroying=not read_only, folder=self._folder)

    def _reflected(self) -> Shape:
        if self._shape is None:
            with self.reader() as connection:
                self._shape = reflection.reflect(connection, self._spec)
        return self._shape


def chunks(items: Sequence[_T], size: int = CHUNK) -> Iterator[list[_T]]:
    """Cut `items` into lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
