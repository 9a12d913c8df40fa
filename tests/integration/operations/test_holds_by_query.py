"""A hold on whatever a condition finds, asked anew by every sift and at destruction; how far holds reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection

from connectors.ledger import runs
from connectors.stores.base import Batch, Recheck, RecordOutcome
from connectors.stores.sql import SqlStore
from operations.destroying.recheck import HoldsMovedError
from operations.hold_reach import measure_standing
from operations.holds import care_for, history, place_hold, release_hold, review_hold
from operations.project import Project, open_project
from operations.sift import sift
from operations.sifting.held import condition_of
from operations.trial import try_sift
from operations.watch import watch
from rules.errors import BadInput, Refused
from rules.review.holds import Reach, look_again
from rules.review.values import HOLD_KINDS, Hold, Kind
from tests.integration.operations.conftest import AS_OF, AUDITOR, DPO, MANAGER, at, leaves, passphrase
from tests.integration.operations.destroying_world import SCHEDULE, World, approved, world

__all__ = ["approved", "world"]

WANTED = Hold("", "insurer", "POLICY-7", "", AS_OF, class_name="client", condition="status = 'closed'")


def held_now(project: Project) -> set[str]:
    """The keys that a sift of today would find on hold."""
    found = try_sift(project, project.schedule, project.today())
    return {place[2] for place, (kind, _, _) in found.due.items() if kind is Kind.HELD}


def place(project: Project, **changes: object) -> Hold:
    """Place a hold by query and return it."""
    return place_hold(project, replace(WANTED, **changes), DPO, passphrase(DPO)).hold  # type: ignore[arg-type]


def test_a_condition_on_heads_holds_all_that_belongs_to_those_people(world: World) -> None:
    """Their sessions, letters, paper and tests with a clock of their own are held; others are not."""
    place(world.project, condition="full_name = 'Ann Ash'")
    held = held_now(world.project)
    assert {"CASE-1", "SESSION-1", "TEST-2", "ITEM-1"} <= held
    assert not held & {"CASE-2", "CASE-3", "SESSION-3", "TEST-1"}


def test_a_condition_on_members_holds_those_records_and_the_files_they_lie_in(world: World) -> None:
    """A letter that must stay keeps its file whole."""
    place(world.project, class_name="session", condition="ended = '2009-02-05'")
    held = held_now(world.project)
    assert {"CASE-1", "CASE-2", "SESSION-2", "ITEM-2"} <= held
    assert "CASE-3" not in held


def test_a_condition_may_speak_of_the_day_of_the_sift(world: World) -> None:
    """`as_of` is the day as of which the stores are asked: whom the condition is not true of goes free."""
    world.run_sql("UPDATE clients SET closed_on = '2011-01-05' WHERE case_number = 'CASE-2'")
    days = (world.project.today() - date(2011, 1, 5)).days
    place(world.project, condition=f"days(as_of, closed_on) = {days}")
    held = held_now(world.project)
    assert "CASE-2" in held
    assert not held & {"CASE-1", "CASE-3"}


def test_a_condition_counts_working_days_by_the_schedules_bank_holidays(world: World) -> None:
    """A hold asks in the whole language of the schedule."""
    asked = replace(WANTED, condition="working_days(closed_on, as_of) > 5")
    assert condition_of(replace(world.project.schedule, bank_holidays=(date(2026, 12, 25),)), asked) is not None
    assert condition_of(world.project.schedule, asked) is None


def test_of_whom_nobody_can_tell_is_held(world: World) -> None:
    """A record without the field that a condition asks about is not let go."""
    world.run_sql("UPDATE clients SET full_name = NULL WHERE case_number = 'CASE-3'")
    place(world.project, condition="full_name = 'Ann Ash'")
    held = held_now(world.project)
    assert "CASE-3" in held
    assert "CASE-2" not in held


def test_what_becomes_part_of_a_condition_after_approval_is_held_at_destruction(world: World) -> None:
    """The condition is asked again when the run is carried out."""
    place(world.project, condition="full_name = 'Renamed'")
    world.run_sql("UPDATE clients SET full_name = 'Renamed' WHERE case_number = 'CASE-2'")
    world.destroy()
    said = world.said()
    assert said["CASE-2"] == said["SESSION-3"] == said["ITEM-2"] == "held hold-placed"
    assert said["CASE-1"] == "done period-over"


def test_what_becomes_part_of_a_condition_inside_the_transaction_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last look, under the store's own lock, sees the change; nothing of that attempt remains."""
    place(world.project, condition="full_name = 'Renamed'")
    original, stopped = SqlStore.destroy, list[str]()

    def destroy(store: SqlStore, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        def rename_first(connection: Connection, class_name: str, keys: Sequence[str]) -> Mapping[str, str]:
            if not stopped and class_name == "client":
                connection.exec_driver_sql("UPDATE clients SET full_name = 'Renamed' WHERE case_number = 'CASE-2'")
                try:
                    return recheck(connection, class_name, keys)
                except HoldsMovedError:
                    stopped.append(class_name)
                    raise
            return recheck(connection, class_name, keys)

        return original(store, batch, rename_first)

    monkeypatch.setattr(SqlStore, "destroy", destroy)
    world.destroy()
    assert stopped == ["client"]


def test_a_condition_is_read_like_those_of_the_schedule(project: Project) -> None:
    """An unknown class, an unknown field or anything but a condition is refused, and nothing is placed."""
    for changes, says in (
        ({"class_name": "clients"}, "no class 'clients'"),
        ({"condition": "state = 'x'"}, "names 'state', which client lacks"),
        ({"condition": "status = 'x'; drop table clients"}, "is not a single condition"),
        ({"class_name": None}, "not clear what is held"),
        ({"subject": "C1"}, "not clear what is held"),
    ):
        with pytest.raises(BadInput, match=says):
            place(project, **changes)
    assert care_for(project) == []


def test_a_condition_that_the_schedule_no_longer_understands_holds_the_whole_class(world: World) -> None:
    """A field was renamed: nobody can tell any more who was meant."""
    place(world.project, class_name="session", condition="ended = '2009-02-05'")
    folder = world.project.folder
    (folder / "schedule.yaml").write_text(SCHEDULE.replace("ended: contact", "ended_on: contact"))
    stores = folder / "stores.yaml"
    stores.write_text(stores.read_text().replace("{table: sessions}", "{table: sessions, fields: {ended_on: ended}}"))
    moved = open_project(folder, world.project.clock, world.project.environment, world.project.random)
    assert {"CASE-1", "CASE-2"} <= held_now(moved)


def test_how_far_a_hold_reaches_is_measured_when_placed_and_by_every_sift(world: World) -> None:
    """People for a condition on heads; a hold on nobody says so; what a sift sees later is kept."""
    project = world.project
    placed = place_hold(project, WANTED, DPO, passphrase(DPO))
    assert placed.reach == Reach(3, 4, project.today())
    nobody = place_hold(
        project, replace(WANTED, class_name=None, condition=None, subject="CASE-99"), DPO, passphrase(DPO)
    )
    assert nobody.reach == Reach(0, None, project.today())
    spelt = place_hold(project, replace(WANTED, class_name=None, condition=None, subject="case1"), DPO, passphrase(DPO))
    assert spelt.reach is not None
    assert spelt.reach.matched > 0
    world.run_sql("UPDATE clients SET status = 'open' WHERE case_number = 'CASE-3'")
    sift(project, project.today())
    assert [one.reach.matched for one in care_for(project) if one.reach] == [2, 0, spelt.reach.matched]
    assert measure_standing(project)[placed.hold.id].matched == 2


def test_holds_too_broad_or_too_old_are_named_and_nobody_in_them(world: World) -> None:
    """By the id of the hold, in the list and in the nightly watch."""
    project = at(world.project, datetime(2026, 9, 9, 12, tzinfo=UTC))
    place(project, review_on=date(2026, 12, 1))
    place_hold(project, Hold("", "foi", "F-1", "", AS_OF, class_name="paper"), DPO, passphrase(DPO))
    place_hold(project, Hold("", "sar", "S-1", "", AS_OF, date(2026, 10, 1), name="Ann Ash"), DPO, passphrase(DPO))
    later = at(project, datetime(2026, 11, 1, 12, tzinfo=UTC))
    told = {one.hold.id[-1]: one.because for one in care_for(later)}
    assert told == {
        "1": ("it holds 3 of 4",),
        "2": ("it has no review date", "it holds a whole class"),
        "3": ("its review date has passed (1 October 2026)",),
    }
    assert {name[-1]: because for name, because in watch(later).holds.items()} == told


def test_a_hold_that_somebody_looked_at_goes_on_and_its_history_is_kept(project: Project) -> None:
    """Placed, looked at, released: who, when, and on whose word; the reason is not among it."""
    hold = place_hold(
        project, replace(WANTED, review_on=date(2026, 9, 20)), DPO, passphrase(DPO), "told by J. Canary"
    ).hold
    later = at(project, datetime(2026, 10, 1, 12, tzinfo=UTC))
    assert care_for(later)[0].because
    review_hold(later, hold.id, MANAGER, passphrase(MANAGER), date(2027, 3, 1), "insurer's letter")
    assert care_for(later)[0].hold.review_on == date(2027, 3, 1)
    with pytest.raises(Refused):
        review_hold(later, hold.id, AUDITOR, passphrase(AUDITOR), date(2027, 3, 1), "nobody's")
    with pytest.raises(BadInput, match=r"in the future(.|\n)*authority"):
        review_hold(later, hold.id, DPO, passphrase(DPO), date(2026, 3, 1), " ")
    release_hold(later, hold.id, DPO, passphrase(DPO), "over", "insurer's last letter")
    with pytest.raises(Refused, match="released already"):
        review_hold(later, hold.id, DPO, passphrase(DPO), date(2027, 3, 1), "again")
    told = [(one.event, one.person, one.at[:10], one.review_on) for one in history(later, hold.id)]
    assert told == [
        ("placed", "dana-okoro", "2026-09-01", date(2026, 9, 20)),
        ("looked at", "morgan-hale", "2026-10-01", date(2027, 3, 1)),
        ("released", "dana-okoro", "2026-10-01", None),
    ]
    assert "Canary" not in repr(history(later, hold.id)) + repr(leaves(later))
    with pytest.raises(BadInput, match="no hold of this id"):
        history(later, "hold-9")


def test_a_name_that_fits_several_people_and_a_hold_on_nothing_are_said() -> None:
    """Both are holds that somebody may have meant otherwise."""
    named = Hold("h", "sar", "S", "p", AS_OF, date(2027, 1, 1), name="Sam Hill")
    assert look_again(named, Reach(3, None, AS_OF), AS_OF) == ("its name fits 3 people",)
    assert look_again(named, Reach(0, None, AS_OF), AS_OF) == ("nothing that it could hold was found",)
    assert look_again(named, Reach(1, None, AS_OF), AS_OF) == look_again(named, None, AS_OF) == ()


def test_what_a_run_had_destroyed_is_found_in_any_spelling_and_before_it_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that is committed and has no outcome yet is told from its store."""
    with monkeypatch.context() as patched:
        patched.setattr(runs, "add_outcomes", _fall_over)
        with pytest.raises(KeyboardInterrupt):
            world.destroy()
    placed = place_hold(
        world.project, replace(WANTED, class_name=None, condition=None, subject="case1"), DPO, passphrase(DPO)
    )
    assert placed.gone == ()
    just = {(one.store, one.class_name): one.count for one in placed.just_gone}
    assert just["casework", "client"] == 1
    world.destroy(hours=9)
    after = place_hold(
        world.project, replace(WANTED, class_name=None, condition=None, subject="Case 1"), DPO, passphrase(DPO)
    )
    assert ("casework", "client", 1) in {(one.store, one.class_name, one.count) for one in after.gone}
    query = place_hold(world.project, WANTED, DPO, passphrase(DPO))
    named = place_hold(
        world.project, replace(WANTED, class_name=None, condition=None, name="Ann Ash"), DPO, passphrase(DPO)
    )
    assert (query.gone, named.gone) == ((), ())
    assert query.unsearchable == named.unsearchable == (world.run,)


def _fall_over(*_: object) -> None:
    raise KeyboardInterrupt


def test_every_kind_of_hold_that_the_law_knows_can_be_placed() -> None:
    """The table of holds in the law, and the coroner's."""
    assert set(HOLD_KINDS) == {
        *("sar", "foi", "litigation", "court_order", "inquiry", "csa", "safeguarding", "complaint", "coroner"),
        *("victim_info_request", "insurer", "funder_audit", "erasure_refused", "restriction"),
    }
