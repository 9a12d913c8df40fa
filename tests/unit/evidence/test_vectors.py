"""Known answers of others for the RFC 6962 tree: proofs over the eight leaves of the reference implementation.

The values are those of Certificate Transparency's own tests (google/certificate-transparency, merkle_tree_test.cc; the
same in transparency-dev/merkle, testonly/constants.go). The roots are in test_tree.py.
"""

from __future__ import annotations

import pytest

from rules.evidence import tree
from tests.unit.evidence.test_tree import KNOWN_LEAVES, KNOWN_ROOTS
from verifier import verify_winnow as v

NODES = {
    name: bytes.fromhex(name_and_rest)
    for name_and_rest in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    )
    for name in (name_and_rest[:4],)
}
HASHES = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES]
ROOTS = [bytes.fromhex(root) for root in KNOWN_ROOTS]


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, ""),
        (0, 8, "96a2 5f08 6b47"),
        (5, 8, "bc1a ca85 d37e"),
        (2, 3, "fac5"),
        (1, 5, "6e34 5f08 bc1a"),
    ],
)
def test_known_inclusion_proofs(index: int, size: int, path: str) -> None:
    """The paths of the reference tests come out, and product and verifier both accept them."""
    proof = [NODES[name] for name in path.split()]
    assert tree.inclusion_proof(index, tree.levels(HASHES[:size])) == proof
    assert tree.verify_inclusion(index, size, HASHES[index], proof, ROOTS[size])
    assert v.path_root(index, size, HASHES[index], proof) == ROOTS[size]
    assert v.tree_root(b"".join(HASHES[:size])) == ROOTS[size]


@pytest.mark.parametrize(
    ("older", "newer", "path"),
    [
        (1, 1, ""),
        (1, 8, "96a2 5f08 6b47"),
        (6, 8, "0ebc ca85 d37e"),
        (2, 5, "5f08 bc1a"),
        (6, 7, "0ebc b086 d37e"),
        (2, 8, "5f08 6b47"),
    ],
)
def test_known_consistency_proofs(older: int, newer: int, path: str) -> None:
    """The proofs of the reference tests come out and are accepted, and no other older or newer root is."""
    proof = [NODES[name] for name in path.split()]
    assert tree.consistency_proof(older, HASHES[:newer]) == proof
    assert tree.verify_consistency(older, newer, proof, ROOTS[older], ROOTS[newer])
    for size in set(range(1, 9)) - {older}:
        assert not tree.verify_consistency(older, newer, proof, ROOTS[size], ROOTS[newer])
    for size in set(range(1, 9)) - {newer}:
        assert not tree.verify_consistency(older, newer, proof, ROOTS[older], ROOTS[size])


@pytest.mark.parametrize(
    ("index", "size", "leaf", "root"),
    [(0, 0, 0, 0), (0, 1, 0, 0), (1, 0, 0, 1), (2, 1, 1, 1), (-1, 1, 0, 1), (8, 8, 7, 8), (1 << 62, 8, 0, 8)],
)
def test_proofs_of_nothing(index: int, size: int, leaf: int, root: int) -> None:
    """An empty path proves nothing but the only leaf of a tree of one."""
    assert not tree.verify_inclusion(index, size, HASHES[leaf], [], ROOTS[root])
    assert v.path_root(index, size, HASHES[leaf], []) != ROOTS[root] or index < 0
