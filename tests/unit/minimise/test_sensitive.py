"""Numbers that free text rarely needs are told from dates, telephone numbers and scores."""

from __future__ import annotations

import pytest

from rules.privacy.sensitive import Sensitive, sensitive_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("her NI is QQ 12 34 56 C", Sensitive.NI),
        ("ab123456d.", Sensitive.NI),
        ("sort code 20-00-00", Sensitive.BANK),
        ("pay into 20-00-00, 12345678", Sensitive.BANK),
        ("Account no. 12345678", Sensitive.BANK),
        ("GB29 NWBK 6016 1331 9268 19", Sensitive.BANK),
        ("card 4111 1111 1111 1111", Sensitive.CARD),
        ("passport number is 925665416", Sensitive.PASSPORT),
        ("NHS number 943 476 5919", Sensitive.NHS),
        ("seen as 943-476-5919", Sensitive.NHS),
        ("NHS no 9434765910", Sensitive.NHS),
    ],
)
def test_a_number_is_known_by_its_kind(text: str, kind: Sensitive) -> None:
    """Each kind is found in the forms that people write it in."""
    assert sensitive_in(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing to count",
        "seen on 12-01-26, 2026-01-12 and 12/01/2026",
        "rang 07700 900123, 020 7946 0958 and +44 7700 900123",
        "scored 4/10 on PHQ-9, C000123, R0000001",
        "card 4111 1111 1111 1112 with a wrong check digit",
        "943 476 5918 with a wrong check digit",
        "has no passport, travels in 2026",
        "bank account closed in 2019",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    """Dates, telephone and case numbers, scores, and numbers whose check digit is wrong, are not counted."""
    assert sensitive_in(text) == frozenset()
