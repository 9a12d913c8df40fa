"""A store, the ledger or both come back from a backup: noticed without anybody's passphrase, and nothing goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.engines import engine
from connectors.ledger import log
from connectors.settings import FixedClock, read_settings
from operations.destroy import confirmation_for, destroy
from operations.project import Project, open_project
from operations.restore_check import restore_check
from operations.restores import look
from operations.watch import watch
from rules.errors import BadInput, CheckSaidNo, Refused
from rules.evidence.restores import LOG
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, drbg, leaves, passphrase
from tests.integration.operations.destroying_world import COOLED, World

approved, world = destroying_world.approved, destroying_world.world
only_sqlite = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


def backup_of_casework(world: World) -> Callable[[], None]:
    """Take a backup of the casework database; return what brings it back."""
    if world.url.startswith("sqlite"):
        path = world.project.folder / "casework.db"
        shutil.copy(path, path.with_suffix(".backup"))

        def bring_back() -> None:
            shutil.copy(path.with_suffix(".backup"), path)

        return bring_back
    server, _, name = world.url.rpartition("/")

    def copy(source: str, target: str) -> None:
        with engine(f"{server}/postgres").connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {target} TEMPLATE {source}"))

    copy(name, f"{name}_backup")
    return lambda: copy(f"{name}_backup", name)


def backup_of_ledger(world: World) -> Callable[[], Project]:
    """Take a backup of the ledger; return what brings it back, and opens the project on it."""
    folder = world.project.folder
    world.project.ledger.engine.dispose()
    shutil.copy(folder / "ledger.db", folder / "ledger.backup")

    def restore() -> Project:
        world.project.ledger.engine.dispose()
        world.project.ledger.reader.dispose()
        for left in folder.glob("ledger.db*"):
            left.unlink()
        shutil.copy(folder / "ledger.backup", folder / "ledger.db")
        return open_project(folder, world.project.clock, read_settings({}), drbg("after the restore"))

    return restore


def closed(world: World) -> World:
    """The world with its run closed."""
    world.destroy()
    world.sign(MANAGER)
    world.sign(APPROVER)
    return world


def restores(project: Project) -> list[Any]:
    """What the log says of restores."""
    return [leaf for leaf in leaves(project) if leaf["type"] == "restore"]


def test_a_store_that_came_back_is_noticed_and_stops_destruction(world: World) -> None:
    """The watch names the store and ends with 1, tells the log once, and no run goes on until it was looked through."""
    restore = backup_of_casework(world)
    world.destroy()
    assert watch(world.project).overdue["stores or anchors not reached"] == 0
    restore()
    with pytest.raises(CheckSaidNo, match=r"store casework was restored from a backup.*winnow restore-check"):
        watch(world.project)
    with pytest.raises(CheckSaidNo, match="casework"):
        watch(world.project)
    (leaf,) = restores(world.project)
    assert (leaf["store"], leaf["found_by"], leaf["watermark"] < leaf["head"]) == ("casework", "watermark", True)
    with pytest.raises(Refused, match=r"store casework was restored.* Nothing was destroyed"):
        world.destroy(hours=1)


@only_sqlite
def test_a_run_finds_a_restore_by_itself(world: World) -> None:
    """Nobody needs to have watched: a run that is begun or continued looks first."""
    restore = backup_of_casework(world)
    world.destroy()
    restore()
    with pytest.raises(Refused, match="store casework was restored"):
        world.destroy(hours=1)
    assert [leaf["store"] for leaf in restores(world.project)] == ["casework"]
    assert len(world.keys("clients")) == 4


@only_sqlite
def test_a_store_from_before_a_hold_is_noticed_by_its_fence(world: World) -> None:
    """A fence that is lower than it had been tells of a restore even where nothing had been destroyed since."""
    restore = backup_of_casework(world)
    world.hold("CASE-3")
    restore()
    with pytest.raises(CheckSaidNo, match="its fence is lower than the"):
        watch(world.project)


@only_sqlite
def test_a_ledger_that_came_back_is_noticed_and_its_log_left_alone(world: World) -> None:
    """Stores know more of the log than it has: nothing is appended, so its newest copy can still take its place."""
    restore = backup_of_ledger(world)
    closed(world)
    project = restore()
    size = log.read_head(project.ledger).size
    with pytest.raises(CheckSaidNo, match=r"the ledger was restored from a backup.*bring back the newest copy"):
        watch(project)
    with pytest.raises(Refused, match="the ledger was restored"):
        destroy(project, world.run, confirmation_for(project, world.run))
    assert log.read_head(project.ledger).size == size
    assert {sign.store for sign in look(project).signs} == {LOG}


@only_sqlite
def test_both_coming_back_is_noticed_by_the_checkpoint_beside_the_keys(world: World) -> None:
    """Who restores stores and ledger leaves the last checkpoint there; no verb that signs meanwhile loses it."""
    folder = world.project.folder
    for name in ("documents", ".winnow"):
        shutil.copytree(folder / name, folder / "backup" / name)
    restores_store, restores_ledger = backup_of_casework(world), backup_of_ledger(world)
    closed(world)
    newest = world.project.last_checkpoint.read_text()
    restores_store()
    for name in ("documents", ".winnow"):
        shutil.rmtree(folder / name)
        shutil.copytree(folder / "backup" / name, folder / name)
    project = restores_ledger()
    again = replace(world, project=project)
    again.hold("CASE-2")
    assert project.last_checkpoint.read_text() == newest
    for act in (lambda: watch(project), again.destroy):
        with pytest.raises((CheckSaidNo, Refused), match="by the checkpoint the log had"):
            act()
    assert world.keys("clients") == {"CASE-1", "CASE-2", "CASE-3", "CASE-4"}
    restore_check(project, DPO, passphrase(DPO), log_is_lost=True)
    watch(project)
    assert project.last_checkpoint.read_text() == project.sign_log() != newest


@only_sqlite
def test_both_coming_back_is_noticed_by_a_checkpoint_kept_outside_alone(world: World) -> None:
    """Stores, ledger and keys of one moment agree with each other; only a checkpoint from after it tells."""
    outside = world.project.folder / "outside"
    outside.mkdir()
    settings = world.project.folder / "winnow.yaml"
    settings.write_text(settings.read_text() + "\nanchors: outside\n")
    later = open_project(world.project.folder, FixedClock(COOLED), read_settings({}), drbg("outside"))
    moved = replace(world, project=later)
    folder = world.project.folder
    for name in ("documents", ".winnow"):
        shutil.copytree(folder / name, folder / "backup" / name)
    restores_store, restores_ledger = backup_of_casework(moved), backup_of_ledger(moved)
    shutil.copytree(folder / "keys", folder / "backup" / "keys")
    closed(moved)
    watch(later)
    restores_store()
    for name in ("documents", ".winnow", "keys"):
        shutil.rmtree(folder / name)
        shutil.copytree(folder / "backup" / name, folder / name)
    project = restores_ledger()
    with pytest.raises(CheckSaidNo, match="by the checkpoint the log had"):
        watch(project)
    (kept,) = outside.iterdir()
    taken = kept.rename(folder / "at-the-auditor.txt")
    with pytest.raises(CheckSaidNo, match="by the checkpoint"):
        watch(project, [taken])
    assert watch(project).size > 0


@only_sqlite
def test_documents_that_came_back_with_their_marks_are_noticed(world: World) -> None:
    """A folder restored together with its marks lacks those of the run."""
    folder = world.project.folder
    shutil.copytree(folder / ".winnow", folder / "backup")
    world.destroy()
    shutil.rmtree(folder / ".winnow" / "documents")
    shutil.copytree(folder / "backup" / "documents", folder / ".winnow" / "documents")
    with pytest.raises(CheckSaidNo, match="store documents was restored"):
        watch(world.project)


@only_sqlite
def test_kept_checkpoints_must_be_this_log_s(world: World, tmp_path: Path) -> None:
    """What is no checkpoint, or bears another key, is refused by name; an absent folder is counted and no more."""
    strange = tmp_path / "strange.checkpoint"
    strange.write_text("nothing of the kind")
    with pytest.raises(BadInput, match=r"strange\.checkpoint"):
        watch(world.project, [strange])
    note = world.project.sign_log()
    key, signature = note.rsplit(" ", 1)
    strange.write_text(f"{key} {'A' * 8}{signature[8:]}")
    with pytest.raises(CheckSaidNo, match="not signed by this log's key"):
        watch(world.project, [strange])
    absent = replace(world.project, settings=replace(world.project.settings, anchors=tmp_path / "absent"))
    assert watch(absent).overdue["stores or anchors not reached"] == 1


@only_sqlite
def test_a_store_that_can_not_be_reached_does_not_stop_the_watch(world: World) -> None:
    """The heartbeat is written while a store is away; the store is counted."""
    (world.project.folder / "casework.db").rename(world.project.folder / "away.db")
    later = replace(world.project, clock=FixedClock(COOLED + timedelta(days=1)))
    assert watch(later).overdue["stores or anchors not reached"] == 1
    world.project.settings.stores.write_text("stores: {}\nmore: 1\n")
    assert watch(later).overdue["stores or anchors not reached"] == 1
    assert leaves(world.project)[-1]["type"] == "heartbeat"
