"""A hold stands at once, fences every store, and says what it came too late for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors import keys
from connectors.ledger import holds, people, releases
from connectors.ledger.base import writing
from connectors.ledger.runs import Outcome, add_outcomes
from connectors.ledger.tables import metadata
from operations.approve import approve
from operations.decide import decide
from operations.holds import list_holds, place_hold, release_hold
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, Refused
from rules.evidence.statement import check_signature
from rules.review.authority import Decision
from rules.review.values import Choice, Hold
from tests.integration.operations.conftest import (
    APPROVER,
    AS_OF,
    AUDITOR,
    DPO,
    MANAGER,
    leaves,
    passphrase,
    propose,
)

WANTED = Hold("", "litigation", "CLAIM-2026-14", "", AS_OF, subject="C1")


def test_a_hold_is_signed_logged_and_fences_the_stores(project: Project) -> None:
    before = stores_of(project)["casework"].epoch()
    placed = place_hold(project, WANTED, DPO, passphrase(DPO), reason="a letter before claim from J. Canary")
    assert (placed.hold.id, placed.hold.placed_by, placed.hold.placed_on) == ("hold-2026-09-01-1", "dana-okoro", AS_OF)
    assert (placed.fenced, placed.not_fenced, placed.gone, placed.unsearchable) == (("casework",), (), (), ())
    assert stores_of(project)["casework"].epoch() == before + 1 == releases.epochs(project.ledger)["casework"]
    leaf = leaves(project)[-1]
    assert (leaf["type"], leaf["scope"], leaf["reason"], leaf["officer"]) == ("hold", "person", "litigation", DPO)
    check_signature(leaf, keys.verify)


def test_neither_the_reason_nor_the_person_is_in_the_log_or_the_list(project: Project) -> None:
    placed = place_hold(project, WANTED, DPO, passphrase(DPO), reason="a letter from J. Canary")
    assert "Canary" not in repr(list_holds(project)) + repr(placed)
    assert not any("Canary" in str(leaf) or "C1" in leaf.values() for leaf in leaves(project))
    assert holds.reason_of(project.ledger, placed.hold.id) == "a letter from J. Canary"


@pytest.mark.parametrize(
    "wanted",
    [
        replace(WANTED, subject=None, name="Somebody Unknown"),
        replace(WANTED, subject=None, store="casework", class_name="session_note", key="N1"),
        replace(WANTED, subject=None, class_name="session_note"),
    ],
)
def test_a_name_a_record_or_a_class_can_be_held(project: Project, wanted: Hold) -> None:
    placed = place_hold(project, wanted, MANAGER, passphrase(MANAGER)).hold
    assert holds.active_holds(project.ledger, AS_OF) == (placed,)
    assert replace(placed, id="", placed_by="") == wanted


def test_a_released_hold_is_kept_with_its_history(project: Project) -> None:
    first = place_hold(project, WANTED, DPO, passphrase(DPO)).hold
    second = place_hold(project, replace(WANTED, kind="sar"), DPO, passphrase(DPO)).hold
    released = release_hold(project, first.id, MANAGER, passphrase(MANAGER), "over", "Order of 1 September 2026")
    assert released.released_on == AS_OF
    assert list_holds(project, AS_OF) == [second]
    assert [hold.id for hold in list_holds(project)] == [first.id, second.id]
    assert holds.active_holds(project.ledger, date(2026, 8, 31)) == (released, second)
    leaf = leaves(project)[-1]
    assert (leaf["type"], leaf["hold"], leaf["reason"]) == ("release", first.id, "over")
    check_signature(leaf, keys.verify)
    with pytest.raises(Refused, match="already"):
        release_hold(project, first.id, MANAGER, passphrase(MANAGER), "over", "Again")


def test_bad_holds_and_releases_change_nothing_and_say_all_that_is_wrong(project: Project) -> None:
    before = leaves(project)
    with pytest.raises(BadInput) as caught:
        place_hold(project, replace(WANTED, kind="x", authority="", name="Both"), DPO, passphrase(DPO))
    assert {problem.key for problem in caught.value.problems} == {"kind", "authority", "hold"}
    with pytest.raises(Refused):
        place_hold(project, WANTED, AUDITOR, passphrase(AUDITOR))
    with pytest.raises(BadInput) as caught:
        release_hold(project, "hold-9", DPO, passphrase(DPO), "bored", " ")
    assert {problem.key for problem in caught.value.problems} == {"reason", "authority", "hold"}
    assert leaves(project) == before
    assert list_holds(project) == []


def test_a_store_that_is_down_or_a_broken_mapping_does_not_stop_a_hold(project: Project) -> None:
    (project.folder / "casework.db").rename(project.folder / "away.db")
    placed = place_hold(project, WANTED, DPO, passphrase(DPO))
    assert (placed.fenced, placed.not_fenced) == ((), ("casework",))
    (project.folder / "stores.yaml").write_text("stores: [")
    placed = place_hold(project, WANTED, DPO, passphrase(DPO))
    assert placed.fenced == ()
    assert len(placed.not_fenced) == 1
    assert len(holds.active_holds(project.ledger, AS_OF)) == 2


def test_what_had_already_gone_is_said(project: Project) -> None:
    proposal = propose(project)
    decide(project, proposal, [Decision(1, Choice.DESTROY, "period-over")], DPO, passphrase(DPO))
    run = approve(project, proposal, APPROVER, passphrase(APPROVER))
    add_outcomes(project.ledger, run.id, [Outcome(1, "done", "period-over", "row-deleted", project.now())])
    (found,) = place_hold(project, WANTED, DPO, passphrase(DPO)).gone
    assert (found.run, found.store, found.class_name, found.count) == (run.id, "casework", "session_note", 1)
    assert place_hold(project, replace(WANTED, subject="C2"), DPO, passphrase(DPO)).gone == ()
    named = replace(WANTED, subject=None, name="Somebody")
    assert place_hold(project, named, DPO, passphrase(DPO)).unsearchable == (run.id,)


def test_hold_and_signature_stand_or_fall_together(project: Project) -> None:
    with writing(project.ledger) as connection:
        metadata.tables["hold_reason"].drop(connection)
    before = leaves(project)
    with pytest.raises(Exception, match="the ledger failed"):
        place_hold(project, WANTED, DPO, passphrase(DPO), reason="x")
    assert leaves(project) == before
    assert list_holds(project) == []
    assert people.statements(project.ledger, "hold-2026-09-01-1", "hold") == []
