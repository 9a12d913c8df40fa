"""The books of a run balance, and say what went outside the tool."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.ledger import census
from connectors.settings import FixedClock
from connectors.stores import census as counting
from operations.destroy import Destroyed
from operations.watch import watch
from tests.integration.operations.conftest import APPROVER, MANAGER, leaves
from tests.integration.operations.destroying_world import (  # noqa: F401
    COOLED,
    World,
    approved,
    verified,
    world,
)

# Comparing keys is the same on every engine; only counting is theirs.
one_engine = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
OUTSIDE = "records gone that no run destroyed"


def finished(world: World) -> Destroyed:  # noqa: F811
    """Destroy, and let two people sign for paper."""
    world.destroy()
    world.sign(MANAGER)
    return world.sign(APPROVER)


def books(world: World) -> dict[str, tuple[int, ...]]:  # noqa: F811
    """Before, created, destroyed, by others, outside and after, by class."""
    columns = ("before", "created", "destroyed", "others", "outside", "after")
    return {
        leaf["class"]: tuple(int(leaf[name]) for name in columns)
        for leaf in leaves(world.project)
        if leaf["type"] == "books"
    }


def watched(world: World) -> int:  # noqa: F811
    """What the nightly watch says has gone outside the tool, some days later."""
    later = replace(world.project, clock=FixedClock(COOLED + timedelta(days=3)))
    return watch(later).overdue[OUTSIDE]


def test_before_and_created_less_destroyed_is_after(world: World) -> None:  # noqa: F811
    """Rows, files and the register of paper have books that balance; no count keeps a digest of what was destroyed."""
    done = finished(world)
    assert books(world) == {
        "client": (4, 0, 3, 0, 0, 1),
        "session": (4, 0, 3, 0, 0, 1),
        "test_result": (2, 0, 2, 0, 0, 0),
        "document": (3, 0, 2, 0, 0, 1),
        "paper": (3, 0, 2, 0, 0, 1),
    }
    assert verified(world, done)
    assert census.places(world.project.ledger, world.run) == []
    last = census.find(world.project.ledger, "casework", "client")
    assert last is not None
    assert last.digests == counting.digests_of(["CASE-4"], last.salt)


def test_a_record_that_went_cannot_hide_behind_one_that_came(world: World) -> None:  # noqa: F811
    """A row deleted by hand while a run waits for paper shows, though another was added meanwhile."""
    world.destroy()
    world.run_sql("DELETE FROM sessions WHERE session_id = 'SESSION-4'")
    world.run_sql("INSERT INTO sessions VALUES ('SESSION-9', 'CASE-4', '2026-09-05')")
    world.sign(MANAGER)
    done = world.sign(APPROVER)
    assert books(world)["session"] == (4, 1, 3, 0, 1, 1)
    assert verified(world, done)


@one_engine
def test_what_goes_between_two_runs_shows_in_the_watch_and_in_the_next_run(world: World) -> None:  # noqa: F811
    """The watch counts first, then tells each night what no run destroyed, until a run's books carry it."""
    assert watched(world) == 0
    world.run_sql("DELETE FROM sessions WHERE session_id = 'SESSION-4'")
    assert watched(world) == watched(world) == 1
    done = finished(world)
    assert books(world)["session"] == (4, 0, 3, 0, 1, 0)
    assert watched(world) == 0
    assert verified(world, done)


@one_engine
def test_a_run_under_way_is_no_destruction_outside_the_tool(world: World) -> None:  # noqa: F811
    """What a run destroyed is not counted against anybody while the run still waits for paper, nor afterwards."""
    assert watched(world) == 0
    world.destroy()
    assert watched(world) == 0
    world.sign(MANAGER)
    world.sign(APPROVER)
    assert watched(world) == 0


@one_engine
def test_a_class_too_large_to_keep_keys_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Above a million records the books rest on counts: they still balance and still show a loss."""
    defaults: Any = counting.count_class.__defaults__
    assert defaults == (1_000_000,)
    monkeypatch.setattr(counting.count_class, "__defaults__", (0,))
    world.destroy()
    world.run_sql("DELETE FROM sessions WHERE session_id = 'SESSION-4'")
    world.sign(MANAGER)
    done = world.sign(APPROVER)
    assert (books(world)["session"], books(world)["client"]) == ((4, 0, 3, 0, 1, 0), (4, 0, 3, 0, 0, 1))
    assert watched(world) == 0
    assert verified(world, done)
