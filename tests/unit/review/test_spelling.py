"""By which words somebody may be entered twice."""

from __future__ import annotations

import pytest

from rules.review.spelling import name_forms, name_words

ANN = frozenset({"ann", "lee"})


@pytest.mark.parametrize(
    "parts",
    [
        ("Ann", "Lee"),
        ("LEE", "ann"),
        ("Lee, Ann",),
        ("  Ann ", "Lée"),
        ("Ms Ann", "Lee"),
        ("Ann Lee", ""),
        ("Mrs.", "Ann", "Lee", ""),
    ],
)
def test_a_name_has_one_form_however_it_is_written(parts: tuple[str, ...]) -> None:
    """Case, accents, order, blanks, titles and how many fields a name is cut into make no difference."""
    assert name_forms(parts) == {ANN}


def test_apostrophes_and_hyphens_fold() -> None:
    """O'Neill is O’Neill and ONeill; Smith-Jones is Smith Jones."""
    assert name_forms(("Siân", "O'Neill")) == name_forms(("sian", "O\u2019NEILL")) == name_forms(("Sian", "ONeill"))
    assert name_words("Smith-Jones") == name_words("JONES smith")


def test_what_somebody_is_known_as_is_a_form_with_the_family_name() -> None:
    """Susannah Lee, known as Ann, may be entered as Ann Lee too, and never as Susannah Ann or as Lee alone."""
    forms = name_forms(("Susannah", "Lee", "Ann"))
    assert forms == {ANN, frozenset({"susannah", "lee"}), frozenset({"susannah", "lee", "ann"})}
    assert name_forms(("Susannah", "Lee", "")) == {frozenset({"susannah", "lee"})}


def test_a_title_with_a_first_name_is_no_form() -> None:
    """Two men called Mr John are not one for it, though a title stands in a field of its own."""
    assert name_forms(("Mr.", "John", "Ash", "PhD")) & name_forms(("Mr.", "John", "Bay", "PhD")) == set()


@pytest.mark.parametrize("parts", [(), ("",), ("", " "), ("-", "?", "")])
def test_nobody_without_a_name_has_a_form(parts: tuple[str, ...]) -> None:
    """Empty names are not the same name."""
    assert name_forms(parts) == frozenset()


def test_a_name_that_is_a_title_counts() -> None:
    """Where nothing but a title was written down, it is all that there is."""
    assert name_forms(("Miss", "")) == {frozenset({"miss"})}
