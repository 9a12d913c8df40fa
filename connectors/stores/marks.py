"""Our two small tables in a SQL store: the fence that stops a run, the watermark that tells what it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, insert, inspect, select, text, update
from sqlalchemy.schema import CreateTable

from connectors.stores.base import Batch, RecordOutcome
from connectors.stores.plan import another_plan, from_json, to_json
from rules.errors import BadInput, Problem
from rules.evidence.restores import Mark

_LONG = 4_000_000  # letters of four bytes: more than 64 KB, so MariaDB takes a MEDIUMTEXT


class Marks:
    """Fence and watermark in one schema of a store."""

    def __init__(self, alias: str, schema: str = "") -> None:
        self._alias = alias
        self._schema = schema or None
        metadata = MetaData(schema=self._schema)
        self.fence = Table(
            "winnow_fence",
            metadata,
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("epoch", Integer, nullable=False),
            mysql_engine="InnoDB",
        )
        self.watermarks = Table(
            "winnow_watermark",
            metadata,
            Column("run", String(100), primary_key=True),
            Column("batch", Integer, primary_key=True, autoincrement=False),
            Column("intent_index", Integer, nullable=False),
            Column("log_size", Integer, nullable=False),
            Column("log_root", String(100), nullable=False),
            Column("outcomes", Text().with_variant(Text(_LONG), "mysql", "mariadb"), nullable=False),
            mysql_engine="InnoDB",
        )

    def statements(self, connection: Connection) -> list[str]:
        """The DDL still needed, in the store's own dialect, and the first row of the fence."""
        present = inspect(connection)
        missing = [
            table for table in (self.fence, self.watermarks) if not present.has_table(table.name, schema=self._schema)
        ]
        made = [str(CreateTable(table).compile(dialect=connection.dialect)).strip() for table in missing]
        if self.fence in missing or connection.scalar(select(self.fence.c.epoch)) is None:
            first = insert(self.fence).values(id=1, epoch=1)
            made.append(str(first.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})))
        return made

    def prepare(self, connection: Connection) -> None:
        """Make what `statements` says, for the caller to commit."""
        for statement in self.statements(connection):
            connection.execute(text(statement))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nothing to do: the fence's row is locked in the transaction itself."""
        yield

    def epoch(self, connection: Connection, *, lock: bool = False) -> int:
        """The present epoch; `lock` holds its row until the transaction ends. Raises BadInput when not prepared."""
        if not inspect(connection).has_table(self.fence.name, schema=self._schema):
            raise self.unprepared()
        statement = select(self.fence.c.epoch).where(self.fence.c.id == 1)
        found = connection.scalar(statement.with_for_update() if lock else statement)
        if found is None:
            raise self.unprepared()
        return int(found)

    def bump(self, connection: Connection) -> int:
        """Raise the epoch by one and return it; waits for a destroying transaction that holds the row."""
        self.epoch(connection, lock=True)
        connection.execute(update(self.fence).where(self.fence.c.id == 1).values(epoch=self.fence.c.epoch + 1))
        return self.epoch(connection)

    def read(self, connection: Connection, batch: Batch) -> list[RecordOutcome] | None:
        """The outcomes that `batch` left, or None. Raises CheckSaidNo for those of another plan."""
        if not inspect(connection).has_table(self.watermarks.name, schema=self._schema):
            return None
        marks = self.watermarks.c
        mine = select(marks.outcomes, marks.intent_index).where(marks.run == batch.run, marks.batch == batch.number)
        found = connection.execute(mine).first()
        if found is None:
            return None
        if found.intent_index != batch.intent_index:
            raise another_plan(batch)
        return from_json(str(found.outcomes), batch)

    def all(self, connection: Connection) -> list[Mark]:
        """Every watermark."""
        if not inspect(connection).has_table(self.watermarks.name, schema=self._schema):
            return []
        marks = self.watermarks.c
        query = select(marks.run, marks.batch, marks.intent_index, marks.log_size, marks.log_root)
        return [Mark(*row) for row in connection.execute(query.order_by(marks.run, marks.batch))]

    def write(self, connection: Connection, batch: Batch, outcomes: list[RecordOutcome]) -> None:
        """Leave the outcomes of `batch` in the same transaction that brought them about."""
        connection.execute(
            insert(self.watermarks).values(
                run=batch.run,
                batch=batch.number,
                intent_index=batch.intent_index,
                log_size=batch.log_size,
                log_root=batch.log_root,
                outcomes=to_json(outcomes),
            )
        )

    def committed(self, batch: Batch, outcomes: list[RecordOutcome]) -> None:
        """Nothing to do: the transaction carries its own mark."""

    def unprepared(self) -> BadInput:
        """The error of a store without fence."""
        return BadInput(
            Problem("the store was never prepared", key=f"stores.{self._alias}", mend="Run `winnow store prepare`")
        )
