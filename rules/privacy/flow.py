"""One warm linear program that finds another table: as near as can be to the true one, but with one cell moved.

Unknowns: the atoms of all tables (never below nought), and for every cell how far it rises and how far it
falls. Rows: a cell's atoms add up to its true count plus rise minus fall. HiGHS solves it; one thread, so the same
question gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from rules.privacy.atoms import atoms_of
from rules.privacy.tables import CellKey, TableSpec

Vector = NDArray[np.float64]
_EXACTLY = 1e-6


class Flow:
    """The program for one population's tables. Not for use by two threads at once."""

    def __init__(self, specs: Sequence[TableSpec], keys: Sequence[CellKey], true: Vector) -> None:
        """Build the program for cells `keys` with counts `true`. Raises BadInput when the tables cross too much."""
        atoms = atoms_of(specs)
        self._true, self._atoms, self._cells = true, atoms.count, len(keys)
        rows = [{atom: 1.0 for atom in atoms.summands(key)} for key in keys]
        for cell, row in enumerate(rows):
            row[self._rise(cell)], row[self._fall(cell)] = -1.0, 1.0
        ties = [dict.fromkeys(one, 1.0) | dict.fromkeys(other, -1.0) for one, other in atoms.agreements()]
        self._solver = _solver(rows + ties, np.concatenate([true, np.zeros(len(ties))]), self._atoms + 2 * self._cells)
        self._moves = np.arange(self._atoms, self._atoms + 2 * self._cells, dtype=np.int32)

    def _rise(self, cell: int) -> int:
        return self._atoms + cell

    def _fall(self, cell: int) -> int:
        return self._atoms + self._cells + cell

    def nearest(self, cell: int, count: int, prices: Vector, may_move: NDArray[np.bool_], floor: int) -> Vector | None:
        """Return the counts of all cells in the cheapest table in which `cell` holds `count`, or None if there is none.

        Only cells of `may_move` differ from the truth, and none of them falls below `floor` (unless it is truly
        below). A difference of one in a cell costs its price.
        """
        rise, fall = self._room(may_move, floor)
        lower = np.zeros(2 * self._cells)
        shift = count - self._true[cell]
        if (shift > 0 and rise[cell] < shift) or (shift < 0 and fall[cell] < -shift):
            return None
        rise[cell] = lower[cell] = max(shift, 0.0)
        fall[cell] = lower[self._cells + cell] = max(-shift, 0.0)
        return self._solved(lower, np.concatenate([rise, fall]), np.concatenate([prices, prices]))

    def furthest(self, cell: int, count: int, may_move: NDArray[np.bool_], floor: int) -> int:
        """Return the whole count nearest to `count` that `cell` can hold when only cells of `may_move` differ."""
        rise, fall = self._room(may_move, floor)
        shift = count - self._true[cell]
        rise[cell] = min(rise[cell], max(shift, 0.0))
        fall[cell] = min(fall[cell], max(-shift, 0.0))
        costs = np.zeros(2 * self._cells)
        costs[cell], costs[self._cells + cell] = (-1.0, 1.0) if shift > 0 else (1.0, -1.0)
        found = self._solved(np.zeros(2 * self._cells), np.concatenate([rise, fall]), costs)
        if found is None:
            return int(self._true[cell])
        return int(np.floor(found[cell] + _EXACTLY) if shift > 0 else np.ceil(found[cell] - _EXACTLY))

    def _room(self, may_move: NDArray[np.bool_], floor: int) -> tuple[Vector, Vector]:
        """Return how far each cell may rise and fall."""
        rise = np.where(may_move, np.inf, 0.0)
        return rise, np.where(may_move, np.maximum(self._true - floor, 0.0), 0.0)

    def _solved(self, lower: Vector, upper: Vector, costs: Vector) -> Vector | None:
        self._solver.changeColsBounds(len(self._moves), self._moves, lower, upper)
        self._solver.changeColsCost(len(self._moves), self._moves, costs)
        self._solver.run()
        # Anything but optimal, a refused start included, counts as no answer: the caller then hides more.
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        moved = np.array(self._solver.getSolution().col_value)[self._moves]
        found: Vector = self._true + moved[: self._cells] - moved[self._cells :]
        return found


def _solver(rows: Sequence[dict[int, float]], right: Vector, columns: int) -> highspy.Highs:
    """Return a quiet one-thread HiGHS holding the equations `rows` = `right` over columns of nought and more."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, len(rows)
    model.col_cost_ = np.zeros(columns)
    model.col_lower_, model.col_upper_ = np.zeros(columns), np.full(columns, highspy.kHighsInf)
    model.row_lower_ = model.row_upper_ = right
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(row) for row in rows)])
    model.a_matrix_.index_ = np.array([column for row in rows for column in row], dtype=np.int32)
    model.a_matrix_.value_ = np.array([value for row in rows for value in row.values()])
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 0)):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver
