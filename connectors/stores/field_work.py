"""Field actions in a SQL store: what can't be done is kept with its reason, the rest is done by key and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, String, Table, func, select, types, update
from sqlalchemy.types import NullType

from connectors.stores import plan
from connectors.stores.catalogue import Catalogue
from connectors.stores.changing import Cannot, changed
from connectors.stores.plan import Books
from connectors.stores.reflection import Shape, chunks, typed_key
from connectors.stores.specs import StoreSpec
from rules.schedule.actions import Action
from rules.schedule.values import Schedule

Work = tuple[Any, list[str]]
"""An UPDATE that its keys are still to be added to, and the keys of the rows that it must change."""


@dataclass
class FieldWork:
    """The field actions of one batch in one transaction. `new` are values worked out here, by class and key."""

    connection: Connection
    spec: StoreSpec
    schedule: Schedule
    shape: Shape
    new: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def prepare(self, books: Books, class_name: str, catalogue: Catalogue) -> None:
        """Work out what the locked rows become; keep every record whose fields can't be changed as planned."""
        for action, keys in books.changing(class_name).items():
            columns = touched_columns(self.spec, self.schedule, self.shape.tables[class_name], class_name, action)
            why = self._unable(class_name, action, columns, catalogue)
            if why:
                for key in keys:
                    books.drop(class_name, key, why)
            elif action.kind in ("generalise", "redact"):
                self._work_out(books, class_name, action, keys, columns)

    def statements(self, books: Books, class_name: str) -> Iterator[Work]:
        """Yield the updates of what is still to be done, each for at most one chunk of rows."""
        made = self.shape.tables[class_name]
        for action, keys in books.changing(class_name).items():
            columns = touched_columns(self.spec, self.schedule, made, class_name, action)
            if action.kind in ("generalise", "redact"):
                values = self._together(class_name, keys)
            elif action.kind == "truncate":
                short = {item.name: func.substr(func.trim(item), 1, int(action.to)) for item in columns}
                values = [(short, keys)]
            else:
                values = [({item.name: None for item in columns}, keys)]
            for becomes, same in values:
                for chunk in chunks(same) if becomes else ():
                    yield update(made).values(becomes), chunk

    def _together(self, class_name: str, keys: Sequence[str]) -> list[tuple[dict[str, Any], list[str]]]:
        """Group the rows that become the same: years and postcode areas are few."""
        groups: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        for key in keys:
            groups.setdefault(tuple(self.new[class_name, key].items()), []).append(key)
        return [(dict(becomes), same) for becomes, same in groups.items()]

    def _unable(self, class_name: str, action: Action, columns: Sequence[Column[Any]], catalogue: Catalogue) -> str:
        """Why this action can't be done to this table: a reason code, or nothing."""
        made = self.shape.tables[class_name]
        if not columns:
            return plan.NOT_NULLABLE
        if _referred_to(made, catalogue) & {item.name for item in columns}:
            return plan.REFERRED_TO  # another row might change with it
        if action.kind in ("blank", "keep only"):
            claimed = {*self.spec.map_of(class_name).fields.values(), *(item.name for item in made.primary_key)}
            if action.kind == "keep only" and set(made.columns.keys()) - claimed:
                return plan.UNCLAIMED
            return "" if all(item.nullable for item in columns) else plan.NOT_NULLABLE
        dated = (types.Date, types.DateTime) if action.to in ("year", "month") else ()
        fits = all(isinstance(item.type, (String, NullType, *dated)) for item in columns)
        return "" if fits and not any(item.foreign_keys for item in columns) else plan.NOT_TEXT

    def _work_out(
        self, books: Books, class_name: str, action: Action, keys: Sequence[str], columns: Sequence[Column[Any]]
    ) -> None:
        key_name = self.spec.map_of(class_name).fields[self.schedule.get(class_name).key]
        own = self.shape.tables[class_name].columns[key_name]
        for chunk in chunks(keys):
            statement = select(own, *columns).where(own.in_([typed_key(own, item) for item in chunk]))
            for found, *held in self.connection.execute(statement).all():
                key = str(found)
                self.new[class_name, key] = becomes = {}
                try:
                    for item, value in zip(columns, held, strict=True):
                        made_of = text_of(value)
                        new = changed(action, made_of, books.batch, class_name, key)
                        if new != made_of:
                            becomes[item.name] = _fitting(item, new)
                except Cannot as why:
                    books.drop(class_name, key, why.reason)


def touched_columns(
    spec: StoreSpec, schedule: Schedule, made: Table, class_name: str, action: Action
) -> list[Column[Any]]:
    """The columns of a table that an action changes, those that the store has."""
    record_class, mapped = schedule.get(class_name), spec.map_of(class_name).fields
    touched = action.touched([item.name for item in record_class.fields], record_class.key)
    return [made.columns[mapped[name]] for name in touched if name in mapped]


def _referred_to(made: Table, catalogue: Catalogue) -> frozenset[str]:
    """The columns of a table by which other rows refer to it."""
    found = [item.parent_columns for item in catalogue.references if item.parent[1] == made.name]
    return frozenset(name for names in found for name in names)


def text_of(value: object) -> str | None:
    """Return a value of a column as the rules read it: dates in ISO form."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _fitting(item: Column[Any], value: str | date | None) -> Any:
    """The value in the type of its column. Raises Cannot for a text that the column has no room for."""
    if isinstance(item.type, types.DateTime) and isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=None)  # the column knows its zone
    if isinstance(item.type, types.Date):
        return value
    made = value.isoformat() if isinstance(value, date) else value
    room = getattr(item.type, "length", None)
    if made is not None and room is not None and len(made) > room:
        raise Cannot(plan.TOO_LONG)
    return made
