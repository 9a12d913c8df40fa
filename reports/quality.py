"""The quality page: what each check of each class counted. It is made of counts and of the schedule's own words.

No value of any record reaches this page (invariant 5). It takes the place of Great Expectations' own pages, which load
scripts from elsewhere and show samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from reports.writing import environment


@dataclass(frozen=True)
class QualityLine:
    """One check of one class in one store. `says` is the schedule's name for it, `means` what is looked at, in words.

    `failed` of `looked_at` records failed; where `impossible`, the check could not be carried out and both are nought.
    """

    store: str
    class_name: str
    says: str
    means: str
    because: tuple[str, ...]
    failed: int
    looked_at: int
    impossible: bool = False

    @property
    def share(self) -> float:
        """The share of records that failed, from 0 to 1."""
        return self.failed / self.looked_at if self.looked_at else 0.0

    @property
    def percent(self) -> str:
        """The share for readers: never 0 % where some failed, never 100 % where some did not."""
        if not self.failed:
            return "0 %"
        if self.failed == self.looked_at:
            return "100 %"
        shown = min(max(round(self.share * 100, 1), 0.1), 99.9)
        return f"{shown:.1f} %"


@dataclass(frozen=True)
class QualityPage:
    """All checks of one look through the stores."""

    organisation: str
    schedule: str
    version: str
    as_of: date
    lines: tuple[QualityLine, ...]


@dataclass(frozen=True)
class ClassPart:
    """The checks of one class in one store, the worst first."""

    store: str
    class_name: str
    lines: tuple[QualityLine, ...]

    @property
    def heading(self) -> str:
        """What readers call it."""
        return f"{self.class_name.replace('_', ' ')} in {self.store}"

    @property
    def records(self) -> int:
        """How many records were looked at."""
        return max(line.looked_at for line in self.lines)

    @property
    def failing(self) -> int:
        """How many checks failed, or could not be carried out."""
        return sum(1 for line in self.lines if line.failed or line.impossible)


def parts_of(lines: Iterable[QualityLine]) -> list[ClassPart]:
    """Return the classes, those with most failing checks first; within each the worst check first."""
    found: dict[tuple[str, str], list[QualityLine]] = {}
    for line in lines:
        found.setdefault((line.store, line.class_name), []).append(line)
    made = [
        ClassPart(*place, tuple(sorted(of, key=lambda line: (not line.impossible, -line.share, line.says))))
        for place, of in found.items()
    ]
    return sorted(made, key=lambda part: (-part.failing, part.class_name, part.store))


def quality_html(page: QualityPage) -> str:
    """Return the page as HTML that needs no other file and no script."""
    failing = sum(1 for line in page.lines if line.failed)
    impossible = sum(1 for line in page.lines if line.impossible)
    template = environment().get_template("quality.html")
    return template.render(page=page, parts=parts_of(page.lines), failing=failing, impossible=impossible)
