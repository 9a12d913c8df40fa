"""The evidence bundle as data: which files lie in the zip, and what is in each. Writing the zip happens at the edge.

Entry bundles are those of C2SP tlog-tiles: 256 leaves a file, each after its length as a big-endian uint16. The
manifest is a signed note of the log's key over the digest of every other file; its heading can't be a checkpoint's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from rules.errors import BadInput
from rules.evidence.certificate import Certificate
from rules.evidence.checkpoint import peek_checkpoint
from rules.evidence.leaf import MAX_LEAF_BYTES
from rules.evidence.note import NoteSigner, sign_note
from rules.evidence.proof import TlogProof
from rules.evidence.tree import inclusion_proof, leaf_hash, levels

ENTRIES_PER_FILE = 256
CHECKPOINT = "checkpoint"
MANIFEST = "manifest"
CERTIFICATE = "certificate.json"
SCHEDULE = "schedule.yaml"
VERIFIER = "verify_winnow.py"
README = "README.txt"
MANIFEST_HEADING = "winnow-bundle-v1"


def entries_name(number: int) -> str:
    """Return the name of the entry bundle of that number, in tlog-tiles' groups of three digits: x001/x234/067."""
    digits = str(number)
    groups = digits.zfill((len(digits) + 2) // 3 * 3)
    parts = [groups[start : start + 3] for start in range(0, len(groups), 3)]
    return "entries/" + "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])


def proof_name(index: int) -> str:
    """Return the name of the proof file of one leaf."""
    return f"proofs/{index}.tlog-proof"


def encode_entries(leaves: Iterable[bytes]) -> bytes:
    """Write leaves one after another, each after its length. Raises BadInput for a leaf over 65,535 bytes."""
    out = bytearray()
    for leaf in leaves:
        if len(leaf) > MAX_LEAF_BYTES:
            raise BadInput("a leaf is longer than an entry bundle can carry")
        out += len(leaf).to_bytes(2, "big") + leaf
    return bytes(out)


def decode_entries(data: bytes) -> list[bytes]:
    """Read what `encode_entries` wrote. Raises BadInput when lengths and bytes do not meet."""
    leaves, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise BadInput("an entry bundle is cut short")
        leaves.append(data[at + 2 : end])
        at = end
    return leaves


def bundle_files(
    leaves: Sequence[bytes],
    checkpoint_note: str,
    certificate: Certificate | None,
    schedule_text: bytes,
    verifier_source: bytes,
    readme: str,
    signers: Sequence[NoteSigner],
    papers: Callable[[str], Mapping[str, bytes]] = lambda _proof: {},
) -> dict[str, bytes]:
    """Return every file of an evidence bundle by its name.

    `leaves` are the bytes of all entries from index 0; `checkpoint_note` is over exactly those; `schedule_text` are the
    bytes whose digest the log holds; `signers` are those of the log; `papers` are what people read, given the text of
    the certificate's proof. Raises BadInput when sizes or roots do not fit.
    """
    checkpoint = peek_checkpoint(checkpoint_note)
    rows = levels([leaf_hash(leaf) for leaf in leaves])
    if checkpoint.size != len(leaves) or not leaves or rows[-1][0] != checkpoint.root:
        raise BadInput("the checkpoint is not over these leaves")
    files = {CHECKPOINT: checkpoint_note.encode(), SCHEDULE: schedule_text, VERIFIER: verifier_source}
    files[README] = readme.encode()
    for number, start in enumerate(range(0, len(leaves), ENTRIES_PER_FILE)):
        files[entries_name(number)] = encode_entries(leaves[start : start + ENTRIES_PER_FILE])
    if certificate is not None:
        index = certificate.closing_leaf
        proof = TlogProof(index, tuple(inclusion_proof(index, rows)), checkpoint_note)
        files[proof_name(index)] = proof.to_text().encode()
        files |= papers(proof.to_text())
        files[CERTIFICATE] = certificate.to_json().encode()
    files[MANIFEST] = sign_note(manifest_text(checkpoint.origin, files), signers).encode()
    return files


def manifest_text(origin: str, files: Mapping[str, bytes]) -> str:
    """Return the text of the manifest: heading, origin, then digest and name of every file in order of name."""
    lines = [f"{sha256(files[name]).hexdigest()} {name}" for name in sorted(files)]
    return "".join(f"{line}\n" for line in (MANIFEST_HEADING, origin, *lines))
