"""Go's own library for transparency logs and ours say the same of 10,000 sound and 10,000 mutated cases."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from rules.errors import BadInput, CheckSaidNo
from rules.evidence import tree
from rules.evidence.note import NoteKey, open_note
from tests.unit.evidence import sample
from verifier import verify_winnow as v

GOPATH = Path("/usr/share/gocode")
PROGRAM = Path(__file__).with_name("check.go")
INCLUSION, CONSISTENCY, NOTES = 5_000, 4_400, 600
HASHES = [sha256(number.to_bytes(4, "big")).digest() for number in range(600)]
KEY = sample.signer().key


@dataclass(frozen=True)
class Proof:
    """An inclusion proof (size, index, leaf, root) or a consistency proof (newer, older, new root, old root)."""

    kind: str
    first: int
    second: int
    one: bytes
    two: bytes
    path: tuple[bytes, ...]

    def line(self) -> str:
        """Write the case for the Go program."""
        path = ",".join(node.hex() for node in self.path)
        return "\t".join((self.kind, str(self.first), str(self.second), self.one.hex(), self.two.hex(), path))

    def holds(self) -> bool:
        """Say what we think of it: the product, and for inclusion the verifier too."""
        if self.kind == "C":
            return tree.verify_consistency(self.second, self.first, self.path, self.two, self.one)
        ours = tree.verify_inclusion(self.second, self.first, self.one, self.path, self.two)
        if all(len(node) == tree.HASH_SIZE for node in (self.one, self.two, *self.path)) and self.second < self.first:
            assert (v.path_root(self.second, self.first, self.one, self.path) == self.two) == ours
        return ours


@dataclass(frozen=True)
class Note:
    """A signed note, perhaps damaged."""

    text: bytes

    def line(self) -> str:
        """Write the case for the Go program."""
        return f"N\t{KEY.to_text()}\t{b64encode(self.text).decode()}"

    def holds(self) -> bool:
        """Say what we think of it."""
        try:
            open_note(self.text.decode(), [KEY], sample.verify)
        except (BadInput, CheckSaidNo, UnicodeDecodeError):
            return False
        return True


def sound(choice: random.Random) -> Iterator[Proof | Note]:
    """Yield proofs and notes that we made."""
    rows = {size: tree.levels(HASHES[:size]) for size in {choice.randint(1, len(HASHES)) for _ in range(120)}}
    sizes = sorted(rows)
    for _ in range(INCLUSION):
        size = choice.choice(sizes)
        index = choice.randrange(size)
        path = tuple(tree.inclusion_proof(index, rows[size]))
        yield Proof("I", size, index, HASHES[index], rows[size][-1][0], path)
    for _ in range(CONSISTENCY):
        newer = choice.choice(sizes)
        older = choice.randint(1, newer)
        path = tuple(tree.consistency_proof(older, HASHES[:newer]))
        yield Proof("C", newer, older, rows[newer][-1][0], tree.root(HASHES[:older]), path)
    for number in range(NOTES):
        yield Note(sample.checkpoint_note([number.to_bytes(2, "big")] * (1 + number % 9)).encode())


def flipped(data: bytes, choice: random.Random) -> bytes:
    """Flip one bit."""
    at = choice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << choice.randrange(8)]) + data[at + 1 :]


def mutated(case: Proof | Note, choice: random.Random) -> Proof | Note:
    """Change one thing: a bit, a hash lost, doubled, swapped, moved or cut short, a size, an index."""
    if isinstance(case, Note):
        at = choice.randrange(len(case.text))
        cut = case.text[:at] + case.text[at + 1 :]
        return Note(choice.choice((flipped(case.text, choice), cut, case.text[:at], case.text + case.text[at:])))
    path, at = list(case.path), choice.randrange(len(case.path) + 1)
    if path and at < len(path):
        edits = (
            [*path[:at], flipped(path[at], choice), *path[at + 1 :]],
            path[:at] + path[at + 1 :],
            [*path, path[at]],
            [path[at], *path],
            path[::-1],
            [*path[:at], path[at][:31], *path[at + 1 :]],
        )
        return replace(case, path=tuple(choice.choice(edits)))
    return choice.choice(
        (
            replace(case, one=flipped(case.one, choice)),
            replace(case, two=flipped(case.two, choice)),
            replace(case, first=case.first + choice.choice((-1, 1, 2))),
            replace(case, second=max(1, case.second + choice.choice((-1, 1)))),
            replace(case, path=(*case.path, case.one)),
            replace(case, one=case.two, two=case.one),
        )
    )


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built from Debian's copy of the library; skips where Go or the library is missing."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir():
        reason = "no go, or no golang.org/x/mod: install golang-go and golang-golang-x-mod-dev to run this test"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)  # continuous integration may not skip this
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("go")
    shutil.copy(PROGRAM, place)
    settings = {"GO111MODULE": "off", "GOFLAGS": "", "GOPATH": str(GOPATH), "GOCACHE": str(place / "cache")}
    environment = {**os.environ, **settings, "HOME": str(place), "CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-o", "check", "check.go"], cwd=place, env=environment, check=True)
    return place / "check"


def opinions(go: Path, cases: list[Proof | Note]) -> list[bool]:
    """Return what Go's library thinks of each case."""
    lines = "".join(case.line() + "\n" for case in cases)
    done = subprocess.run([str(go)], input=lines, capture_output=True, text=True, check=True)
    answers = [line == "1" for line in done.stdout.split()]
    assert len(answers) == len(cases)
    return answers


def test_go_agrees_case_for_case(go: Path) -> None:
    """Go accepts every proof and note of ours, and of the mutated ones exactly those that we accept.

    One difference is meant: of a signature's base 64 Go ignores bits and line ends that carry nothing; we refuse them.
    """
    choice = random.Random(6962)
    cases = list(sound(choice))
    assert len(cases) == 10_000
    assert all(case.holds() for case in cases)
    assert all(opinions(go, cases))
    forged = [mutated(case, choice) for case in cases]
    assert sum(one != other for one, other in zip(cases, forged, strict=True)) > 9_900
    refused = 0
    for case, theirs in zip(forged, opinions(go, forged), strict=True):
        ours = case.holds()
        assert ours == theirs or (theirs and isinstance(case, Note) and not canonical(case)), case
        refused += not ours
    assert refused > 9_500


def canonical(note: Note) -> bool:
    """Say whether the signature is written in base 64's one spelling."""
    data = note.text.decode().rpartition("\u2014 ")[2].split(" ", 1)[1].removesuffix("\n")
    try:
        v.unbase64(data, "it")
    except v.Failed:
        return False
    return True


@pytest.mark.usefixtures("go")
def test_the_known_answers_that_come_with_go() -> None:
    """The verifier's own Ed25519 holds on the answers of ed25519.cr.yp.to that Go brings along, unless flipped."""
    choice = random.Random(25519)
    sources = sorted(Path("/usr/share").glob("go-1.*/src/crypto/ed25519/testdata/sign.input.gz"))
    answers = gzip.decompress(sources[-1].read_bytes()).decode().split()
    assert len(answers) >= 100
    for answer in answers[:100]:
        _, public, message, signed = (bytes.fromhex(part) for part in answer.split(":")[:4])
        assert v.signature_holds(public, message, signed[:64])
        assert not v.signature_holds(public, message, flipped(signed[:64], choice))


def test_the_key_is_read_alike() -> None:
    """Our key file is what the library calls a verifier key: name, id and key joined by plus signs."""
    assert NoteKey.from_text(KEY.to_text()) == KEY
