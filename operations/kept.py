"""Copies of the schedules that the project rests on, each under its digest."""

from __future__ import annotations

from pathlib import Path

from connectors.bundle_file import write_whole
from operations.project import Project


def keep_schedule(project: Project) -> None:
    """Keep a copy of the schedule under its digest: what rests on a version outlives the schedule's next one."""
    kept = kept_schedule(project, project.schedule.digest)
    if not kept.is_file():
        write_whole(kept, project.settings.schedule.read_bytes())


def kept_schedule(project: Project, digest: str) -> Path:
    """Where the copy of the schedule with this digest lies, or would lie."""
    return project.folder / "schedules" / f"{digest}.yaml"
