"""What a forger does to a row of things: bytes of a file, or leaves of a log."""

from __future__ import annotations

import random
from typing import Protocol, TypeVar

Row = TypeVar("Row", bytes, list[bytes])

LONGEST = 64  # of a stretch that is cut out, put in or moved


def bit(row: Row, choice: random.Random) -> Row:
    """Flip one bit."""
    at = choice.randrange(len(row))
    one = row[at : at + 1]
    if isinstance(one, bytes):
        changed: Row = bytes([one[0] ^ 1 << choice.randrange(8)])
    else:
        changed = [bit(one[0], choice)]
    return row[:at] + changed + row[at + 1 :]


def delete(row: Row, choice: random.Random) -> Row:
    """Cut a stretch out."""
    at, to = _stretch(row, choice)
    return row[:at] + row[to:]


def insert(row: Row, choice: random.Random) -> Row:
    """Put in something new, or something from elsewhere in the row."""
    at = choice.randrange(len(row) + 1)
    return row[:at] + _new(row, choice) + row[at:]


def swap(row: Row, choice: random.Random) -> Row:
    """Let two neighbouring stretches change places."""
    at, middle = _stretch(row, choice)
    to = min(len(row), middle + choice.randint(1, LONGEST))
    return row[:at] + row[middle:to] + row[at:middle] + row[to:]


def truncate(row: Row, choice: random.Random) -> Row:
    """Keep the beginning only."""
    return row[: choice.randrange(len(row))]


def duplicate(row: Row, choice: random.Random) -> Row:
    """Write a stretch twice."""
    at, to = _stretch(row, choice)
    return row[:to] + row[at:]


def replace(row: Row, choice: random.Random) -> Row:
    """Write something else over a stretch."""
    at, to = _stretch(row, choice)
    return row[:at] + _new(row, choice) + row[to:]


def _stretch(row: Row, choice: random.Random) -> tuple[int, int]:
    at = choice.randrange(len(row))
    return at, min(len(row), at + choice.choice((1, 1, 2, choice.randint(1, LONGEST))))


def _new(row: Row, choice: random.Random) -> Row:
    at, to = _stretch(row, choice)
    here = row[at:to]
    if isinstance(here, bytes):
        return choice.choice((here, choice.randbytes(to - at)))
    return here


class Edit(Protocol):
    """Changes a row of bytes or of leaves."""

    def __call__(self, row: Row, choice: random.Random) -> Row:
        """Return the row changed, by the dice that are handed in."""


EDITS: dict[str, Edit] = {
    "bit": bit,
    "delete": delete,
    "insert": insert,
    "swap": swap,
    "truncate": truncate,
    "duplicate": duplicate,
    "replace": replace,
}
