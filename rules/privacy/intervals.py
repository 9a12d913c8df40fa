"""What somebody who knows some cells can conclude about another: its least and greatest possible count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from rules.privacy.atoms import Atoms, atoms_of
from rules.privacy.tables import CellKey, TableSpec

Vector = NDArray[np.float64]
_EXACTLY = 1e-6


@dataclass(frozen=True)
class Interval:
    """The least and the greatest whole count possible; `high` None where nothing shown limits it."""

    low: int
    high: int | None

    @property
    def exact(self) -> bool:
        """Whether only one count is possible."""
        return self.low == self.high

    def reaches(self, count: int) -> bool:
        """Return whether `count` or more is possible."""
        return self.high is None or self.high >= count


class Knowledge:
    """All that is known of one population's cells, ready for questions. `hidden` cells hold at least `floor`."""

    def __init__(
        self,
        specs: Sequence[TableSpec],
        known: Mapping[CellKey, int],
        hidden: Sequence[CellKey],
        floor: int,
        threshold: int,
    ) -> None:
        """Raise BadInput when the tables cross too many categories to be checked."""
        atoms = atoms_of(specs)
        self.hidden, self._floor = tuple(hidden), floor
        self._specs, self._known, self._reach = tuple(specs), dict(known), threshold
        self._place = {key: place for place, key in enumerate(self.hidden)}
        self._equal, self._right = _equations(atoms, known)
        self._cells = _matrix([dict.fromkeys(atoms.summands(key), 1.0) for key in self.hidden], atoms.count)
        # Where even the total is hidden nothing limits a count: a bound far above what matters keeps the sums finite.
        self._bound = 100 * threshold + 10 * max(known.values(), default=0)
        self._seen: dict[int, list[Vector]] = {0: [], floor: []}

    def interval(self, key: CellKey, floor: int | None = None) -> Interval | None:
        """Return what is possible for a hidden cell, or None if nothing fits what is known."""
        floor = self._floor if floor is None else floor
        ends = [self._extreme(key, sign, floor) for sign in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:
            return None
        low, high = (end[self._place[key]] for end in ends if end is not None)
        return Interval(
            int(np.ceil(low - _EXACTLY)), None if high >= self._bound - 1 else int(np.floor(high + _EXACTLY))
        )

    @cached_property
    def structure(self) -> Knowledge:
        """What is left when only the shown noughts are known: limits that no hiding can lift."""
        noughts = {key: count for key, count in self._known.items() if count == 0}
        return Knowledge(
            self._specs, noughts, [*self.hidden, *(self._known.keys() - noughts)], self._floor, self._reach
        )

    def fixed_by(self, insider: CellKey, key: CellKey) -> bool:
        """Return whether knowing that `insider` holds exactly 1 leaves one possibility for `key`."""
        mine, its = self._place[insider], self._place[key]
        values = {round(seen[its], 3) for seen in self._seen[self._floor] if abs(seen[mine] - 1) < _EXACTLY}
        for sign in (1.0, -1.0):
            if len(values) > 1:
                return False
            end = self._extreme(key, sign, self._floor, insider)
            if end is not None:
                values.add(round(end[its], 3))
        return len(values) == 1

    def _extreme(self, key: CellKey, sign: float, floor: int, insider: CellKey | None = None) -> Vector | None:
        """Return the hidden cells' counts in a table where `key` is least (sign 1) or greatest (sign -1)."""
        equal, right = self._equal, self._right
        if insider is not None:
            equal = vstack([equal, self._cells[[self._place[insider]]]], format="csr")
            right = np.append(right, 1.0)
        answer = linprog(
            sign * self._cells[[self._place[key]]].toarray()[0],
            A_ub=-self._cells if floor else None,
            b_ub=np.full(len(self.hidden), -float(floor)) if floor else None,
            A_eq=equal,
            b_eq=right,
            bounds=(0, self._bound),
            method="highs",
        )
        if answer.status != 0:
            return None
        counts: Vector = self._cells @ answer.x
        self._seen[floor].append(counts)
        return counts


def _equations(atoms: Atoms, known: Mapping[CellKey, int]) -> tuple[csr_array, Vector]:
    rows = [dict.fromkeys(atoms.summands(key), 1.0) for key in known]
    ties = [dict.fromkeys(one, 1.0) | dict.fromkeys(other, -1.0) for one, other in atoms.agreements()]
    return _matrix(rows + ties, atoms.count), np.array([*known.values(), *(0 for _ in ties)], dtype=np.float64)


def _matrix(rows: Sequence[Mapping[int, float]], columns: int) -> csr_array:
    starts = np.cumsum([0, *(len(row) for row in rows)])
    places = np.array([column for row in rows for column in row], dtype=np.int64)
    values = np.array([value for row in rows for value in row.values()], dtype=np.float64)
    return csr_array((values, places, starts), shape=(len(rows), columns))
