"""Books of a run: for each store and class, before + created − gone = after, counted with the reading credential.

They begin with the last count of the class, whoever made it, so that what went between two runs shows in the next
one. Keys are compared, not only numbers: a record that went cannot hide behind one that came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.ledger import census, log, runs
from connectors.ledger.base import Ledger
from connectors.ledger.census import Census
from connectors.ledger.runs import Run
from connectors.stores.base import RecordStore
from connectors.stores.census import count_class, digests_of
from operations.destroying.context import Carrying
from rules.errors import BadInput, StoreUnavailable
from rules.evidence.leaf import Leaf, decode
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
        last = census.find(self.ledger, store.alias, class_name)
        salt = last.salt if last else self.random(SALT_BYTES).hex()
        size = log.read_head(self.ledger).size
        count, digests = count_class(store, self.schedule, class_name, salt)
        return Census(store.alias, class_name, self.now(), size, salt, count, digests)


def open_books(carrying: Carrying, run: Run) -> None:
    """Count what the run may destroy from, before it begins, unless that was done before.

    Raises StoreUnavailable or BadInput for a store that cannot be read.
    """
    counting = _counting(carrying)
    begun = set(census.places(carrying.ledger, run.id))
    planned = runs.planned_places(carrying.ledger, run.id)
    for alias, class_name in sorted(planned - begun):
        last = census.find(carrying.ledger, alias, class_name)
        first = last or counting.count(carrying.stores[alias], class_name)
        census.begin(carrying.ledger, run.id, first)


def balance(carrying: Carrying, run: Run) -> Iterator[Book]:
    """Count again, and say class by class what came and what went; a store that can't be read now has no books."""
    counting = _counting(carrying)
    for alias, class_name in census.places(carrying.ledger, run.id):
        began = census.find(carrying.ledger, alias, class_name, run.id)
        assert began is not None  # its place was listed a moment ago
        keys = census.destroyed_keys(carrying.ledger, alias, class_name)
        mine = digests_of(keys.pop(run.id, ()), began.salt)
        others = digests_of((key for each in keys.values() for key in each), began.salt)
        try:
            now = counting.count(carrying.stores[alias], class_name)
        except (StoreUnavailable, BadInput, KeyError):
            yield Book((alias, class_name), None, None, mine)
        else:
            yield Book((alias, class_name), _book(carrying, run, began, now, mine, others), now, mine)


def _book(
    carrying: Carrying, run: Run, began: Census, now: Census, mine: frozenset[bytes], others: frozenset[bytes]
) -> Leaf:
    if began.digests is None or now.digests is None:
        created, by_others = 0, _by_other_runs(carrying, run, began)
    else:
        # What was made and destroyed in between was there neither first nor last.
        passing = len(mine - began.digests) + len(mine & began.digests & now.digests)
        created = len(now.digests - began.digests) + passing
        by_others = began.removed + len((began.digests - now.digests) & others)
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


def _by_other_runs(carrying: Carrying, run: Run, began: Census) -> int:
    """How many records of the class the log says that other runs destroyed since the books began."""
    count = 0
    for _, data in log.read_leaves(carrying.ledger, began.log_size):
        leaf = decode(data)
        same = leaf["type"] in ("done", "kept") and (leaf["store"], leaf["class"]) == (began.store, began.class_name)
        count += same and leaf["outcome"] in ("destroyed", "unlinked") and leaf["run"] != run.id
    return count


def gone_outside(counting: Counting, store: RecordStore, class_name: str) -> int:
    """How many records of a class have gone since the last count that no run destroyed; the first count finds none.

    Raises StoreUnavailable, BadInput.
    """
    last = census.find(counting.ledger, store.alias, class_name)
    now = counting.count(store, class_name)
    if last is None:
        census.keep(counting.ledger, now)
        return 0
    if last.digests is None or now.digests is None:
        return 0
    keys = census.destroyed_keys(counting.ledger, store.alias, class_name)
    ours = digests_of((key for each in keys.values() for key in each), last.salt)
    return len(last.digests - now.digests - ours)


def _counting(carrying: Carrying) -> Counting:
    return Counting(carrying.ledger, carrying.schedule, carrying.now, carrying.random)
