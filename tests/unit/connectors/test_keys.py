"""Keys on disk: made once, opened by their passphrase only, and silent about why they do not open."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors import keys
from rules.errors import BadInput
from rules.evidence.note import NoteKey

PASSPHRASE = "correct horse battery"


def drbg(seed: str) -> Callable[[int], bytes]:
    """Random bytes that a test can repeat: SHA-256 of a seed and a counter."""
    calls = iter(range(1_000_000))

    def draw(length: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(calls)}".encode()).digest(length)

    return draw


def test_an_officers_signature_verifies_under_the_public_half(tmp_path: Path) -> None:
    public = keys.create_officer_key(tmp_path, "dana", PASSPHRASE, drbg("1"))
    opened, sign = keys.officer_signer(tmp_path, "dana", PASSPHRASE)
    signature = sign(b"message")
    assert opened == public
    assert keys.verify(public, b"message", signature)
    assert not keys.verify(public, b"another", signature)
    assert not keys.verify(public, b"message", signature[:-1])
    assert not keys.verify(b"short", b"message", signature)


def test_a_key_file_is_for_its_owner_and_holds_neither_key_nor_passphrase_in_clear(tmp_path: Path) -> None:
    keys.create_officer_key(tmp_path / "keys", "dana", PASSPHRASE, lambda length: b"\x41" * length)
    path = tmp_path / "keys" / "dana.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert PASSPHRASE.encode() not in path.read_bytes()


@pytest.mark.parametrize("tried", ["wrong horse battery", "", PASSPHRASE + " "])
def test_a_wrong_passphrase_is_bad_input_without_detail(tmp_path: Path, tried: str) -> None:
    keys.create_officer_key(tmp_path, "dana", PASSPHRASE, drbg("1"))
    with pytest.raises(BadInput) as caught:
        keys.officer_signer(tmp_path, "dana", tried)
    assert str(caught.value) == "this passphrase does not open this key"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_damaged_or_unlocked_key_file_does_not_open(tmp_path: Path) -> None:
    keys.create_officer_key(tmp_path, "dana", PASSPHRASE, drbg("1"))
    keys.log_signer(tmp_path, "winnow.example.org/demo", drbg("2"))
    path = tmp_path / "dana.pem"
    whole = path.read_bytes()
    for damaged in (b"", whole[:60], whole.replace(b"32768", b"99999"), (tmp_path / "log.pem").read_bytes()):
        path.write_bytes(damaged)
        with pytest.raises(BadInput):
            keys.officer_signer(tmp_path, "dana", PASSPHRASE)
    path.unlink()
    with pytest.raises(BadInput):
        keys.officer_signer(tmp_path, "dana", PASSPHRASE)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    keys.create_officer_key(tmp_path, "dana", PASSPHRASE, drbg("1"))
    before = (tmp_path / "dana.pem").read_bytes()
    with pytest.raises(BadInput):
        keys.create_officer_key(tmp_path, "dana", "another passphrase", drbg("2"))
    assert (tmp_path / "dana.pem").read_bytes() == before


def test_a_short_passphrase_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        keys.create_officer_key(tmp_path, "dana", "short", drbg("1"))
    assert list(tmp_path.iterdir()) == []


def test_only_the_holder_of_the_sealing_key_opens_what_was_sealed(tmp_path: Path) -> None:
    public = keys.create_sealing_key(tmp_path, "dana", PASSPHRASE, drbg("1"))
    keys.create_sealing_key(tmp_path, "erin", PASSPHRASE, drbg("2"))
    sealed = keys.seal(public, b"k" * 32, drbg("3"))
    assert keys.open_sealed(tmp_path, "dana", PASSPHRASE, sealed) == b"k" * 32
    assert keys.seal(public, b"k" * 32, drbg("4")) != sealed
    with pytest.raises(BadInput):
        keys.open_sealed(tmp_path, "erin", PASSPHRASE, sealed)
    with pytest.raises(BadInput):
        keys.open_sealed(tmp_path, "dana", "another passphrase", sealed)


def test_a_sealed_key_that_was_altered_anywhere_does_not_open(tmp_path: Path) -> None:
    public = keys.create_sealing_key(tmp_path, "dana", PASSPHRASE, drbg("1"))
    sealed = keys.seal(public, b"k" * 32, drbg("3"))
    for place in (0, 50, len(sealed) - 2):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(BadInput):
            keys.open_sealed(tmp_path, "dana", PASSPHRASE, sealed[:place] + other + sealed[place + 1 :])
    with pytest.raises(BadInput):
        keys.open_sealed(tmp_path, "dana", PASSPHRASE, "QUJD")


def test_the_logs_key_is_made_once_with_its_public_half_beside_it(tmp_path: Path) -> None:
    first = keys.log_signer(tmp_path, "winnow.example.org/demo", drbg("1"))
    again = keys.log_signer(tmp_path, "winnow.example.org/demo", drbg("2"))
    assert first.key == again.key == NoteKey.from_text((tmp_path / "winnow.vkey").read_text())
    assert (tmp_path / "log.pem").stat().st_mode & 0o777 == 0o600
    assert keys.verify(first.key.public, b"text", again.sign(b"text"))
