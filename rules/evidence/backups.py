"""Backup sets as the log knows them, and what they say of a run: beyond use until a day, or final."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from rules.evidence.leaf import Leaf

BEYOND_USE, FINAL, NOT_REGISTERED = "beyond use", "final", "backups not registered"
LEAF_TYPES = frozenset({"backup", "backup-expired"})
STANDING_TYPES = LEAF_TYPES | {"run-opened", "run-closed"}


@dataclass(frozen=True)
class Backup:
    """A backup set of one store, and whether it is known to be gone. Dates are ISO 8601 texts."""

    name: str
    store: str
    taken: str
    expires: str
    expired: bool


@dataclass(frozen=True)
class Standing:
    """How final a closed run is. `until` is empty unless copies remain; `unregistered` are stores without a set."""

    run: str
    state: str
    until: str
    unregistered: tuple[str, ...]


@dataclass
class _Told:
    opened: dict[str, Leaf] = field(default_factory=dict)
    closed: dict[str, Leaf] = field(default_factory=dict)
    sets: list[Leaf] = field(default_factory=list)
    expired: set[str] = field(default_factory=set)


def registered(leaves: Iterable[Leaf]) -> tuple[Backup, ...]:
    """Return every backup set that the leaves register, in their order."""
    return _backups(_read(leaves))


def held_by(backups: Iterable[Backup], stores: Collection[str], day: str) -> tuple[Backup, ...]:
    """Return the sets of these stores taken by that day (ISO): each may hold what was destroyed up to then."""
    return tuple(one for one in backups if one.store in stores and one.taken <= day)


def state_of(held: Iterable[Backup]) -> tuple[str, str]:
    """Return how final a destruction is whose records these sets held, and until when copies remain (or nothing).

    A set counts until somebody has said that it is gone: a day that has passed deletes no backup.
    """
    known = list(held)
    until = max((one.expires for one in known if not one.expired), default="")
    return BEYOND_USE if until else FINAL if known else NOT_REGISTERED, until


def standings(leaves: Iterable[Leaf]) -> list[Standing]:
    """Return how final each closed run is, in the order in which they were opened. Other leaves are passed over."""
    told = _read(leaves)
    known = _backups(told)
    found = []
    for run, opened in told.opened.items():
        if run in told.closed:
            held = held_by(known, opened["stores"], told.closed[run]["at"][:10])
            missing = set(opened["stores"]) - {one.store for one in held}
            found.append(Standing(run, *state_of(held), tuple(sorted(missing))))
    return found


def _read(leaves: Iterable[Leaf]) -> _Told:
    told = _Told()
    for leaf in leaves:
        if leaf["type"] == "run-opened":
            told.opened[leaf["run"]] = leaf
        elif leaf["type"] == "run-closed":
            told.closed[leaf["run"]] = leaf
        elif leaf["type"] == "backup":
            told.sets.append(leaf)
        elif leaf["type"] == "backup-expired":
            told.expired.add(leaf["set"])
    return told


def _backups(told: _Told) -> tuple[Backup, ...]:
    return tuple(
        Backup(leaf["set"], leaf["store"], leaf["taken"], leaf["expires"], leaf["set"] in told.expired)
        for leaf in told.sets
    )
