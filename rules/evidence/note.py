"""C2SP signed notes, version 1 (c2sp.org/signed-note): text, a blank line, signature lines.

Signing and checking are callables handed in, so that no key and no cryptographic library enters the core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.base64text import from_base64, to_base64

ED25519 = b"\x01"
PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64
MAX_SIGNATURES = 16
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")  # all but the newline

Sign = Callable[[bytes], bytes]
"""Sign a message with one key that the caller holds; 64 bytes."""
Verify = Callable[[bytes, bytes, bytes], bool]
"""Say whether (public key of 32 bytes, message, signature of 64 bytes) hold together."""


@dataclass(frozen=True)
class NoteKey:
    """The public half of a note key: its name (for a log, its origin) and 32 bytes of Ed25519."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        """Refuse a name that the format cannot carry. Raises BadInput."""
        if not is_key_name(self.name):
            raise BadInput("a key's name must not be empty nor hold spaces, plus signs or control characters")
        if len(self.public) != PUBLIC_KEY_SIZE:
            raise BadInput("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """Return the 4 bytes that a signature line starts with."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def to_text(self) -> str:
        """Write the key as a vkey: name+id in hexadecimal+base 64 of type and key (golang.org/x/mod/sumdb/note)."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(ED25519 + self.public)}"

    @classmethod
    def from_text(cls, text: str) -> NoteKey:
        """Read a vkey. Raises BadInput when it is malformed or its id does not fit."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise BadInput("a key file holds one line: name+id+key")
        typed = from_base64(parts[2], "the key")
        if typed[:1] != ED25519:
            raise BadInput("the key is not an Ed25519 note key")
        key = cls(parts[0], typed[1:])
        if key.key_id.hex() != parts[1]:
            raise BadInput("the key's id does not belong to its name and bytes")
        return key


@dataclass(frozen=True)
class NoteSigner:
    """A note key together with the power to sign with it."""

    key: NoteKey
    sign: Sign


@dataclass(frozen=True)
class NoteSignature:
    """One signature line, not yet believed."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A parsed note: text with its final newline, and the signature lines as found."""

    text: str
    signatures: tuple[NoteSignature, ...]


def is_key_name(name: str) -> bool:
    """Say whether a signature line can carry this name: not empty, no space, plus or control character."""
    return bool(name) and "+" not in name and name.isprintable() and not any(letter.isspace() for letter in name)


def sign_note(text: str, signers: Sequence[NoteSigner]) -> str:
    """Return `text` as a note with one line per signer. Raises BadInput for a text that a note cannot carry."""
    _refuse_odd_text(text)
    lines = [f"— {signer.key.name} {to_base64(signer.key.key_id + signer.sign(text.encode()))}\n" for signer in signers]
    if not lines:
        raise BadInput("a note needs at least one signature")
    return f"{text}\n{''.join(lines)}"


def parse_note(note: str) -> Note:
    """Split a note into text and signature lines, believing nothing. Raises BadInput when malformed."""
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise BadInput("the note has no signature lines after a blank line")
    text = head + "\n"
    _refuse_odd_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadInput(f"the note has more than {MAX_SIGNATURES} signatures")
    return Note(text, tuple(_signature_line(line) for line in lines))


def open_note(note: str, keys: Sequence[NoteKey], verify: Verify) -> Note:
    """Return the note if a known key signed it; lines of unknown keys are ignored, a bad one of a known key is not.

    Raises BadInput when malformed, CheckSaidNo when no known key signed or a known key's signature fails.
    """
    parsed = parse_note(note)
    message = parsed.text.encode()
    known = {(key.name, key.key_id): key for key in keys}
    believed = 0
    for line in parsed.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if len(line.signature) != SIGNATURE_SIZE or not verify(key.public, message, line.signature):
            raise CheckSaidNo("the note's signature does not belong to its text and key")
        believed += 1
    if not believed:
        raise CheckSaidNo("the note is not signed by a key you trust")
    return parsed


def _signature_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not is_key_name(parts[1]):
        raise BadInput("a signature line of the note is malformed")
    data = from_base64(parts[2], "a signature of the note")
    if len(data) < 5:
        raise BadInput("a signature of the note is too short")
    return NoteSignature(parts[1], data[:4], data[4:])


def _refuse_odd_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise BadInput("a note's text ends in a newline and holds no other control character")
