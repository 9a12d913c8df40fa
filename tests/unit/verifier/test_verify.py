"""The stand-alone verifier: a sound bundle passes, and each thing that can be wrong is named with its entry."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rules.evidence.bundle import bundle_files, decode_entries, encode_entries, manifest_text
from rules.evidence.leaf import encode
from rules.evidence.leaf_table import KINDS, TYPES, fields_of
from rules.evidence.note import NoteKey, sign_note
from tests.unit.evidence import sample
from tests.unit.evidence.sample import (
    LATER,
    ORIGIN,
    SCHEDULE,
    VERIFIER,
    Leaves,
    sample_files,
    sample_log,
    signed,
    zipped,
)
from verifier import verify_winnow

Run = Callable[..., tuple[int, str]]
LOG = sample_log()
FILES = sample_files(LOG)


@pytest.fixture
def check(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run the verifier in this process over files of a bundle (or bytes of a zip); return status and report."""

    def run(bundle: Mapping[str, bytes] | bytes, *options: str, key: str = "") -> tuple[int, str]:
        (tmp_path / "b.zip").write_bytes(bundle if isinstance(bundle, bytes) else zipped(bundle))
        (tmp_path / "k.vkey").write_text(key or sample.signer().key.to_text() + "\n")
        status = verify_winnow.main([str(tmp_path / "b.zip"), "--key", str(tmp_path / "k.vkey"), *options])
        return status, capfdbinary.readouterr().out.decode()

    return run


def resealed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files under a new manifest: what a forger with the log's key would hand over."""
    rest = {name: data for name, data in files.items() if name != "manifest"}
    return {**rest, "manifest": sign_note(manifest_text(ORIGIN, rest), [sample.signer()]).encode()}


def rewritten(leaves: Leaves | list[bytes]) -> dict[str, bytes]:
    """Return a whole new bundle over changed leaves, signed with the log's own key, without certificate."""
    data = [leaf if isinstance(leaf, bytes) else encode(leaf) for leaf in leaves]
    note = sample.checkpoint_note(data)
    return bundle_files(data, note, None, SCHEDULE, b"", "", [sample.signer()])


def where(kind: str, number: int = 0) -> int:
    """Return the index of the n-th leaf of a type in the sample log."""
    return [index for index, leaf in enumerate(LOG) if leaf["type"] == kind][number]


def changed(index: int, **fields: Any) -> Leaves:
    """Return the sample log with fields of one leaf changed."""
    return [*LOG[:index], {**LOG[index], **fields}, *LOG[index + 1 :]]


