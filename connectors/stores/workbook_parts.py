"""Look into a workbook's archive for what openpyxl would lose or leave stale when it writes the file anew."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_LOST = re.compile(
    r"xl/(charts|chartsheets|media|pivotTables|pivotCache|externalLinks|embeddings|activeX|ctrlProps|slicers"
    r"|timelines|queryTables|threadedComments|richData|model|macrosheets|dialogsheets|drawings/drawing)"
    r"|xl/(vbaProject\.bin|connections\.xml|metadata\.xml)|_xmlsignatures/"
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_AT_ONCE = 1 << 20


def loses_parts(path: Path) -> bool:
    """Whether the workbook holds charts, pictures, macros, pivots or the like, which rewriting would drop."""
    with zipfile.ZipFile(path) as archive:
        return any(_LOST.match(name) for name in archive.namelist())


def has_formulas(path: Path) -> bool:
    """Whether any sheet holds a formula. Rewriting drops the values last computed, and row numbers shift."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(_found(archive, name) for name in sheets)


def _found(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as part:
        end = b""
        while block := part.read(_AT_ONCE):
            if _FORMULA.search(end + block):
                return True
            end = block[-40:]
    return False
