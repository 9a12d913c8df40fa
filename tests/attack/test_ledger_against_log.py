"""An insider who writes holds and decisions out of the ledger: the log still knows them, so nothing is destroyed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, update

from connectors.ledger import holds
from connectors.ledger.base import writing
from connectors.ledger.tables import decision, hold, statement
from operations.approval_stands import require_approval
from operations.approve import approve
from operations.decide import decide
from operations.holds import release_hold
from operations.project import Project
from operations.watch import watch
from rules.errors import CheckSaidNo, Refused
from rules.review.authority import Decision
from rules.review.values import Choice
from tests.integration.operations import conftest, destroying_world
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, passphrase, propose
from tests.integration.operations.destroying_world import World
from tests.integration.operations.test_restores import only_sqlite

approved, world = destroying_world.approved, destroying_world.world
project, template = conftest.project, conftest.template
AGAIN = date(2027, 6, 1)

REWRITTEN: list[dict[str, Any]] = [
    {"subject": "CASE-999"},
    {"released_on": date(2026, 9, 1), "released_by": "dana-okoro", "release_authority": "nobody"},
    {"salt": None},
    {"salt": "no salt"},
    {"subject": None, "name": "Nobody at all"},
    {"id": "hold-2020-01-01-1"},
]


def rows(world: World) -> tuple[set[str], set[str]]:
    """What lies in the store and in the folder."""
    return world.keys("clients"), world.files()


@only_sqlite
@pytest.mark.parametrize("values", [{}, *REWRITTEN], ids=str)
def test_a_hold_that_no_backup_has_is_placed_again_and_the_difference_ended(
    world: World, values: dict[str, Any]
) -> None:
    """Whatever became of a hold in the ledger, people can place it anew, release the old name, and go on."""
    world.hold("CASE-1")
    name = holds.all_holds(world.project.ledger)[0].id
    with writing(world.project.ledger) as connection:
        if "id" in values or not values:
            connection.exec_driver_sql("DELETE FROM hold_event")
        connection.execute(update(hold).values(values) if values else delete(hold))
    with pytest.raises(Refused, match=f"`winnow hold release {name} --reason replaced`"):
        world.destroy()
    world.hold("CASE-1")
    for one in (name, *([values["id"]] if "id" in values else [])):
        released = release_hold(world.project, one, DPO, passphrase(DPO), "replaced", "minute of 9 September")
        assert (released.id, released.released_on is not None) == (one, True)
    done = world.destroy()
    assert "CASE-1" in world.keys("clients")
    assert done.outcomes["held"] == 6
    watch(world.project)


@only_sqlite
@pytest.mark.parametrize("values", REWRITTEN, ids=str)
def test_a_hold_rewritten_in_the_ledger_stops_the_run(world: World, values: dict[str, Any]) -> None:
    """Whatever of a signed hold is changed by hand, nothing is destroyed."""
    world.hold("CASE-1")
    before = rows(world)
    with writing(world.project.ledger) as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = 1" if "id" in values else "SELECT 1")
        if "id" in values:
            connection.exec_driver_sql("DELETE FROM hold_event")
        connection.execute(update(hold).values(values))
    with pytest.raises(Refused, match="the ledger differs from the hold"):
        world.destroy()
    assert rows(world) == before
    with pytest.raises(CheckSaidNo, match="the ledger differs from the hold"):  # and the night notices it
        watch(world.project)


@only_sqlite
def test_a_hold_that_was_released_by_a_person_is_no_hindrance(world: World) -> None:
    """The baseline: a signed release frees, and what the ledger then forgets of the hold is not missed."""
    world.hold("CASE-1")
    (placed,) = holds.all_holds(world.project.ledger)
    release_hold(world.project, placed.id, DPO, passphrase(DPO), "over", "board")
    world.destroy()
    world.sign(MANAGER)
    assert world.sign(APPROVER).certified is not None
    assert holds.salts(world.project.ledger) == {}
    assert "CASE-1" not in world.keys("clients")


@only_sqlite
def test_a_hold_rewritten_while_paper_waits_lets_nobody_sign(world: World) -> None:
    """Nor are two people led to sign for paper that somebody holds."""
    world.destroy()
    world.hold("CASE-1")
    with writing(world.project.ledger) as connection:
        connection.execute(update(hold).values(subject="CASE-999"))
    with pytest.raises(Refused, match="the ledger differs from the hold"):
        world.sign(MANAGER)


@only_sqlite
def test_the_name_of_a_hold_that_was_taken_out_is_not_given_again(world: World) -> None:
    """Two holds of one name would make the log fail every later check."""
    world.hold("CASE-1")
    with writing(world.project.ledger) as connection:
        connection.exec_driver_sql("DELETE FROM hold_event")
        connection.execute(delete(hold))
    world.hold("CASE-2")
    assert [one.id.rpartition("-")[2] for one in holds.all_holds(world.project.ledger)] == ["2"]
    with pytest.raises(Refused, match="the ledger differs from the hold"):
        world.destroy()


@pytest.mark.parametrize("way", ["lose the statement", "lose its decisions", "put the earlier one in force"])
@pytest.mark.parametrize("when", ["before approval", "after approval"])
def test_a_later_decision_to_keep_cannot_be_taken_out(project: Project, way: str, when: str) -> None:
    """The DPO recommended, and thought better of it: an earlier recommendation does not come back by hand."""
    proposal = propose(project)
    secret = passphrase(DPO)
    decide(project, proposal, [Decision(one, Choice.DESTROY, "period-over") for one in (1, 2)], DPO, secret)
    later = decide(project, proposal, [Decision(1, Choice.KEEP_UNTIL, "claim-possible", until=AGAIN)], DPO, secret)

    def tamper() -> None:
        mine = decision.c.statement == later.statement
        with writing(project.ledger) as connection:
            if way == "put the earlier one in force":
                connection.execute(update(decision).where(decision.c.ordinal == 1).values(superseded=False))
                connection.execute(update(decision).where(mine).values(superseded=True))
                return
            connection.execute(delete(decision).where(mine))
            connection.execute(update(decision).values(superseded=False))
            if way == "lose the statement":
                connection.execute(delete(statement).where(statement.c.id == later.statement))

    if when == "before approval":
        tamper()
        with pytest.raises(Refused, match="differs from the log"):
            approve(project, proposal, MANAGER, passphrase(MANAGER), without_mine=True)
        return
    run = approve(project, proposal, MANAGER, passphrase(MANAGER), without_mine=True)
    tamper()
    with pytest.raises(Refused, match="differs"):
        require_approval(project.ledger, run)
