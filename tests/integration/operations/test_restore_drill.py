"""The drill: backup, run, restore, noticed without the DPO, listed with the DPO, destroyed again, verified."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.ledger import log
from connectors.settings import FixedClock
from operations.approve import approve
from operations.decide import decide
from operations.destroy import Destroyed, confirmation_for, destroy
from operations.people import add_person
from operations.project import Project
from operations.restore_check import Checked, Returned, restore_check, returned
from operations.sift import sift
from operations.watch import watch
from rules.errors import BadInput, CheckSaidNo, Refused
from rules.review.authority import Decision, Role
from rules.review.values import Choice
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, leaves, passphrase
from tests.integration.operations.destroying_world import COOLED, FILES, PAPER, World, verified
from tests.integration.operations.test_restores import backup_of_casework, backup_of_ledger, closed, only_sqlite

approved, world = destroying_world.approved, destroying_world.world


def later(project: Project, days: int) -> Project:
    """The project some days after the run."""
    return replace(project, clock=FixedClock(COOLED + timedelta(days=days)))


def check(project: Project, log_is_lost: bool = False) -> tuple[Checked, list[Returned]]:
    """The DPO looks through the stores."""
    found = restore_check(project, DPO, passphrase(DPO), log_is_lost)
    return found, list(returned(project, found.proposal))


def destroyed_again(project: Project, proposal: str, count: int, read: bool = False) -> Destroyed:
    """Decide, approve and carry out what came back; two people sign for the paper."""
    answers = [Decision(n, Choice.DESTROY, "period-over", read_by_officer=read) for n in range(1, count + 1)]
    decide(project, proposal, answers, DPO, passphrase(DPO))
    run = approve(project, proposal, APPROVER, passphrase(APPROVER)).id
    cooled = replace(project, clock=FixedClock(project.clock.now() + timedelta(days=8)))
    return destroy(cooled, run, confirmation_for(cooled, run))


def test_the_whole_drill(world: World) -> None:
    """What a restored database brought back is noticed, listed, approved by a second person, destroyed and proven."""
    restore = backup_of_casework(world)
    closed(world)
    restore()
    project = later(world.project, 1)
    with pytest.raises(CheckSaidNo, match="casework"):
        watch(project)
    found, records = check(project)
    assert (found.back, found.unknown, found.without_rule) == ({"casework": 8}, (), {})
    came = {one.key for one in records}
    assert came == {"CASE-1", "CASE-2", "CASE-3", "SESSION-1", "SESSION-2", "SESSION-3", "TEST-1", "TEST-2"}
    assert {one.rule for one in records} == {"client-file", "test-results"}
    assert {one.run for one in records} == {world.run}
    assert watch(project).size > 0
    with pytest.raises(Refused, match="may not approve"):
        approve(project, found.proposal, DPO, passphrase(DPO))
    done = destroyed_again(project, found.proposal, 8)
    assert done.outcomes == {"done": 8}
    assert (world.keys("clients"), world.keys("sessions"), world.keys("tests")) == ({"CASE-4"}, {"SESSION-4"}, set())
    assert verified(world, done)
    after, nothing = check(later(world.project, 20))
    assert (after.proposal, nothing) == ("", [])
    checked = [leaf for leaf in leaves(project) if leaf["type"] == "restore-checked" and leaf["store"] == "casework"]
    assert [(leaf["looked"], leaf["back"], leaf["officer"]) for leaf in checked] == [(10, 8, DPO), (2, 0, DPO)]


@only_sqlite
def test_documents_and_paper_that_came_back_are_recognised(world: World) -> None:
    """Files and register rows put back, which no mark betrays, are found with the key; parts of a file go alone."""
    folder = world.project.folder
    shutil.copytree(folder / "documents", folder / "backup")
    closed(world)
    shutil.copy(folder / "backup" / FILES[0], folder / "documents")
    (folder / "paper.csv").write_text(PAPER)
    project = later(world.project, 1)
    assert watch(project).size > 0
    found, records = check(project)
    assert found.back == {"documents": 1, "paper": 2}
    assert {(one.key, one.subject) for one in records if one.store == "documents"} == {(FILES[0], "CASE-1")}
    done = destroyed_again(project, found.proposal, 3)
    assert (done.outcomes, done.waiting) == ({"done": 1}, {"paper": 2})
    assert world.files() == {FILES[2]}


@only_sqlite
def test_a_person_who_lives_on_must_be_read_first_and_a_hold_still_wins(world: World) -> None:
    """Records of a person with newer ones beside them wait for a reader; held ones are told as held."""
    restore = backup_of_casework(world)
    closed(world)
    restore()
    world.run_sql("INSERT INTO sessions VALUES ('SESSION-9', 'CASE-2', '2026-09-08')")
    project = later(world.project, 1)
    found, records = check(project)
    assert [one.kind for one in records if one.subject == "CASE-4"] == ["past_retention"]
    decisions = [Decision(one.ordinal, Choice.DESTROY, "period-over") for one in records]
    with pytest.raises(BadInput, match="somebody must have read") as refused:
        decide(project, found.proposal, decisions, DPO, passphrase(DPO))
    waiting = {int(problem.key.split()[1]) for problem in refused.value.problems}
    assert {one.key for one in records if one.ordinal in waiting} == {"CASE-2", "SESSION-3"}
    moved = replace(world, project=project)
    moved.hold("CASE-1")
    _, again = check(project)
    assert {one.key for one in again if one.kind == "held"} == {"CASE-1", "SESSION-1", "SESSION-2", "TEST-2"}


@only_sqlite
def test_a_lost_log_goes_on_only_when_somebody_says_so(world: World) -> None:
    """With an older ledger the check refuses; told that there is no newer, the log goes on and says what it lacks."""
    restore = backup_of_ledger(world)
    closed(world)
    project = restore()
    size = log.read_head(project.ledger).size
    with pytest.raises(CheckSaidNo, match="bring back the newest copy"):
        check(project)
    assert log.read_head(project.ledger).size == size
    found, _ = check(project, log_is_lost=True)
    assert found.proposal == ""
    (told,) = [leaf for leaf in leaves(project) if leaf["type"] == "restore"]
    assert (told["store"], told["head"], told["watermark"] > size) == ("destruction-log", size, True)
    assert watch(project).size > size
    world.run_sql("INSERT INTO clients VALUES ('CASE-7', 'Ed Elm', '2010-01-31', 'closed')")
    proposal = sift(project, project.today()).proposal
    done = destroyed_again(project, proposal.id, proposal.count)
    assert (done.run, done.outcomes) == ("run-2026-09-09-1.2", {"done": 1})
    assert world.keys("clients") == {"CASE-4"}


@only_sqlite
def test_only_a_dpo_with_the_passphrase_learns_what_came_back(world: World) -> None:
    """Another officer, or a wrong passphrase, is refused, and the log says of no look."""
    size = len(leaves(world.project))
    with pytest.raises(Refused, match="may not restore-check"):
        restore_check(world.project, MANAGER, passphrase(MANAGER))
    with pytest.raises(BadInput):
        restore_check(world.project, DPO, "not the passphrase")
    assert len(leaves(world.project)) == size


@only_sqlite
def test_runs_whose_key_is_sealed_to_somebody_else_are_named(world: World) -> None:
    """A DPO who came later can't open older runs, and is told which."""
    add_person(world.project, "Nora Later", Role.DPO, passphrase("Nora Later"), voucher=(MANAGER, passphrase(MANAGER)))
    found = restore_check(world.project, "Nora Later", passphrase("Nora Later"))
    assert found.unknown == (world.run,)
