"""A disk that loses its power: what may be left of a recorded trace of system calls, by the rules of POSIX alone.

What was written to a file is on the disk once that file was synced; a change of a directory (a name made, removed or
moved) once that directory was synced. Of everything else any part may be there and any part missing, in any order:
single writes and truncations of a file, whole or torn at a sector; changes of directories, each whole, but none without
the earlier ones of the same names and files. That is weaker than what ext4 or XFS promise.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "openat,open,creat,close,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,"
    "mkdirat,rmdir,link,linkat,lseek,dup,writev,pwritev,sendfile,copy_file_range,fallocate"
)
# What the model does not know must not happen on a file that it watches.
UNKNOWN = ("writev", "pwritev", "sendfile", "copy_file_range", "fallocate", "dup")
SECTOR = 512
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass
class Node:
    """A file: what is surely on the disk, and the changes since, in order: (offset, bytes), or (size, None)."""

    synced: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def present(self, changes: Iterable[tuple[int, bytes | None]]) -> bytes:
        """The content when just these changes have reached the disk."""
        data = bytearray(self.synced)
        for place, written in changes:
            if written is None:
                del data[place:]
                data.extend(bytes(place - len(data)))
            else:
                data.extend(bytes(max(place - len(data), 0)))
                data[place : place + len(written)] = written
        return bytes(data)

    def sync(self) -> None:
        """Everything written so far is on the disk."""
        self.synced, self.pending = self.present(self.pending), []


@dataclass(frozen=True)
class Change:
    """One change of directories: names that go, and names that come with what they name (None for a folder)."""

    gone: tuple[str, ...]
    come: tuple[tuple[str, Node | None], ...]

    def touches(self) -> set[object]:
        """Names and files: a later change of the same ones needs this one."""
        names: set[object] = {*self.gone, *(name for name, _ in self.come)}
        names |= {os.path.dirname(name) for name, node in self.come}
        return names | {id(node) for _, node in self.come if node is not None}

    def folders(self) -> set[str]:
        """Where it happens: a sync of either brings it to the disk."""
        return {os.path.dirname(name) for name in (*self.gone, *(name for name, _ in self.come))}

    def apply(self, names: dict[str, Node | None]) -> None:
        """Let it happen."""
        for name in self.gone:
            names.pop(name, None)
        names.update(self.come)


class Disk:
    """A folder and what a recorded process has done to it so far."""

    def __init__(self, folder: Path) -> None:
        self.root = str(folder)
        self.now: dict[str, Node | None] = {self.root: None}
        for path in folder.rglob("*"):
            self.now[str(path)] = Node(path.read_bytes()) if path.is_file() else None
        self.synced = dict(self.now)
        self.pending: list[Change] = []
        self.open: dict[int, tuple[str, Node | None, int]] = {}  # descriptor: name, file, position

    def mine(self, name: str) -> bool:
        """Whether a path lies in the folder."""
        return name == self.root or name.startswith(self.root + "/")

    def change(self, change: Change) -> None:
        """A change of directories that is not on the disk yet."""
        change.apply(self.now)
        self.pending.append(change)

    def sync_folder(self, name: str) -> None:
        """What was done in this folder is on the disk, with all that it rests on."""
        wanted = {number for number, change in enumerate(self.pending) if name in change.folders()}
        kept = self._closed(wanted)
        for number in sorted(kept):
            self.pending[number].apply(self.synced)
        self.pending = [change for number, change in enumerate(self.pending) if number not in kept]

    def _closed(self, wanted: set[int]) -> set[int]:
        """These changes, and every earlier one of the same names and files."""
        kept, needed = set(wanted), set[object]()
        for number in range(len(self.pending) - 1, -1, -1):
            touched = self.pending[number].touches()
            if number in kept or touched & needed:
                kept.add(number)
                needed |= touched
        return kept

    def after_power_loss(self, chance: random.Random) -> dict[str, bytes | None]:
        """One state in which the disk may be found: content by path, None for a folder."""
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        names = dict(self.synced)
        chosen = {number for number in range(len(self.pending)) if chance.random() < share}
        for number in sorted(self._closed(chosen)):
            self.pending[number].apply(names)
        found: dict[str, bytes | None] = {}
        for name, node in sorted(names.items()):
            if name.endswith("-shm"):
                continue  # SQLite makes it anew when it is the first to open a database
            found[name] = None if node is None else node.present(_some(node.pending, share, chance))
        return found


def _some(
    changes: list[tuple[int, bytes | None]], share: float, chance: random.Random
) -> Iterator[tuple[int, bytes | None]]:
    """Those changes of a file that came through, one in ten of the others torn at a sector."""
    for place, written in changes:
        if chance.random() < share:
            yield place, written
        elif written is not None and len(written) > SECTOR and chance.random() < 0.1:
            yield place, written[: SECTOR * chance.randrange(1, len(written) // SECTOR + 1)]


def replay(disk: Disk, trace: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Let the disk follow a trace (`strace -xx -s 100000000`), call by call; yields the name of each that concerned it.

    With the name comes what was written, if anything was. Raises ValueError for a call that the model does not know.
    """
    for line in trace:
        found = LINE.match(line)
        if found is None:
            continue
        call, given, result = found[1], found[2], int(found[3])
        if result < 0:
            continue
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in STRING.findall(given)]
        first = given.split(",", 1)[0]
        descriptor = int(first) if first.isdigit() else -1
        if call in ("open", "openat", "creat"):
            done = _opened(disk, os.fsdecode(texts[0]), given, result)
        elif descriptor in disk.open:
            done = _used(disk, call, descriptor, given, texts)
        else:
            done = _renamed(disk, call, [os.fsdecode(text) for text in texts])
        if done:
            yield call, texts[0] if call in ("write", "pwrite64") else b""


