"""What a condition asks beyond its own record: of which classes, and by which of the record's own fields."""

from __future__ import annotations

from collections.abc import Iterator

from rules.schedule.language import Condition, Counted, Every, Exists, Not, SameField, Some


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and everything in it, queries of other classes included."""
    yield condition
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from parts_of(part)
    elif isinstance(condition, Not):
        yield from parts_of(condition.inner)
    elif isinstance(condition, Exists | Counted):
        yield from parts_of(condition.where)


def classes_asked(condition: Condition) -> frozenset[str]:
    """The other classes that a condition looks at."""
    return frozenset(part.class_name for part in parts_of(condition) if isinstance(part, Exists | Counted))


def joined_by(where: Condition) -> tuple[str, ...]:
    """The fields of the enclosing record by which a query finds its rows, in order.

    Where one of them is missing, nobody knows which rows are meant: that none was found says nothing then.
    """
    return tuple(dict.fromkeys(part.outer for part in parts_of(where) if isinstance(part, SameField)))
