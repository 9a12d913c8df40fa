"""Forgers of five kinds, and the judge: the stand-alone verifier, called in this process.

Two of its functions are made fast, or five million edits would take days. Reading a leaf is remembered: the answer
depends on nothing but its bytes. Signatures are checked by the library, which takes every signature that the verifier's
own arithmetic takes (tests/unit/verifier/test_ed25519.py), so a forgery that passes neither can't be hidden by it.
"""

from __future__ import annotations

import functools
import random
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from rules.evidence.bundle import bundle_files, encode_entries, entries_name, manifest_text
from rules.evidence.leaf import encode
from rules.evidence.note import sign_note
from tests.tamper.edits import EDITS
from tests.unit.evidence import sample
from tests.unit.evidence.sample import ORIGIN, SCHEDULE
from verifier import verify_winnow as v

KEYS = v.read_keys(sample.signer().key.to_text())[1]
SIGNER = sample.signer()
STUB = b"# Not the verifier: the bundle is kept small.\n"
REFUSED, SAME, ACCEPTED = "refused", "no change of content", "ACCEPTED"


class Held(v.Bundle):
    """A bundle held in memory: the same checks without the zip around it."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.infos = {name: zipfile.ZipInfo(name) for name in files}
        self.files, self.digests = files, {}

    def read(self, name: str, proven: bool = False) -> bytes:
        """Return a file as the zip would."""
        if name not in self.files:
            raise v.Failed("missing")
        self.digests[name] = "" if proven else sha256(self.files[name]).hexdigest()
        return self.files[name]


@dataclass(frozen=True)
class Case:
    """A sound bundle: its leaves, its files, the zip of them, and every checkpoint that was ever signed."""

    leaves: list[bytes]
    files: dict[str, bytes]
    zipped: bytes
    checkpoints: list[str]


def make_case(rows: int = 3) -> Case:
    """Make a whole run with people, paper, holds and a certificate."""
    log = sample.sample_log(rows)
    leaves = [encode(leaf) for leaf in log]
    rest = {**sample.sample_files(log), "verify_winnow.py": STUB}
    files = sealed({name: data for name, data in rest.items() if name != "manifest"})
    checkpoints = [sample.checkpoint_note(leaves[:size]) for size in range(1, len(leaves) + 1)]
    return Case(leaves, files, sample.zipped(files), checkpoints)


def sealed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with a manifest signed by the log's own key."""
    return {**files, "manifest": sign_note(manifest_text(ORIGIN, files), [SIGNER]).encode()}


READ_LEAF = functools.lru_cache(8_192)(v.read_leaf)
SIGNATURE_HOLDS = functools.lru_cache(8_192)(sample.verify)


@contextmanager
def hurried() -> Iterator[None]:
    """Make the verifier fast in this process, as told above."""
    before = v.signature_holds, v.read_leaf
    v.signature_holds, v.read_leaf = SIGNATURE_HOLDS, READ_LEAF
    try:
        yield
    finally:
        v.signature_holds, v.read_leaf = before


def accepted(bundle: v.Bundle, held: list[str]) -> bool:
    """Say whether the verifier finds nothing wrong; whatever it can't read it refuses, as its command line does."""
    log = v.Log()
    try:
        v.check_bundle(bundle, log, ORIGIN, KEYS, held, "")
    except Exception:  # noqa: BLE001 - the command line answers each of them with status 1 or 2
        return False
    return not log.problems


def forge_zip(case: Case, edit: str, choice: random.Random) -> str:
    """Edit the bytes of the bundle's zip. What differs in the wrapping alone is no change of content."""
    return judge_zip(case, EDITS[edit](case.zipped, choice))


def judge_zip(case: Case, data: bytes) -> str:
    """Judge the bytes of a zip."""
    try:
        bundle = v.Bundle(BytesIO(data))  # type: ignore[arg-type]  # a file that lies in memory
    except Exception:  # noqa: BLE001 - the command line answers each of them with status 2
        return REFUSED
    if not accepted(bundle, []):
        return REFUSED
    with zipfile.ZipFile(BytesIO(data)) as opened:
        content = {info.filename: opened.read(info) for info in opened.infolist()}
    return SAME if content == case.files else ACCEPTED


def forge_file(case: Case, edit: str, choice: random.Random) -> str:
    """Edit one file of the bundle, with nothing else changed."""
    name = choice.choice(list(case.files))
    data = EDITS[edit](case.files[name], choice)
    return _verdict(data == case.files[name], {**case.files, name: data}, [])


def forge_log(case: Case, edit: str, choice: random.Random) -> str:
    """Edit the log and write the bundle anew; only the signed checkpoint can't be written anew."""
    leaves = EDITS[edit](case.leaves, choice)
    if leaves == case.leaves:
        return SAME
    rest = {name: data for name, data in case.files.items() if name != "manifest"}
    return _verdict(False, sealed({**rest, entries_name(0): encode_entries(leaves)}), [])


def forge_certificate(case: Case, edit: str, choice: random.Random) -> str:
    """Edit certificate or proof, with the manifest signed anew by the log's key."""
    rest = {name: data for name, data in case.files.items() if name != "manifest"}
    name = choice.choice([name for name in rest if name.startswith(("certificate", "proofs"))])
    data = EDITS[edit](rest[name], choice)
    return _verdict(data == rest[name], sealed({**rest, name: data}), [])


def forge_fork(case: Case, edit: str, choice: random.Random) -> str:
    """Edit the log below a checkpoint that somebody holds, and sign all of it anew with the log's own key.

    An edit that leaves every leaf below that checkpoint as it was is no change of what is held.
    """
    size = choice.randint(1, len(case.leaves))
    below = EDITS[edit](case.leaves[:size], choice)
    leaves = below if edit == "truncate" else below + case.leaves[size:]
    leaves = leaves or case.leaves[1:]  # no log is empty that was ever signed
    if leaves[:size] == case.leaves[:size]:
        return SAME
    note = sample.checkpoint_note(leaves, SIGNER)
    files = bundle_files(leaves, note, None, SCHEDULE, STUB, "", [SIGNER])
    return _verdict(False, files, [case.checkpoints[size - 1]])


def _verdict(same: bool, files: Mapping[str, bytes], held: list[str]) -> str:
    if same:
        return SAME
    return ACCEPTED if accepted(Held(files), held) else REFUSED


FORGERS = {
    "zip of the bundle": forge_zip,
    "one file of the bundle": forge_file,
    "log, manifest signed anew": forge_log,
    "certificate or proof, manifest signed anew": forge_certificate,
    "fork signed with the real key, one older checkpoint held": forge_fork,
}
