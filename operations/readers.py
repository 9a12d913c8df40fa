"""Stores opened for reading certain classes only: for statistics and extracts, which need few of them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from zoneinfo import ZoneInfo

from connectors.stores.reading import StoreReader
from operations.project import Project
from operations.stores import stores_of


def open_readers(project: Project, stack: ExitStack, classes: Collection[str]) -> list[StoreReader]:
    """Open every store that holds any of these classes; closed with `stack`. Raises StoreUnavailable, BadInput."""
    zone = ZoneInfo(project.schedule.zone)
    opened = []
    for alias, store in stores_of(project).items():
        sources = store.sources()
        if not sources.keys().isdisjoint(classes):
            opened.append(StoreReader(alias, stack.enter_context(store.reader()), sources, project.schedule, zone))
    return opened


def holding(readers: Collection[StoreReader], class_name: str) -> list[StoreReader]:
    """The readers of the stores that hold a class."""
    return [reader for reader in readers if class_name in reader.sources]
