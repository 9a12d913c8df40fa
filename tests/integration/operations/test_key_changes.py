"""Keys that take one another's place: what was signed or sealed before stays good, and the log tells of each change."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, update

from connectors import key_changes, keys
from connectors.ledger import log, runs
from connectors.ledger.base import writing
from connectors.ledger.tables import statement
from operations.certify import Certified, certify
from operations.destroy import confirm
from operations.key_changes import (
    destroy_run_key,
    replace_officer_key,
    reseal,
    retire_log_key,
    rotate_log_key,
    run_key_holders,
    words_for,
)
from operations.people import add_person, sign_in
from operations.prove import prove
from operations.watch import watch
from rules.errors import BadInput, Refused
from rules.review.authority import Role
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, leaves, passphrase
from tests.integration.operations.destroying_world import VERIFIER, World
from tests.integration.operations.test_restores import closed, only_sqlite

approved, world = destroying_world.approved, destroying_world.world
pytestmark = only_sqlite
NEW = "a passphrase that is quite new"


def key_leaves(world: World) -> list[tuple[Any, ...]]:
    """Event, purpose, officer and vouching person of every change of a key."""
    told = [leaf for leaf in leaves(world.project) if leaf["type"] == "key" and "by" in leaf]
    return [(leaf["event"], leaf["purpose"], leaf.get("officer"), leaf["by"]) for leaf in told]


def verifier(papers: Certified, *options: str) -> int:
    """The exit status of the stand-alone verifier."""
    command = [sys.executable, "-I", str(VERIFIER), str(papers.bundle), *options]
    return subprocess.run(command, capture_output=True, check=False).returncode


def lines(path: Path) -> list[str]:
    """The lines of a key file."""
    return path.read_text().split()


def test_the_log_s_key_is_changed_without_a_gap(world: World, tmp_path: Path) -> None:
    """Both keys check what is signed between; afterwards the new one alone; notes of before with the retired one."""
    closed(world)
    folder = world.project.keys
    old, before = tmp_path / "old.vkey", tmp_path / "before.checkpoint"
    old.write_text((folder / keys.LOG_VKEY).read_text())
    before.write_text(world.project.sign_log())
    made = rotate_log_key(world.project, MANAGER, passphrase(MANAGER))
    new = tmp_path / "new.vkey"
    new.write_text(made)
    assert lines(folder / keys.LOG_VKEY) == [made, *lines(old)]
    papers = certify(world.project, world.run)
    assert [verifier(papers, "--key", str(key)) for key in (old, new, papers.key)] == [0, 0, 0]
    with pytest.raises(Refused, match="still signs"):
        rotate_log_key(world.project, MANAGER, passphrase(MANAGER))
    assert retire_log_key(world.project, MANAGER, passphrase(MANAGER)) == lines(old)[0]
    watch(world.project)
    papers = certify(world.project, world.run)
    assert [verifier(papers, "--key", str(key)) for key in (old, new, papers.key)] == [1, 0, 0]
    assert verifier(papers, "--key", str(new), "--checkpoint", str(before)) == 1
    retired = folder / keys.RETIRED_VKEY
    assert verifier(papers, "--key", str(new), "--key", str(retired), "--checkpoint", str(before)) == 0
    assert watch(world.project, [before]).size > 0
    assert not (folder / key_changes.OLD_LOG_KEY).exists()
    with pytest.raises(Refused, match="no former key"):
        retire_log_key(world.project, MANAGER, passphrase(MANAGER))
    assert key_leaves(world) == [("rotated", "log", None, MANAGER), ("retired", "log", None, MANAGER)]


def killed_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Callable[[], None]:
    """Let a function fail as if the process had been killed there; return what undoes that."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    original = getattr(module, name)
    monkeypatch.setattr(module, name, killed)
    return lambda: monkeypatch.setattr(module, name, original)


