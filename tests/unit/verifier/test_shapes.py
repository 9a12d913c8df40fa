"""The verifier's short cut: a leaf of a known shape is judged by what is its own, and comes out as it would alone."""

from __future__ import annotations

import functools
import random
from typing import Any

import pytest

from tests.bench.long_log import long_log
from verifier import verify_winnow as v

LEAVES = list(long_log(120, run_records=30))
FIRST = next(number for number, data in enumerate(LEAVES) if b'"type":"intent"' in data)


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember the answers about signatures, which depend on nothing else."""
    monkeypatch.setattr(v, "signature_holds", SIGNATURE_HOLDS)


SIGNATURE_HOLDS = functools.cache(v.signature_holds)


class Slow(v.Log):
    """Judges every leaf by itself: it remembers no shape."""

    def __getattribute__(self, name: str) -> Any:
        """Return no shapes."""
        return {} if name == "shapes" else super().__getattribute__(name)


def problems(log: v.Log, leaves: list[bytes]) -> list[tuple[int | None, str]]:
    """Return what a log finds wrong with leaves."""
    log.take(0, leaves)
    return log.problems


def test_a_long_log_is_sound_both_ways() -> None:
    """Runs of many records pass by the short cut and without it."""
    assert problems(v.Log(), LEAVES) == problems(Slow(), LEAVES) == []


def cut_at(data: bytes, marker: bytes, after: int) -> int:
    """Return the place `after` bytes behind a marker."""
    return data.index(marker) + len(marker) + after


@pytest.mark.parametrize(
    ("marker", "after", "new"),
    [
        (b'"commitment":"', 0, b"A"),
        (b'"commitment":"', 63, b'"'),
        (b'"tag":"', 5, b"G"),
        (b'"version":"', 7, b"F"),
        (b'"version":"', 63, b" "),
        (b'"due_month":"', 5, b"9"),
        (b'"due_month":"', 0, b"x"),
        (b'"type":"intent"', 0, b"}"),
    ],
)
def test_what_is_cut_out_is_still_judged(marker: bytes, after: int, new: bytes) -> None:
    """A leaf of a known shape with a wrong digit, month or mark is named as not canonical."""
    index = FIRST + 20
    at = cut_at(LEAVES[index], marker, after)
    changed = LEAVES[index][:at] + new + LEAVES[index][at + 1 :]
    found = problems(v.Log(), [*LEAVES[:index], changed, *LEAVES[index + 1 :]])
    assert found[0] == (index, "not a canonical leaf: its type, a field or its spelling is not allowed")


def test_a_record_without_a_month_teaches_no_shape() -> None:
    """A leaf without a due month, and then one with a month in the wrong place, are not taken for one shape."""
    at = LEAVES[FIRST].index(b'"due_month":') + 12
    undated = LEAVES[FIRST][:at] + b'"none"' + LEAVES[FIRST][at + 9 :]
    broken = undated.replace(b'none","', b"2024-06")
    found = problems(v.Log(), [*LEAVES[:FIRST], undated, broken])
    assert [index for index, _ in found] == [FIRST + 1]


def test_random_edits_come_out_alike() -> None:
    """Edited records are refused at the same entry for the same reason by the short cut and without it."""
    choice = random.Random(64)
    seen = 0
    for _ in range(300):
        index = choice.randrange(FIRST, len(LEAVES))
        data = LEAVES[index]
        at, to = sorted(choice.sample(range(len(data)), 2))
        other = LEAVES[choice.randrange(FIRST, len(LEAVES))]
        edit = choice.choice(
            [data[:at] + bytes([choice.choice(b'0aF",}')]) + data[at + 1 :], data[:at] + data[to:], other, data[:at]]
        )
        leaves = [*LEAVES[:index], edit, *LEAVES[index + 1 :]]
        found = problems(v.Log(), leaves)
        assert found == problems(Slow(), leaves)
        seen += bool(found)
    assert seen > 200
