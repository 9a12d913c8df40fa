"""Writes files whole or not at all, and the evidence bundle as a zip that is the same for the same contents."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from connectors.trouble import of_disk
from rules.errors import StoreUnavailable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FASTEST = 1


def write_whole(path: Path, data: bytes) -> Path:
    """Write `data` beside `path`, rename it into place, and make it durable. Raises StoreUnavailable."""
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreUnavailable(f"{path.name} can't be written now ({of_disk(error)})") from None
    return path


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bundle(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` by name into a zip with fixed times, in order of name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            # Half of an entry is digests, which no level makes smaller.
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED, compresslevel=_FASTEST)
    return write_whole(path, held.getvalue())
