"""Fence and marks of a database in which no table may be added: they lie in a folder beside stores.yaml.

The folder is no part of the store's transaction. What that is about to do is written there before it commits, and that
it was done afterwards. Where a crash came between, the records themselves are asked: all of a batch goes in one
transaction, so a record that is still there, or still holds what was to go, shows that nothing was committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, select

from connectors.stores.base import Batch, RecordOutcome
from connectors.stores.field_work import text_of, touched_columns
from connectors.stores.plan import from_json, to_json
from connectors.stores.reflection import Shape, chunks, typed_key
from connectors.stores.specs import StoreSpec
from connectors.stores.state import FileState
from rules.errors import StoreUnavailable
from rules.evidence.restores import Mark
from rules.schedule.actions import Action, is_left, parse_action
from rules.schedule.values import Schedule


class MarksBeside:
    """What `Marks` offers, without a table in the store."""

    def __init__(self, spec: StoreSpec, schedule: Schedule, state: FileState, shape: Callable[[], Shape]) -> None:
        self._spec = spec
        self._schedule = schedule
        self._state = state
        self._shape = shape

    def statements(self, connection: Connection) -> list[str]:
        """The steps still needed, in words."""
        _ = connection
        return self._state.steps()

    def prepare(self, connection: Connection) -> None:
        """Make the folder with a fence."""
        _ = connection
        with self._working():
            self._state.prepare()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep everybody else of us from destroying there and from raising the fence. Raises BadInput, unprepared."""
        with self._working(), self._state.lock():
            yield

    def epoch(self, connection: Connection, *, lock: bool = False) -> int:
        """The present epoch; `alone` is what holds it. Raises BadInput when not prepared."""
        _ = connection, lock
        return self._state.epoch()

    def bump(self, connection: Connection) -> int:
        """Raise the epoch by one and return it; waits for a destroying transaction that is under way."""
        _ = connection
        with self._working():
            return self._state.bump()

    def read(self, connection: Connection, batch: Batch) -> list[RecordOutcome] | None:
        """The outcomes that `batch` left, or None where it did nothing. Raises CheckSaidNo for another plan's."""
        with self._working():
            found = self._state.read_mark(batch)
            if found is None:
                return None
            outcomes = from_json(str(found["outcomes"]), batch)
            if not found["committed"] and self._undone(connection, batch, outcomes):
                self._state.drop_mark(batch)
                return None
            self._write(batch, outcomes, "yes")
            return outcomes

    def all(self, connection: Connection) -> list[Mark]:
        """Every mark of what was committed."""
        _ = connection
        with self._working():
            return [
                Mark(one["run"], one["batch"], one["intent_index"], one["log_size"], one["log_root"])
                for one in self._state.all_marks()
                if one["committed"]
            ]

    def write(self, connection: Connection, batch: Batch, outcomes: list[RecordOutcome]) -> None:
        """Leave word of what is about to be committed."""
        _ = connection
        with self._working():
            self._write(batch, outcomes, "")

    def committed(self, batch: Batch, outcomes: list[RecordOutcome]) -> None:
        """Leave word that it was."""
        with self._working():
            self._write(batch, outcomes, "yes")

    def _write(self, batch: Batch, outcomes: list[RecordOutcome], committed: str) -> None:
        self._state.write_mark(batch, to_json(outcomes), committed=committed)

    def _undone(self, connection: Connection, batch: Batch, outcomes: Sequence[RecordOutcome]) -> bool:
        """Whether some record of the batch shows that the transaction did not commit."""
        planned: dict[tuple[str, str], list[str]] = {}
        for record, one in zip(batch.records, outcomes, strict=True):
            if one.state == "done":
                planned.setdefault((record.class_name, record.action), []).append(record.key)
        return any(
            self._unchanged(connection, class_name, parse_action(action), keys)
            for (class_name, action), keys in planned.items()
        )

    def _unchanged(self, connection: Connection, class_name: str, action: Action, keys: Sequence[str]) -> bool:
        table = self._shape().tables[class_name]
        key = table.columns[self._spec.map_of(class_name).fields[self._schedule.get(class_name).key]]
        takes_row = action.takes_row
        touched = [] if takes_row else touched_columns(self._spec, self._schedule, table, class_name, action)
        for chunk in chunks(keys):
            statement = select(key, *touched).where(key.in_([typed_key(key, item) for item in chunk]))
            for _, *values in connection.execute(statement):
                if takes_row or any(is_left(action, text_of(value)) for value in values):
                    return True
        return False

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            raise StoreUnavailable(f"the marks of store {self._spec.alias} can't be written or read now") from None
