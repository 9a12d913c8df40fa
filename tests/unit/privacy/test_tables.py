"""Promises of the declared tables and of the plan's parser."""

from __future__ import annotations

from typing import Any

import pytest

from rules.errors import BadInput
from rules.privacy.atoms import atoms_of
from rules.privacy.plan import parse_plan
from rules.privacy.tables import CellState, Policy, PublishedTable, joint_cells
from tests.unit.privacy.tables_made import dimension, table

PLAN: dict[str, Any] = {
    "title": "The year in figures",
    "threshold": 10,
    "zeros": "show",
    "populations": {"clients": {"means": "Clients seen in the year", "class": "client", "unit": "case_number"}},
    "dimensions": {
        "service": {"categories": ["Counselling", "Careers"], "other": "Not recorded"},
        "outcome": {"title": "How it ended", "column": "ended", "categories": ["Improved", "No change"]},
    },
    "tables": [
        {"id": "services", "title": "Services", "population": "clients", "rows": "service"},
        {"id": "ends", "title": "Ends", "population": "clients", "rows": "service", "columns": "outcome"},
    ],
}


def test_margins_and_the_total_are_the_true_sums() -> None:
    cells = table(dimension("s", ["x", "y"]), dimension("o", ["p", "q"]), [[1, 2], [3, 4]]).cells()
    assert cells[()] == 10
    assert cells[(("s", "x"),)] == 3
    assert cells[(("o", "q"),)] == 6
    assert cells[(("o", "p"), ("s", "y"))] == 3
    assert len(cells) == 9


def test_a_table_with_rows_only_has_its_rows_and_a_total() -> None:
    assert table(dimension("s", ["x", "y"]), None, [[1], [2]]).cells() == {
        (("s", "x"),): 1,
        (("s", "y"),): 2,
        (): 3,
    }


@pytest.mark.parametrize("counts", [[[1, 2]], [[1], [2]], [[1, 2], [3, -4]]])
def test_counts_of_a_wrong_shape_or_below_nought_are_refused(counts: list[list[int]]) -> None:
    with pytest.raises(BadInput):
        table(dimension("s", 2), dimension("o", 2), counts)


def test_tables_that_disagree_about_a_shared_total_are_refused() -> None:
    one = table(dimension("s", 2), None, [[10], [20]])
    two = table(dimension("s", 2), dimension("o", 2), [[5, 5], [10, 11]])
    with pytest.raises(BadInput, match="disagree"):
        joint_cells([one, two])


def test_small_counts_are_one_to_nine_and_nought_only_when_zeros_are_hidden() -> None:
    assert [n for n in range(12) if Policy().is_small(n)] == list(range(1, 10))
    assert [n for n in range(12) if Policy(show_zeros=False).is_small(n)] == list(range(10))


def test_every_hidden_cell_reads_the_same() -> None:
    spec = table(dimension("s", 2), None, [[1], [2000]]).spec
    shown = PublishedTable(spec, {spec.key("s0"): None, spec.key("s1"): 2000})
    assert [shown.text(key) for key in spec.cells()] == ["[c]", "2,000", "[c]"]
    assert [shown.state(key) for key in spec.cells()] == [CellState.HIDDEN, CellState.SHOWN, CellState.HIDDEN]


def test_a_plan_is_read_into_tables() -> None:
    plan = parse_plan(PLAN, "statistics.yaml")
    assert plan.policy == Policy(10, True)
    assert [spec.id for spec in plan.tables] == ["services", "ends"]
    ends = plan.tables[1]
    assert ends.rows.categories == ("Counselling", "Careers", "Not recorded")
    assert ends.rows.title == "Service"
    assert ends.columns is not None
    assert (ends.columns.title, ends.columns.column) == ("How it ended", "ended")
    assert ends.population.unit == "case_number"


def test_every_mistake_of_a_plan_is_reported_at_once_with_its_key() -> None:
    bad = {
        "titel": "x",
        "threshold": "ten",
        "zeros": "maybe",
        "populations": {"a": {"means": "A", "class": "client"}, "b": {"means": "B", "class": "client"}},
        "dimensions": {
            "age": {"categories": ["0-17", "18+"], "column": "age"},
            "band": {"categories": ["0-15", "16+"], "column": "age"},
            "kind": {"categories": ["x", "x"]},
            "sum": {"categories": ["x", "Total"]},
            "empty": {"categories": []},
        },
        "tables": [
            {"id": "t", "title": "T", "population": "c", "rows": "age"},
            {"id": "t", "title": "T", "population": "a", "rows": "age", "columns": "age"},
            {"id": "u", "title": "U", "population": "a", "rows": "age"},
            {"id": "u", "title": "U", "population": "a", "rows": "nothing"},
            {"id": "../x", "title": "U", "population": "a", "rows": "age"},
        ],
    }
    with pytest.raises(BadInput) as caught:
        parse_plan(bad, "statistics.yaml")
    keys = {problem.key for problem in caught.value.problems}
    assert keys >= {
        "statistics.titel",
        "statistics.title",
        "threshold",
        "zeros",
        "populations.b",
        "dimensions.band",
        "dimensions.kind.categories",
        "dimensions.sum.categories",
        "dimensions.empty.categories",
        "tables[1].population",
        "tables[2].columns",
        "tables[4].rows",
        "tables[5].id",
    }
    assert all(problem.file == "statistics.yaml" for problem in caught.value.problems)


@pytest.mark.parametrize("raw", [None, [], "text", {}, {"tables": 3}, {"tables": [None]}])
def test_what_is_no_plan_at_all_is_refused_politely(raw: object) -> None:
    with pytest.raises(BadInput):
        parse_plan(raw)


def test_the_unknowns_of_chained_tables_are_their_own_cells_and_of_a_ring_the_whole_cube() -> None:
    a, b, c = dimension("a", 4), dimension("b", 5), dimension("c", 6)
    ab, bc, ca = (table(x, y, [[0] * len(y.categories)] * len(x.categories)).spec for x, y in ((a, b), (b, c), (c, a)))
    assert atoms_of([ab, bc]).count == 4 * 5 + 5 * 6
    assert atoms_of([ab, bc, ca]).count == 4 * 5 * 6


def test_tables_that_cross_too_many_categories_are_refused() -> None:
    ring = [dimension(name, 40) for name in "abc"]
    specs = [table(x, y, [[0] * 40] * 40).spec for x, y in ((ring[0], ring[1]), (ring[1], ring[2]), (ring[2], ring[0]))]
    with pytest.raises(BadInput, match="merge categories"):
        atoms_of(specs)
