"""The digest of a pack's row: what it binds, and the visible form it is taken over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.review.digest import LONGEST_VISIBLE, group_digest, row_digest, visible

ROW = ("pack", "hash", 7, "casework", "client", "C-1", "client-file", "2026-08-31")


def test_same_row_same_digest() -> None:
    """A row's digest is a function of the row alone; this one never changes, for packs are read a year later."""
    assert row_digest(*ROW) == "eb61068260dba253a6a977c1b1ebbf7e4b51805d703f36c23dc9772e997e2af2"


@pytest.mark.parametrize("place", range(len(ROW)))
def test_each_part_is_bound(place: int) -> None:
    """A change of any part, pack and proposal included, changes the digest."""
    changed: list[str | int] = list(ROW)
    part = changed[place]
    changed[place] = part + 1 if isinstance(part, int) else part + "x"
    assert row_digest(*changed) != row_digest(*ROW)  # type: ignore[arg-type]


def test_parts_do_not_run_together() -> None:
    """Text that moves from one column to the next changes the digest."""
    assert row_digest("p", "h", 1, "ab", "c", "k", "r", "") != row_digest("p", "h", 1, "a", "bc", "k", "r", "")


def test_a_group_row_is_no_item_row() -> None:
    """The digest of a group can't stand in for that of an item."""
    assert group_digest("p", "h", 1, "r", 0, 0) != row_digest("p", "h", 1, "r", "0", "0", "", "")


@given(st.text(max_size=1500))
def test_visible_twice_is_visible_once(text: str) -> None:
    """What a cell shows is stable: read back and shown again it stays the same, and so does the digest."""
    once = visible(text)
    assert visible(once) == once
    assert len(once) <= LONGEST_VISIBLE
    assert row_digest("p", "h", 1, "s", "c", text, "r", "") == row_digest("p", "h", 1, "s", "c", once, "r", "")


@given(st.text(alphabet=st.characters(categories=("Cc", "Cs", "Zs", "Cf", "Lu")), max_size=40))
def test_visible_hides_nothing(text: str) -> None:
    """No control character, surrogate or outer space is left in a cell."""
    shown = visible(text)
    assert shown == shown.strip()
    assert all(ord(character) >= 0x20 and not 0xD800 <= ord(character) <= 0xDFFF for character in shown)


def test_visible_shows_direction_marks_and_escape_lookalikes() -> None:
    """A text can't look like another by turning its direction, nor become another as a spreadsheet's escape."""
    assert visible("exe\u202efdp _x0041_ ") == "exe\\u202efdp \\x5fx0041_\\x20"


def test_long_texts_that_share_a_beginning_differ() -> None:
    """A text too long for a cell is told apart by the digest of the whole."""
    assert visible("a" * 5000 + "b") != visible("a" * 5000 + "c")
