"""What the sections of a certificate are made of."""

from __future__ import annotations

from dataclasses import dataclass

from reports.writing import thousands
from rules.review.values import REASONS


@dataclass(frozen=True)
class Table:
    """A table: its caption, headings, rows of texts, and which columns hold numbers."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading, then whichever of these there are: paragraphs, facts, points, a table, a text as it stands."""

    title: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None
    verbatim: str = ""


_SPOKEN = {"dpo": "data-protection officer", "kept-metadata": "metadata kept", "destruction-log": "the log itself"}


def words(slug: str) -> str:
    """Return a code of the log as words: the reason it stands for, or the code without its hyphens."""
    return REASONS.get(slug) or _SPOKEN.get(slug) or slug.replace("-", " ").replace("_", " ")


def records(count: int) -> str:
    """Return a number of records in words."""
    return "1 record" if count == 1 else f"{thousands(count)} records"
