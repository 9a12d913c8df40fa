"""Whether a store or the log came back from a backup: what each says of the other, compared.

A destroying transaction leaves a watermark in its store, which names the log's size and root at that moment; the log
holds the outcome of that batch. A store without a watermark that the log calls for is older than the log; a watermark,
or a checkpoint kept outside, that the log does not reach is younger than the log.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rules.evidence.leaf import Leaf, decode
from rules.evidence.tree import CompactRange, leaf_hash

LOG = "destruction-log"
BY_WATERMARK, BY_EPOCH, BY_CONTENT, BY_CHECKPOINT = "watermark", "epoch", "content", "checkpoint"
# A canonical leaf has its fields in the order of their names, and no quote in any value.
_DONE = re.compile(rb'\A\{.*"batch":([0-9]+),.*"run":"([^"]+)","store":"([^"]+)".*"type":"done"')
_ABOUT = re.compile(rb'"type":"(?:restore|restore-checked)"')


@dataclass(frozen=True)
class Mark:
    """The watermark of one batch in a store: where its intents stand in the log, and the log's size and root then."""

    run: str
    batch: int
    intent_index: int
    log_size: int
    log_root: str


@dataclass(frozen=True)
class Found:
    """What a store says of itself. `epoch` is that of its fence, 0 without one; `came_back` says that it is a file
    whose content is, byte for byte, what a destruction had replaced.
    """

    marks: tuple[Mark, ...]
    epoch: int
    came_back: bool = False


@dataclass(frozen=True)
class Sign:
    """A restore: of a store, or of `LOG`. `watermark` is how far the one that is younger reaches, `head` the log."""

    store: str
    found_by: str
    watermark: int
    head: int


@dataclass
class LogRead:
    """What one reading of the whole log leaves: root, roots at the sizes asked for, batches done, restores met.

    `done` gives the last outcome of each (store, run, batch); `checked` where each store was last looked through after
    a restore; `met` the restores that nobody has looked through since; `lost` the stretches that a restored log lacks.
    """

    edge: CompactRange = field(default_factory=CompactRange)
    roots: dict[int, str] = field(default_factory=dict)
    done: dict[tuple[str, str, int], int] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    met: dict[str, Sign] = field(default_factory=dict)
    lost: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many leaves were read."""
        return self.edge.size


def read_log(leaves: Iterable[tuple[int, bytes]], sizes: Collection[int]) -> LogRead:
    """Read the whole log once; memory grows by one entry a batch. `sizes` are those whose root is wanted."""
    read, wanted = LogRead(), set(sizes)
    for index, data in leaves:
        read.edge = read.edge.append(leaf_hash(data))
        if read.edge.size in wanted:
            read.roots[read.edge.size] = read.edge.root().hex()
        done = _DONE.match(data)
        if done:
            read.done[done[3].decode(), done[2].decode(), int(done[1])] = index
        elif _ABOUT.search(data):
            _note(read, index, decode(data))
    return read


def _note(read: LogRead, index: int, leaf: Leaf) -> None:
    store = leaf["store"]
    if leaf["type"] == "restore-checked":
        read.checked[store] = index
        read.met.pop(store, None)
        return
    read.met[store] = Sign(store, leaf["found_by"], leaf["watermark"], leaf["head"])
    if store == LOG:
        read.lost.append((leaf["head"], leaf["watermark"]))


def missing_marks(store: str, found: Found, log: LogRead) -> list[tuple[str, int]]:
    """Return (run, batch) of what the log says was done in a store that bears no mark of it.

    What was done before the store was last looked through is passed over: it was looked for then.
    """
    there = {(mark.run, mark.batch) for mark in found.marks}
    since = log.checked.get(store, -1)
    return sorted(
        (run, batch)
        for (where, run, batch), index in log.done.items()
        if where == store and index > since and (run, batch) not in there
    )


def sign_of_store(store: str, found: Found, known_epoch: int, log: LogRead) -> Sign | None:
    """Return the sign that a store is older than the log, if there is one. `known_epoch`: the ledger's last word."""
    missing = set(missing_marks(store, found, log))
    if missing:
        last = max(
            index for (where, run, batch), index in log.done.items() if where == store and (run, batch) in missing
        )
        return Sign(store, BY_WATERMARK, last, log.size)
    if found.epoch < known_epoch:
        return Sign(store, BY_EPOCH, known_epoch, log.size)
    last = max((index for (where, _, _), index in log.done.items() if where == store), default=-1)
    if found.came_back and last > log.checked.get(store, -1):
        return Sign(store, BY_CONTENT, 0, log.size)
    return None


def sign_of_log(marks: Iterable[Mark], kept: Sequence[tuple[int, str]], log: LogRead) -> Sign | None:
    """Return the sign that the log is older, or another, than stores and kept checkpoints (size, root) know it."""
    for size, found_by in sorted(_strangers(marks, kept, log), reverse=True):
        return Sign(LOG, found_by, size, log.size)
    return None


def _strangers(marks: Iterable[Mark], kept: Sequence[tuple[int, str]], log: LogRead) -> Iterator[tuple[int, str]]:
    said = [(mark.log_size, mark.log_root, BY_WATERMARK) for mark in marks]
    said += [(size, root, BY_CHECKPOINT) for size, root in kept]
    for size, root, found_by in said:
        known = any(head < size <= last for head, last in log.lost)
        if not known and log.roots.get(size) != root:
            yield size, found_by


def new_signs(signs: Iterable[Sign], log: LogRead) -> list[Sign]:
    """Return the signs of which the log does not tell yet."""
    return [sign for sign in signs if sign.store not in log.met]


def sizes_of(founds: Mapping[str, Found], kept: Sequence[tuple[int, str]]) -> set[int]:
    """Return the sizes of the log at which stores and kept checkpoints know its root."""
    return {mark.log_size for found in founds.values() for mark in found.marks} | {size for size, _ in kept}
