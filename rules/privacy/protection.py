"""Decides which cells a release hides: the small ones, and as many others as it takes that nobody can work them out.

Method: for every small cell ask a linear program for *another* table that fits all shown numbers and in
which that cell is as high as the threshold, and another in which it is as low as can be; cells that must
differ for that are hidden too, as few and as far inside as the program finds. Each answer is kept as a
witness. At the end, cells whose hiding turned out to be needless are shown again. All tables of one
population are treated as one.

A small cell is *protected* when what readers know allows every count from nought to the threshold for it: to readers
who do not know that we never hide a nought (down to 0), to those who do (1 to the threshold), and to somebody who
is alone in another hidden cell and knows that (an insider).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rules.privacy.flow import Flow
from rules.privacy.tables import (
    CellKey,
    CountTable,
    Policy,
    PublishedTable,
    TableSpec,
    by_population,
    joint_cells,
)

Counts = NDArray[np.float64]
_EXACTLY = 1e-6


@dataclass(frozen=True)
class _Need:
    """What must look possible: that `cell` holds `count` (or more, if `up`; or less), others at least `floor`."""

    cell: int
    up: bool
    count: int
    floor: int
    insider: int | None = None  # a cell that stays at its true 1, because its one person knows it


class _CannotProtect(Exception):
    """No choice of hidden cells protects this cell."""

    def __init__(self, cell: int) -> None:
        super().__init__()
        self.cell = cell


def protect(tables: Sequence[CountTable], policy: Policy) -> tuple[PublishedTable, ...]:
    """Return the tables as they may be published, in the order given, the same answer for the same input.

    Counts that are shown are true, totals too. A table that cannot be protected is withheld whole. Run
    `attack.gate` on the result before writing it. Raises BadInput when tables of one population disagree.
    """
    hidden: dict[str, frozenset[CellKey]] = {}
    kept: set[str] = set()
    for population, specs in by_population([table.spec for table in tables]).items():
        ids = {spec.id for spec in specs}
        group = [table for table in tables if table.spec.id in ids]
        hidden[population], names = _protect_group(group, policy)
        kept |= names
    return tuple(_published(table, hidden[table.spec.population.id], table.spec.id in kept) for table in tables)


def _published(table: CountTable, hidden: frozenset[CellKey], kept: bool) -> PublishedTable:
    if not kept:
        return PublishedTable(table.spec, {}, withheld=True)
    return PublishedTable(table.spec, {k: None if k in hidden else count for k, count in table.cells().items()})


def _protect_group(tables: Sequence[CountTable], policy: Policy) -> tuple[frozenset[CellKey], set[str]]:
    """Return the cells to hide and the ids of the tables that can be published.

    While a cell cannot be protected, the last table that holds it is left out.
    """
    remaining = list(tables)
    while remaining:
        cells = joint_cells(remaining)
        keys = sorted(cells, key=lambda key: (len(key), key))
        try:
            hidden = _Search(keys, cells, [table.spec for table in remaining], policy).run()
        except _CannotProtect as stuck:
            culprit = next(t for t in reversed(remaining) if keys[stuck.cell] in set(t.spec.cells()))
            remaining.remove(culprit)
            continue
        return frozenset(hidden), {table.spec.id for table in remaining}
    return frozenset(), set()


class _Search:
    """One population's search for cells to hide; keeps every witness it has seen."""

    def __init__(
        self, keys: Sequence[CellKey], cells: dict[CellKey, int], specs: Sequence[TableSpec], policy: Policy
    ) -> None:
        self.keys, self.policy = list(keys), policy
        self.true = np.array([cells[key] for key in keys], dtype=np.float64)
        self.flow = Flow(specs, self.keys, self.true)
        self.weights = np.array([_weight(key, specs) for key in keys])
        self.small = [place for place, key in enumerate(keys) if policy.is_small(cells[key])]
        self.hidden = np.zeros(len(keys), dtype=bool)
        self.hidden[self.small] = True
        self.fixed = np.zeros(len(keys), dtype=bool)
        if policy.show_zeros:
            self.fixed[self.true == 0] = True
        self.needs: list[_Need] = []
        self.witnesses: list[Counts] = []

    def run(self) -> list[CellKey]:
        """Return the cells to hide. Raises _CannotProtect."""
        for need in self._wanted():
            self._meet(need)
        self._show_again()
        return [key for key, gone in zip(self.keys, self.hidden, strict=True) if gone]

    def _wanted(self) -> Iterator[_Need]:
        """Yield what should look possible, plain readers first: their witnesses often serve the insiders."""
        floor = 1 if self.policy.show_zeros else 0
        alone = [place for place in self.small if self.true[place] == 1]
        for insider in (None, *alone):
            for cell in self.small:
                if cell != insider:
                    yield _Need(cell, True, self.policy.threshold, floor, insider)
                    yield from (_Need(cell, False, low, low, insider) for low in range(floor, -1, -1))

    def _meet(self, need: _Need) -> None:
        """Make sure of a witness for `need`, or for as much of it as any hiding can give."""
        if not self._witnessed(need, self.witnesses) and not self._find(need):
            # Shown noughts set limits that no hiding lifts: a total is at least one for each cell inside it that is not
            # nought, and an insider's only row and only column count the same one person.
            limit = self.flow.furthest(need.cell, need.count, self._open(need, ~self.fixed), need.floor)
            if need.up and need.insider is None:
                raise _CannotProtect(need.cell)
            need = replace(need, count=limit)
            if limit == self.true[need.cell]:
                return
            if not self._witnessed(need, self.witnesses) and not self._find(need):
                raise _CannotProtect(need.cell)
        self.needs.append(need)

    def _witnessed(self, need: _Need, witnesses: Iterable[Counts]) -> bool:
        return any(self._serves(need, witness) for witness in witnesses)

    def _serves(self, need: _Need, witness: Counts) -> bool:
        beyond = witness[need.cell] - need.count
        return bool(
            (beyond >= -_EXACTLY if need.up else beyond <= _EXACTLY)
            and (need.insider is None or abs(witness[need.insider] - 1) < _EXACTLY)
            and (need.floor == 0 or np.all(witness[self.true > 0] >= need.floor - _EXACTLY))
        )

    def _find(self, need: _Need) -> bool:
        """Find a witness for `need`, hiding more where it must; return False if there is none."""
        prices = np.where(self.hidden, 0.001, self.weights)
        prices[self.hidden & (self.true == 1)] = 0.02  # leave these alone if possible: it serves their insiders
        witness = self.flow.nearest(need.cell, need.count, prices, self._open(need, ~self.fixed), need.floor)
        if witness is None:
            return False
        self.hidden |= np.abs(witness - self.true) > _EXACTLY
        self.witnesses.append(witness)
        return True

    def _open(self, need: _Need, may_move: NDArray[np.bool_]) -> NDArray[np.bool_]:
        chosen = may_move.copy()
        if need.insider is not None:
            chosen[need.insider] = False
        return chosen

    def _show_again(self) -> None:
        """Show cells again, the dearest first, where every need has a witness without them."""
        extra = [place for place in np.flatnonzero(self.hidden) if place not in set(self.small)]
        for place in sorted(extra, key=lambda p: (-self.weights[p], -self.true[p], p)):
            without = [w for w in self.witnesses if abs(w[place] - self.true[place]) < _EXACTLY]
            trial = self.hidden.copy()
            trial[place] = False
            if self._all_found(trial, without):
                self.hidden, self.witnesses = trial, without

    def _all_found(self, hidden: NDArray[np.bool_], witnesses: list[Counts]) -> bool:
        """Return whether every need is met with only `hidden` cells moving; adds the witnesses found to the list."""
        prices = np.where(self.true == 1, 0.02, 0.001)
        for need in self.needs:
            if self._witnessed(need, witnesses):
                continue
            found = self.flow.nearest(need.cell, need.count, prices, self._open(need, hidden), need.floor)
            if found is None:
                return False
            witnesses.append(found)
        return True


def _weight(key: CellKey, specs: Sequence[TableSpec]) -> float:
    """Return the price of hiding a cell: 1 inside a table; in each table it stands in, 3 more for each level above."""
    names = {name for name, _ in key}
    levels = [len(spec.dimensions) - len(key) for spec in specs if names <= {d.name for d in spec.dimensions}]
    return 1.0 + 3.0 * sum(levels)
