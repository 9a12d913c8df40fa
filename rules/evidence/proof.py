"""The C2SP proof file (c2sp.org/tlog-proof@v1): one leaf's inclusion, provable offline from one short text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.base64text import from_base64, to_base64
from rules.evidence.checkpoint import Checkpoint, decimal, open_checkpoint
from rules.evidence.note import NoteKey, Verify
from rules.evidence.tree import HASH_SIZE, leaf_hash, verify_inclusion

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True)
class TlogProof:
    """Index of a leaf, its audit path (sibling of the leaf first) and the checkpoint note it leads to.

    `extra` travels along unauthenticated; never believe it.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: str
    extra: bytes | None = None

    def to_text(self) -> str:
        """Write the proof file."""
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        lines = [FIRST_LINE, *extra, f"index {self.index}", *(to_base64(node) for node in self.path), ""]
        return "\n".join(lines) + "\n" + self.checkpoint_note

    @classmethod
    def from_text(cls, text: str) -> TlogProof:
        """Read a proof file. Raises BadInput when malformed."""
        head, blank, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        if first != FIRST_LINE or not blank:
            raise BadInput(f"a proof file starts with {FIRST_LINE} and has a blank line before its checkpoint")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0)[6:], "the proof's extra data")
        if not lines or not lines[0].startswith("index "):
            raise BadInput("the proof file names no index")
        index = decimal(lines.pop(0)[6:], "the proof's index")
        path = tuple(from_base64(line, "a hash of the proof") for line in lines)
        if len(path) > MAX_HASHES or any(len(node) != HASH_SIZE for node in path):
            raise BadInput("the proof's hashes must be at most 63, of 32 bytes each")
        return cls(index, path, note, extra)


def check_proof(proof: TlogProof, leaf: bytes, keys: Sequence[NoteKey], verify: Verify) -> Checkpoint:
    """Return the checkpoint under which `leaf` (its bytes) is proven to lie.

    Raises BadInput when malformed, CheckSaidNo when the signature or the path does not hold.
    """
    checkpoint = open_checkpoint(proof.checkpoint_note, keys, verify)
    if not verify_inclusion(proof.index, checkpoint.size, leaf_hash(leaf), proof.path, checkpoint.root):
        raise CheckSaidNo("the proof does not lead from the leaf to the checkpoint's root")
    return checkpoint
