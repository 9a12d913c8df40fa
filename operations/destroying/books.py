"""Books of a run: for each store and class, before + created − gone = after, counted with the reading credential.

They begin with the last count of the class, whoever made it, so that what went between two runs shows in the next
one. Keys are compared, not only numbers: a record that went cannot hide behind one that came. What the ledger keeps of
this is compared with the log: whoever deletes a record by hand can write to the ledger as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.ledger import census, log, runs
from connectors.ledger.base import Ledger, reading
from connectors.ledger.census import Census
from connectors.ledger.runs import Run
from connectors.stores.base import RecordStore
from connectors.stores.census import count_class, digests_of
from operations.destroying.context import Carrying
from rules.errors import BadInput, Refused, StoreUnavailable
from rules.evidence.leaf import Leaf
from rules.schedule.values import Schedule

SALT_BYTES = 32


@dataclass(frozen=True)
class Book:
    """The books of one class, the count that ends them (None, both, without one), the digests of what was destroyed."""

    place: tuple[str, str]
    leaf: Leaf | None
    newest: Census | None
    gone: frozenset[bytes]


@dataclass(frozen=True)
class Counting:
    """What counting needs; `now` gives a UTC instant as text, `random` that many random bytes."""

    ledger: Ledger
    schedule: Schedule
    now: Callable[[], str]
    random: Callable[[int], bytes]

    def count(self, store: RecordStore, class_name: str) -> Census:
        """Count a class. Raises StoreUnavailable, BadInput."""
        with reading(self.ledger) as connection:
            last = census.find(connection, store.alias, class_name)
            size = log.read_head(connection).size
        salt = last.salt if last else self.random(SALT_BYTES).hex()
        count, digests = count_class(store, self.schedule, class_name, salt)
        return Census(store.alias, class_name, self.now(), size, salt, count, digests)

    def last(self, place: tuple[str, str], told: Told) -> Census | None:
        """The last count of a class: the ledger's, or what the log says where that is another or is gone."""
        found, known = census.find(self.ledger, *place), told.counted.get(place)
        if known is None or (found is not None and found.whole and found.count == known[1]):
            return found
        index, after = known
        return Census(*place, self.now(), index, self.random(SALT_BYTES).hex(), after, None)


@dataclass(frozen=True)
class Told:
    """What the log says of each (store, class): its last books (index of the leaf, count) and what runs destroyed.

    `gone` has (index of the leaf, run) of each record, since the size from which it was asked for.
    """

    counted: Mapping[tuple[str, str], tuple[int, int]]
    gone: Mapping[tuple[str, str], Sequence[tuple[int, str]]]

    def since(self, one: Census, but: str = "") -> int:
        """How many records of a class were destroyed since a count, by all runs `but` one."""
        mine = self.gone.get((one.store, one.class_name), ())
        return sum(1 for index, run in mine if index >= one.log_size and run != but)


def told_by_log(ledger: Ledger, since: int) -> Told:
    """Read what the log says of counts; of what was destroyed from the size `since` on."""
    counted = {_place(leaf): (index, leaf["after"]) for index, leaf in log.read_types(ledger, {"books"})}
    gone: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for index, leaf in log.read_types(ledger, {"done", "kept"}, since):
        if leaf["outcome"] in ("destroyed", "unlinked"):
            gone.setdefault(_place(leaf), []).append((index, leaf["run"]))
    return Told(counted, gone)


def _place(leaf: Leaf) -> tuple[str, str]:
    return leaf["store"], leaf["class"]


def open_books(carrying: Carrying, run: Run) -> None:
    """Count what the run may destroy from, before it begins, unless that was done before.

    Raises StoreUnavailable or BadInput for a store that cannot be read.
    """
    counting = _counting(carrying)
    begun = set(census.places(carrying.ledger, run.id))
    planned = runs.planned_places(carrying.ledger, run.id)
    told = told_by_log(carrying.ledger, log.read_head(carrying.ledger).size)
    for alias, class_name in sorted(planned - begun):
        last = counting.last((alias, class_name), told)
        first = last or counting.count(carrying.stores[alias], class_name)
        census.begin(carrying.ledger, run.id, first)


def balance(carrying: Carrying, run: Run) -> Iterator[Book]:
    """Count again, and say class by class what came and what went; a store that can't be read now has no books.

    Raises Refused where the ledger has lost the count with which they began.
    """
    counting = _counting(carrying)
    places = runs.planned_places(carrying.ledger, run.id) | set(census.places(carrying.ledger, run.id))
    began_with = {place: census.find(carrying.ledger, *place, run.id) for place in sorted(places)}
    sizes = [one.log_size for one in began_with.values() if one]
    told = told_by_log(carrying.ledger, min(sizes, default=0))
    for (alias, class_name), began in began_with.items():
        if began is None or not began.whole:
            raise Refused(f"the books of {alias}, {class_name}: the ledger was changed since the run began; not closed")
        keys = census.destroyed_keys(carrying.ledger, alias, class_name)
        mine = digests_of(keys.pop(run.id, ()), began.salt)
        others = digests_of((key for each in keys.values() for key in each), began.salt)
        try:
            now = counting.count(carrying.stores[alias], class_name)
        except (StoreUnavailable, BadInput, KeyError):
            yield Book((alias, class_name), None, None, mine)
        else:
            leaf = _book(run, began, now, mine, others, told.since(began, run.id))
            yield Book((alias, class_name), leaf, now, mine)


def _book(run: Run, began: Census, now: Census, mine: frozenset[bytes], others: frozenset[bytes], logged: int) -> Leaf:
    """The books of one class. `logged` is how many of it other runs have destroyed since the count, by the log."""
    if began.digests is None or now.digests is None:
        created, by_others = 0, logged
    else:
        # What was made and destroyed in between was there neither first nor last.
        passing = len(mine - began.digests) + len(mine & began.digests & now.digests)
        created = len(now.digests - began.digests) + passing
        by_others = min(began.removed + len((began.digests - now.digests) & others), logged)
    outside = began.count + created - len(mine) - by_others - now.count
    return {
        "type": "books",
        "run": run.id,
        "store": began.store,
        "class": began.class_name,
        "before": began.count,
        "created": created - min(outside, 0),
        "destroyed": len(mine),
        "others": by_others,
        "outside": max(outside, 0),
        "after": now.count,
    }


def gone_outside(counting: Counting, store: RecordStore, class_name: str, told: Told) -> int:
    """How many records of a class have gone since the last count that no run destroyed; the first count finds none.

    `told` goes back to the oldest count. Raises StoreUnavailable, BadInput.
    """
    last = counting.last((store.alias, class_name), told)
    now = counting.count(store, class_name)
    if last is None:
        census.keep(counting.ledger, now)
        return 0
    logged = told.since(last)
    fewer = max(last.count - now.count - logged, 0)  # at least so many, whatever came
    if last.digests is None or now.digests is None:
        return fewer
    keys = census.destroyed_keys(counting.ledger, store.alias, class_name)
    ours = digests_of((key for each in keys.values() for key in each), last.salt)
    lost = last.digests - now.digests
    return max(len(lost) - min(len(lost & ours), logged), fewer)


def _counting(carrying: Carrying) -> Counting:
    return Counting(carrying.ledger, carrying.schedule, carrying.now, carrying.random)
