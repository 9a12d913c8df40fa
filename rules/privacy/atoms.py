"""The unknowns of the attacker's sums: the smallest set of counts from which every declared cell is a sum.

Tables over dimensions A-B, B-C and C-A together say something about the three-way table, though none is
published. The full cross-classification of all dimensions would be enough, but grows without bound; a
set of overlapping smaller classifications that agree where they overlap says exactly as much, if they are
the cliques of a chordal graph (Lauritzen, Graphical Models, 1996, section 3.1). So: join dimensions that
share a table, eliminate one after another, keep the largest cliques, and tie them into a junction tree
(a spanning tree of greatest overlap: Jensen and Jensen, 1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import prod

from rules.errors import BadInput
from rules.privacy.tables import CellKey, Dimension, TableSpec

MOST_ATOMS = 20_000


@dataclass(frozen=True)
class Atoms:
    """Overlapping cross-classifications ("cliques") and the ties between them."""

    cliques: tuple[tuple[Dimension, ...], ...]
    ties: tuple[tuple[int, int, tuple[Dimension, ...]], ...]

    @cached_property
    def _names(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(dimension.name for dimension in clique) for clique in self.cliques)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts = [0]
        for clique in self.cliques:
            starts.append(starts[-1] + _size(clique))
        return tuple(starts)

    @property
    def count(self) -> int:
        """How many unknowns there are."""
        return self._starts[-1]

    def summands(self, key: CellKey, clique: int | None = None) -> tuple[int, ...]:
        """Return the unknowns that add up to a cell, in the given clique or the first that knows its dimensions."""
        wanted = dict(key)
        if clique is None:
            clique = next(place for place, names in enumerate(self._names) if names >= wanted.keys())
        choices = [
            (wanted[dimension.name],) if dimension.name in wanted else dimension.categories
            for dimension in self.cliques[clique]
        ]
        numbers = [
            {category: place for place, category in enumerate(dimension.categories)}
            for dimension in self.cliques[clique]
        ]
        found = []
        for categories in product(*choices):
            place = 0
            for category, number, dimension in zip(categories, numbers, self.cliques[clique], strict=True):
                place = place * len(dimension.categories) + number[category]
            found.append(self._starts[clique] + place)
        return tuple(found)

    def agreements(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Return pairs of sums that must be equal: what two tied cliques say about the cells they share."""
        pairs = []
        for one, other, shared in self.ties:
            for categories in product(*(dimension.categories for dimension in shared)):
                key = tuple((dimension.name, c) for dimension, c in zip(shared, categories, strict=True))
                pairs.append((self.summands(key, one), self.summands(key, other)))
        return pairs


def atoms_of(specs: Sequence[TableSpec]) -> Atoms:
    """Return the unknowns for all tables of ONE population. Raises BadInput when there would be too many."""
    dimensions = {dimension.name: dimension for spec in specs for dimension in spec.dimensions}
    near = {name: {d.name for spec in specs if name in _names(spec) for d in spec.dimensions} for name in dimensions}
    cliques: list[frozenset[str]] = []
    while near:
        chosen = min(near, key=lambda name: (_size([dimensions[n] for n in near[name]]), name))
        clique = frozenset(near.pop(chosen))
        cliques.append(clique)
        for name in clique - {chosen}:
            near[name] = (near[name] | clique) - {chosen}
    atoms = _tied(cliques, dimensions)
    if atoms.count > MOST_ATOMS:
        raise BadInput(
            f"the tables of one population cross too many categories to be checked ({atoms.count:,} combinations, "
            f"at most {MOST_ATOMS:,}): merge categories or publish fewer tables"
        )
    return atoms


def _tied(cliques: Sequence[frozenset[str]], dimensions: dict[str, Dimension]) -> Atoms:
    """Keep the cliques that lie in no other; tie them into a tree, the greatest overlaps first (Kruskal)."""
    kept = [clique for clique in dict.fromkeys(cliques) if not any(clique < other for other in cliques)]
    pairs = sorted(combinations(range(len(kept)), 2), key=lambda pair: (-len(kept[pair[0]] & kept[pair[1]]), pair))
    group = list(range(len(kept)))
    ties = []
    for one, other in pairs:
        if group[one] != group[other]:
            ties.append((one, other, tuple(dimensions[name] for name in sorted(kept[one] & kept[other]))))
            group = [group[one] if mark == group[other] else mark for mark in group]
    return Atoms(tuple(tuple(dimensions[name] for name in sorted(clique)) for clique in kept), tuple(ties))


def _names(spec: TableSpec) -> set[str]:
    return {dimension.name for dimension in spec.dimensions}


def _size(clique: Sequence[Dimension]) -> int:
    return prod(len(dimension.categories) for dimension in clique)
