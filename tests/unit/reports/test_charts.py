"""Promises of the charts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from defusedxml import ElementTree

from reports.charts import Bar, Line, bar_chart, line_chart
from rules.errors import BadInput

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert("1")</script>&\x00\x0b\ud800'


def test_a_bar_chart_is_well_formed_and_names_itself() -> None:
    root = ElementTree.fromstring(bar_chart("Clients", "By service.", [Bar("Counselling", 12), Bar("Careers", 1034)]))
    assert root.tag == SVG + "svg"
    assert root.get("role") == "img"
    names = root.get("aria-labelledby", "").split()
    assert [root.findtext(f"*[@id='{name}']") for name in names] == ["Clients", "By service."]
    assert {"Counselling", "12", "Careers", "1,034"} <= {text.text for text in root.iter(SVG + "text")}


def test_a_hidden_count_has_a_symbol_and_no_bar() -> None:
    chart = bar_chart("T", "D", [Bar("shown", 20), Bar("hidden", None)])
    root = ElementTree.fromstring(chart)
    assert len(root.findall(SVG + "rect")) == 1
    assert "[c]" in [text.text for text in root.iter(SVG + "text")]


def test_hostile_labels_stay_text() -> None:
    for chart in (
        bar_chart(HOSTILE, HOSTILE, [Bar(HOSTILE, 1)]),
        line_chart(HOSTILE, HOSTILE, [HOSTILE, "b"], [Line(HOSTILE, (1, 2))]),
    ):
        root = ElementTree.fromstring(chart)
        assert not list(root.iter(SVG + "script"))
        assert "<script" not in chart


def test_a_line_breaks_where_a_value_is_missing_and_every_value_has_its_dot() -> None:
    root = ElementTree.fromstring(line_chart("T", "D", list("abcde"), [Line("x", (1, 2, None, 4, 5))]))
    assert len(root.findall(SVG + "polyline")) == 2
    assert len(root.findall(SVG + "circle")) == 4


def test_names_of_lines_that_end_together_do_not_overlap() -> None:
    lines = [Line(f"line {place}", (1, 5)) for place in range(5)]
    root = ElementTree.fromstring(line_chart("T", "D", ["a", "b"], lines))
    heights = sorted(
        float(text.get("y", "0")) for text in root.iter(SVG + "text") if (text.text or "").startswith("line")
    )
    assert min(b - a for a, b in pairwise(heights)) >= 17


def test_a_line_chart_refuses_six_lines_and_uneven_ones() -> None:
    with pytest.raises(BadInput):
        line_chart("T", "D", ["a"], [Line(str(place), (1,)) for place in range(6)])
    with pytest.raises(BadInput):
        line_chart("T", "D", ["a", "b"], [Line("x", (1,))])


def test_charts_without_data_are_still_charts() -> None:
    for chart in (bar_chart("T", "D", []), line_chart("T", "D", [], []), bar_chart("T", "D", [Bar("a", 0)])):
        ElementTree.fromstring(chart)


def test_the_same_figures_give_the_same_picture() -> None:
    bars = [Bar("a", 3), Bar("b", None)]
    assert bar_chart("T", "D", bars) == bar_chart("T", "D", bars)
