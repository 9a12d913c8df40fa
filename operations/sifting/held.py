"""Which records the holds cover: names are looked up, conditions asked of the stores, linked people found.

Every judgement asks again, at destruction too: what has become part of a hold since the sift is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from connectors.stores.reading import StoreReader
from rules.review.holds import HoldIndex, Match, Place, index_holds
from rules.review.spelling import name_words, same_case
from rules.review.values import Hold, Record
from rules.schedule.asked import bind, classes_asked
from rules.schedule.compile import NotInStoreError
from rules.schedule.conditions import NotUnderstood, parse_condition
from rules.schedule.language import Condition
from rules.schedule.values import AutomaticHold, RecordClass, Schedule

Readers = Callable[[str], Sequence[StoreReader]]
Label = Callable[[Hold | AutomaticHold], str]


def kind_of(hold: Hold | AutomaticHold) -> str:
    """Name a hold by its kind: what findings say of it."""
    return hold.kind


def id_of(hold: Hold | AutomaticHold) -> str:
    """Name a hold by its id: which one it is, for those who look after holds."""
    return hold.id


def resolve(of_class: Readers, schedule: Schedule, standing: Sequence[Hold], label: Label = kind_of) -> HoldIndex:
    """Index the standing holds, and those that records in the stores place by themselves, over whatever they cover."""
    found = [(label(hold), match) for hold, match in match_all(of_class, schedule, standing)]
    found += [(label(hold), match) for hold, match in _automatic(of_class, schedule)]
    people = {person for _, match in found for person in match.people}
    return index_holds(found, _links(of_class, schedule, people))


def match_all(of_class: Readers, schedule: Schedule, standing: Iterable[Hold]) -> list[tuple[Hold, Match]]:
    """Return what each hold covers by itself; people linked to those are not among it."""
    standing = list(standing)
    named = _named(of_class, schedule, {hold.name for hold in standing if hold.name})
    return [(hold, _match(of_class, schedule, hold, named)) for hold in standing]


def _match(of_class: Readers, schedule: Schedule, hold: Hold, named: dict[str, Match]) -> Match:
    if hold.subject:
        return Match(people=frozenset({same_case(hold.subject)}))
    if hold.name:
        return named[hold.name]
    if hold.condition and hold.class_name:
        condition = condition_of(schedule, hold)
        if condition is None:  # the schedule has moved on: what can't be asked holds the whole class
            return Match(classes=frozenset({hold.class_name}))
        return by_query(of_class, schedule.get(hold.class_name), condition)
    if hold.class_name and hold.store and hold.key is not None:
        return Match(places=frozenset({(hold.store, hold.class_name, hold.key)}))
    return Match(classes=frozenset({hold.class_name or ""}))


def condition_of(schedule: Schedule, hold: Hold) -> Condition | None:
    """Return the condition of a hold by query as of the schedule's day, or None where it can't make sense of it."""
    names = {item.name: frozenset(part.name for part in item.fields) for item in schedule.classes}
    if hold.class_name not in names:
        return None
    try:
        found = parse_condition(hold.condition or "", hold.class_name, names, schedule.holidays)
    except (NotUnderstood, RecursionError):
        return None
    return found if schedule.day is None else bind(found, schedule.day)


def asked_about(schedule: Schedule, holds: Iterable[Hold]) -> frozenset[str]:
    """Return the classes about which the conditions of holds by query ask."""
    conditions = [condition_of(schedule, hold) for hold in holds if hold.condition]
    return frozenset(name for one in conditions if one is not None for name in classes_asked(one))


def by_query(of_class: Readers, record_class: RecordClass, condition: Condition) -> Match:
    """Return what a condition covers: the people whose head it is true of, or the records of a file or content.

    A record of which nobody can tell is covered: what is missing never helps towards destruction.
    """
    people, places = set[str](), set[Place]()
    for reader in of_class(record_class.name):
        try:
            for page in reader.not_excluded(record_class, condition):
                for record in page:
                    if _is_person(record_class, record):
                        people.add(same_case(record.subject or ""))
                    else:
                        places.add(record.place)
        except NotInStoreError:
            return Match(classes=frozenset({record_class.name}))
    return Match(frozenset(people), frozenset(places))


def _is_person(record_class: RecordClass, record: Record) -> bool:
    """Whether a hold on this record is one on its person: it is the head of a file."""
    return not record_class.part_of and record.subject is not None and bool(record.subject.strip())


def _named(of_class: Readers, schedule: Schedule, names: set[str]) -> dict[str, Match]:
    """Whom each held name may mean, in any class, and the records of somebody so called that bear no case number."""
    wanted = {name: name_words(name) for name in names}
    people: dict[str, set[str]] = {name: set() for name in names}
    places: dict[str, set[Place]] = {name: set() for name in names}
    for record_class in schedule.classes if names else ():
        for reader in of_class(record_class.name):
            for name, subject, key in reader.people_named(record_class, wanted):
                if subject is None:
                    places[name].add((reader.alias, record_class.name, key))
                else:
                    people[name].add(same_case(subject))
    return {name: Match(frozenset(people[name]), frozenset(places[name])) for name in names}


def _automatic(of_class: Readers, schedule: Schedule) -> Iterable[tuple[AutomaticHold, Match]]:
    """The people whom a record in some store holds by itself; one without a case number can hold only itself."""
    for record_class in schedule.classes:
        for hold in record_class.holds:
            people, places = set[str](), set[Place]()
            for reader in of_class(record_class.name):
                for page in reader.matching(record_class, hold.when):
                    for record in page:
                        if record.subject is None or not record.subject.strip():
                            places.add(record.place)
                        else:
                            people.add(same_case(record.subject))
            yield hold, Match(frozenset(people), frozenset(places))


def _links(of_class: Readers, schedule: Schedule, people: set[str]) -> dict[str, set[str]]:
    """Who is linked to these people, in both directions. Case numbers are as `same_case` has them."""
    found: dict[str, set[str]] = {}
    for head in (item for item in schedule.classes if people and not item.part_of):
        for reader in of_class(head.name):
            for pair in reader.links(head):
                one, other = map(same_case, pair)
                if one in people or other in people:
                    found.setdefault(one, set()).add(other)
                    found.setdefault(other, set()).add(one)
    return found


def queried(reader: StoreReader, schedule: Schedule, hold: Hold, class_name: str, keys: Sequence[str]) -> bool:
    """Whether a hold by query now covers one of these records of a store; for the look inside its transaction."""
    if hold.class_name != class_name:
        return False
    condition = condition_of(schedule, hold)
    return condition is None or reader.any_not_excluded(schedule.get(class_name), condition, keys)
