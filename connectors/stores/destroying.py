"""One batch in one transaction of a SQL store: fence, re-check, dependents, children first, counts, watermark.

Anything unexpected takes the whole transaction back. What stays is said record by record, with a reason code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import Column, Connection, Table, column, delete, select, table

from connectors.stores import plan
from connectors.stores.base import Batch, Recheck, RecordOutcome
from connectors.stores.catalogue import Catalogue, Reference, read_catalogue
from connectors.stores.field_work import FieldWork, touched_columns
from connectors.stores.marks import Marks
from connectors.stores.marks_beside import MarksBeside
from connectors.stores.plan import Books
from connectors.stores.reflection import Shape, chunks, is_one_of
from connectors.stores.specs import StoreSpec
from rules.schedule.values import Schedule

GRADES = {"destroy": "row deleted", "unlink": "link removed", **plan.FIELD_GRADES}


class Aborted(Exception):
    """The transaction must be taken back; every record of the batch gets this outcome."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


@dataclass(frozen=True)
class Link:
    """A row (of a table that `child_class` maps, or of none) that refers to a planned record by `columns`."""

    parent_class: str
    parent: str
    child_class: str
    child: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Destruction:
    """What one destroying transaction needs to know of its store."""

    connection: Connection
    spec: StoreSpec
    schedule: Schedule
    shape: Shape
    marks: Marks | MarksBeside

    def carry_out(self, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        """Do everything but commit. Raises Aborted (roll back, one outcome for all) or a database error."""
        if self.marks.epoch(self.connection, lock=True) != batch.epoch:
            raise Aborted("kept", plan.HOLD_PLACED)
        before = self.marks.read(self.connection, batch)
        if before is not None:
            return before
        books = Books(batch)
        catalogue = read_catalogue(self.connection, self.spec.schema)
        for class_name in books.classes():
            self._check_records(books, class_name, recheck)
            self._check_table(books, class_name, catalogue)
        fields = FieldWork(self.connection, self.spec, self.schedule, self.shape)
        for class_name in books.classes():
            fields.prepare(books, class_name, catalogue)
        links = self._check_dependents(books, catalogue)
        for class_name in books.classes():
            for statement, keys in fields.statements(books, class_name):
                self._expect(statement, class_name, keys)
        for class_name in self._children_first(books, catalogue):
            own = {(one.parent, one.child) for one in links if one.parent_class == one.child_class == class_name}
            for keys in waves(books.going(class_name), own):
                self._expect(delete(self._table(class_name)), class_name, keys)
        outcomes = books.outcomes(GRADES)
        self.marks.write(self.connection, batch, outcomes)
        return outcomes

    def _table(self, class_name: str) -> Table:
        return self.shape.tables[class_name]

    def _key(self, class_name: str) -> Column[Any]:
        name = self.spec.map_of(class_name).fields[self.schedule.get(class_name).key]
        return self._table(class_name).columns[name]

    def _check_records(self, books: Books, class_name: str, recheck: Recheck) -> None:
        """Lock the records, so that nothing can change or refer to them until we are done, then compare versions."""
        key = self._key(class_name)
        found: list[str] = []
        for chunk in chunks(books.keys(class_name)):
            statement = select(key).where(is_one_of(key, chunk, self.connection.dialect.name)).with_for_update()
            found += [str(item) for item in self.connection.scalars(statement)]
        times = Counter(found)
        for item in [item for item, count in times.items() if count > 1]:
            position = books.position(class_name, item)
            if position is not None:
                books.keep(position, plan.NOT_UNIQUE)
        for chunk in chunks(books.keys(class_name)):
            books.compare(class_name, times, recheck(self.connection, class_name, chunk), chunk)

    def _check_table(self, books: Books, class_name: str, catalogue: Catalogue) -> None:
        name = self._table(class_name).name
        for key in books.keys(class_name):
            if catalogue.fires(name, "DELETE" if books.action(class_name, key).takes_row else "UPDATE"):
                books.drop(class_name, key, plan.TRIGGER)

    def _check_dependents(self, books: Books, catalogue: Catalogue) -> list[Link]:
        """Keep every record to which another refers that stays; keeping one may in turn keep what it refers to."""
        links = [link for reference in catalogue.references for link in self._links(books, catalogue, reference)]
        settled = False
        while not settled:
            settled = True
            for link in links:
                position = books.position(link.parent_class, link.parent)
                if position is not None and not self._released(books, link):
                    books.keep(position, plan.DEPENDENT)
                    settled = False
        return links

    def _released(self, books: Books, link: Link) -> bool:
        """Whether the dependent row goes in this very batch, or loses its reference in it."""
        if books.position(link.child_class, link.child) is None:
            return False
        action = books.action(link.child_class, link.child)
        if action.takes_row:
            return True
        emptied = action.kind in ("blank", "keep only")
        touched = touched_columns(self.spec, self.schedule, self._table(link.child_class), link.child_class, action)
        return emptied and any(item.name in link.columns for item in touched)

    def _links(self, books: Books, catalogue: Catalogue, reference: Reference) -> Iterator[Link]:
        """Yield every row that refers to a record of the plan by this reference."""
        parent_class = self._class_at(catalogue, reference.parent)
        keys = books.going(parent_class)
        if not keys:
            return
        child_class = self._class_at(catalogue, reference.child)
        parent = self._table(parent_class).alias()
        parent_key = parent.columns[self._key(parent_class).name]
        child_key = self._key(child_class).name if child_class else reference.child_columns[0]
        names = dict.fromkeys([*reference.child_columns, child_key])
        child = table(reference.child[1], *[column(name) for name in names], schema=reference.child[0] or None).alias()
        joined = [
            child.columns[here] == parent.columns[there]
            for here, there in zip(reference.child_columns, reference.parent_columns, strict=True)
        ]
        for chunk in chunks(keys):
            wanted = is_one_of(parent_key, chunk, self.connection.dialect.name)
            statement = select(parent_key, child.columns[child_key]).where(wanted, *joined).distinct()
            for above, below in self.connection.execute(statement).all():
                yield Link(parent_class, str(above), child_class, str(below), reference.child_columns)

    def _class_at(self, catalogue: Catalogue, place: tuple[str, str]) -> str:
        if place[0] != catalogue.schema:
            return ""
        return next((item.class_name for item in self.spec.classes if item.place == place[1]), "")

    def _expect(self, statement: Any, class_name: str, keys: list[str]) -> None:
        key = self._key(class_name)
        done = self.connection.execute(statement.where(is_one_of(key, keys, self.connection.dialect.name)))
        if done.rowcount != len(keys):
            raise Aborted("failed", plan.COUNT)

    def _children_first(self, books: Books, catalogue: Catalogue) -> list[str]:
        classes = [name for name in books.classes() if books.going(name)]
        order: TopologicalSorter[str] = TopologicalSorter({name: () for name in classes})
        for item in catalogue.references:
            child, parent = self._class_at(catalogue, item.child), self._class_at(catalogue, item.parent)
            if child in classes and parent in classes and child != parent:
                order.add(parent, child)
        try:
            return list(order.static_order())
        except CycleError:
            return classes  # the database refuses a wrong order, and all of it is taken back


def waves(keys: Sequence[str], refers: set[tuple[str, str]]) -> Iterator[list[str]]:
    """Cut keys into chunks such that a row goes before the row of its own table that it refers to.

    `refers` are (referred, referring) keys. Rows that refer to each other in a circle go in one statement, which
    some engines accept.
    """
    doomed = set(keys)
    order: TopologicalSorter[str] = TopologicalSorter({key: () for key in keys})
    for parent, child in refers:
        if parent in doomed and child in doomed and parent != child:
            order.add(parent, child)
    try:
        order.prepare()
    except CycleError:
        yield list(keys)
        return
    while order.is_active():
        ready = list(order.get_ready())
        yield from chunks(ready)
        order.done(*ready)
