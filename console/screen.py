"""What the command line shows: lines and tables for people, one JSON document for programs, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unicodedata import category

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_WIDTH_OF_A_PIPE = 160  # nobody is there to widen the window


def say(*lines: str) -> None:
    """Write lines to standard output as they are: nothing is wrapped, nothing is read as markup."""
    for line in lines:
        sys.stdout.write(harmless(line) + "\n")


def complain(*lines: str) -> None:
    """Write lines to standard error."""
    sys.stdout.flush()
    for line in lines:
        sys.stderr.write(harmless(line) + "\n")
    sys.stderr.flush()


def harmless(text: str) -> str:
    """Return a text with every sign spelt out that would steer a terminal or turn the direction of writing.

    Keys and file names come from other people's systems.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign in "\n\t" or category(sign) not in _STEERING else ascii(sign)[1:-1] for sign in text)


def document(value: Mapping[str, Any]) -> None:
    """Write the one JSON document of `--json` to standard output. Dates are ISO, paths and codes are text."""
    sys.stdout.write(json.dumps(value, indent=2, default=_plain) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table to standard output; figures stand right. Nothing in a cell is read as markup."""
    found = [[cell(value) for value in row] for row in rows]
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for place, name in enumerate(columns):
        figures = bool(found) and all(row[place].replace(",", "").isdigit() for row in found)
        # The first column names things, which people copy: it is never broken.
        shown.add_column(name, justify="right" if figures else "left", overflow="fold", no_wrap=place == 0)
    for row in found:
        shown.add_row(*(Text(harmless(value)) for value in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE).print(shown)


def cell(value: object) -> str:
    """Return a value as readers see it: 1 September 2026, 12,345, an empty cell for nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return f"{value.day} {value.strftime('%B %Y')}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def instant(text: str) -> str:
    """Return a UTC instant in ISO form as readers see it: 1 September 2026, 09:30 UTC."""
    at = datetime.fromisoformat(text)
    return f"{cell(at.date())}, {at.strftime('%H:%M')} UTC"


@contextmanager
def progress(what: str) -> Iterator[Callable[..., None]]:
    """Show how far something is, on standard error and only on a terminal.

    Yields a function to call with a stage, how many are done, and how many there are where that is known.
    """
    if not sys.stderr.isatty():
        yield _quiet
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, done="")

        def advance(stage: object = what, done: int = 0, of: int | None = None) -> None:
            words = f"{done:,}" if of is None else f"{done:,} of {of:,}"
            bar.update(task, description=Text(str(stage)).plain, completed=done, total=of, done=words)

        yield advance


def _quiet(*_: object) -> None:
    """Show nothing."""
