"""A person's own proof: exactly the entries about one case number, opened for that person and nobody else.

Each entry carries its inclusion proof (C2SP tlog-proof) and the key of this case number under the key of its run. The
key gives the tag in the entry, so anybody can see that the entry is about this number; it opens no other entry.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.commitment import tag_of
from rules.evidence.leaf import Leaf, decode
from rules.evidence.note import NoteKey, Verify
from rules.evidence.proof import TlogProof, check_proof

FORMAT = "winnow-proof-v1"


@dataclass(frozen=True)
class Opened:
    """One entry of the log, opened: its bytes, the case number as the record spelt it, its key, and its proof."""

    leaf: bytes
    case_number: str
    case_key: bytes
    proof: TlogProof


def proof_json(opened: Sequence[Opened]) -> str:
    """Write the proof file: one JSON document, ending in a newline."""
    entries = [
        {
            "leaf": one.leaf.decode(),
            "case_number": one.case_number,
            "case_key": one.case_key.hex(),
            "proof": one.proof.to_text(),
        }
        for one in opened
    ]
    return json.dumps({"format": FORMAT, "entries": entries}, indent=2, ensure_ascii=False) + "\n"


def check_proof_json(text: str, keys: Sequence[NoteKey], verify: Verify) -> list[Leaf]:
    """Return the entries that a proof file proves. Raises BadInput when malformed, else CheckSaidNo."""
    try:
        document = json.loads(text)
        entries = document["entries"] if document["format"] == FORMAT else []
        parts = [
            (one["leaf"].encode(), one["case_number"], bytes.fromhex(one["case_key"]), one["proof"]) for one in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput("this is not a proof file") from None
    found: list[Leaf] = []
    for data, case_number, key, proof in parts:
        check_proof(TlogProof.from_text(proof), data, keys, verify)
        leaf = decode(data)
        if tag_of(key, case_number).hex() != leaf.get("tag"):
            raise CheckSaidNo("an entry of the proof is not about this case number")
        found.append(leaf)
    if not found:
        raise BadInput("this is not a proof file")
    return found
