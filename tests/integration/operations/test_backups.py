"""Backups: registered with their expiry; a certificate is final only when the last set with its records is gone."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.settings import FixedClock
from operations.backups import add_backup, backup_expired, backups, standings_of
from operations.certify import certify
from operations.project import Project
from operations.watch import watch
from rules.errors import BadInput, Refused
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, MANAGER, leaves
from tests.integration.operations.destroying_world import COOLED, World, verified

approved, world = destroying_world.approved, destroying_world.world
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
TAKEN, EXPIRES = date(2026, 9, 1), date(2026, 12, 1)


def certificate(world: World) -> Any:
    """The certificate of the run as it would be issued now."""
    with zipfile.ZipFile(certify(world.project, world.run).bundle) as bundle:
        return json.loads(bundle.read("certificate.json"))


def closed(world: World) -> World:
    """The world with its run closed."""
    world.destroy()
    world.sign(MANAGER)
    assert verified(world, world.sign(APPROVER))
    return world


def later(world: World, days: int) -> Project:
    """The project some days after the run."""
    return replace(world.project, clock=FixedClock(COOLED + timedelta(days=days)))


def test_a_run_is_beyond_use_until_its_last_backup_is_gone(world: World) -> None:
    """Without a set the certificate says so; with sets it is beyond use until the last day; without them final."""
    closed(world)
    assert certificate(world)["state"] == "backups not registered"
    add_backup(world.project, "casework", TAKEN, EXPIRES, "weekly-35")
    add_backup(world.project, "documents", TAKEN, EXPIRES + timedelta(days=1), "weekly-35")
    add_backup(world.project, "casework", TAKEN, EXPIRES + timedelta(days=9), "monthly-8")
    assert (certificate(world)["state"], certificate(world)["until"]) == ("beyond use", "2026-12-10")
    (standing,) = standings_of(world.project)
    assert (standing.until, standing.unregistered) == ("2026-12-10", ("paper",))
    assert backup_expired(later(world, 95), "monthly-8").final == ()
    assert certificate(world)["until"] == "2026-12-02"
    ended = backup_expired(later(world, 95), "weekly-35")
    assert ended.final == (world.run,)
    (papers,) = ended.written
    assert "Final: " in papers.html.read_text()
    assert "No backup set is registered for paper" in papers.html.read_text()
    assert certificate(world)["state"] == "final"
    assert all(one.expired for one in backups(world.project))


def test_a_backup_taken_after_the_run_held_nothing_of_it(world: World) -> None:
    """Only sets taken by the day of the destruction keep it from being final."""
    closed(world)
    add_backup(later(world, 5), "casework", COOLED.date() + timedelta(days=1), EXPIRES)
    assert certificate(world)["state"] == "backups not registered"


def test_what_can_not_be_registered_is_refused_and_nothing_is_logged(world: World) -> None:
    """An unknown store, days that can't be, a name the log can't carry, a set named twice or gone: all refused."""
    add_backup(world.project, "casework", TAKEN, EXPIRES, "weekly-35")
    size = len(leaves(world.project))
    with pytest.raises(BadInput) as refused:
        add_backup(world.project, "elsewhere", date(2027, 1, 1), date(2026, 1, 1), "two words")
    assert len(refused.value.problems) == 4
    with pytest.raises(BadInput, match="registered already"):
        add_backup(world.project, "casework", TAKEN, EXPIRES, "weekly-35")
    with pytest.raises(BadInput, match="no backup set"):
        backup_expired(world.project, "weekly-36")
    with pytest.raises(Refused, match="expires on 2026-12-01"):
        backup_expired(world.project, "weekly-35")
    assert len(leaves(world.project)) == size
    assert backup_expired(world.project, "weekly-35", early=True).final == ()
    with pytest.raises(Refused, match="gone already"):
        backup_expired(world.project, "weekly-35")
    with pytest.raises(BadInput, match="gone already"):
        add_backup(world.project, "documents", TAKEN, EXPIRES, "weekly-35")


def test_the_nightly_watch_announces_what_has_become_final_once(world: World) -> None:
    """The watch writes the documents of a run that has become final, says so once, and counts sets past their day."""
    closed(world)
    add_backup(world.project, "casework", TAKEN, EXPIRES, "weekly-35")
    assert watch(world.project).final == ()
    late = later(world, 90)
    assert watch(late).overdue["backups past their day"] == 1
    backup_expired(late, "weekly-35")
    page = world.project.settings.out / f"certificate-{world.run}.html"
    page.unlink()
    seen = watch(late)
    assert (seen.final, page.is_file(), seen.overdue["backups past their day"]) == ((world.run,), True, 0)
    assert watch(late).final == ()


def test_a_schedule_that_was_lost_hides_no_other_run(world: World) -> None:
    """A final run whose documents can't be written is named, and the watch goes on."""
    closed(world)
    add_backup(world.project, "casework", TAKEN, EXPIRES, "weekly-35")
    for kept in (world.project.folder / "schedules").iterdir():
        kept.unlink()
    text = world.project.settings.schedule.read_text()
    world.project.settings.schedule.write_text(text + "# another\n")
    ended = backup_expired(world.project, "weekly-35", early=True)
    assert (ended.final, ended.written, ended.not_written) == ((world.run,), (), (world.run,))
    assert watch(world.project).overdue["final certificates not written"] == 1
