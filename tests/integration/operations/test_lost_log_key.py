"""The log's key lost for good, or damaged, or another's in its place; and changes of it that were cut short."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from connectors import key_changes, keys
from connectors.ledger import log
from operations.certify import certify
from operations.destroy import confirm
from operations.key_changes import retire_log_key, rotate_log_key
from operations.lost_key import WORDS, Replaced, replace_lost_log_key
from operations.people import add_person
from operations.project import Project
from operations.watch import watch
from rules.errors import BadInput, CheckSaidNo, Refused
from rules.review.authority import Role
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, leaves, passphrase
from tests.integration.operations.destroying_world import World
from tests.integration.operations.test_key_changes import lines, verifier
from tests.integration.operations.test_restores import closed, only_sqlite

approved, world = destroying_world.approved, destroying_world.world
pytestmark = only_sqlite


def lose(project: Project) -> None:
    """Take the log's key away."""
    (project.keys / keys.LOG_KEY).unlink()


def replaced(project: Project, *names: str, words: str = WORDS) -> Replaced:
    """Let people put a new key in the lost one's place; the DPO and the approver by default."""
    return replace_lost_log_key(project, {name: passphrase(name) for name in names or (DPO, APPROVER)}, words)


def told(project: Project) -> list[tuple[str, str]]:
    """What the log says of its own keys: the event, and who."""
    return [
        (leaf["event"], leaf["by"]) for leaf in leaves(project) if leaf["type"] == "key" and leaf["purpose"] == "log"
    ]


def test_the_log_goes_on_under_a_new_key_and_an_auditor_sees_that_it_is_the_same_log(
    world: World, tmp_path: Path
) -> None:
    """With both public keys and a kept checkpoint, auditors check all of it; with the lost key alone, nothing."""
    closed(world)
    project, before = world.project, tmp_path / "kept.checkpoint"
    before.write_text(project.sign_log())
    old = tmp_path / "old.vkey"
    old.write_text((project.keys / keys.LOG_VKEY).read_text())
    lose(project)
    with pytest.raises(BadInput, match="winnow key lost"):
        watch(project)
    done = replaced(project)
    assert done.lost == tuple(lines(old))
    assert done.checkpoint.read_text() == before.read_text()
    assert told(project) == [("lost", DPO), ("lost", APPROVER), ("rotated", DPO), ("rotated", APPROVER)]
    watch(project)
    papers = certify(project, world.run)
    assert lines(papers.key) == [done.key]
    both = ("--key", str(papers.key), "--key", str(old), "--checkpoint", str(before))
    assert verifier(papers, *both) == 0
    assert verifier(papers, "--key", str(papers.key)) == 0
    assert verifier(papers, "--key", str(old)) == 1


def test_two_people_and_typed_words_are_needed(world: World) -> None:
    """One person alone, one twice, somebody without that right, or other words change nothing."""
    project = world.project
    with pytest.raises(Refused, match="nothing is lost"):
        replaced(project)
    tech = "Theo Tech"
    add_person(project, tech, Role.TECHNICAL, passphrase(tech), voucher=(MANAGER, passphrase(MANAGER)))
    lose(project)
    for names, words, why in (
        ((DPO,), WORDS, "two people"),
        ((DPO, tech), WORDS, "may not"),
        ((DPO, APPROVER), "yes", "type exactly"),
    ):
        with pytest.raises((Refused, BadInput), match=why):
            replaced(project, *names, words=words)
    twice = {DPO: passphrase(DPO), "dana-okoro": passphrase(DPO)}
    with pytest.raises(Refused, match="two people"):
        replace_lost_log_key(project, twice, WORDS)
    assert told(project) == []
    assert not (project.keys / keys.LOG_KEY).exists()


def test_a_log_that_does_not_agree_with_what_was_signed_gets_no_new_key(world: World, tmp_path: Path) -> None:
    """Nobody launders a log that was cut: kept checkpoints and stores are compared before a new key signs."""
    project = world.project
    shutil.copy(project.folder / "ledger.db", tmp_path / "older.db")
    world.destroy()
    lose(project)
    shutil.copy(tmp_path / "older.db", project.folder / "ledger.db")
    with pytest.raises(CheckSaidNo, match="newest copy"):
        replaced(project)
    assert told(project) == []


