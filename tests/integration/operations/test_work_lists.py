"""What people destroy by hand: where it lies, how many there are, and on which day it can have been done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from operations.destroy import WorkItem, confirm, work_list
from reports.writing import reader_date
from rules.errors import BadInput
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, MANAGER, passphrase
from tests.integration.operations.destroying_world import COOLED, World

approved, world = destroying_world.approved, destroying_world.world
one_engine = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


def refused(world: World, **said: object) -> list[str]:
    """The keys of what is wrong with a signature."""
    how = {"method": "cross-cut-4x15", "done_on": COOLED.date(), **said}
    with pytest.raises(BadInput) as wrong:
        confirm(world.project, world.run, "paper", MANAGER, passphrase(MANAGER), **how)  # type: ignore[arg-type]
    return [problem.key for problem in wrong.value.problems]


@one_engine
def test_a_work_list_says_where_each_thing_lies(world: World) -> None:
    """Box and shelf, or system and screen, stand on the list under the register's own headings; no text of it does."""
    world.destroy()
    assert work_list(world.project, world.run) == [
        WorkItem("paper", "paper", "ITEM-1", "destroy", (("case_number", "CASE-1"), ("box", "Box 1"))),
        WorkItem("paper", "paper", "ITEM-2", "destroy", (("case_number", "CASE-2"), ("box", "Box 1"))),
    ]


@one_engine
def test_the_count_must_be_that_of_the_list(world: World) -> None:
    """A contractor's certificate needs its count, and whoever names another count than the list has signs nothing."""
    world.destroy()
    assert refused(world, contractor="Shred & Sons Ltd") == ["count"]
    assert refused(world, receipt="4711") == ["count"]
    assert refused(world, contractor="Shred & Sons Ltd", receipt="4711", counted=3) == ["count"]
    how = ("cross-cut-4x15", COOLED.date())
    for name in (MANAGER, APPROVER):
        done = confirm(world.project, world.run, "paper", name, passphrase(name), *how, receipt="4711", counted=2)
    assert done.certified is not None


@one_engine
def test_nothing_was_destroyed_by_hand_before_the_run_could_begin(world: World) -> None:
    """A day before the end of the cooling-off time, or one to come, is refused: no record may have gone then."""
    world.destroy()
    assert refused(world, done_on=COOLED.date() - timedelta(days=30)) == ["done_on"]
    assert refused(world, done_on=COOLED.date() + timedelta(days=30)) == ["done_on"]


@one_engine
def test_who_signed_other_words_has_a_line_of_their_own(world: World) -> None:
    """The certificate joins what two people said alike, and never mixes what they said differently."""
    world.destroy()
    how = ("cross-cut-4x15", COOLED.date())
    confirm(world.project, world.run, "paper", MANAGER, passphrase(MANAGER), *how)
    signed = (world.project, world.run, "paper", APPROVER, passphrase(APPROVER))
    done = confirm(*signed, "shredded", COOLED.date(), contractor="Shred Ltd", receipt="4711", counted=2)
    assert done.certified is not None
    page = done.certified.html.read_text()
    assert f"<td>cross-cut-4x15</td><td>–</td><td>{reader_date(COOLED.date())}</td><td>{MANAGER}</td>" in page
    assert f"<td>shredded</td><td>Shred Ltd, 4711</td><td>{reader_date(COOLED.date())}</td><td>{APPROVER}</td>" in page
    assert "7 years after" in page  # what the rule says stands beside what it is called
