"""Promises of the attacker: it finds what a reader with pencil, paper and patience would find."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product

import pytest

from rules.errors import BadInput
from rules.privacy.attack import BreachKind, gate, intervals
from rules.privacy.compare import everyone_in_one, lines
from rules.privacy.protection import protect
from rules.privacy.tables import (
    CellKey,
    CountTable,
    EarlierTable,
    Period,
    Policy,
    PublishedTable,
    TableSpec,
)
from tests.unit.privacy.tables_made import dimension, published, random_report, random_table, small_cells, table

SERVICE, AREA = dimension("service", ["Counselling", "Careers", "Mentoring"]), dimension("area", ["North", "South"])
OUTCOME = dimension("outcome", ["Closed", "Declined", "Improved", "No change"])
# The row of the worked example: 18, 3, 23, 14 make 58 in Counselling, 279 in all.
BY_OUTCOME = table(SERVICE, OUTCOME, [[18, 3, 23, 14], [30, 20, 31, 40], [25, 25, 25, 25]])
BY_AREA = table(SERVICE, AREA, [[30, 28], [60, 61], [50, 50]])


def kinds(breaches: list[object]) -> set[BreachKind]:
    return {breach.kind for breach in breaches}  # type: ignore[attr-defined]


def test_a_cell_blanked_by_hand_follows_from_its_totals() -> None:
    blanked = published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy()))
    breaches = gate([blanked], Policy(), [BY_OUTCOME])
    assert [(breach.kind, breach.what) for breach in breaches] == [
        (BreachKind.EXACT, "outcome Declined, service Counselling")
    ]


def test_a_total_taken_from_a_second_table_undoes_a_hidden_cell() -> None:
    """Totals hidden in one table, shown in its neighbour: 58 - 18 - 23 - 14 is 3 again."""
    spec = BY_OUTCOME.spec
    margins = {spec.key("Counselling"), spec.key(None, "Declined"), spec.key(None)}
    alone = published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy()) | margins)
    assert gate([alone], Policy(), [BY_OUTCOME]) == []
    together = gate([alone, published(BY_AREA, set())], Policy(), [BY_OUTCOME, BY_AREA])
    assert kinds([*together]) == {BreachKind.EXACT}


def test_totals_that_leave_people_out_are_called_untrue() -> None:
    wrong = dict(published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy())).cells)
    wrong[()] = 276
    breaches = gate([PublishedTable(BY_OUTCOME.spec, wrong)], Policy(), [BY_OUTCOME])
    assert BreachKind.UNTRUE in kinds([*breaches])


def test_a_small_count_left_in_sight_is_found_even_without_the_truth() -> None:
    assert kinds([*gate([published(BY_OUTCOME, set())], Policy())]) == {BreachKind.SHOWN}


def test_a_table_from_elsewhere_is_judged_without_its_truth() -> None:
    blanked = published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy()))
    assert kinds([*gate([blanked], Policy())]) == {BreachKind.EXACT}
    assert gate(protect([BY_OUTCOME, BY_AREA], Policy()), Policy()) == []


def test_no_breach_tells_a_count() -> None:
    blanked = published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy()))
    assert not any(letter.isdigit() for breach in gate([blanked], Policy(), [BY_OUTCOME]) for letter in str(breach))


def _line_by_line(counted: CountTable, policy: Policy) -> set[CellKey]:
    """Hide as people do by hand: never just one cell in a line, the smallest next one with it."""
    cells, hidden = counted.cells(), small_cells(counted, policy)
    again = True
    while again:
        again = False
        for margin, parts in lines(counted.spec):
            if sum(part in hidden for part in parts) == 1 and margin not in hidden:
                free = [part for part in parts if part not in hidden and cells[part] > 0] or [margin]
                hidden.add(min(free, key=lambda key: (cells[key], key)))
                again = True
    return hidden


def test_hiding_line_by_line_is_caught_in_most_random_tables_and_ours_in_none() -> None:
    caught = 0
    for seed in range(8):
        counted = random_table(random.Random(seed), 5, 5, 250)
        caught += bool(gate([published(counted, _line_by_line(counted, Policy()))], Policy(), [counted]))
        assert gate(protect([counted], Policy()), Policy(), [counted]) == []
    assert caught >= 4


def test_an_insider_who_is_alone_in_a_cell_is_thought_of() -> None:
    """Four hidden cells in a rectangle, the line's sum of 41 known: the one person in it has the other 40, so 4 too."""
    counted = table(dimension("s", 3), dimension("o", 3), [[1, 40, 60], [40, 4, 50], [30, 50, 70]])
    key = counted.spec.key
    hidden = {key("s0", "o0"), key("s0", "o1"), key("s1", "o0"), key("s1", "o1")}
    breaches = gate([published(counted, hidden)], Policy(5), [counted])
    assert BreachKind.INSIDER in kinds([*breaches])


