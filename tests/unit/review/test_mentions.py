"""Identifiers are found in running text as words of their own, and only those that tell something are looked for."""

from __future__ import annotations

import pytest

from rules.review.mentions import Mentions, is_telling


@pytest.mark.parametrize("text", ["C000123", "see c000123.", "(C000123)", "C000123_letter", "x/C000123/y", "C000123-b"])
def test_an_identifier_is_found_in_any_case_and_between_any_signs(text: str) -> None:
    """Case does not matter, and anything but a letter or a digit ends a word."""
    assert Mentions(["C000123"]).found_in(text)


@pytest.mark.parametrize("text", ["", "C0001234", "XC000123", "C00012", "C 000123", "1C000123"])
def test_another_identifier_is_not_taken_for_it(text: str) -> None:
    """A longer or shorter number is another one."""
    assert not Mentions(["C000123"]).found_in(text)


def test_identifiers_of_several_words_are_found_whole() -> None:
    """The path of a document, and a number with a hyphen, are found as they stand and not in pieces."""
    wanted = Mentions(["letters/CASE-1 of May.txt", "N-77-A5"])
    assert wanted.found_in("saved as letters/case-1 of may.txt yesterday")
    assert wanted.found_in("n-77-a5")
    assert not wanted.found_in("case-1 of June.txt, N-77-A50, 77 a5")


def test_a_second_place_counts_where_the_first_is_part_of_a_word() -> None:
    """The search goes on after a place that is no word of its own."""
    assert Mentions(["AB12"]).found_in("XAB12 AB12")


@pytest.mark.parametrize(
    ("identifier", "telling"),
    [
        ("C12", False),
        ("C123", True),
        ("12345", False),
        ("123456", True),
        ("Smith", False),
        ("", False),
        ("7-7-7-7", False),
    ],
)
def test_what_would_be_found_by_chance_is_not_looked_for(identifier: str, telling: bool) -> None:
    """Short ones, bare numbers under six digits and words without a digit are counted and left out."""
    wanted = Mentions([identifier, identifier.upper()])
    assert is_telling(identifier) == telling
    assert (wanted.count, wanted.untelling) == ((1, 0) if telling else (0, 1))
    assert wanted.found_in(f"about {identifier}, so") == telling