def test_without_the_public_key_nothing_is_replaced(world: World) -> None:
    """What the lost key signed can't be checked without its public half, of which copies are about."""
    project = world.project
    lose(project)
    (project.keys / keys.LOG_VKEY).unlink()
    with pytest.raises(BadInput, match="a copy lies in `out`"):
        replaced(project)


@pytest.mark.parametrize("step", ["lost_log_key_gives_way", "_write", "_publish"])
def test_a_replacement_that_was_cut_short_is_finished_by_typing_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Wherever it stops, the second time ends it with the same new key and no second set of entries."""
    project = world.project
    lose(project)

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(key_changes, step, cut)
        with pytest.raises(KeyboardInterrupt):
            replaced(project)
    made = key_changes.next_log_key(project.keys, project.settings.origin, project.random).key
    assert replaced(project).key == made.to_text()
    assert len(told(project)) == 4
    watch(project)


def test_a_former_key_that_still_signs_stays_beside_the_new_one(world: World) -> None:
    """Where a change of keys was under way, who holds the former key checks on until it is retired."""
    project = world.project
    former = lines(project.keys / keys.LOG_VKEY)
    rotate_log_key(project, MANAGER, passphrase(MANAGER))
    lose(project)
    done = replaced(project)
    assert lines(project.keys / keys.LOG_VKEY) == [done.key, *former]
    assert retire_log_key(project, MANAGER, passphrase(MANAGER)) == former[0]
    assert lines(project.keys / keys.LOG_VKEY) == [done.key]


@pytest.mark.parametrize("step", ["unlink", "link", "replace", "after"])
def test_a_change_of_keys_cut_short_never_costs_the_log_its_key(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Killed anywhere in it, `rotate` is finished by `rotate`, and `retire` never destroys the one key there is."""
    project = world.project
    former = lines(project.keys / keys.LOG_VKEY)

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "after":
            patched.setattr(Project, "sign_log", cut)
        elif step == "replace":
            real = os.replace
            patched.setattr(os, "replace", lambda a, b: cut() if str(b).endswith("log.pem") else real(a, b))
        else:
            patched.setattr(os if step == "link" else Path, step, cut)
        with pytest.raises(KeyboardInterrupt):
            rotate_log_key(project, MANAGER, passphrase(MANAGER))
    if step != "after":
        with pytest.raises(Refused, match="rotate"):
            retire_log_key(project, MANAGER, passphrase(MANAGER))
        made = rotate_log_key(project, MANAGER, passphrase(MANAGER))
        assert lines(project.keys / keys.LOG_VKEY) == [made, *former]
    assert retire_log_key(project, MANAGER, passphrase(MANAGER)) == former[0]
    assert len(lines(project.keys / keys.LOG_VKEY)) == 1
    watch(project)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_log_key_is_called_damaged(world: World, content: bytes) -> None:
    """An empty or damaged key file is told as that, with where to bring it back from, and signs nothing."""
    (world.project.keys / keys.LOG_KEY).write_bytes(content)
    with pytest.raises(BadInput, match=r"log.pem: this is no key, or a damaged one. Bring it back"):
        world.project.sign_log()


def test_another_key_in_the_place_of_the_log_s_signs_nothing(world: World, tmp_path: Path) -> None:
    """A key from another project, or a backup too old, is noticed before it signs what auditors could not check."""
    other = keys.log_signer(tmp_path / "other", world.project.settings.origin, world.project.random)
    shutil.copy(tmp_path / "other" / keys.LOG_KEY, world.project.keys / keys.LOG_KEY)
    signed = log.latest_checkpoint(world.project.ledger)
    with pytest.raises(BadInput, match="another key than that of this log"):
        confirm(world.project, world.run, "paper", MANAGER, passphrase(MANAGER), "shredded", world.project.today())
    assert other.key.to_text() not in lines(world.project.keys / keys.LOG_VKEY)
    assert log.latest_checkpoint(world.project.ledger) == signed