def test_a_sound_bundle_passes_alone(tmp_path: Path) -> None:
    """A bare isolated interpreter verifies the bundle with the file that lies in it, and says so in English."""
    (tmp_path / "b.zip").write_bytes(zipped(FILES))
    (tmp_path / "k.vkey").write_text(sample.signer().key.to_text())
    (tmp_path / "v.py").write_bytes(FILES["verify_winnow.py"])
    command = [sys.executable, "-I", "v.py", "b.zip", "--key", "k.vkey", "--certificate", "run-1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "due 7 = destroyed 4 + kept 1 + held 1 + failed 1; undatable 2" in done.stdout
    assert "VERIFIED" in done.stdout
    assert "can't show" in done.stdout


def test_json_answer(check: Run) -> None:
    """With --json the answer is one document with size, root, runs and problems."""
    status, text = check(FILES, "--json")
    answer = json.loads(text)
    assert (status, answer["verified"], answer["size"], answer["problems"]) == (0, True, len(LOG), [])


def test_a_log_without_certificate_passes(check: Run) -> None:
    """A bundle of the log alone, or of a run still open, passes; asking it for a certificate does not."""
    assert check(rewritten(LOG))[0] == 0
    status, text = check(rewritten(LOG[: where("run-closed")]))
    assert status == 0
    assert "Run run-1: still open" in text
    assert check(rewritten(LOG), "--certificate", "run-1")[0] == 1


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513, 769, 1025])
def test_logs_over_several_entry_bundles(check: Run, tmp_path: Path, size: int) -> None:
    """Logs that fill entry bundles exactly, nearly, or just over are verified, with checkpoints at their edges."""
    leaves = sample_log((size - 20) // 2)[:size]
    assert len(leaves) == size
    data, options = [encode(leaf) for leaf in leaves], []
    for older in {1, 100, 255, 256, 257, 511, 512, 513, size - 1, size}:
        if older <= size:
            (tmp_path / str(older)).write_text(sample.checkpoint_note(data[:older]))
            options += ["--checkpoint", str(tmp_path / str(older))]
    assert check(sample_files(leaves), *options)[0] == 0
    (tmp_path / "255").write_text(sample.checkpoint_note([*data[:254], data[0]]))
    assert "first 255 entries" in check(sample_files(leaves), "--checkpoint", str(tmp_path / "255"))[1]


def test_any_kept_checkpoint_is_a_prefix(check: Run, tmp_path: Path) -> None:
    """Older checkpoints of the same log pass; one of a rewritten, longer or other log does not."""
    data = [encode(leaf) for leaf in LOG]
    older = tmp_path / "older"
    for size in [*range(1, len(data), 4), len(data)]:
        older.write_text(sample.checkpoint_note(data[:size]))
        assert check(FILES, "--checkpoint", str(older))[0] == 0
    older.write_bytes(next(data for name, data in FILES.items() if name.startswith("proofs/")))
    assert check(FILES, "--checkpoint", str(older))[0] == 0
    for leaves, said in (
        ([*data[:3], data[4], data[3]], "rewritten: the first 5 entries"),
        ([*data, data[-1]], "cut short"),
        ([*data[:-1], data[0]], f"rewritten: the first {len(data)}"),
    ):
        older.write_text(sample.checkpoint_note(leaves))
        status, text = check(FILES, "--checkpoint", str(older))
        assert status == 1
        assert said in text
    older.write_text(sample.checkpoint_note(data, sample.signer("stranger")))
    assert check(FILES, "--checkpoint", str(older))[0] == 1


def test_the_key_comes_from_the_auditor(check: Run) -> None:
    """A bundle signed throughout with another key fails, as do keys of another name; a second key does no harm."""
    stranger = sample.signer("stranger").key.to_text()
    status, text = check(FILES, key=stranger)
    assert status == 1
    assert "not signed by the key that you gave" in text
    assert check(FILES, key=sample.signer(origin="other.example").key.to_text())[0] == 1
    assert check(FILES, key=stranger + "\n" + sample.signer().key.to_text())[0] == 0


@pytest.mark.parametrize("key", ["x", "a+b+c", "", NoteKey("a", bytes(32)).to_text().replace("+", "+0", 1), "é+0+é"])
def test_an_unreadable_key_file(check: Run, key: str) -> None:
    """A key file that is not one key of one log is unreadable input."""
    assert check(FILES, key=key or "\n")[0] == 2
    two = sample.signer().key.to_text() + "\n" + sample.signer(origin="other.example").key.to_text()
    assert check(FILES, key=two)[0] == 2


NOTHING = {"proposal": sample.PROPOSAL, "decisions": "0" * 64, "count": 0}
NEWER = {"schedule": "8" * 64, "version": "2026-05", "minute": "2026-10-02", "accepted": []}
SEMANTIC: dict[str, tuple[Leaves, str]] = {
    "a second outcome": ([*LOG[: where("run-closed")], LOG[where("done")]], "a second outcome"),
    "a second intent": ([*LOG[: where("run-closed")], LOG[where("intent")]], "a second intent"),
    "no intent": ([*LOG[: where("run-closed")], sample.outcome("done", 99)], "an outcome without an earlier intent"),
    "intent says another rule": (
        changed(where("done"), rule="other-rule"),
        "without an earlier intent that says the same",
    ),
    "intent says another action": (changed(where("intent"), action="redact"), "it is not what Ben Approver signed for"),
    "another record": (changed(where("intent", 4), commitment="9" * 64), "closes while an intent has no outcome"),
    "intent before cooling-off": (changed(where("approval"), not_before="2026-11-02T00:00:00Z"), "signature of Ben"),
    "holds not checked": (changed(where("intent"), holds_checked_at="2026-10-01T00:00:00Z"), "holds not checked"),
    "approval of nothing": (changed(where("intent"), approval=3), "no earlier approval"),
    "unknown store": (changed(where("intent"), store="other"), "a store that its run does not name"),
    "time goes back": (changed(where("heartbeat"), at="2026-10-01T00:00:00Z"), "its time is earlier"),
    "wrong totals": (changed(where("run-closed"), destroyed=3, kept=2), "its counts are not those"),
    "wrong due": (changed(where("run-closed"), due=8), "its counts are not those"),
    "wrong undatable": (changed(where("run-closed"), undatable=1), "it is not what Ben Approver signed for"),
    "wrong range": (changed(where("run-closed"), first=0), "its first or last entry"),
    "books": (changed(where("books"), after=90), "do not balance"),
    "books hide a row": (changed(where("books"), destroyed=2, after=92), "do not balance"),
    "one person for paper": (changed(where("done", 3), confirmations=[where("confirmation")]), "by two people"),
    "no person for paper": (changed(where("done", 3), confirmations=[]), "not confirmed by two people"),
    "confirmation elsewhere": (changed(where("done", 3), confirmations=[0, 1]), "a confirmation not its own"),
    "opened twice": ([*LOG, LOG[where("run-opened")]], "its name is already taken"),
    "closed twice": ([*LOG, LOG[where("run-closed")]], "its run is not open"),
    "after the end": ([*LOG, sample.intent(50, where("approval"))], "its run is not open"),
    "run never opened": (changed(where("verify"), run="run-2"), "its run is not open"),
    "schedule not adopted": (changed(where("run-opened"), schedule="8" * 64), "another proposal or schedule"),
    "other proposal": (changed(where("run-opened"), proposal="8" * 64), "another proposal or schedule"),
    "adopts the unknown": ([*LOG[:3], *LOG[4:]], "no earlier schedule"),
    "signature": (changed(where("decisions"), count=9), "the signature of Ada Officer does not hold"),
    "unregistered": (changed(0, officer="Another Person"), "not signed with a key of Ada Officer"),
    "revoked": (changed(1, event="revoked"), "not signed with a key of Ben Approver"),
    "key of two": ([*LOG, {**LOG[0], "officer": "Eve Other", "at": LATER}], "another's"),
    "key of nobody": (
        [*LOG, {"type": "key", "at": LATER, "event": "added", "purpose": "officer"}],
        "no key, another's",
    ),
    "unknown backup": ([*LOG, {"type": "backup-expired", "at": LATER, "set": "x"}], "no earlier backup"),
    "release of nothing": (
        [*LOG, signed("release", "Ada Officer", {"hold": "h", "reason": "over"}, LATER)],
        "no earlier hold",
    ),
    "role of another key": (changed(1, role="dpo"), "not signed with a key of Ben Approver, approver"),
    "signed in the future": (
        [*LOG[:6], {**signed("decisions", "Ada Officer", NOTHING, LATER), "at": sample.AT}, *LOG[7:]],
        "signed later than it was logged",
    ),
    "schedule of yesterday": (
        [*LOG[:6], {**LOG[3], "hash": "8" * 64}, signed("adoption", "Ben Approver", NEWER), *LOG[6:]],
        "its schedule is not the one that was adopted last",
    ),
    "approved twice": ([*LOG[: where("run-opened")], *LOG[where("approval") :]], "its name is already taken"),
    "holds checked later": (changed(where("intent"), holds_checked_at="2026-12-01T00:00:00Z"), "holds not checked"),
    "released twice": (
        [
            *LOG,
            signed("hold", "Ada Officer", {"hold": "h", "reason": "sar", "scope": "person"}, LATER),
            *[signed("release", "Ada Officer", {"hold": "h", "reason": "over"}, LATER)] * 2,
        ],
        "its name is already taken",
    ),
    "hold placed twice": (
        [*LOG, *[signed("hold", "Ada Officer", {"hold": "h", "reason": "sar", "scope": "person"}, LATER)] * 2],
        "its name is already taken",
    ),
}


@pytest.mark.parametrize("name", SEMANTIC)
def test_what_the_leaves_say_together(check: Run, name: str) -> None:
    """A log that breaks one rule is refused with that rule, even when the log's own key signed it anew."""
    leaves, said = SEMANTIC[name]
    status, text = check(rewritten(leaves))
    assert status == 1
    assert said in text
    assert re.search(r"FAILED entry \d+:", text)


def approval_by(officer: str, key: str = "", **more: Any) -> Leaves:
    """Return the sample log with its approval signed by another officer, or with another officer's key."""
    old = LOG[where("approval")]
    fields = {name: value for name, value in old.items() if TYPES["approval"].get(name) and name not in IDENTITY}
    return [
        *LOG[: where("approval")],
        signed("approval", officer, {**fields, **more}, key=key),
        *LOG[where("approval") + 1 :],
    ]


IDENTITY = ("officer", "role", "signed_at", "key", "signature")


@pytest.mark.parametrize(
    ("leaves", "said"),
    [
        (approval_by("Ada Officer"), "Ada Officer approved what the same person recommended"),
        (approval_by("Ben Approver", "Ada Officer"), "not signed with a key of Ben Approver, approver"),
        (approval_by("Ben Approver", decisions=[]), "rests on no decision"),
        (approval_by("Ben Approver", decisions=["7" * 64]), "one that the log does not hold for this proposal"),
        (approval_by("Ben Approver", proposal="7" * 64), "one that the log does not hold for this proposal"),
        (approval_by("Ben Approver", schedule="7" * 64), "no earlier adoption"),
        (approval_by("Ben Approver", run="run-9"), "no earlier approval of its run"),
        (approval_by("Ben Approver", not_before="2026-11-01T12:00:00Z"), "the cooling-off time was not over"),
        (approval_by("Ben Approver", root="7" * 64), "it is not what Ben Approver signed for"),
        (approval_by("Ben Approver", count=9), "it is not what Ben Approver signed for"),
        (approval_by("Ben Approver", due=9), "it is not what Ben Approver signed for"),
    ],
)
def test_who_may_approve_what(check: Run, leaves: Leaves, said: str) -> None:
    """An approval by the recommender, for other records, or on nothing is refused though soundly signed."""
    status, text = check(rewritten(leaves))
    assert status == 1
    assert said in text


def test_a_dpo_does_not_approve(check: Run) -> None:
    """A person added as DPO recommends: an approval under that key is refused, whatever role it claims."""
    leaves = [*LOG[:1], sample.person("Dan Officer"), *approval_by("Dan Officer")[2:]]
    assert "the role dpo may not sign it" in check(rewritten(leaves))[1]


@pytest.mark.parametrize("act", ["blank", "keep-only", "d"])
def test_what_was_done_is_what_was_intended(check: Run, act: str) -> None:
    """A record of which only fields should go is not said to be destroyed."""
    at = where("intent")
    status, text = check(rewritten([*LOG[:at], {**LOG[at], "action": act}, *LOG[at + 1 :]]))
    assert status == 1
    assert "says something else than its intent" in text


@pytest.mark.parametrize(("first", "last"), [("", ""), ("\ufeff", "\n"), ("\n", "\r\n\r\n")])
def test_a_checkpoint_typed_or_scanned_counts(check: Run, tmp_path: Path, first: str, last: str) -> None:
    """What a scanner or an editor leaves out or adds at either end of a kept checkpoint is no alarm."""
    older = tmp_path / "older"
    note = sample.checkpoint_note([encode(leaf) for leaf in LOG][:9])
    older.write_text(first + note.rstrip("\n") + last, encoding="utf-8")
    assert check(rewritten(LOG), "--checkpoint", str(older))[0] == 0


def test_approval_after_the_end(check: Run) -> None:
    """An approval for a run that is closed is refused."""
    late = {**LOG[where("approval")], "at": LATER}
    assert "its name is already taken" in check(rewritten([*LOG, late]))[1]


@pytest.mark.parametrize(
    "leaf", [b"", b"{}", b"\xff\xfe", encode(LOG[0]) + b" ", encode(LOG[0]).replace(b"Ada", b"\\u0041da")]
)
def test_leaves_that_are_not_canonical(check: Run, leaf: bytes) -> None:
    """Bytes that are not the one spelling of a leaf are refused with their index."""
    status, text = check(rewritten([leaf, *[encode(one) for one in LOG[1:]]]))
    assert status == 1
    assert "FAILED entry 0: not a canonical leaf" in text


def test_many_problems_do_not_flood(check: Run) -> None:
    """A log in which nothing holds yields a bounded report."""
    text = check(rewritten([b"x"] * 600))[1]
    assert text.count("FAILED") <= verify_winnow.MAX_PROBLEMS + 1


def test_entries_changed_without_the_key(check: Run) -> None:
    """Deleting, doubling, swapping, replacing or cutting entries is refused against the signed checkpoint."""
    leaves = decode_entries(FILES["entries/000"])
    edits = [leaves[:-1], [*leaves, leaves[-1]], [leaves[1], leaves[0], *leaves[2:]], [*leaves[:-1], leaves[0]]]
    for edit in edits:
        assert check(resealed({**FILES, "entries/000": encode_entries(edit)}))[0] == 1
    for data in (b"", FILES["entries/000"][:-1], FILES["entries/000"] + b"\0", b"\xff"):
        assert check(resealed({**FILES, "entries/000": data}))[0] == 1


@pytest.mark.parametrize("name", sorted(FILES))
def test_missing_added_and_renamed_files(check: Run, name: str) -> None:
    """A bundle that lacks any file, or has one that the manifest does not name, is refused."""
    rest = {key: data for key, data in FILES.items() if key != name}
    assert check(rest)[0] == 1
    assert check({**rest, name + "x": FILES[name]})[0] == 1
    assert check({**FILES, "extra": b""})[0] == 1


def edited(**fields: Any) -> dict[str, bytes]:
    """Return the bundle with fields of its certificate changed and the manifest signed anew."""
    certificate = {**json.loads(FILES["certificate.json"]), **fields}
    text = json.dumps(certificate, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    return resealed({**FILES, "certificate.json": text.encode()})


def test_the_certificate_says_what_the_log_says(check: Run) -> None:
    """Every field of the certificate is derived anew: a changed one is refused and named, even resealed."""
    assert check(edited())[0] == 0
    for name in json.loads(FILES["certificate.json"]):
        if name != "certificate":
            status, text = check(edited(**{name: "x"}))
            assert status == 1
            assert name in text
    assert "extra" in check(edited(extra=1))[1]
    assert check(edited(certificate="run-2"))[0] == 1
    assert check(edited(), "--certificate", "run-2")[0] == 1
    compact = json.dumps(json.loads(FILES["certificate.json"])).encode()
    for data in (b"[]", b"x", b"\xff", b"[" * 100_000, b'{"certificate":[]}', compact):
        assert check(resealed({**FILES, "certificate.json": data}))[0] == 1


def test_schedule_and_proof_are_those_of_the_log(check: Run) -> None:
    """Another schedule file, or a proof that proves something else, is refused even when resealed."""
    assert "schedule.yaml" in check(resealed({**FILES, "schedule.yaml": SCHEDULE + b"#"}))[1]
    name = next(name for name in FILES if name.startswith("proofs/"))
    for old, new in ((b"index ", b"index 1"), (b"@v1", b"@v2"), (b"\n\n", b"\nAAAA\n\n"), (b"\n\n", b"\n\n\n")):
        assert check(resealed({**FILES, name: FILES[name].replace(old, new, 1)}))[0] == 1
    assert check(resealed({**FILES, "proofs/5.tlog-proof": FILES[name]}))[0] == 1
    assert check(resealed({**FILES, "proofs/999.tlog-proof": FILES[name]}))[0] == 1


def test_the_log_key_can_not_pass_a_manifest_for_a_checkpoint(check: Run) -> None:
    """A manifest, though signed with the same key, is no checkpoint, nor the reverse."""
    assert check({**FILES, "checkpoint": FILES["manifest"]})[0] == 1
    assert check({**FILES, "manifest": FILES["checkpoint"]})[0] == 1


def test_the_two_tables_are_one() -> None:
    """The verifier's table of leaves says the same as the product's."""
    assert {name: dict(fields_of(name)) for name in TYPES} == verify_winnow.TYPES
    assert {name: re.compile(kind.replace(" ", r"\x20").replace(r"\'", "'")) for name, kind in KINDS.items()} == {
        name: re.compile(kind) for name, kind in verify_winnow.KINDS.items()
    }


def test_the_verifier_keeps_its_size() -> None:
    """One file, at most 500 lines, in the syntax of Python 3.8, importing nothing but the standard library."""
    source = VERIFIER.read_text()
    assert len(source.splitlines()) <= 500
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.M))
    assert imported <= set(sys.stdlib_module_names)
    ast.parse(source, feature_version=(3, 8))
