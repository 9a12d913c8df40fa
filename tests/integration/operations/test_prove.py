"""A proof for one person: what the log says of them, found with the DPO's key; it opens the entries of nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors import keys
from connectors.ledger import runs
from operations.people import sign_in
from operations.prove import Proven, prove
from operations.restore_check import open_run_keys
from rules.errors import BadInput, CheckSaidNo, Refused
from rules.evidence.note import NoteKey
from rules.evidence.opening import check_proof_json
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import DPO, MANAGER, leaves, passphrase
from tests.integration.operations.destroying_world import VERIFIER, World
from tests.integration.operations.test_restores import closed, only_sqlite

approved, world = destroying_world.approved, destroying_world.world
pytestmark = only_sqlite
CHECK = VERIFIER.with_name("verify_proof.py")


def proven(world: World, case_number: str = "CASE-1", passphrase_: str = "", **more: Any) -> Proven:
    """Ask as the DPO."""
    return prove(world.project, case_number, DPO, passphrase_ or passphrase(DPO), **more)


def checked(world: World, file: Path, *more: str) -> tuple[int, str]:
    """What the stand-alone check says: its exit status and its words."""
    key = world.project.keys / keys.LOG_VKEY
    given = file.with_name(CHECK.name)  # what the person was given, where it is there
    command = [sys.executable, "-I", str(given if given.exists() else CHECK), str(file), "--key", str(key), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_person_gets_a_proof_of_their_own_records_and_of_nothing_else(world: World) -> None:
    """The answer has each record with day, class, store and rule; the proof holds, and names nobody else."""
    closed(world)
    found = proven(world)
    said = sorted((one.store, one.class_name, one.rule, one.outcome) for one in found.told)
    assert said == [
        ("casework", "client", "client-file", "destroyed"),
        ("casework", "session", "client-file", "destroyed"),
        ("casework", "session", "client-file", "destroyed"),
        ("casework", "test_result", "client-file", "destroyed"),
        ("documents", "document", "client-file", "destroyed"),
        ("paper", "paper", "client-file", "destroyed"),
    ]
    assert found.file is not None
    assert found.file.stat().st_mode & 0o077 == 0
    assert "CASE" not in found.file.name
    beside = {path.name for path in found.file.parent.iterdir()}
    assert {"verify_proof.py", "verify_winnow.py", "how-to-check-a-proof.txt"} <= beside
    status, text = checked(world, found.file)
    assert (status, text.count("case CASE-1: "), "VERIFIED" in text) == (0, 6, True)
    key = NoteKey.from_text((world.project.keys / keys.LOG_VKEY).read_text())
    assert len(check_proof_json(found.file.read_text(), [key], keys.verify)) == 6
    content = found.file.read_text()
    run_key = open_run_keys(world.project, sign_in(world.project, DPO, passphrase(DPO), "prove"), passphrase(DPO))[0]
    assert run_key[world.run].hex() not in content
    others = [leaf for leaf in leaves(world.project) if "tag" in leaf and leaf["tag"] not in content]
    assert others
    assert not any(leaf["commitment"] in content or "CASE-2" in content for leaf in others)


def test_what_was_kept_or_held_is_opened_only_when_somebody_says_so(world: World) -> None:
    """The officer sees the reason; the person's file tells no reason for keeping anything unless that was weighed."""
    world.hold("CASE-1")
    closed(world)
    found = proven(world)
    assert {(one.outcome, one.reason) for one in found.told} == {("held", "hold-placed")}
    assert (found.file, found.left_out) == (None, len(found.told))
    whole = proven(world, kept_too=True)
    assert whole.file is not None
    assert checked(world, whole.file)[1].count(": held") == len(found.told)
    assert whole.left_out == 0


def test_every_answer_is_an_entry_without_the_number(world: World) -> None:
    """What was told, to whom (by code) and by whom is logged, found or not; the case number is not."""
    closed(world)
    assert proven(world, " case-1 ", recipient="solicitor").told
    assert proven(world, "CASE-77").told == ()
    given = [leaf for leaf in leaves(world.project) if leaf["type"] == "proof-given"]
    assert [(one["officer"], one["recipient"], one["found"], one.get("run")) for one in given] == [
        (DPO, "solicitor", True, world.run),
        (DPO, "subject", False, None),
    ]
    assert proven(world, with_file=False).file is None


def test_before_a_run_is_closed_only_what_is_settled_is_told(world: World) -> None:
    """Paper that waits for signatures is not told of; nothing at all before the run."""
    assert proven(world).told == ()
    world.destroy()
    assert {one.store for one in proven(world).told} == {"casework", "documents"}


def test_who_may_not_or_asks_wrongly_learns_nothing(world: World) -> None:
    """Another officer, a wrong passphrase, a recipient in words or an empty number: refused, and nothing is logged."""
    size = len(leaves(world.project))
    with pytest.raises(Refused, match="may not prove"):
        prove(world.project, "CASE-1", MANAGER, passphrase(MANAGER))
    for wrong in ({"passphrase_": "wrong"}, {"recipient": "Ann Ash"}, {"case_number": "  "}):
        with pytest.raises(BadInput):
            proven(world, **wrong)
    assert len(leaves(world.project)) == size


def test_a_changed_proof_is_refused(world: World, tmp_path: Path) -> None:
    """Another number, another entry, another path or an opening of nothing: the check says no, without a traceback."""
    closed(world)
    found = proven(world)
    assert found.file is not None
    whole = json.loads(found.file.read_text())
    another = proven(world, "CASE-2").file
    assert another is not None
    other = json.loads(another.read_text())
    first, theirs = whole["entries"][0], other["entries"][0]
    wrong = [
        {**first, "case_number": "CASE-2"},
        {**first, "leaf": theirs["leaf"]},
        {**first, "proof": theirs["proof"]},
        {**first, "leaf": theirs["leaf"], "proof": theirs["proof"]},
        {**first, "case_key": theirs["case_key"]},
        {**first, "leaf": first["leaf"].replace('"destroyed"', '"kept"')},
    ]
    key = NoteKey.from_text((world.project.keys / keys.LOG_VKEY).read_text())
    file = tmp_path / "changed.json"
    for entry in wrong:
        file.write_text(json.dumps({**whole, "entries": [entry]}))
        assert checked(world, file)[0] == 1
        with pytest.raises((BadInput, CheckSaidNo)):
            check_proof_json(file.read_text(), [key], keys.verify)
    file.write_text(json.dumps({**whole, "entries": []}))
    assert checked(world, file)[0] in (1, 2)
    for nothing in ("{}", "[1]", "nothing", json.dumps({**whole, "entries": [1]})):
        file.write_text(nothing)
        assert checked(world, file)[0] == 2
        with pytest.raises(BadInput):
            check_proof_json(nothing, [key], keys.verify)
    assert json.loads(checked(world, found.file, "--json")[1])["verified"] is True


def test_a_run_whose_key_is_gone_is_named(world: World) -> None:
    """Where a run's key is no longer sealed to anybody, the answer says that it can't speak of that run."""
    closed(world)
    runs.forget_key(world.project.ledger, world.run)
    assert proven(world).unknown == (world.run,)
