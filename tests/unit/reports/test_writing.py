"""Promises of the shared helpers of documents."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from jinja2 import UndefinedError

from reports.writing import csv_cell_guard, environment, plain_text, reader_date, thousands
from rules.errors import BadInput


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-2", "@cmd", "\t=1", "\r=1"])
def test_a_csv_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert csv_cell_guard(text) == "'" + text


def test_a_harmless_csv_cell_stays_as_it_is() -> None:
    assert [csv_cell_guard(text) for text in ("", "Counselling", "10-20", "[c]")] == ["", "Counselling", "10-20", "[c]"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-09-01", "1 September 2026"),
        (date(2024, 2, 29), "29 February 2024"),
        ("2026-09-01T14:05:59Z", "1 September 2026 at 14:05 UTC"),
        (datetime(2026, 9, 1, 14, 5, tzinfo=UTC), "1 September 2026 at 14:05 UTC"),
        ("2026-09-01T14:05", "1 September 2026 at 14:05"),
    ],
)
def test_dates_are_written_out_for_readers(value: str | date, words: str) -> None:
    assert reader_date(value) == words


@pytest.mark.parametrize("value", ["01/09/2026", "", "2026-02-30", "Jane Doe"])
def test_what_is_no_date_is_refused_without_being_repeated(value: str) -> None:
    with pytest.raises(BadInput) as caught:
        reader_date(value)
    assert not value or value not in str(caught.value)
    assert caught.value.__cause__ is None


def test_thousands_have_commas() -> None:
    assert [thousands(number) for number in (0, 999, 12345, -1000)] == ["0", "999", "12,345", "-1,000"]


def test_characters_that_xml_forbids_are_replaced() -> None:
    assert plain_text("a\x00b\x0bc\ud800d\ttab ž 😀") == "a�b�c�d\ttab ž 😀"


def test_templates_escape_what_they_are_given_and_refuse_what_is_missing() -> None:
    page = environment().from_string("<p>{{ name }} {{ day | reader_date }} {{ count | thousands }}</p>")
    assert page.render(name="<b>", day="2026-09-01", count=1234) == "<p>&lt;b&gt; 1 September 2026 1,234</p>"
    with pytest.raises(UndefinedError):
        page.render(day="2026-09-01", count=1)


def test_every_page_of_the_base_template_stands_alone() -> None:
    page = environment().from_string(
        '{% extends "base.html" %}{% block title %}T{% endblock %}{% block content %}<h1>T</h1>{% endblock %}'
    )
    text = page.render()
    assert '<html lang="en-GB">' in text
    assert "<style>" in text
    assert "--ink" in text
    assert not any(word in text for word in ("http:", "https:", "<script", "@import", "url("))
