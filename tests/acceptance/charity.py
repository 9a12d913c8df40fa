"""A whole generated charity as a project, for the acceptance tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from connectors.settings import FixedClock, read_settings
from operations import demo
from operations.project import Project, open_project

AS_OF = date(2026, 11, 21)
CLOCK = FixedClock(datetime.combine(AS_OF, time(12), UTC))


@dataclass(frozen=True)
class Charity:
    """A set-up demo project."""

    project: Project

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.project.folder


def set_up(folder: Path, database: str = "", clients: int = 300, as_of: date = AS_OF, ledger: str = "") -> Charity:
    """Generate the charity and everything that its officers do before a sift."""
    options = demo.DemoOptions(folder, clients, seed=11, database=database, ledger=ledger, as_of=as_of)
    clock = FixedClock(datetime.combine(as_of, time(12), UTC))
    return Charity(demo.set_up(options, clock, read_settings(), lambda _text: None))


def reopened(charity: Charity) -> Project:
    """The same project opened anew, as another process would."""
    return open_project(charity.folder, CLOCK, read_settings())
