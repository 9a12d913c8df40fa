"""Keys on disk: each officer's own Ed25519 key and the DPO's sealing key under a passphrase, and the log's key.

A private key is an encrypted PKCS 8 PEM file. Its password is what scrypt (RFC 7914) makes of the passphrase, because
PKCS 8 as OpenSSL writes it stretches too little; salt and cost stand in the line above the PEM block. The log's key is
for the machine that destroys and bears no passphrase: the file is readable by its owner only.
"""

from __future__ import annotations

import os
import re
import tempfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from connectors.bundle_file import write_whole
from connectors.trouble import of_disk
from rules.errors import BadInput, Problem
from rules.evidence.base64text import from_base64, to_base64
from rules.evidence.note import NoteKey, NoteSigner, Sign

Random = Callable[[int], bytes]
system_random: Random = os.urandom

SHORTEST_PASSPHRASE = 10
LOG_KEY, LOG_VKEY, RETIRED_VKEY = "log.pem", "winnow.vkey", "winnow-retired.vkey"
PSEUDONYM_KEY = "pseudonym.key"
LAST_CHECKPOINT = "last.checkpoint"
_COST = 2**15  # scrypt N with r 8, p 1: 32 MiB and about a tenth of a second
_HEADING = re.compile(rb"\Awinnow-key-v1 scrypt ([0-9]{4,8}) 8 1 ([0-9a-f]{32})\n")
_SEAL = b"winnow-seal-v1"
_WRONG = "this passphrase does not open this key"


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature of 64 bytes belongs to the message and the public key of 32 bytes (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def create_officer_key(folder: Path, slug: str, passphrase: str, random: Random) -> bytes:
    """Make an officer's signing key in `folder` and return its public half, 32 bytes.

    Raises BadInput for a passphrase that is too short, or where the officer has a key already.
    """
    private = Ed25519PrivateKey.from_private_bytes(random(32))
    _write_locked(folder / f"{slug}.pem", private, passphrase, random)
    return private.public_key().public_bytes_raw()


def officer_signer(folder: Path, slug: str, passphrase: str) -> tuple[bytes, Sign]:
    """Open an officer's signing key: its public half, and the power to sign. Raises BadInput."""
    private = _load(folder / f"{slug}.pem", passphrase)
    if not isinstance(private, Ed25519PrivateKey):
        raise BadInput(_WRONG)
    return private.public_key().public_bytes_raw(), private.sign


def create_sealing_key(folder: Path, slug: str, passphrase: str, random: Random, suffix: str = "") -> bytes:
    """Make the key pair to which run keys are sealed; return its public half, 32 bytes (X25519). Raises BadInput.

    `suffix` is added to the file's name, for a key that shall take another's place.
    """
    private = X25519PrivateKey.from_private_bytes(random(32))
    _write_locked(folder / f"{slug}-sealing{suffix}.pem", private, passphrase, random)
    return private.public_key().public_bytes_raw()


def relock_sealing_key(folder: Path, slug: str, passphrase: str, new: str, random: Random, suffix: str) -> None:
    """Write an officer's sealing key once more, under another passphrase and a name with `suffix`. Raises BadInput."""
    private = _load(folder / f"{slug}-sealing.pem", passphrase)
    if not isinstance(private, X25519PrivateKey):
        raise BadInput(_WRONG)
    _write_locked(folder / f"{slug}-sealing{suffix}.pem", private, new, random)


def sealing_public(path: Path, passphrase: str) -> bytes | None:
    """Return the public half of a sealing key on disk, or None where there is none that this passphrase opens."""
    try:
        private = _load(path, passphrase)
    except BadInput:
        return None
    return private.public_key().public_bytes_raw() if isinstance(private, X25519PrivateKey) else None


def seal(public: bytes, secret: bytes, random: Random) -> str:
    """Encrypt a secret so that only the holder of the sealing key opens it; returns base 64.

    X25519 with a fresh key pair for each secret, HKDF-SHA256 over both public halves (RFC 5869), ChaCha20-Poly1305.
    """
    once = X25519PrivateKey.from_private_bytes(random(32))
    sender = once.public_key().public_bytes_raw()
    key = _shared(once, public, sender + public)
    # The key encrypts this one message, so a fixed nonce is used once.
    return to_base64(sender + ChaCha20Poly1305(key).encrypt(bytes(12), secret, _SEAL))


def open_sealed(folder: Path, slug: str, passphrase: str, sealed: str) -> bytes:
    """Open what `seal` encrypted to this officer. Raises BadInput for a wrong passphrase or another's secret."""
    return sealing_opener(folder, slug, passphrase)(sealed)


def sealing_opener(folder: Path, slug: str, passphrase: str) -> Callable[[str], bytes]:
    """Open an officer's sealing key once, for many secrets. Raises BadInput for a wrong passphrase; so does what it
    returns, for what was sealed to another key.
    """
    private = _load(folder / f"{slug}-sealing.pem", passphrase)
    if not isinstance(private, X25519PrivateKey):
        raise BadInput(_WRONG)
    return lambda sealed: _opened(private, sealed)


def _opened(private: X25519PrivateKey, sealed: str) -> bytes:
    data = from_base64(sealed, "a sealed key")
    if len(data) < 32:
        raise BadInput(_WRONG)
    public = private.public_key().public_bytes_raw()
    try:
        key = _shared(private, data[:32], data[:32] + public)
        return ChaCha20Poly1305(key).decrypt(bytes(12), data[32:], _SEAL)
    except (InvalidTag, ValueError):
        raise BadInput("this key does not open what was sealed") from None


def log_signer(folder: Path, origin: str, random: Random) -> NoteSigner:
    """Return the log's signer; at first use its key is made, and its public half written beside it (winnow.vkey).

    Raises BadInput where the key can't be read, or an origin that a signed note can't carry.
    """
    signer = log_signer_in(folder / LOG_KEY, origin, random)
    public = folder / LOG_VKEY
    if not public.exists():  # at the first use, or after a disk was full at the first use
        write_whole(public, f"{signer.key.to_text()}\n".encode())
    return signer


def log_signer_in(path: Path, origin: str, random: Random | None = None) -> NoteSigner:
    """Return the signer whose key lies in a file; made there first where `random` is given and there is none."""
    if random is not None and not path.exists():
        fresh = Ed25519PrivateKey.from_private_bytes(random(32))
        _write_new(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private = _load(path, None)
    if not isinstance(private, Ed25519PrivateKey):
        raise _damaged(path)
    return NoteSigner(NoteKey(origin, private.public_key().public_bytes_raw()), private.sign)


def _shared(private: X25519PrivateKey, public: bytes, both: bytes) -> bytes:
    secret = private.exchange(X25519PublicKey.from_public_bytes(public))
    return HKDF(hashes.SHA256(), 32, salt=None, info=_SEAL + both).derive(secret)


def _write_locked(path: Path, private: Ed25519PrivateKey | X25519PrivateKey, passphrase: str, random: Random) -> None:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadInput(f"the passphrase must have at least {SHORTEST_PASSPHRASE} characters")
    salt = random(16)
    lock: KeySerializationEncryption = BestAvailableEncryption(_password(passphrase, salt, _COST))
    heading = f"winnow-key-v1 scrypt {_COST} 8 1 {salt.hex()}\n".encode()
    _write_new(path, heading + private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))


def _write_new(path: Path, data: bytes) -> None:
    """Write a key whole or not at all, readable by its owner only. Raises BadInput where there is one."""
    if path.exists():
        raise BadInput(Problem("there is a key of this name already", file=path.name))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, it never takes the place of a key
    except FileExistsError:
        raise BadInput(Problem("there is a key of this name already", file=path.name)) from None
    finally:
        os.unlink(draft)


def _load(path: Path, passphrase: str | None) -> object:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        mend = "Keys lie in the folder keys/ of the project: bring it back from its backup."
        raise BadInput(Problem("this key is missing", file=path.name, mend=mend)) from None
    except OSError as error:
        mend = "Keys lie in the folder keys/ of the project."
        raise BadInput(Problem(f"this key cannot be read ({of_disk(error)})", file=path.name, mend=mend)) from None
    heading = _HEADING.match(data)
    if b"PRIVATE KEY-----" not in data or (passphrase is not None and heading is None):
        raise _damaged(path)
    try:
        if passphrase is None or heading is None:
            return load_pem_private_key(data, None)
        cost = int(heading[1])
        if cost > 2**20 or cost & (cost - 1):
            raise BadInput(_WRONG)
        password = _password(passphrase, bytes.fromhex(heading[2].decode()), cost)
        return load_pem_private_key(data[heading.end() :], password)
    except (ValueError, TypeError):
        raise (_damaged(path) if passphrase is None else BadInput(_WRONG)) from None


def _damaged(path: Path) -> BadInput:
    mend = "Bring it back from the backup of keys/."
    return BadInput(Problem("this is no key, or a damaged one", file=path.name, mend=mend))


def _password(passphrase: str, salt: bytes, cost: int) -> bytes:
    # NFC, so that an accent typed on another keyboard is the same letter.
    return b64encode(Scrypt(salt, 32, cost, 8, 1).derive(normalize("NFC", passphrase).encode()))


def pseudonym_key(folder: Path, random: Random) -> bytes:
    """Return the organisation's pseudonym key, 32 bytes; it is made at first use. Raises BadInput if it can't be read.

    It bears no passphrase, as the log's key does not: the nightly flow must be able to find what died with its source.
    """
    path = folder / PSEUDONYM_KEY
    try:
        if not path.exists():
            _write_new(path, f"winnow-pseudonym-key-v1 {random(32).hex()}\n".encode())
        heading, _, text = path.read_text(encoding="ascii").strip().partition(" ")
        key = bytes.fromhex(text)
    except ValueError:
        heading, key = "", b""
    except OSError as error:
        raise BadInput(Problem(f"the pseudonym key cannot be read ({of_disk(error)})", file=path.name)) from None
    if heading != "winnow-pseudonym-key-v1" or len(key) != 32:
        mend = "Bring it back from a backup: with another key the same people get other pseudonyms."
        raise BadInput(Problem("this is not the pseudonym key", file=path.name, mend=mend))
    return key