# ---- the yardstick: every table there is, counted one by one


def _all_fillings(places: int, total: int) -> Iterator[tuple[int, ...]]:
    if places == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _all_fillings(places - 1, total - first):
            yield (first, *rest)


def _brute(specs: list[TableSpec], shown: Mapping[CellKey, int], total: int, floor: int) -> dict[CellKey, set[int]]:
    """Return for every cell all counts it has in any way to put `total` people into the cube of all dimensions."""
    dimensions = {d.name: d for spec in specs for d in spec.dimensions}
    atoms = [frozenset(zip(dimensions, c, strict=True)) for c in product(*(d.categories for d in dimensions.values()))]
    keys = {key for spec in specs for key in spec.cells()}
    members = {key: [place for place, atom in enumerate(atoms) if atom >= set(key)] for key in keys}
    seen: dict[CellKey, set[int]] = {key: set() for key in keys}
    for filling in _all_fillings(len(atoms), total):
        cells = {key: sum(filling[place] for place in members[key]) for key in keys}
        fits = all(cells[k] == c for k, c in shown.items())
        if fits and all(cells[k] >= floor for k in keys - shown.keys()):
            for key, count in cells.items():
                seen[key].add(count)
    return seen


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("pairs", [("ab",), ("ab", "bc", "ca"), ("ab", "ac")])
def test_the_linear_program_agrees_with_trying_every_table(seed: int, pairs: tuple[str, ...]) -> None:
    chance = random.Random(seed)
    sizes = {"a": 2, "b": 3} if pairs == ("ab",) else {"a": 2, "b": 2, "c": 2}
    total = 8 if pairs == ("ab",) else 6
    tables = random_report(chance, sizes, pairs, total)
    policy = Policy(3, show_zeros=chance.random() < 0.5)
    keys = sorted({key for one in tables for key in one.cells() if key})
    hidden = set(chance.sample(keys, len(keys) // 2))
    if policy.show_zeros:
        hidden -= {key for one in tables for key, count in one.cells().items() if count == 0}
    shown = {key: count for one in tables for key, count in one.cells().items() if key not in hidden}
    possible = _brute([one.spec for one in tables], shown, total, 1 if policy.show_zeros else 0)
    found = intervals([published(one, hidden) for one in tables], policy)
    assert {key: (min(possible[key]), max(possible[key])) for key in hidden} == {
        key: (interval.low, interval.high) for key, interval in found.items()
    }


# ---- earlier releases


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


FIRST, SECOND = period("2026-01-01", "2026-03-31"), period("2026-01-01", "2026-06-30")
QUARTER = table(SERVICE, AREA, [[30, 28], [60, 61], [50, 50]])


def earlier(counted: CountTable, hidden: set[CellKey] = frozenset()) -> list[EarlierTable]:  # type: ignore[assignment]
    return [EarlierTable("2026-Q1", FIRST, published(counted, hidden))]


def test_a_cumulative_release_that_differs_by_a_few_people_is_refused() -> None:
    grown = table(SERVICE, AREA, [[30, 31], [80, 61], [50, 70]])
    breaches = gate([published(grown, set())], Policy(), [grown], SECOND, earlier(QUARTER))
    assert kinds([*breaches]) == {BreachKind.DIFFERENCE}
    assert any("service Counselling" in breach.what and "2026-Q1" in breach.what for breach in breaches)


def test_a_cumulative_release_that_differs_by_nought_or_many_passes() -> None:
    grown = table(SERVICE, AREA, [[30, 28], [80, 61], [50, 70]])
    assert gate([published(grown, set())], Policy(), [grown], SECOND, earlier(QUARTER)) == []


def test_releases_of_other_days_are_not_compared() -> None:
    grown = table(SERVICE, AREA, [[30, 31], [80, 61], [50, 70]])
    later = period("2026-04-01", "2026-06-30")
    assert gate([published(grown, set())], Policy(), [grown], later, earlier(QUARTER)) == []


def test_what_is_left_of_a_line_is_compared_too() -> None:
    """Both cells of Counselling hidden in both releases, its total 14 higher, South's other cells say the rest is 4."""
    before = table(SERVICE, AREA, [[20, 20], [60, 61], [50, 50]])
    after = table(SERVICE, AREA, [[30, 24], [60, 61], [50, 50]])
    key = before.spec.key
    hidden = {key("Counselling", "South"), key(None, "South"), key("Counselling"), key(None)}
    assert gate([published(after, hidden)], Policy(), [after], SECOND, earlier(before, hidden)) == []
    less = {key("Counselling", "South"), key("Careers", "South"), key("Counselling"), key(None)}
    breaches = gate([published(after, less)], Policy(), [after], SECOND, earlier(before, less))
    assert any("what is hidden of" in breach.what or "South" in breach.what for breach in breaches)


def test_changed_categories_are_refused() -> None:
    wards = dimension("area", ["North", "East", "West"])
    other = table(SERVICE, wards, [[30, 14, 14], [60, 30, 31], [50, 25, 25]])
    breaches = gate([published(other, set())], Policy(), [other], SECOND, earlier(QUARTER))
    assert kinds([*breaches]) == {BreachKind.DIFFERENCE}


def test_a_cell_hidden_now_but_shown_before_for_the_same_days_is_no_secret() -> None:
    counted = table(SERVICE, AREA, [[30, 4], [60, 61], [50, 50]])
    shown = protect([counted], Policy())
    assert gate(shown, Policy(), [counted], FIRST) == []
    assert BreachKind.EXACT in kinds([*gate(shown, Policy(), [counted], FIRST, earlier(counted))])


def test_an_earlier_table_of_the_same_days_can_undo_a_hidden_cell() -> None:
    """The totals hidden now were shown then, in a table by area that is no longer published."""
    spec = BY_OUTCOME.spec
    margins = {spec.key("Counselling"), spec.key(None, "Declined"), spec.key(None)}
    now = published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy()) | margins)
    old = [EarlierTable("first", FIRST, published(BY_AREA, set()))]
    assert gate([now], Policy(), [BY_OUTCOME], FIRST) == []
    assert kinds([*gate([now], Policy(), [BY_OUTCOME], FIRST, old)]) == {BreachKind.EXACT}


def test_numbers_that_contradict_each_other_are_refused() -> None:
    cells = dict(published(BY_OUTCOME, small_cells(BY_OUTCOME, Policy())).cells)
    cells[()] = 500
    with pytest.raises(BadInput, match="contradict"):
        intervals([PublishedTable(BY_OUTCOME.spec, cells)], Policy())
    assert BreachKind.CONTRADICTION in kinds([*gate([PublishedTable(BY_OUTCOME.spec, cells)], Policy())])


def test_a_missing_truth_is_refused() -> None:
    with pytest.raises(BadInput, match="missing"):
        gate([published(BY_OUTCOME, set()), published(BY_AREA, set())], Policy(), [BY_OUTCOME])


def test_a_line_whose_people_are_all_in_one_cell_is_pointed_out() -> None:
    counted = table(SERVICE, AREA, [[30, 0], [20, 61], [50, 50]])
    assert list(everyone_in_one([published(counted, set())])) == [
        "everybody in service Counselling is in area North, service Counselling"
    ]
    assert list(everyone_in_one([published(QUARTER, set())])) == []
