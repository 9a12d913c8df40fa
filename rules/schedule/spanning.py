"""Rules that ask about records in other stores: what each store answers by itself, and what is brought together.

A condition is cut where stores meet. Every part that one store can answer becomes a *piece*: a yes or no that the
store computes, so that a text on which it depends stays where it is. What is left of the condition joins records of
several stores by their keys and dates; of each record only those, and its pieces, are brought together. What is left
is a condition of the same language, and the same compiler decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import get_args

from rules.schedule.asked import asks, classes_asked, joined, parts_of
from rules.schedule.judge import events_of
from rules.schedule.language import Among, Compare, Condition, Every, FieldOf, Query, SameField, Some
from rules.schedule.values import RecordClass, Role, Schedule

RECORD = "record"  # the frame of the record that a rule judges; queries are called asked 1, asked 2, …
ALWAYS = "always"  # a column that holds 1: for a query of which nothing is left to ask


@dataclass(frozen=True)
class Piece:
    """A condition that one store answers; `name` is the column in which 1, 0 or nothing is brought."""

    name: str
    condition: Condition
    cautious: bool = False


@dataclass(frozen=True)
class Join:
    """Rows are wanted whose `field` is some `other` among the rows brought for the frame `of`."""

    field: str
    of: str
    other: str


@dataclass(frozen=True)
class Brought:
    """What one query needs of the records of its class: these fields and pieces, of rows for which all `only` hold."""

    name: str
    class_name: str
    fields: tuple[str, ...]
    pieces: tuple[Piece, ...]
    only: tuple[Condition, ...] = ()
    join: Join | None = None


@dataclass(frozen=True)
class Spanning:
    """A class whose conditions were cut: `record_class` asks about `brought` and `events` instead of other classes.

    `record` is what is needed of its own records; `events` the date fields by class of the events that start its
    clocks; `beyond` the names of the flags and dates for which other stores are asked.
    """

    record_class: RecordClass
    record: Brought
    brought: tuple[Brought, ...]
    events: tuple[tuple[str, tuple[str, ...]], ...]
    beyond: frozenset[str]


def conditions_of(record_class: RecordClass) -> Iterator[tuple[str, Condition]]:
    """Yield every condition of a class with a name for it."""
    for rule in record_class.rules:
        for part in (rule.applies_to, rule.only_if, rule.unless):
            if part is not None:
                yield rule.id, part
    yield from ((control.id, control.flag_when) for control in record_class.controls)
    yield from ((hold.id, hold.when) for hold in record_class.holds)
    if record_class.open_when is not None:
        yield f"{record_class.name}.open_when", record_class.open_when


def asked_by(record_class: RecordClass) -> frozenset[str]:
    """Every class that the conditions and clocks of a class ask about."""
    events = {ref.of for ref in events_of(record_class)}
    return frozenset(events.union(*(classes_asked(one) for _, one in conditions_of(record_class))))


def asks_of(condition: Condition, classes: Collection[str]) -> bool:
    """Whether a condition asks about one of these classes."""
    return not classes_asked(condition).isdisjoint(classes)


def span(record_class: RecordClass, elsewhere: Collection[str]) -> Spanning | None:
    """Cut the conditions of a class that ask about the classes `elsewhere`; None where none does."""
    events: dict[str, list[str]] = {}
    for ref in events_of(record_class):
        events.setdefault(ref.of, []).append(ref.name)
    if events.keys().isdisjoint(elsewhere) and not any(
        asks_of(one, elsewhere) for _, one in conditions_of(record_class)
    ):
        return None
    cutting = _Cutting(record_class, elsewhere)
    rules, beyond = [], {ref.key for ref in events_of(record_class) if ref.of in elsewhere}
    for rule in record_class.rules:
        parts = {"applies_to": rule.applies_to, "only_if": rule.only_if, "unless": rule.unless}
        beyond |= {f"{rule.id}.{name}" for name, part in parts.items() if part and asks_of(part, elsewhere)}
        left = {name: cutting.cut(part, name != "applies_to") for name, part in parts.items() if part is not None}
        rules.append(replace(rule, **left))  # type: ignore[arg-type]
    made = replace(
        record_class,
        rules=tuple(rules),
        controls=tuple(replace(one, flag_when=cutting.cut(one.flag_when)) for one in record_class.controls),
        holds=tuple(replace(one, when=cutting.cut(one.when)) for one in record_class.holds),
        open_when=record_class.open_when and cutting.cut(record_class.open_when),
    )
    record, *brought = (frame.brought() for frame in cutting.frames)
    needed = tuple((name, tuple(found)) for name, found in events.items())
    return Spanning(made, record, tuple(brought), needed, frozenset(beyond))


def texts_brought(spanning: Spanning, schedule: Schedule) -> Iterator[tuple[str, str]]:
    """Yield (class, field) of every free text by which records of several stores would have to be joined."""
    for one in (spanning.record, *spanning.brought):
        texts = schedule.get(one.class_name).with_role(Role.FREE_TEXT)
        yield from ((one.class_name, name) for name in one.fields if name in texts)


@dataclass
class _Frame:
    """What is needed of the records of one query, gathered while its condition is cut."""

    name: str
    class_name: str
    only: tuple[Condition, ...] = ()
    join: Join | None = None
    fields: dict[str, None] = field(default_factory=dict)
    pieces: dict[tuple[Condition, bool], Piece] = field(default_factory=dict)

    def piece(self, condition: Condition, cautious: bool) -> Condition:
        """Have the store answer a condition, and read its answer in the piece."""
        made = Piece(f"piece {len(self.pieces) + 1}", condition, cautious)
        return Compare(self.pieces.setdefault((condition, cautious), made).name, "=", "1")

    def brought(self) -> Brought:
        return Brought(
            self.name, self.class_name, tuple(self.fields), tuple(self.pieces.values()), self.only, self.join
        )


class _Cutting:
    """Cuts the conditions of one class; `frames` are its own records and those of each query, outer before inner."""

    def __init__(self, record_class: RecordClass, elsewhere: Collection[str]) -> None:
        self.elsewhere = elsewhere
        self.frames = [_Frame(RECORD, record_class.name)]

    def cut(self, condition: Condition, cautious: bool = False) -> Condition:
        """What is left of a condition on a record of the class."""
        return self._left(condition, (self.frames[0],), cautious)

    def _left(self, condition: Condition, around: tuple[_Frame, ...], cautious: bool) -> Condition:
        """What is left of a condition on a record of `around[0]`, inside queries of the others."""
        if self._answered(condition, around):
            return around[0].piece(condition, cautious)
        if isinstance(condition, Query):
            return self._asked(condition, around)
        for up, name in _named(condition):
            around[up].fields[name] = None
        return _rebuilt(condition, lambda part: self._left(part, around, cautious))

    def _answered(self, condition: Condition, around: tuple[_Frame, ...]) -> bool:
        """Whether the store of the record can say by itself."""
        if len(around) == 1:
            return not asks_of(condition, self.elsewhere)
        parts = list(parts_of(condition))
        return not any(isinstance(one, Query) or any(up for up, _ in _named(one)) for one in parts)

    def _asked(self, query: Query, around: tuple[_Frame, ...]) -> Query:
        frame = _Frame(f"asked {len(self.frames)}", query.class_name)
        self.frames.append(frame)
        inside = (frame, *around)
        conjuncts = list(_conjuncts(query.where))
        # A query inside this one may leave a row unknown, and then it counts that other parts are not false.
        if not asks(query.where):
            frame.only = tuple(part for part in conjuncts if self._answered(part, inside))
        left = [self._left(part, inside, False) for part in conjuncts if part not in frame.only]
        if isinstance(query, Among):
            around[0].fields[query.field] = None
            frame.fields[query.other] = None
        for same in _joins(joined(query))[:1]:
            frame.join = Join(same.field, inside[same.up].name, same.outer)
        return replace(query, class_name=frame.name, where=Every((Compare(ALWAYS, "=", "1"), *left)))


def _rebuilt(condition: Condition, change: Callable[[Condition], Condition]) -> Condition:
    """The condition with each part of it changed."""
    changed: dict[str, object] = {}
    for item in fields(condition):
        value = getattr(condition, item.name)
        if _is_condition(value):
            changed[item.name] = change(value)
        elif isinstance(value, tuple) and any(map(_is_condition, value)):
            changed[item.name] = tuple(map(change, value))
    return replace(condition, **changed)  # type: ignore[arg-type]


def _is_condition(value: object) -> bool:
    return is_dataclass(value) and isinstance(value, get_args(Condition))


def _named(condition: Condition) -> Iterator[tuple[int, str]]:
    """Yield the fields that a condition itself names, each with how many queries further out its record is."""
    name = getattr(condition, "field", None)
    if isinstance(name, str):
        yield 0, name
    if isinstance(condition, SameField):
        yield condition.up, condition.outer
    for item in fields(condition):
        value = getattr(condition, item.name)
        if isinstance(value, FieldOf):
            yield value.up, value.name


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Every):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _joins(where: Condition) -> list[SameField]:
    """The equalities without which a condition cannot be true."""
    if isinstance(where, SameField):
        return [where]
    if isinstance(where, Every):
        return list(dict.fromkeys(one for part in where.parts for one in _joins(part)))
    if isinstance(where, Some):
        first, *rest = (_joins(part) for part in where.parts)
        return [one for one in first if all(one in other for other in rest)]
    return []
