"""Reads a retention schedule from a file; everything about its meaning is in rules/schedule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rules.errors import BadInput, Problem
from rules.schedule.parser import parse_schedule
from rules.schedule.values import Schedule

MAX_BYTES = 2_000_000


def read_text(path: Path) -> str:
    """The text of a settings file in UTF-8. Raises BadInput when it is missing, too large or not text."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(Problem("is too large to be a settings file", path.name))
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(Problem("does not exist", str(path), mend="Run `winnow init` or correct the path")) from None
    except (UnicodeDecodeError, OSError):
        raise BadInput(Problem("cannot be read as UTF-8 text", str(path))) from None


def load_schedule(path: Path, overrides: Mapping[str, str] | None = None) -> Schedule:
    """Read and parse a schedule, with other values for some parameters. Raises BadInput with every mistake."""
    return parse_schedule(read_text(path), path.name, overrides)
