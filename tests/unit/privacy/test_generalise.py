"""Generalisation: coarse where readable, `not known` where not, and no very old person stands out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.privacy.generalise import NOT_KNOWN, age_band, age_bands, month, postcode_area, quarter, region

AT = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2008-09-02", "16 to 17"),
        ("2008-09-01", "18 to 24"),
        ("01/09/1996", "25 to 34"),
        ("1936-09-02", "75 to 89"),
        ("1936-09-01", "90 or over"),
        ("1920-01-01", "90 or over"),
        ("2026-09-02", NOT_KNOWN),
        ("1890-01-01", NOT_KNOWN),
        ("31/02/2020", NOT_KNOWN),
        ("", NOT_KNOWN),
        ("0000-00-00", NOT_KNOWN),
    ],
)
def test_age_band_turns_on_the_birthday_and_is_top_coded(born: str, band: str) -> None:
    assert age_band(born, AT) == band


def test_a_person_born_on_29_february_is_a_year_older_on_1_march() -> None:
    assert age_band("2008-02-29", date(2026, 2, 28)) == "16 to 17"
    assert age_band("2008-02-29", date(2026, 3, 1)) == "18 to 24"


@given(st.text(max_size=12))
def test_no_text_passes_through_unread(text: str) -> None:
    """Whatever a store holds in a date column, a band, a month or a quarter comes out, or `not known`."""
    assert age_band(text, AT) in age_bands()
    assert month(text) == NOT_KNOWN or len(month(text)) == 7
    assert quarter(text) == NOT_KNOWN or quarter(text)[4:6] == "-Q"


@pytest.mark.parametrize(
    ("value", "in_month", "in_quarter"),
    [
        ("2026-09-30", "2026-09", "2026-Q3"),
        ("2026-01-01 10:00:00", "2026-01", "2026-Q1"),
        ("31 May 2024", "2024-05", "2024-Q2"),
        ("1700000000", NOT_KNOWN, NOT_KNOWN),
    ],
)
def test_dates_become_months_and_quarters(value: str, in_month: str, in_quarter: str) -> None:
    assert (month(value), quarter(value)) == (in_month, in_quarter)


@pytest.mark.parametrize(
    ("value", "area"),
    [("MK3 4DX", "MK"), ("e16 7dl", "E"), ("NW1", "NW"), ("SW1A1AA", "SW"), ("nonsense", NOT_KNOWN), ("", NOT_KNOWN)],
)
def test_a_postcode_keeps_its_letters_only(value: str, area: str) -> None:
    assert postcode_area(value) == area


def test_a_town_becomes_its_region_in_any_case() -> None:
    regions = {"Leeds": "Yorkshire"}
    assert region(" leeds ", regions) == "Yorkshire"
    assert region("Ambridge", regions) == NOT_KNOWN
