"""C2SP checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of the log, as a signed note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.base64text import from_base64, to_base64
from rules.evidence.note import NoteKey, NoteSigner, Verify, open_note, parse_note, sign_note
from rules.evidence.tree import HASH_SIZE


@dataclass(frozen=True)
class Checkpoint:
    """The head of the log at one size. `extensions` are opaque lines; we write none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Write the note text, one value a line."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions))

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a note text as a checkpoint. Raises BadInput when it is not one."""
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not all(lines):
            raise BadInput("a checkpoint has an origin, a size and a root, each on its own line")
        size = decimal(lines[1], "the checkpoint's size")
        root = from_base64(lines[2], "the checkpoint's root")
        if len(root) != HASH_SIZE:
            raise BadInput("the checkpoint's root does not have 32 bytes")
        return cls(lines[0], size, root, tuple(lines[3:]))


def decimal(text: str, what: str) -> int:
    """Read an ASCII decimal without leading zeroes, below 2**63. Raises BadInput naming `what`."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or str(int(text)) != text or int(text) >> 63:
        raise BadInput(f"{what} is not a plain decimal number")
    return int(text)


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[NoteSigner]) -> str:
    """Return the signed note of a checkpoint; every signer's key bears the origin as its name.

    Raises BadInput for a signer of another name. Two signers mark the hand-over from an old key to a new one.
    """
    if any(signer.key.name != checkpoint.origin for signer in signers):
        raise BadInput("the log's key must bear the log's origin as its name")
    return sign_note(checkpoint.to_text(), signers)


def peek_checkpoint(note: str) -> Checkpoint:
    """Read the checkpoint of a note without believing its signatures. Raises BadInput when malformed."""
    return Checkpoint.from_text(parse_note(note).text)


def open_checkpoint(note: str, keys: Sequence[NoteKey], verify: Verify) -> Checkpoint:
    """Return the checkpoint of a note that one of `keys` signed and whose origin is that key's name.

    Raises BadInput when malformed, CheckSaidNo when the signature or the origin is not the one trusted.
    """
    checkpoint = Checkpoint.from_text(open_note(note, keys, verify).text)
    if all(key.name != checkpoint.origin for key in keys):
        raise CheckSaidNo("the checkpoint belongs to another log than the key")
    return checkpoint
