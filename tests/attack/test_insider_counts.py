"""Somebody deletes records by hand and then mends the ledger, so that no count shows it: the log still does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.ledger import census
from connectors.ledger.base import writing
from connectors.settings import FixedClock
from connectors.stores.census import digests_of
from connectors.stores.sql import SqlStore
from operations.outside import GONE, NOT_COUNTED
from operations.watch import watch
from rules.errors import Refused
from tests.attack.test_insider_meanwhile import edit
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import APPROVER, MANAGER
from tests.integration.operations.destroying_world import COOLED, World, before, verified
from tests.integration.operations.test_books import books
from tests.integration.operations.test_restores import closed, only_sqlite

approved, world = destroying_world.approved, destroying_world.world
BY_HAND = "DELETE FROM sessions WHERE session_id = 'SESSION-4'"


def watched(world: World, what: str = GONE) -> int:
    """What the nightly watch counts, some days later."""
    return watch(replace(world.project, clock=FixedClock(COOLED + timedelta(days=3)))).overdue[what]


def forget(world: World, removed: int, run: str = census.LAST) -> None:
    """Take the digest of a record that goes out of the last count, as if a run had destroyed it or nothing had."""
    with writing(world.project.ledger) as connection:
        last = census.find(connection, "casework", "session", run)
        assert last is not None
        assert last.digests is not None
    gone = next(iter(last.digests - _now(world)))
    left = b"".join(sorted(last.digests - {gone}))
    changed = f"digests = x'{left.hex()}', removed = removed + {removed}"
    edit(world, [f"UPDATE census SET {changed} WHERE class_name = 'session' AND run = '{run}'"])


def _now(world: World) -> frozenset[bytes]:
    last = census.find(world.project.ledger, "casework", "session")
    assert last is not None
    return digests_of(world.keys("sessions"), last.salt)


@only_sqlite
def test_a_class_emptied_after_the_last_run_shows_in_the_watch(world: World) -> None:
    """All rows of a table at once, every night until a run's books say so; a table that is gone can't be counted."""
    assert watched(closed(world)) == 0
    world.run_sql("DELETE FROM sessions")
    assert (watched(world), watched(world)) == (1, 1)
    world.run_sql("DROP TABLE tests")
    assert watched(world, NOT_COUNTED) == 1


@only_sqlite
@pytest.mark.parametrize("way", ["no count", "another count", "no digest", "told as removed", "told as a run's"])
def test_a_record_deleted_by_hand_can_not_be_mended_in_the_ledger(world: World, way: str) -> None:
    """Whatever is done to the last count afterwards, the books in the log know how many there were."""
    closed(world)
    world.run_sql(BY_HAND)
    if way == "no count":
        edit(world, ["DELETE FROM census"])
    elif way == "another count":
        edit(world, ["UPDATE census SET count = 0, digests = x'' WHERE class_name = 'session'"])
    elif way in ("no digest", "told as removed"):
        forget(world, removed=int(way == "told as removed"))
    else:
        copy = "CREATE TEMP TABLE more AS SELECT * FROM planned WHERE class_name = 'session' LIMIT 1"
        changed = "UPDATE more SET ordinal = 99, key = 'SESSION-4'"
        edit(world, [copy, changed, "INSERT INTO planned SELECT * FROM more"])
    assert watched(world) == 1


@only_sqlite
def test_a_record_deleted_by_hand_during_a_run_can_not_be_told_as_another_run_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books credit other runs with no more than the log says that they destroyed."""

    def act() -> None:
        world.run_sql(BY_HAND)
        forget(world, removed=1, run=world.run)

    before(monkeypatch, SqlStore, act)
    closed(world)
    assert books(world)["session"] == (4, 0, 3, 0, 1, 0)


@only_sqlite
def test_a_run_that_has_lost_its_first_count_is_not_closed(world: World) -> None:
    """No certificate without the books of a class that it destroyed from."""
    world.destroy()
    edit(world, ["DELETE FROM census WHERE class_name = 'session'"])
    world.sign(MANAGER)
    with pytest.raises(Refused, match="the books of casework, session"):
        world.sign(APPROVER)


@only_sqlite
def test_a_record_that_was_planned_and_deleted_by_hand_is_never_claimed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody else deleted while the run was under way is kept as gone already, and stands in its books."""
    before(monkeypatch, SqlStore, lambda: world.run_sql("DELETE FROM clients WHERE case_number = 'CASE-3'"))
    world.destroy()
    assert world.said()["CASE-3"].startswith("kept ")
    world.sign(MANAGER)
    assert verified(world, world.sign(APPROVER))
    assert books(world)["client"] == (4, 0, 2, 0, 1, 1)
