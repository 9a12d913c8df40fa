"""The tree agrees with RFC 6962: known roots, a recursive reference, and every proof."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from rules.errors import BadInput
from rules.evidence import tree

# The eight leaves of the Certificate Transparency reference test and the root after each.
KNOWN_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [tree.leaf_hash(bytes([number])) for number in range(130)]


def reference_root(hashes: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"").digest()
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return tree.node_hash(reference_root(hashes[:split]), reference_root(hashes[split:]))


def reference_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """The definition of RFC 6962 section 2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if index < split:
        return [*reference_path(index, hashes[:split]), reference_root(hashes[split:])]
    return [*reference_path(index - split, hashes[split:]), reference_root(hashes[:split])]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    """The roots of the reference tree come out, layered and appended."""
    leaves = [bytes.fromhex(text) for text in KNOWN_LEAVES[:size]]
    assert tree.root_of_leaves(leaves).hex() == KNOWN_ROOTS[size]
    assert tree.CompactRange().extend(map(tree.leaf_hash, leaves)).root().hex() == KNOWN_ROOTS[size]


def test_roots_and_ranges_of_all_small_trees() -> None:
    """Every tree up to 130 leaves has the root of the definition, by layers, by appending, and from text."""
    edge = tree.CompactRange()
    for size in range(len(HASHES) + 1):
        expected = reference_root(HASHES[:size])
        assert tree.root(HASHES[:size]) == edge.root() == expected
        assert tree.CompactRange.from_text(edge.to_text()) == edge
        if size < len(HASHES):
            edge = edge.append(HASHES[size])


def test_all_inclusion_proofs() -> None:
    """Every inclusion proof up to 70 leaves is that of the definition, verifies, and fits no other leaf."""
    for size in range(1, 71):
        rows, root = tree.levels(HASHES[:size]), tree.root(HASHES[:size])
        for index in range(size):
            path = tree.inclusion_proof(index, rows)
            assert path == reference_path(index, HASHES[:size])
            assert tree.verify_inclusion(index, size, HASHES[index], path, root)
            assert not tree.verify_inclusion(index, size, HASHES[-1], path, root)
            assert size == 1 or not tree.verify_inclusion((index + 1) % size, size, HASHES[index], path, root)


def test_all_consistency_proofs() -> None:
    """Every consistency proof up to 70 leaves verifies, and not with another older root."""
    roots = [tree.root(HASHES[:size]) for size in range(71)]
    for newer in range(71):
        for older in range(newer + 1):
            proof = tree.consistency_proof(older, HASHES[:newer])
            assert tree.verify_consistency(older, newer, proof, roots[older], roots[newer])
            assert not tree.verify_consistency(older, newer, proof, HASHES[129], roots[newer])
            assert older == 0 or not tree.verify_consistency(older, newer, proof, roots[older], HASHES[129])


def test_mutated_proofs_are_refused() -> None:
    """No proof survives a flipped bit, a missing, doubled, swapped or shortened hash, or another size."""
    choice = random.Random(6962)
    for _ in range(2000):
        size = choice.randrange(2, 130)
        index, older = choice.randrange(size), choice.randrange(1, size)
        root, old_root = tree.root(HASHES[:size]), tree.root(HASHES[:older])
        for proof, check in (
            (
                tree.inclusion_proof(index, tree.levels(HASHES[:size])),
                lambda p, i=index, s=size, r=root: tree.verify_inclusion(i, s, HASHES[i], p, r),
            ),
            (
                tree.consistency_proof(older, HASHES[:size]),
                lambda p, o=older, s=size, q=old_root, r=root: tree.verify_consistency(o, s, p, q, r),
            ),
        ):
            assert check(proof)
            at = choice.randrange(len(proof))
            flipped = bytes([proof[at][0] ^ 1 << choice.randrange(8)]) + proof[at][1:]
            assert not check([*proof[:at], flipped, *proof[at + 1 :]])
            assert not check(proof[:at] + proof[at + 1 :])
            assert not check([*proof, proof[-1]])
            assert not check([*proof[:at], proof[at][:31], *proof[at + 1 :]])


def test_the_two_doors_of_the_rfc_are_closed() -> None:
    """Hashes that are not 32 bytes prove nothing, and an empty older tree has only the empty root."""
    root = tree.root(HASHES[:2])
    joined = HASHES[0] + HASHES[1]
    assert not tree.verify_inclusion(0, 1, joined, [], joined)
    assert not tree.verify_consistency(2, 2, [], joined, joined)
    assert tree.verify_consistency(0, 2, [], tree.EMPTY_ROOT, root)
    assert not tree.verify_consistency(0, 2, [], HASHES[0], root)
    assert not tree.verify_consistency(0, 2, [HASHES[0]], tree.EMPTY_ROOT, root)
    assert not tree.verify_consistency(3, 2, [], root, root)
    assert not tree.verify_inclusion(2, 2, HASHES[0], [HASHES[1]], root)


@pytest.mark.parametrize("text", ["", "x", "1", "3 " + "00" * 32, "1 " + "00" * 31, "1 " + "AA" * 32, "-1", "01 00"])
def test_a_damaged_range_is_refused(text: str) -> None:
    """A stored compact range that is not exactly what was written is refused."""
    with pytest.raises(BadInput):
        tree.CompactRange.from_text(text)


def test_proofs_outside_the_tree_are_refused() -> None:
    """Asking for a leaf or an older tree that does not exist is bad input."""
    with pytest.raises(BadInput):
        tree.inclusion_proof(2, tree.levels(HASHES[:2]))
    with pytest.raises(BadInput):
        tree.consistency_proof(3, HASHES[:2])
