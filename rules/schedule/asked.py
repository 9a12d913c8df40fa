"""What a condition asks beyond its own record: of which classes, by which fields of the record, and of which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from rules.schedule.language import (
    AgeAt,
    Among,
    AsOf,
    Condition,
    DateOf,
    DaysApart,
    Every,
    Not,
    Query,
    SameField,
    Some,
)


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and everything in it, queries of other classes included."""
    yield from (part for part, _ in _deep(condition, 0))


def _deep(condition: Condition, depth: int) -> Iterator[tuple[Condition, int]]:
    """Yield a condition and its parts, each with the number of queries that it lies within."""
    yield condition, depth
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from _deep(part, depth)
    elif isinstance(condition, Not):
        yield from _deep(condition.inner, depth)
    elif isinstance(condition, Query):
        yield from _deep(joined(condition), depth + 1)


def joined(query: Query) -> Condition:
    """The whole condition on the rows of a query: for `field in (select …)`, the join is a part of it."""
    if not isinstance(query, Among) or query.each:
        return query.where
    return Every((SameField(query.other, query.field), query.where))


def classes_asked(condition: Condition) -> frozenset[str]:
    """The other classes that a condition looks at."""
    return frozenset(part.class_name for part in parts_of(condition) if isinstance(part, Query))


def joined_by(where: Condition) -> tuple[tuple[str, int], ...]:
    """The fields by which a query finds its rows, in order: (field, 0 for the enclosing record, 1 for the next one).

    Where one of them is missing, nobody knows which rows are meant: that none was found says nothing then.
    """
    found = [(part.outer, part.up - 1 - depth) for part, depth in _deep(where, 0) if isinstance(part, SameField)]
    return tuple(dict.fromkeys(pair for pair in found if pair[1] >= 0))


def asks(where: Condition) -> bool:
    """Whether the condition of a query holds a query itself."""
    return any(isinstance(part, Query) for part in parts_of(where))


def bind(condition: Condition, day: date) -> Condition:
    """The same condition with `as_of` standing for `day`; itself when it does not speak of it."""
    found: Condition = condition
    if isinstance(condition, Every | Some):
        found = replace(condition, parts=tuple(bind(part, day) for part in condition.parts))
    elif isinstance(condition, Not):
        found = replace(condition, inner=bind(condition.inner, day))
    elif isinstance(condition, Query):
        found = replace(condition, where=bind(condition.where, day))
    elif isinstance(condition, DaysApart):
        found = replace(condition, later=_on(condition.later, day), earlier=_on(condition.earlier, day))
    elif isinstance(condition, AgeAt):
        found = replace(condition, born=_on(condition.born, day), at=_on(condition.at, day))
    return condition if found == condition else found


def _on(one: DateOf, day: date) -> DateOf:
    return AsOf(day) if isinstance(one, AsOf) else one
