"""The verbs about evidence, as they are typed: backups, restores, proofs, keys and the watch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.main import run
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, passphrase
from tests.integration.operations.destroying_world import VERIFIER, World
from tests.integration.operations.test_restores import closed, only_sqlite

approved, world = destroying_world.approved, destroying_world.world
pytestmark = only_sqlite
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Type a command in the project; `by` signs. Returns the exit status and everything that was shown."""

    def typed(*words: str, by: str = "") -> tuple[int, str]:
        signing: list[str] = []
        if by:
            file = tmp_path / "passphrase.txt"
            file.write_text(passphrase(by) + "\n")
            signing = ["--by", by, "--passphrase-file", str(file)]
        capsys.readouterr()
        status = run([*words, *signing, "--project", str(world.project.folder)])
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return typed


def read(answer: tuple[int, str]) -> Any:
    """The JSON document of an answer that ended well."""
    assert answer[0] == 0, answer[1]
    return json.JSONDecoder().raw_decode(answer[1])[0]


def test_backups_from_registration_to_final(world: World, say: Say) -> None:
    """A set is registered, listed, said to be gone; the run is final by it, and its papers are named."""
    closed(world)
    set_ = ("casework", "--taken", "2026-09-01", "--expires", "2026-11-01", "--set", "weekly-35")
    assert "Registered: weekly-35, of casework, taken 1 September 2026" in say("backup", "add", *set_)[1]
    assert say("backup", "add", *set_)[0] == 2
    status, text = say("backup", "list")
    assert (status, "its day has come: is it gone?" in text, "beyond use until 1 November 2026" in text) == (
        0,
        True,
        True,
    )
    assert read(say("backup", "list", "--json"))["runs"][0]["state"] == "beyond use"
    other = ("documents", "--taken", "2026-09-01", "--expires", "2026-11-01", "--json")
    assert read(say("backup", "add", *other))["name"] == "documents-2026-09-01"
    assert read(say("backup", "expired", "documents-2026-09-01", "--json"))["final"] == []
    status, text = say("backup", "expired", "weekly-35")
    assert (status, f"{world.run} is final now." in text, f"certificate-{world.run}.pdf" in text) == (0, True, True)
    assert "final" in say("backup", "list")[1]
    text = say("watch")[1]
    assert f"{world.run} is final now" in text
    assert read(say("watch", "--json"))["final"] == []


def test_a_restore_from_notice_to_proposal(world: World, say: Say) -> None:
    """The watch ends with 1 and says what to do; the check lists what came back and proposes it, in words or JSON."""
    casework = world.project.folder / "casework.db"
    shutil.copy(casework, casework.with_suffix(".backup"))
    closed(world)
    assert "Nothing that had been destroyed" in say("restore-check", by=DPO)[1]
    shutil.copy(casework.with_suffix(".backup"), casework)
    status, text = say("watch")
    assert (status, "store casework was restored" in text, "winnow restore-check" in text) == (1, True, True)
    status, text = say("restore-check", by=DPO)
    assert (status, "SESSION-1" in text, "Proposed as proposal-" in text) == (0, True, True)
    found = read(say("restore-check", "--json", by=DPO))
    assert (found["back"], len(found["records"])) == ({"casework": 8}, 8)
    assert say("restore-check", by=MANAGER)[0] == 2
    assert say("watch")[0] == 0
    assert say("review", "--json")[0] == 0


def test_a_proof_is_asked_for_twice_and_written_once(world: World, say: Say) -> None:
    """Without a terminal nobody can say yes; with --yes the answer is shown and the proof written."""
    closed(world)
    status, text = say("prove", "CASE-1", by=DPO)
    assert (status, "The answer itself tells" in text) == (2, True)
    status, text = say("prove", "CASE-1", "--yes", by=DPO)
    assert (status, text.count("client-file"), "hand it over, then delete it" in text) == (0, 6, True)
    assert read(say("prove", "CASE-1", "--yes", "--answer-only", "--json", by=DPO))["file"] is None
    assert "knows of no record" in say("prove", "CASE-9", "--yes", by=DPO)[1]


def test_keys_are_changed_and_told(world: World, say: Say) -> None:
    """The log's key, the sealing key, a run's key and an officer's: each change by one command."""
    closed(world)
    assert "New key of the log" in say("key", "rotate", by=MANAGER)[1]
    assert read(say("key", "list", "--json"))["retired"] == []
    assert "Retired: " in say("key", "retire", by=MANAGER)[1]
    assert "The keys of 1 runs are sealed anew" in say("key", "reseal", by=DPO)[1]
    assert read(say("key", "reseal", "--json", by=DPO))["unknown"] == []
    assert DPO in say("key", "list")[1]
    new = world.project.folder / "new.txt"
    new.write_text("another passphrase for him\n")
    replaced = ("person", "replace-key", APPROVER, "--new-passphrase-file", str(new))
    assert "has a new key" in say(*replaced, by=MANAGER)[1]
    assert "reseal" in say("person", "replace-key", DPO, "--new-passphrase-file", str(new), by=MANAGER)[1]
    new.write_text(passphrase(DPO) + "\n")
    assert (
        read(say("person", "replace-key", DPO, "--new-passphrase-file", str(new), "--json", by=MANAGER))["name"] == DPO
    )
    assert say("key", "reseal", by=DPO)[0] == 1
    words = f"destroy the key of {world.run}"
    assert read(say("key", "destroy", world.run, "--confirm", words, "--json", by=DPO)) == {"key": world.run}
    assert "destroyed" in say("key", "list")[1]
    assert say("prove", "CASE-1", "--yes", by=DPO)[0] == 1
    assert say("restore-check", by=DPO)[0] == 1


def test_verify_takes_former_keys_as_well(world: World, say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    """A bundle and a checkpoint of before a change of keys are checked with both keys."""
    closed(world)
    folder, out = world.project.keys, world.project.settings.out
    before = world.project.folder / "before.checkpoint"
    before.write_text(world.project.sign_log())
    assert say("key", "rotate", by=DPO)[0] == say("key", "retire", by=DPO)[0] == 0
    assert say("destroy", world.run, "--confirm", "")[0] == 0
    (bundle,) = out.glob("evidence-*.zip")
    both = ["--key", str(folder / "winnow.vkey"), "--key", str(folder / "winnow-retired.vkey")]
    assert run(["verify", str(bundle), *both, "--checkpoint", str(before)]) == 0
    assert run(["verify", str(bundle), *both[:2], "--checkpoint", str(before)]) == 1
    assert VERIFIER.with_name("verify_proof.py").is_file()
    capsys.readouterr()
