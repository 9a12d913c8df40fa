"""What a person signs: the exact bytes, rebuilt by anybody from the leaf that carries the signature.

A statement is a signed leaf without the three fields that the log adds (type, at, signature), under a heading that
keeps one kind of statement from passing for another. Nothing outside the log is needed to check it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.base64text import from_base64, to_base64
from rules.evidence.leaf import Leaf, canonical_json, encode, fits
from rules.evidence.leaf_table import SIGNED_TYPES, TYPES
from rules.evidence.note import Sign, Verify

DOMAIN = b"winnow-statement-v1\n"
ADDED_BY_LOG = ("type", "at", "signature")


def statement_bytes(kind: str, fields: Mapping[str, Any]) -> bytes:
    """Return what a person signs for one statement of a kind among SIGNED_TYPES: an approval, say.

    `fields` are those of the leaf type `kind`, without type, at and signature; `key` is the signer's public key in
    base 64. Raises BadInput naming the fields that are missing, unknown or misshapen.
    """
    if kind not in SIGNED_TYPES:
        raise BadInput("an unknown kind of statement")
    expected = {name: shape for name, shape in TYPES[kind].items() if name != "signature"}
    wrong = {name for name in fields if name not in expected}
    for name, shape in expected.items():
        if name in fields:
            wrong |= set() if fits(shape, fields[name]) else {name}
        elif not shape.endswith("?"):
            wrong.add(name)
    if wrong:
        raise BadInput(f"a statement of kind {kind} has missing or misshapen fields: {', '.join(sorted(wrong))}")
    return DOMAIN + kind.encode() + b"\n" + canonical_json(fields)


def statement_digest(statement: bytes) -> str:
    """Return the SHA-256 of a statement in hexadecimal: how an approval names the decisions that it approves."""
    return sha256(statement).hexdigest()


def sign_statement(kind: str, fields: Mapping[str, Any], public: bytes, sign: Sign) -> dict[str, Any]:
    """Return `fields` with key and signature added: all that a leaf still needs is `signed_leaf`. Raises BadInput."""
    whole = {**fields, "key": to_base64(public)}
    return {**whole, "signature": to_base64(sign(statement_bytes(kind, whole)))}


def signed_leaf(kind: str, signed: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return the leaf of a signed statement, logged `at` an instant (UTC text). Raises BadInput when misshapen."""
    leaf = {**signed, "type": kind, "at": at}
    encode(leaf)
    return leaf


def statement_of(leaf: Leaf) -> bytes:
    """Rebuild from a signed leaf the bytes that its officer signed. Raises BadInput for an unsigned type."""
    return statement_bytes(str(leaf["type"]), {name: leaf[name] for name in leaf if name not in ADDED_BY_LOG})


def check_signature(leaf: Leaf, verify: Verify) -> None:
    """Check a person's signature on a leaf against the key in it. Raises CheckSaidNo when it does not hold.

    That the key is that officer's own is told by an earlier leaf of type `key`, not here.
    """
    public = from_base64(str(leaf["key"]), "an officer's key")
    signature = from_base64(str(leaf["signature"]), "an officer's signature")
    if not verify(public, statement_of(leaf), signature):
        raise CheckSaidNo(f"the signature on a statement of kind {leaf['type']} does not hold")
