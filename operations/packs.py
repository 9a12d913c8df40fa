"""Review packs die with their review: once a run is closed, its pack is a list of what was destroyed."""

from __future__ import annotations

from pathlib import Path

from connectors.ledger import proposals
from operations.project import Project

PACK = "review-pack-"


def end_closed_packs(project: Project) -> list[str]:
    """Delete the packs of closed reviews from the output folder; return their names. Copies elsewhere are people's.

    A review that is still open keeps its pack: somebody may be filling it in.
    """
    ended = []
    for proposal in proposals.closed_reviews(project.ledger):
        for path in sorted(_packs(project.settings.out, proposal)):
            path.unlink(missing_ok=True)
            ended.append(path.name)
    return ended


def _packs(folder: Path, proposal: str) -> list[Path]:
    """The packs of one proposal, and copies under a longer name that begins with it."""
    name = f"{PACK}{proposal}"
    return [path for path in folder.glob(f"{name}*") if not path.name[len(name)].isdigit()]
