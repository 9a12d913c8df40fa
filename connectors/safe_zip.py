"""The guard before any archive is opened: XLSX and DOCX are ZIP files, and a small one can unpack to terabytes."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from rules.errors import BadInput, Problem

MAX_TOTAL = 400_000_000  # bytes unpacked; a workbook of half a million rows takes about 320 MB
MAX_RATIO = 200  # unpacked to packed; office files stay below 60, a bomb of zeros reaches 1,030
MAX_MEMBERS = 5_000
_SMALL = 1_000_000  # below this many bytes any ratio is harmless


def check_archive(path: str | Path, max_total: int = MAX_TOTAL, max_ratio: int = MAX_RATIO) -> None:
    """Refuse an archive that is unreadable, encrypted or unpacks to too much; reads its directory only.

    `max_total` is bytes unpacked over all members, `max_ratio` unpacked to packed bytes, for each member and for
    the file as a whole. A directory that lies about sizes does no harm: zipfile unpacks no more than the size stated
    there. Raises BadInput naming the file and what is wrong, never a member's name (it may be data).
    """
    file = Path(path)
    try:
        packed_file = file.stat().st_size
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError, OverflowError):
        raise BadInput(_problem(file, "cannot be read as an Office or ZIP file", "Save it again and retry.")) from None
    wrong = _what_is_wrong(members, packed_file, max_total, max_ratio)
    if wrong:
        raise BadInput(_problem(file, wrong, "It was not opened."))


def _what_is_wrong(members: list[zipfile.ZipInfo], packed_file: int, max_total: int, max_ratio: int) -> str:
    total = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS:
        return f"holds {len(members):,} parts, more than {MAX_MEMBERS:,}"
    if any(member.flag_bits & 0x1 for member in members):
        return "is encrypted"
    if total > max_total:
        return f"unpacks to {total:,} bytes, more than {max_total:,}"
    # Overlapping members share packed bytes, so the file's own size counts too.
    too_dense = total > _SMALL and total > max_ratio * max(packed_file, 1)
    if too_dense or any(_too_dense(member, max_ratio) for member in members):
        return f"unpacks to more than {max_ratio} times its size"
    return ""


def _too_dense(member: zipfile.ZipInfo, max_ratio: int) -> bool:
    return member.file_size > _SMALL and member.file_size > max_ratio * max(member.compress_size, 1)


def _problem(file: Path, what: str, mend: str) -> Problem:
    return Problem(what, file=file.name, mend=mend)
