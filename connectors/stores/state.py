"""Fence, watermarks and lock of a store of files: a small folder beside it, every write atomic and synced."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from connectors.stores.base import Batch
from connectors.stores.plan import another_plan
from rules.errors import BadInput, Problem


class FileState:
    """The folder `.winnow/<alias>` beside the store."""

    def __init__(self, alias: str, beside: Path) -> None:
        self._alias = alias
        self.folder = beside / alias

    def steps(self) -> list[str]:
        """What `prepare` will do, in words; empty when it is done."""
        return [] if self._fence.exists() else [f"make the folder {self.folder.parent.name}/{self._alias} with a fence"]

    def prepare(self) -> None:
        """Make the folder and a fence at epoch 1, unless they are there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._fence.exists():
            write_atomically(self._fence, json.dumps({"epoch": 1}).encode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one of us to change this store or its fence. Raises BadInput when it was never prepared."""
        self.epoch()
        with open(self.folder / "lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def epoch(self) -> int:
        """The present fence epoch. Raises BadInput when the store was never prepared, OSError when unreadable."""
        try:
            return int(json.loads(self._fence.read_bytes())["epoch"])
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
            raise unprepared(self._alias) from None

    def bump(self) -> int:
        """Raise the epoch by one; waits for a batch that is under way."""
        with self.lock():
            raised = self.epoch() + 1
            write_atomically(self._fence, json.dumps({"epoch": raised}).encode())
            return raised

    def read_mark(self, batch: Batch) -> dict[str, Any] | None:
        """The watermark of `batch`, or None. Raises CheckSaidNo for that of another plan, OSError when unreadable."""
        sweep(self._mark(batch))
        try:
            found: dict[str, Any] = json.loads(self._mark(batch).read_bytes())
        except FileNotFoundError:
            return None
        if found.get("intent_index", batch.intent_index) != batch.intent_index:
            raise another_plan(batch)
        return found

    def all_marks(self) -> list[dict[str, Any]]:
        """Every watermark, in order of their names. Raises OSError when unreadable."""
        return [json.loads(path.read_bytes()) for path in sorted(self.folder.glob("watermark-*.json"))]

    def write_mark(self, batch: Batch, outcomes: str, **more: str) -> None:
        """Leave the outcomes (JSON by position, no keys) and what is needed to judge a half-done batch."""
        mark = {
            "run": batch.run,
            "batch": batch.number,
            "intent_index": batch.intent_index,
            "log_size": batch.log_size,
            "log_root": batch.log_root,
            "outcomes": outcomes,
            **more,
        }
        write_atomically(self._mark(batch), json.dumps(mark).encode())

    def drop_mark(self, batch: Batch) -> None:
        """Forget a watermark whose batch was undone."""
        self._mark(batch).unlink(missing_ok=True)
        sync_folder(self.folder)

    @property
    def _fence(self) -> Path:
        return self.folder / "fence.json"

    def _mark(self, batch: Batch) -> Path:
        return self.folder / f"watermark-{batch_name(batch)}.json"


def unprepared(alias: str) -> BadInput:
    """The error of a store without fence."""
    return BadInput(Problem("the store was never prepared", key=f"stores.{alias}", mend="Run `winnow store prepare`"))


def batch_name(batch: Batch) -> str:
    """`<run>-<number>` as a file name."""
    return f"{quote(batch.run, safe='')}-{batch.number}"


def write_atomically(path: Path, content: bytes, still: str = "") -> bool:
    """Replace `path` by `content`: all of it or none, on the disk when we return. Keeps the file's mode.

    Where `still` is given and no longer the digest of `path` in the last moment, nothing is changed and the answer is
    False: people who have a file open do not ask for our lock.
    """
    sweep(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path), suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if path.exists():
                os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            os.fsync(file.fileno())
        if still and digest_of(path) != still:
            os.unlink(temporary)
            return False
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return True


def sweep(path: Path) -> None:
    """Remove what a killed `write_atomically` of this path left behind: it may hold records."""
    for left in path.parent.glob(f"{glob.escape(_prefix(path))}*.tmp"):
        left.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    return f".winnow-{path.name}-"


def sync_folder(folder: Path) -> None:
    """Put the folder's own entries (renames, removals) on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
