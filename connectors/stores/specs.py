"""What stores.yaml says, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STATE_FOLDER = ".winnow"
QUARANTINE_FOLDER = ".winnow-quarantine"
# Where fence and marks of a database lie: in two tables of its own, or in a folder beside stores.yaml.
IN_TABLES, IN_FOLDER = "tables", "folder"
OWN_TABLES = frozenset({"winnow_fence", "winnow_watermark"})


@dataclass(frozen=True)
class ClassMap:
    """Where a store keeps one class: a table or sheet, and for each field of the schedule its column.

    `fields` holds every field of the class except those in `absent`. `line` is that of stores.yaml.
    """

    class_name: str
    place: str
    fields: Mapping[str, str]
    absent: frozenset[str] = frozenset()
    line: int | None = None


@dataclass(frozen=True)
class StoreSpec:
    """One store as stores.yaml describes it. URLs are kept unexpanded, so no secret is ever in here."""

    alias: str
    kind: str
    classes: tuple[ClassMap, ...]
    file: str = "stores.yaml"
    line: int | None = None
    url: str = field(default="", repr=False)
    destroy_url: str = field(default="", repr=False)
    schema: str = ""
    ignore_tables: frozenset[str] = frozenset()
    path: str = ""
    encoding: str = "utf-8-sig"
    dates: tuple[str, ...] = ()
    skip_when_first_cell: tuple[str, ...] = ()
    name: str = ""
    residue: str = "clear"
    marks: str = "tables"

    def map_of(self, class_name: str) -> ClassMap:
        """The map of `class_name`; KeyError when this store does not hold the class."""
        for item in self.classes:
            if item.class_name == class_name:
                return item
        raise KeyError(class_name)
