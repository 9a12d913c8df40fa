"""Open every store that stores.yaml describes.

Each kind's module is loaded when a store of that kind is opened: who keeps everything in one database does not wait
for the libraries of workbooks and documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from connectors.settings import Settings, read_settings
from connectors.stores.base import RecordStore
from connectors.stores.specs import StoreSpec
from connectors.stores.sql import SqlStore
from rules.schedule.values import Schedule

FILE_STORES = {
    "workbook": ("connectors.stores.sheets", "WorkbookStore"),
    "csv": ("connectors.stores.csv_export", "CsvStore"),
    "documents": ("connectors.stores.documents", "DocumentStore"),
    "manual": ("connectors.stores.manual", "ManualStore"),
}


def open_stores(
    specs: Iterable[StoreSpec], schedule: Schedule, folder: Path, settings: Settings | None = None
) -> dict[str, RecordStore]:
    """The stores by alias. Paths are relative to `folder`, that of stores.yaml. Nothing is read or connected yet."""
    known = settings or read_settings()
    opened: dict[str, RecordStore] = {}
    for spec in specs:
        if spec.kind in FILE_STORES:
            module, name = FILE_STORES[spec.kind]
            opened[spec.alias] = getattr(import_module(module), name)(spec, schedule, folder)
        else:
            opened[spec.alias] = SqlStore(spec, schedule, folder, known)
    return opened