def _opened(disk: Disk, name: str, given: str, descriptor: int) -> bool:
    if not disk.mine(name):
        disk.open.pop(descriptor, None)
        return False
    made = name not in disk.now
    if made:
        disk.change(Change((), ((name, Node()),)))
    node = disk.now[name]
    disk.open[descriptor] = (name, node, 0)
    if "O_TRUNC" in given and node is not None:
        node.pending.append((0, None))
    if "O_APPEND" in given and node is not None:
        disk.open[descriptor] = (name, node, len(node.present(node.pending)))
    return made


def _used(disk: Disk, call: str, descriptor: int, given: str, texts: list[bytes]) -> bool:
    name, node, position = disk.open[descriptor]
    numbers = [int(number) for number in re.findall(r"(?<=, )\d+", given)]
    if call in UNKNOWN:
        raise ValueError(f"{call} is not modelled")
    if call == "close":
        del disk.open[descriptor]
    elif call in ("fsync", "fdatasync"):
        node.sync() if node is not None else disk.sync_folder(name)
    elif node is None:
        return False
    elif call == "lseek":
        disk.open[descriptor] = (name, node, numbers[0])
    elif call == "ftruncate":
        node.pending.append((numbers[0], None))
    elif call == "pwrite64":
        node.pending.append((numbers[-1], texts[0]))
    elif call == "write":
        node.pending.append((position, texts[0]))
        disk.open[descriptor] = (name, node, position + len(texts[0]))
    return call not in ("close", "lseek")


def _renamed(disk: Disk, call: str, names: list[str]) -> bool:
    if not names or not disk.mine(names[-1]):
        return False
    if call.startswith("rename"):
        disk.change(Change((names[0],), ((names[1], disk.now[names[0]]),)))
    elif call.startswith("link"):
        disk.change(Change((), ((names[1], disk.now[names[0]]),)))
    elif call.startswith("mkdir"):
        disk.change(Change((), ((names[0], None),)))
    elif call in ("unlink", "unlinkat", "rmdir"):
        disk.change(Change((names[0],), ()))
    return True
