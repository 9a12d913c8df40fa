"""Promises of disclosure control: what is shown is true, and nothing hidden can be worked out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from rules.privacy.attack import gate, intervals
from rules.privacy.protection import protect
from rules.privacy.tables import CountTable, Policy
from tests.unit.privacy.tables_made import dimension, random_report, random_table, small_cells, table

PAIRS = [("ab", "ac"), ("ab", "bc", "ca"), ("ab", "a", "b"), ("ab", "cd"), ("ab", "bc", "cd")]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("policy", [Policy(), Policy(5), Policy(5, show_zeros=False)], ids=str)
def test_in_random_tables_no_small_cell_is_exact_or_narrow_afterwards(seed: int, policy: Policy) -> None:
    chance = random.Random(seed)
    counted = random_table(chance, chance.randint(2, 7), chance.randint(2, 6), chance.randint(5, 700))
    (shown,) = protect([counted], policy)
    assert not shown.withheld
    assert gate([shown], policy, [counted]) == []
    assert all(shown.cells[key] is None for key in small_cells(counted, policy))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "pairs", [("ab", "ac"), ("ab", "bc", "ca"), ("ab", "a", "b"), ("ab", "cd"), ("ab", "bc", "cd")]
)
def test_tables_that_share_totals_cannot_undo_each_other(seed: int, pairs: tuple[str, ...]) -> None:
    chance = random.Random(seed)
    tables = random_report(chance, {"a": 3, "b": 4, "c": 3, "d": 3}, pairs, chance.randint(60, 500))
    shown = protect(tables, Policy())
    assert not any(one.withheld for one in shown)
    assert gate(shown, Policy(), tables) == []


def test_shown_numbers_are_the_true_ones_and_zeros_stay() -> None:
    counted = random_table(random.Random(3), 6, 5, 400)
    (shown,) = protect([counted], Policy())
    true = counted.cells()
    assert all(count in (None, true[key]) for key, count in shown.cells.items())
    assert all(shown.cells[key] == 0 for key, count in true.items() if count == 0)


def test_a_table_without_small_counts_is_left_alone() -> None:
    counted = table(dimension("s", 2), dimension("o", 2), [[10, 0], [25, 30]])
    (shown,) = protect([counted], Policy())
    assert dict(shown.cells) == counted.cells()


def test_a_table_of_very_few_people_shows_noughts_and_nothing_else() -> None:
    counted = table(dimension("s", 2), dimension("o", 2), [[1, 0], [2, 0]])
    (shown,) = protect([counted], Policy())
    assert {count for count in shown.cells.values()} == {None, 0}
    assert gate([shown], Policy(), [counted]) == []


def test_somebody_alone_in_a_cell_cannot_work_out_a_neighbour() -> None:
    """One row hides 1 and 12: without more hidden, the single person subtracts themselves and has the rest."""
    counted = table(dimension("s", 3), dimension("o", 3), [[1, 3, 60], [4, 40, 50], [30, 50, 70]])
    (shown,) = protect([counted], Policy(5))
    assert gate([shown], Policy(5), [counted]) == []


def test_the_same_tables_give_the_same_release() -> None:
    tables = random_report(random.Random(9), {"a": 5, "b": 4, "c": 4}, ("ab", "bc", "ca"), 400)
    assert protect(tables, Policy()) == protect(tables, Policy())


def test_hiding_is_sparing() -> None:
    """One small cell in the middle of a large table takes a rectangle of four, not more."""
    counts = [[50] * 5 for _ in range(5)]
    counts[2][3] = 4
    counted = table(dimension("s", 5), dimension("o", 5), counts)
    (shown,) = protect([counted], Policy())
    assert sum(count is None for count in shown.cells.values()) == 4


def test_populations_are_protected_apart() -> None:
    one, two = random_table(random.Random(1), 4, 4, 200), random_table(random.Random(2), 3, 3, 90)
    other = replace(two.spec.population, id="volunteers")
    two = CountTable(replace(two.spec, id="v", population=other), two.counts)
    assert protect([one, two], Policy()) == (*protect([one], Policy()), *protect([two], Policy()))


def test_no_table_means_no_release() -> None:
    assert protect([], Policy()) == ()


def test_the_intervals_of_a_protected_table_hold_the_truth() -> None:
    counted = random_table(random.Random(5), 5, 5, 300)
    shown = protect([counted], Policy())
    true = counted.cells()
    for key, interval in intervals(shown, Policy()).items():
        assert interval.low <= true[key]
        assert interval.high is None or true[key] <= interval.high
