"""The RFC 6962 Merkle tree: roots, a compact range that grows, inclusion and consistency proofs.

Everything here works on hashes of 32 bytes. A leaf's bytes enter only through `leaf_hash`, so that a leaf
can never be taken for a node (RFC 6962 section 2.1: prefixes 0x00 and 0x01).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from rules.errors import BadInput

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
_BLOCK = 1_024  # leaves hashed level by level, which is faster than one by one; a power of two


def leaf_hash(data: bytes) -> bytes:
    """Hash the bytes of one leaf (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + data).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the hash of each leaf's bytes, without a call for each."""
    return (sha256(b"\x00" + data).digest() for data in leaves)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def levels(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Return every level of the tree, leaf hashes first, root last; an odd last node is carried up as it is."""
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        above = [sha256(b"\x01" + one + two).digest() for one, two in zip(below[::2], below[1::2], strict=False)]
        if len(below) % 2:
            above.append(below[-1])
        rows.append(above)
    return rows


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; of none, the hash of nothing (RFC 6962 section 2.1)."""
    return levels(hashes)[-1][0] if hashes else EMPTY_ROOT


def root_of_leaves(leaves: Iterable[bytes]) -> bytes:
    """Return the root over the bytes of leaves."""
    return root(list(leaf_hashes(leaves)))


@dataclass(frozen=True)
class CompactRange:
    """The right edge of a tree: all that appending needs. At most log2(size) + 1 hashes, widest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def extend(self, hashes: Iterable[bytes]) -> CompactRange:
        """Return the range after appending leaf hashes in order, of which it holds only a block at a time."""
        size, edge, source = self.size, list(self.hashes), iter(hashes)
        while block := list(islice(source, _BLOCK)):
            at = 0
            while at < len(block):
                # The widest perfect subtree that starts at this size and that the block can fill.
                width = min(size & -size or _BLOCK, 1 << (len(block) - at).bit_length() - 1)
                node, carry = root(block[at : at + width]), size // width
                while carry & 1:
                    node, carry = node_hash(edge.pop(), node), carry >> 1
                edge.append(node)
                size, at = size + width, at + width
        return CompactRange(size, tuple(edge))

    def append(self, leaf: bytes) -> CompactRange:
        """Return the range after appending one leaf hash (not the leaf's bytes)."""
        return self.extend((leaf,))

    def root(self) -> bytes:
        """Return the root of the tree of this size."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node

    def to_text(self) -> str:
        """Write the range as one line: the size, then each hash in hexadecimal."""
        return " ".join([str(self.size), *(node.hex() for node in self.hashes)])

    @classmethod
    def from_text(cls, text: str) -> CompactRange:
        """Read what `to_text` wrote. Raises BadInput when it is not exactly that."""
        size, *nodes = text.split(" ")
        try:
            edge = cls(int(size), tuple(bytes.fromhex(node) for node in nodes))
        except ValueError:
            raise BadInput("the log's compact range is not readable") from None
        whole = edge.size >= 0 and len(nodes) == edge.size.bit_count()
        if not whole or any(len(node) != HASH_SIZE for node in edge.hashes) or edge.to_text() != text:
            raise BadInput("the log's compact range does not fit its size")
        return edge


def inclusion_proof(index: int, rows: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Return the audit path of leaf `index` from the `levels` of its tree, sibling of the leaf first.

    RFC 6962 section 2.1.1. Raises BadInput for an index outside the tree.
    """
    if not 0 <= index < len(rows[0]):
        raise BadInput("the tree has no leaf of that index")
    path = []
    for row in rows[:-1]:
        if (sibling := index ^ 1) < len(row):
            path.append(row[sibling])
        index >>= 1
    return path


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> bool:
    """Say whether `proof` shows leaf hash `leaf` at `index` of the tree of `size` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or any(len(node) != HASH_SIZE for node in (leaf, expected, *proof)):
        return False
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == expected


def consistency_proof(older: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the tree over `hashes` extends its own first `older` leaves (RFC 6962 section 2.1.2).

    Empty for equal sizes and for an empty older tree. Raises BadInput when `older` is larger than the tree.
    """
    if not 0 <= older <= len(hashes):
        raise BadInput("the tree is smaller than the older size")
    return _subproof(older, hashes, True) if 0 < older < len(hashes) else []


def _subproof(older: int, hashes: Sequence[bytes], known: bool) -> list[bytes]:
    if older == len(hashes):
        return [] if known else [root(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if older <= split:
        return [*_subproof(older, hashes[:split], known), root(hashes[split:])]
    return [*_subproof(older - split, hashes[split:], False), root(hashes[:split])]


def verify_consistency(older: int, newer: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Say whether `proof` shows that the tree of size `newer` extends that of size `older` (RFC 9162 2.1.4.2).

    The RFC's text leaves two doors open, closed here: hashes that are not 32 bytes, and an older size of 0,
    which every tree extends but only with the empty root.
    """
    if not 0 <= older <= newer or any(len(node) != HASH_SIZE for node in (old_root, new_root, *proof)):
        return False
    if older in (0, newer):
        return not proof and old_root == (new_root if older == newer else EMPTY_ROOT)
    path = list(proof) if older & (older - 1) else [old_root, *proof]
    if not path:
        return False
    fn, sn = older - 1, newer - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = node_hash(new_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_node == old_root and new_node == new_root