@pytest.mark.parametrize("name", ["link", "replace"])
def test_a_change_that_was_killed_is_finished_by_the_next_call(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Between log and disk the old key goes on signing; the same new key takes over, and is told of once."""
    undo = killed_at(monkeypatch, os, name)
    with pytest.raises(KeyboardInterrupt):
        rotate_log_key(world.project, DPO, passphrase(DPO))
    undo()
    assert world.project.sign_log()
    (world.project.keys / key_changes.OLD_LOG_KEY).unlink(missing_ok=True)
    made = rotate_log_key(world.project, DPO, passphrase(DPO))
    assert lines(world.project.keys / keys.LOG_VKEY)[0] == made
    assert key_leaves(world) == [("rotated", "log", None, DPO)]


def test_a_new_sealing_key_opens_every_run_and_lets_a_later_dpo_in(world: World) -> None:
    """Run keys are sealed anew, to all DPOs; the old sealing key opens nothing any more."""
    closed(world)
    old = (world.project.keys / "dana-okoro-sealing.pem").read_bytes()
    add_person(world.project, "Nora Later", Role.DPO, passphrase("Nora Later"), voucher=(MANAGER, passphrase(MANAGER)))
    assert prove(world.project, "CASE-1", "Nora Later", passphrase("Nora Later")).unknown == (world.run,)
    assert reseal(world.project, DPO, passphrase(DPO)).runs == (world.run,)
    assert run_key_holders(world.project) == {world.run: (DPO, "Nora Later")}
    for name in (DPO, "Nora Later"):
        assert len(prove(world.project, "CASE-1", name, passphrase(name)).told) == 6
    (world.project.keys / "dana-okoro-sealing.pem").write_bytes(old)
    assert prove(world.project, "CASE-1", DPO, passphrase(DPO)).unknown == (world.run,)
    assert key_leaves(world)[2:] == [("rotated", "sealing", DPO, DPO)]
    with pytest.raises(Refused, match="may not seal"):
        reseal(world.project, MANAGER, passphrase(MANAGER))


def test_a_resealing_that_was_killed_is_finished_by_the_next_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between ledger and disk, the next call puts the new key in its place; no run key is lost."""
    undo = killed_at(monkeypatch, key_changes, "take_place")
    with pytest.raises(KeyboardInterrupt):
        reseal(world.project, DPO, passphrase(DPO))
    undo()
    assert reseal(world.project, DPO, passphrase(DPO)).unknown == ()
    assert prove(world.project, "CASE-1", DPO, passphrase(DPO)).unknown == ()
    assert len(key_leaves(world)) == 1


def test_a_run_s_key_is_destroyed_once_and_for_good(world: World) -> None:
    """Only of a closed run, by a DPO, with the words; then its entries speak of nobody, and the log still verifies."""
    words = words_for(world.run)
    with pytest.raises(Refused, match="not closed"):
        destroy_run_key(world.project, world.run, DPO, passphrase(DPO), words)
    closed(world)
    sealed = runs.runs(world.project.ledger)[0].sealed_keys["dana-okoro"]
    with pytest.raises(Refused, match="type exactly"):
        destroy_run_key(world.project, world.run, DPO, passphrase(DPO), "yes")
    with pytest.raises(BadInput, match="there is no run"):
        destroy_run_key(world.project, "run-1", DPO, passphrase(DPO), words)
    destroy_run_key(world.project, world.run, DPO, passphrase(DPO), words)
    assert prove(world.project, "CASE-1", DPO, passphrase(DPO)).unknown == (world.run,)
    with pytest.raises(Refused, match="destroyed already"):
        destroy_run_key(world.project, world.run, DPO, passphrase(DPO), words)
    papers = certify(world.project, world.run)
    assert verifier(papers, "--key", str(papers.key)) == 0
    files = world.project.folder.glob("ledger.db*")
    assert not any(sealed.encode() in file.read_bytes() for file in files)


def test_an_officer_s_key_is_replaced_by_themselves_or_by_who_vouches(world: World) -> None:
    """The old key signs nothing more, what it signed stands, and the run that it approved is carried out."""
    replace_officer_key(world.project, APPROVER, NEW, MANAGER, passphrase(MANAGER))
    with pytest.raises(BadInput):
        sign_in(world.project, APPROVER, passphrase(APPROVER), "approve")
    assert sign_in(world.project, APPROVER, NEW, "approve").person.name == APPROVER
    replace_officer_key(world.project, DPO, NEW, DPO, passphrase(DPO))
    world.destroy()
    world.sign(MANAGER)
    day = world.project.today()
    done = confirm(world.project, world.run, "paper", APPROVER, NEW, "cross-cut-4x15", day)
    assert done.certified is not None
    assert verifier(done.certified, "--key", str(done.certified.key)) == 0
    assert len(prove(world.project, "CASE-1", DPO, NEW).told) == 6
    assert key_leaves(world) == [
        ("revoked", "officer", APPROVER, MANAGER),
        ("rotated", "officer", APPROVER, MANAGER),
        ("revoked", "officer", DPO, DPO),
        ("rotated", "officer", DPO, DPO),
    ]


def test_a_signature_on_a_work_list_ends_with_its_key(world: World) -> None:
    """Who signed a list, and got a new key before the second person signed, signs again: the log stays sound."""
    world.destroy()
    world.sign(APPROVER)
    replace_officer_key(world.project, APPROVER, NEW, MANAGER, passphrase(MANAGER))
    assert world.sign(MANAGER).certified is None
    day = world.project.today()
    done = confirm(world.project, world.run, "paper", APPROVER, NEW, "cross-cut-4x15", day)
    assert done.certified is not None
    assert verifier(done.certified, "--key", str(done.certified.key)) == 0


def test_a_signature_that_somebody_wrote_into_the_ledger_settles_no_work_list(world: World) -> None:
    """One real person and one invented signature are not two people."""
    world.destroy()
    world.sign(APPROVER)
    with writing(world.project.ledger) as connection:
        forged = func.replace(statement.c.signed, APPROVER, MANAGER)
        mine = statement.c.kind == "confirmation"
        connection.execute(update(statement).where(mine).values(person="morgan-hale", signed=forged))
    assert world.sign(APPROVER).certified is None
    assert world.sign(MANAGER).certified is not None


def test_a_dpo_who_forgot_the_passphrase_needs_another_to_open_older_runs(world: World) -> None:
    """Vouched for, a DPO gets a new sealing key, which opens nothing old until another DPO has sealed it anew."""
    add_person(world.project, "Nora Later", Role.DPO, passphrase("Nora Later"), voucher=(MANAGER, passphrase(MANAGER)))
    reseal(world.project, DPO, passphrase(DPO))
    replace_officer_key(world.project, DPO, NEW, MANAGER, passphrase(MANAGER))
    assert prove(world.project, "CASE-1", DPO, NEW).unknown == (world.run,)
    reseal(world.project, "Nora Later", passphrase("Nora Later"))
    assert prove(world.project, "CASE-1", DPO, NEW).unknown == ()


def test_who_may_not_changes_no_key(world: World) -> None:
    """An unknown person, one who may not vouch, a wrong or short passphrase: refused, and the old key still works."""
    add_person(
        world.project, "Theo Tech", Role.TECHNICAL, passphrase("Theo Tech"), voucher=(MANAGER, passphrase(MANAGER))
    )
    size = log.read_head(world.project.ledger).size
    with pytest.raises(BadInput, match="no person"):
        replace_officer_key(world.project, "Nobody", NEW, MANAGER, passphrase(MANAGER))
    with pytest.raises(Refused, match="may not vouch"):
        replace_officer_key(world.project, APPROVER, NEW, "Theo Tech", passphrase("Theo Tech"))
    for wrong, new in ((passphrase(MANAGER), NEW), (passphrase(APPROVER), "short")):
        with pytest.raises(BadInput):
            replace_officer_key(world.project, APPROVER, new, APPROVER, wrong)
    with pytest.raises(Refused, match="may not change keys"):
        rotate_log_key(world.project, APPROVER, passphrase(APPROVER))
    assert log.read_head(world.project.ledger).size == size
    assert sign_in(world.project, APPROVER, passphrase(APPROVER), "approve").person.name == APPROVER


def test_a_lost_log_key_is_never_replaced_unasked(world: World) -> None:
    """Another key would sign what no auditor can check: without the log's key nothing is destroyed or signed."""
    folder = world.project.keys
    known, published = (folder / "log.pem").read_bytes(), (folder / "winnow.vkey").read_bytes()
    (folder / "log.pem").unlink()
    for act in (world.destroy, lambda: watch(world.project)):
        with pytest.raises(BadInput, match="has signed this log is missing"):
            act()
    assert not (folder / "log.pem").exists()
    assert (folder / "winnow.vkey").read_bytes() == published
    assert world.keys("clients") >= {"CASE-1"}
    (folder / "log.pem").write_bytes(known)
    assert watch(world.project).size


def test_a_log_never_changes_its_name(world: World) -> None:
    """Auditors hold the name beside the key: under another nothing is destroyed or signed, and the old one is told."""
    settings = replace(world.project.settings, origin="winnow.example.org/renamed")
    renamed = replace(world, project=replace(world.project, settings=settings))
    for act in (renamed.destroy, lambda: watch(renamed.project)):
        with pytest.raises(BadInput, match="is not the name of this log"):
            act()
    assert watch(world.project).size
