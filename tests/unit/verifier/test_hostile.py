"""Hostile input: whatever is handed in, the answer is a sentence and a status, never a traceback or a false yes."""

from __future__ import annotations

import functools
import random
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from rules.evidence.bundle import bundle_files
from rules.evidence.leaf import encode
from tests.tamper.forgers import Held
from tests.unit.evidence import sample
from tests.unit.evidence.sample import ORIGIN, SCHEDULE, VERIFIER, sample_files, sample_log, zipped
from verifier import verify_winnow as v

KEYS = v.read_keys(sample.signer().key.to_text())[1]
FULL = sample_files(sample_log(), "run-1")


def tiny() -> dict[str, bytes]:
    """Return a bundle of five leaves, one of them signed by a person."""
    log = sample_log()
    data = [encode(log[index]) for index in (1, 3, 5, 4, -1)]
    return bundle_files(
        data, sample.checkpoint_note(data), None, SCHEDULE, b"# verifier\n", "Read me\n", [sample.signer()]
    )


def holds(files: dict[str, bytes]) -> bool:
    """Say whether the verifier finds nothing wrong."""
    log = v.Log()
    try:
        v.check_bundle(Held(files), log, ORIGIN, KEYS, [], "")
    except (v.Failed, UnicodeDecodeError):
        return False
    return not log.problems


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember the answers about signatures, which depend on nothing else, to leave time for more flips."""
    monkeypatch.setattr(v, "signature_holds", functools.cache(v.signature_holds))


def flipped(data: bytes, at: int, bit: int) -> bytes:
    """Return the bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@pytest.mark.usefixtures("remembered")
def test_every_flipped_byte_of_a_small_bundle_is_refused() -> None:
    """No byte of any file of a small bundle can have a bit flipped unnoticed."""
    files = tiny()
    assert holds(files)
    for name, data in files.items():
        for at in range(len(data)):
            assert not holds({**files, name: flipped(data, at, (at * 5) % 8)}), (name, at)


@pytest.mark.usefixtures("remembered")
def test_random_edits_of_a_whole_run_are_refused() -> None:
    """Bits, deletions, insertions, swaps, truncations and doublings anywhere in a full bundle are refused."""
    choice = random.Random(34)
    assert holds(FULL)
    for _ in range(600):
        name = choice.choice(sorted(FULL))
        data = FULL[name]
        at, to = sorted(choice.sample(range(len(data)), 2))
        edits = [
            flipped(data, at, choice.randrange(8)),
            data[:at] + data[at + 1 :],
            data[:at] + b"\0" + data[at:],
            data[:at] + data[to:] + data[at:to],
            data[:at],
            data[:to] + data[at:],
        ]
        edit = choice.choice(edits)
        assert edit == data or not holds({**FULL, name: edit}), name


def run(tmp_path: Path, bundle: bytes) -> subprocess.CompletedProcess[str]:
    """Run the verifier as an auditor would, over the bytes of a file."""
    (tmp_path / "b.zip").write_bytes(bundle)
    (tmp_path / "k.vkey").write_text(sample.signer().key.to_text())
    command = [sys.executable, "-I", str(VERIFIER), "b.zip", "--key", "k.vkey"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def encrypted(info: zipfile.ZipInfo) -> None:
    info.flag_bits |= 1


def hostile_zips() -> dict[str, bytes]:
    """Return files that are no zip, or zips meant to do harm."""
    sound = zipped(FULL)
    bomb = {**FULL, "checkpoint": b"\0" * (v.MAX_FILE_BYTES + 1)}
    doubled = BytesIO()
    with zipfile.ZipFile(doubled, "w") as archive:
        archive.writestr("checkpoint", FULL["checkpoint"])
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("checkpoint", b"other")
    packed = zipped(FULL, lambda info: setattr(info, "compress_type", zipfile.ZIP_BZIP2))
    damaged = bytearray(sound)
    damaged[60:90] = b"\xff" * 30
    return {
        "empty": b"",
        "text": b"not a zip",
        "cut": sound[: len(sound) // 2],
        "no files": zipped({}),
        "bomb": zipped(bomb),
        "doubled": doubled.getvalue(),
        "bzip2": packed,
        "damaged": bytes(damaged),
        "paths": zipped({**FULL, "../../etc/passwd": b"x"}),
        "odd names": zipped({**FULL, "\x1b[31mred\nproofs/1.tlog-proof": b"x"}),
        "encrypted": sound.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
    }


@pytest.mark.parametrize("name", hostile_zips())
def test_hostile_zips_end_in_a_sentence(tmp_path: Path, name: str) -> None:
    """No zip makes the verifier say yes, write a file, print control characters or fall over."""
    done = run(tmp_path, hostile_zips()[name])
    assert done.returncode in (1, 2)
    assert done.stderr == ""
    assert "Traceback" not in done.stdout
    assert "\x1b" not in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "k.vkey"]


def test_random_bytes_of_the_zip(tmp_path: Path) -> None:
    """A zip with a changed byte verifies only if nothing inside changed; it never falls over."""
    choice = random.Random(7)
    sound = zipped(tiny())
    key = tmp_path / "k.vkey"
    key.write_text(sample.signer().key.to_text())
    for _ in range(80):
        data = flipped(sound, choice.randrange(len(sound)), choice.randrange(8))
        (tmp_path / "b.zip").write_bytes(data)
        assert v.main([str(tmp_path / "b.zip"), "--key", str(key)]) in (0, 1, 2)


def test_missing_files_are_unreadable_input(tmp_path: Path) -> None:
    """A bundle, key or kept checkpoint that is not there is said to be unreadable, with status 2."""
    key, bundle = tmp_path / "k", tmp_path / "b"
    assert v.main([str(bundle), "--key", str(key)]) == 2
    key.write_text(sample.signer().key.to_text())
    assert v.main([str(bundle), "--key", str(key)]) == 2
    bundle.write_bytes(zipped(tiny()))
    assert v.main([str(bundle), "--key", str(key)]) == 0
    assert v.main([str(bundle), "--key", str(key), "--checkpoint", str(tmp_path / "c")]) == 2
    assert v.main([str(bundle), "--key", str(tmp_path)]) == 2


def test_bad_usage_is_status_2() -> None:
    """A command line without a key is bad usage."""
    with pytest.raises(SystemExit) as caught:
        v.main(["b.zip"])
    assert caught.value.code == 2
