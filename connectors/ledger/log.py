"""Where the destruction log is kept: leaves, the head, and every checkpoint that was ever signed.

The log shares its database with the review tables, so what people decide and the leaf that says so are one transaction.
Appending is a compare-and-swap on the head; no sequence is used, as a rollback would leave a gap in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connectors.ledger.base import Source, chunks, reading, writing
from connectors.ledger.tables import checkpoint, head, leaf
from rules.errors import CheckSaidNo
from rules.evidence.checkpoint import Checkpoint, peek_checkpoint
from rules.evidence.checkpoint import sign_checkpoint as sign_note_of
from rules.evidence.leaf import Alike, Leaf, decode, decode_all, encode_all
from rules.evidence.note import NoteSigner
from rules.evidence.tree import CompactRange, leaf_hashes

_PAGE = 4_000


@dataclass(frozen=True)
class Head:
    """The log's present size, its root in hexadecimal and its right edge."""

    size: int
    root: str
    edge: CompactRange


def append(source: Source, leaves: Sequence[bytes]) -> int:
    """Append the bytes of leaves and return the index of the first. All of them are stored, or none."""
    with writing(source) as connection:
        return _append(connection, lambda: leaves)


def record(source: Source, leaves: Sequence[Leaf | Alike], at: str) -> int:
    """Append leaves that lack their time, all of them logged `at`, and return the index of the first.

    Where a clock went back, they get the time of the last leaf: times in the log never decrease. Raises BadInput for a
    leaf that the table of leaves refuses.
    """

    def encoded(connection: Connection) -> list[bytes]:
        return encode_all(leaves, max(at, last_time(connection)))

    with writing(source) as connection:
        return _append(connection, lambda: encoded(connection))


def last_time(source: Source) -> str:
    """Return the time of the last leaf, or an empty text for an empty log."""
    with reading(source) as connection:
        data = connection.scalar(select(leaf.c.bytes).order_by(leaf.c.idx.desc()).limit(1))
    return str(decode(bytes(data))["at"]) if data is not None else ""


def _append(connection: Connection, make: Callable[[], Sequence[bytes]]) -> int:
    # A lost race means that another writer has committed, so each round somebody gets on.
    while True:
        now, leaves = read_head(connection), make()
        grown = now.edge.extend(leaf_hashes(leaves))
        values = {"size": grown.size, "root": grown.root().hex(), "compact_range": grown.to_text()}
        if connection.execute(update(head).where(head.c.id == 1, head.c.size == now.size).values(values)).rowcount == 1:
            break
    # Handed to the driver as it is: numbers and bytes need no conversion, and converting would take half of the time.
    statement = insert(leaf).compile(dialect=connection.dialect)
    for chunk in chunks(enumerate(leaves, start=now.size), _PAGE):
        rows = list(chunk) if statement.positional else [{"idx": index, "bytes": data} for index, data in chunk]
        connection.exec_driver_sql(str(statement), rows)
    return now.size


def read_head(source: Source) -> Head:
    """Return the head of the log."""
    with reading(source) as connection:
        row = connection.execute(select(head)).one()
    return Head(row.size, row.root, CompactRange.from_text(row.compact_range))


def read_leaves(source: Source, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield (index, bytes) of the leaves from `start` up to `stop`, page by page. Raises CheckSaidNo for a gap."""
    stop = read_head(source).size if stop is None else stop
    for first in range(start, stop, _PAGE):
        yield from enumerate(_page(source, first, min(stop, first + _PAGE)), first)


def read_decoded(source: Source, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (index, leaf) as `read_leaves` does. Raises CheckSaidNo, also for a leaf that is not canonical."""
    return enumerate(decode_all(data for _, data in read_leaves(source, start, stop)), start)


def _page(source: Source, start: int, stop: int) -> Sequence[bytes]:
    query = select(leaf.c.bytes).where(leaf.c.idx >= start, leaf.c.idx < stop).order_by(leaf.c.idx)
    with reading(source) as connection:
        page = [data for (data,) in connection.execute(query).all()]
    # The index is the primary key, so a page of as many leaves as it should have has each of them.
    if len(page) != stop - start:
        raise CheckSaidNo(f"the log lacks a leaf between {start} and {stop}")
    return page


def read_types(source: Source, types: Collection[str], start: int = 0) -> Iterator[tuple[int, Leaf]]:
    """Yield (index, leaf) of the leaves of these types from `start` on; the others are not decoded."""
    # A canonical leaf holds this text nowhere else: no value has a quote in it.
    marks = [f'"type":"{name}"'.encode() for name in sorted(types)]
    for index, data in read_leaves(source, start):
        if any(mark in data for mark in marks):
            yield index, decode(data)


def sign_checkpoint(source: Source, signers: Sequence[NoteSigner]) -> str:
    """Sign the present head and return the note; the same head gets the same note again.

    Everything stored since the last checkpoint is read back and hashed first: a bit that flipped on its way to the disk
    must not be signed for. Raises CheckSaidNo when the log is not what was appended, or is shorter than was signed.
    """
    with reading(source) as connection:
        now, last = read_head(connection), _last_signed(connection)
    if last is not None and last[0].size == now.size:
        return last[1]
    edge = last[0] if last else CompactRange()
    if edge.size > now.size:
        raise CheckSaidNo("the log is shorter than its last checkpoint: it was restored or cut")
    for first in range(edge.size, now.size, _PAGE):
        edge = edge.extend(leaf_hashes(_page(source, first, min(now.size, first + _PAGE))))
    if edge.to_text() != now.edge.to_text() or edge.root().hex() != now.root:
        raise CheckSaidNo("the log's stored leaves do not give the root that was computed when they were appended")
    note = sign_note_of(Checkpoint(signers[0].key.name, edge.size, edge.root()), signers)
    return _keep(source, edge, note)


def _last_signed(connection: Connection) -> tuple[CompactRange, str] | None:
    row = connection.execute(select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)).first()
    if row is None:
        return None
    edge = CompactRange.from_text(row.compact_range)
    signed = peek_checkpoint(row.note)
    if (signed.size, signed.root) != (edge.size, edge.root()):
        raise CheckSaidNo("the log's last checkpoint does not fit its own note")
    return edge, row.note


def _keep(source: Source, edge: CompactRange, note: str) -> str:
    with writing(source) as connection:
        # Two processes may sign one head; the one that comes second finds the first one's note.
        locked = select(head.c.id).with_for_update()
        connection.execute(locked)
        known = connection.scalar(select(checkpoint.c.note).where(checkpoint.c.size == edge.size))
        if known is not None:
            return str(known)
        connection.execute(insert(checkpoint).values(size=edge.size, compact_range=edge.to_text(), note=note))
    return note


def latest_checkpoint(source: Source) -> str | None:
    """Return the newest signed note, or None when nothing has been signed."""
    with reading(source) as connection:
        note: str | None = connection.scalar(select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1))
    return note


def has_signed(source: Source, note: str) -> bool:
    """Say whether this very note is among the checkpoints that were signed here. Raises BadInput for no checkpoint."""
    mine = select(checkpoint.c.note).where(checkpoint.c.size == peek_checkpoint(note).size)
    with reading(source) as connection:
        return bool(connection.scalar(mine) == note)


def checkpoints(source: Source) -> list[tuple[int, str]]:
    """Return (size, note) of every checkpoint ever signed, smallest first."""
    with reading(source) as connection:
        rows = connection.execute(select(checkpoint.c.size, checkpoint.c.note).order_by(checkpoint.c.size))
        return [(int(size), str(note)) for size, note in rows]
