"""Signed notes, checkpoints and proof files keep to the C2SP texts and refuse everything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.errors import BadInput, CheckSaidNo
from rules.evidence import tree
from rules.evidence.checkpoint import Checkpoint, open_checkpoint, peek_checkpoint, sign_checkpoint
from rules.evidence.note import NoteKey, NoteSigner, open_note, parse_note, sign_note
from rules.evidence.proof import TlogProof, check_proof
from tests.unit.evidence.sample import ORIGIN, private_key, signer, verify

KEY = signer().key
LEAVES = [b"one", b"two", b"three"]
HEAD = Checkpoint(ORIGIN, 3, tree.root_of_leaves(LEAVES))

# The worked example of golang.org/x/mod/sumdb/note: its key, its text, its signature.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_another_implementation_opens() -> None:
    """A note written by Go's own library opens with its key."""
    key = NoteKey.from_text(GO_KEY)
    assert key.to_text() == GO_KEY
    assert open_note(GO_NOTE, [key], verify).text.startswith("If you think")


def test_round_trip_with_two_signers() -> None:
    """A note signed by two keys opens with either and keeps its text to the byte."""
    other = signer("second")
    note = sign_note("a\n\nb é\n", [signer(), other])
    for known in ([KEY], [other.key], [KEY, other.key]):
        assert open_note(note, known, verify).text == "a\n\nb é\n"
    assert len(parse_note(note).signatures) == 2


def test_no_changed_byte_passes() -> None:
    """Every changed character of a note is refused, in text, name, id or signature."""
    note = sign_checkpoint(HEAD, [signer()])
    for at in range(len(note)):
        changed = note[:at] + chr(ord(note[at]) ^ 1) + note[at + 1 :]
        with pytest.raises((BadInput, CheckSaidNo)):
            open_checkpoint(changed, [KEY], verify)


def test_only_known_keys_count() -> None:
    """A note of an unknown key is refused, also when it bears the right name."""
    with pytest.raises(CheckSaidNo, match="not signed by a key you trust"):
        open_note(sign_note("x\n", [signer("stranger")]), [KEY], verify)
    forged = NoteSigner(KEY, private_key("stranger").sign)
    with pytest.raises(CheckSaidNo, match="does not belong"):
        open_note(sign_note("x\n", [forged, signer("other")]), [KEY], verify)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "x\n",
        "x\n\n",
        "x\n\n— a\n",
        "x\n\n- a AAAAAAAA\n",
        "x\n\n— a AAAA\n",
        "x\n\n— a b AAAAAAAA\n",
        "x\n\n— a AAAAAAAB=\n",
        "x\ty\n\n— a AAAAAAAA\n",
        "x\n\n— a AAAAAAAA",
        "x\n\n" + "— a AAAAAAAA\n" * 17,
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    """Whatever is not a note is bad input, never an exception of another kind."""
    with pytest.raises(BadInput):
        parse_note(note)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u2028b"])
def test_names_that_a_note_cannot_carry(name: str) -> None:
    """Key names with spaces, plus signs or control characters are refused."""
    with pytest.raises(BadInput):
        NoteKey(name, bytes(32))


@pytest.mark.parametrize(
    "text", ["", "a+b", "a+00000000+AAAA", GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY[:-1] + "X"]
)
def test_malformed_keys_are_refused(text: str) -> None:
    """A key file that is damaged, or whose id is another's, is bad input."""
    with pytest.raises(BadInput):
        NoteKey.from_text(text)


def test_a_key_that_is_not_32_bytes_is_refused() -> None:
    """A public key of another length is bad input."""
    with pytest.raises(BadInput):
        NoteKey("a", bytes(31))


def test_texts_that_a_note_cannot_carry() -> None:
    """Text without a final newline, with control characters, or without a signer is refused."""
    for text in ("x", "x\r\n", ""):
        with pytest.raises(BadInput):
            sign_note(text, [signer()])
    with pytest.raises(BadInput):
        sign_note("x\n", [])


def test_checkpoint_round_trip() -> None:
    """A checkpoint comes back from its note as it went in."""
    note = sign_checkpoint(HEAD, [signer(), signer("second")])
    assert open_checkpoint(note, [KEY], verify) == peek_checkpoint(note) == HEAD


def test_checkpoint_of_another_log_is_refused() -> None:
    """A signature over another log's origin does not pass for this log's, and none such is made."""
    note = sign_note(replace(HEAD, origin="other.example/log").to_text(), [signer()])
    with pytest.raises(CheckSaidNo, match="another log"):
        open_checkpoint(note, [KEY], verify)
    with pytest.raises(BadInput):
        sign_checkpoint(replace(HEAD, origin="other.example/log"), [signer()])


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        "a\n01\nAAAA\n",
        "a\n-1\nAAAA\n",
        "a\n1\nAAAA\n",
        "a\n\n1\nAAAA\n",
        f"a\n{2**63}\n{'A' * 43}=\n",
        "a\n²\nAAAA\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    """Sizes with leading zeroes, signs or other digits, and short roots, are bad input."""
    with pytest.raises(BadInput):
        Checkpoint.from_text(text)


def test_proof_files_round_trip_and_verify() -> None:
    """A proof file proves its own leaf and no other, with and without extra data."""
    rows = tree.levels([tree.leaf_hash(leaf) for leaf in LEAVES])
    note = sign_checkpoint(HEAD, [signer()])
    for index, leaf in enumerate(LEAVES):
        for extra in (None, b"context"):
            proof = TlogProof(index, tuple(tree.inclusion_proof(index, rows)), note, extra)
            assert TlogProof.from_text(proof.to_text()) == proof
            assert check_proof(proof, leaf, [KEY], verify) == HEAD
            with pytest.raises(CheckSaidNo):
                check_proof(proof, b"other", [KEY], verify)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx",
    ],
)
def test_malformed_proof_files_are_refused(text: str) -> None:
    """Whatever is not a proof file is bad input."""
    with pytest.raises(BadInput):
        TlogProof.from_text(text)
