"""Review packs die with their review, and with what they name: once a run is closed, they list what was destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.ledger import proposals, runs
from operations.project import Project

PACK = "review-pack-"
FILLED_IN_AFTER = 5.0  # seconds; page and workbook are written together


@dataclass(frozen=True)
class EndedPacks:
    """Packs that were deleted, and those that somebody has filled in: they still name what was destroyed."""

    deleted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def end_packs(project: Project) -> EndedPacks:
    """Delete from the output folder the packs of closed reviews, and older ones that name what has gone since.

    `winnow review` makes a pack of an open review anew, without the lines that were forgotten; one that somebody has
    filled in since it was written is left to that person. Copies elsewhere are people's.
    """
    folder = project.settings.out
    deleted: list[Path] = []
    left: list[Path] = []
    for proposal in proposals.closed_reviews(project.ledger):
        deleted += _packs(folder, proposal)
    closed = [run.closed_at for run in runs.runs(project.ledger, (runs.CLOSED,)) if run.closed_at]
    for proposal in proposals.partly_forgotten(project.ledger) if closed else ():
        for path in _packs(folder, proposal):
            if path.stat().st_mtime < datetime.fromisoformat(max(closed)).timestamp():
                (left if filled_in(path) else deleted).append(path)
    for path in deleted:
        path.unlink(missing_ok=True)
    return EndedPacks(tuple(path.name for path in deleted), tuple(path.name for path in left))


def _packs(folder: Path, proposal: str) -> list[Path]:
    """The packs of one proposal, and copies under a longer name that begins with it."""
    name = f"{PACK}{proposal}"
    return [path for path in sorted(folder.glob(f"{name}*")) if not path.name[len(name)].isdigit()]


def filled_in(path: Path) -> bool:
    """Whether somebody has written to a pack since it was made."""
    page = path.with_suffix(".html")
    return path != page and not (page.is_file() and path.stat().st_mtime < page.stat().st_mtime + FILLED_IN_AFTER)
