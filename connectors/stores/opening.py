"""Open every store that stores.yaml describes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from connectors.settings import Settings, read_settings
from connectors.stores.base import RecordStore
from connectors.stores.csv_export import CsvStore
from connectors.stores.documents import DocumentStore
from connectors.stores.files import FileStore
from connectors.stores.manual import ManualStore
from connectors.stores.sheets import WorkbookStore
from connectors.stores.specs import StoreSpec
from connectors.stores.sql import SqlStore
from rules.schedule.values import Schedule

FILE_STORES: dict[str, type[FileStore]] = {
    "workbook": WorkbookStore,
    "csv": CsvStore,
    "documents": DocumentStore,
    "manual": ManualStore,
}


def open_stores(
    specs: Iterable[StoreSpec], schedule: Schedule, folder: Path, settings: Settings | None = None
) -> dict[str, RecordStore]:
    """The stores by alias. Paths are relative to `folder`, that of stores.yaml. Nothing is read or connected yet."""
    known = settings or read_settings()
    opened: dict[str, RecordStore] = {}
    for spec in specs:
        made = FILE_STORES.get(spec.kind)
        opened[spec.alias] = made(spec, schedule, folder) if made else SqlStore(spec, schedule, folder, known)
    return opened
