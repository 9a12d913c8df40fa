"""What rules ask of the stores together: which of it nobody can answer, and a reader for each store that can."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from datetime import tzinfo

from sqlalchemy import Connection

from connectors import engines
from connectors.stores.base import ClassSource, RecordStore
from connectors.stores.reading import StoreReader
from connectors.stores.spanning import SpanningReader
from rules.errors import BadInput, Problem
from rules.schedule.asked import classes_asked
from rules.schedule.judge import events_of
from rules.schedule.spanning import asked_by, conditions_of, span, texts_brought
from rules.schedule.values import RecordClass, Schedule

Held = Mapping[str, Mapping[str, ClassSource]]


def unanswerable(held: Held, schedule: Schedule, file: str = "stores.yaml") -> Iterator[Problem]:
    """Yield each rule, control and hold that asks about what no store can answer.

    `held` gives the sources of every store. That is a class which no store holds, or a free text by which records of
    several stores would have to be joined: it would have to leave its store.
    """
    known = {name for classes in held.values() for name in classes}
    for record_class in schedule.classes:
        for alias in (alias for alias, classes in held.items() if record_class.name in classes):
            for name, asked in _asked(record_class):
                for missing in sorted(asked - known):
                    mend = "Map that class in a store, or change the condition."
                    yield Problem(f"{name} asks about {missing}, which no store holds", file, None, alias, mend)
            cut = span(record_class, elsewhere(alias, held))
            for class_name, field in texts_brought(cut, schedule) if cut is not None else ():
                said = f"a condition on {record_class.name} joins stores by {class_name}.{field}, which is free text"
                mend = "Free text does not leave its store: join by a key, a case number or a date."
                yield Problem(said, file, None, alias, mend)


def elsewhere(alias: str, held: Held) -> frozenset[str]:
    """The classes that another store holds, alone or beside this one."""
    return frozenset(name for other, classes in held.items() if other != alias for name in classes)


def open_readers_of(
    stores: Mapping[str, RecordStore],
    schedule: Schedule,
    zone: tzinfo,
    stack: ExitStack,
    given: Mapping[str, Connection] | None = None,
    also: Collection[str] = (),
) -> dict[str, StoreReader]:
    """Open stores for reading, closed with `stack`, each with the rules that ask the others; a connection may be given.

    The stores are those that the rules to be asked need, or all of them; `also` are classes about which conditions ask
    that are no part of the schedule. Raises StoreUnavailable, BadInput.
    """
    held = {alias: store.sources() for alias, store in stores.items()}
    readers: dict[str, StoreReader] = {}
    spanning = [alias for alias in stores if _spans(held, alias, schedule, also)]
    scratch = stack.enter_context(engines.scratch()) if spanning else None
    for alias, store in stores.items():
        connection = (given or {}).get(alias) or stack.enter_context(store.reader())
        made_of = (alias, connection, held[alias], schedule, zone)
        if scratch is not None and alias in spanning:
            readers[alias] = SpanningReader(*made_of, readers, scratch)
        else:
            readers[alias] = StoreReader(*made_of)
    return readers


def require_answers(stores: Mapping[str, RecordStore], schedule: Schedule) -> None:
    """Raise BadInput with every rule that asks what none of these stores can answer."""
    problems = list(unanswerable({alias: store.sources() for alias, store in stores.items()}, schedule))
    if problems:
        raise BadInput(problems)


def needed(
    stores: Mapping[str, RecordStore], class_name: str, schedule: Schedule, also: Collection[str] = ()
) -> set[str]:
    """The stores that must be asked about a record of a class, beside its own."""
    asked = asked_by(schedule.get(class_name)).union(also)
    return {alias for alias, store in stores.items() if asked and not asked.isdisjoint(store.sources())}


def _spans(held: Held, alias: str, schedule: Schedule, also: Collection[str]) -> bool:
    others = elsewhere(alias, held)
    return not others.isdisjoint(also) or any(
        not asked_by(schedule.get(name)).isdisjoint(others) for name in held[alias]
    )


def _asked(record_class: RecordClass) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what each rule, control and hold of a class asks about."""
    yield from ((name, classes_asked(condition)) for name, condition in conditions_of(record_class))
    yield f"{record_class.name}'s rules", frozenset(ref.of for ref in events_of(record_class))
