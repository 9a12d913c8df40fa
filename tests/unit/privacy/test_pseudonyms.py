"""Pseudonyms: stable within a purpose, apart across purposes, and nothing without the key."""

from __future__ import annotations

import re

import pytest

from rules.errors import BadInput
from rules.privacy.pseudonyms import pseudonym, purpose_key

KEY = bytes(range(32))


def test_same_subject_and_purpose_give_the_same_short_readable_text() -> None:
    first = pseudonym(KEY, "statistics", "DC-00001")
    assert first == pseudonym(KEY, "statistics", "DC-00001")
    assert re.fullmatch(r"[A-Z2-7]{16}", first)


def test_a_known_answer_never_changes() -> None:
    """Extracts of one purpose made years apart must still join: this value is frozen."""
    assert pseudonym(KEY, "statistics", "DC-00001") == "637U5T2BX4RGUHO3"


def test_purposes_can_not_be_joined() -> None:
    subjects = [f"DC-{number:05d}" for number in range(500)]
    statistics = {pseudonym(KEY, "statistics", subject) for subject in subjects}
    supervision = {pseudonym(KEY, "supervision", subject) for subject in subjects}
    assert len(statistics) == len(supervision) == 500
    assert statistics.isdisjoint(supervision)
    assert purpose_key(KEY, "statistics") != purpose_key(KEY, "supervision")


def test_another_key_gives_other_pseudonyms() -> None:
    assert pseudonym(KEY, "statistics", "DC-00001") != pseudonym(bytes(32), "statistics", "DC-00001")


@pytest.mark.parametrize(("key", "purpose"), [(b"short", "statistics"), (KEY, " ")])
def test_a_short_key_or_no_purpose_is_refused(key: bytes, purpose: str) -> None:
    with pytest.raises(BadInput):
        pseudonym(key, purpose, "DC-00001")
