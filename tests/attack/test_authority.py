"""An insider with write access to the ledger, and one person behind two names."""

from __future__ import annotations

import shutil
from datetime import date

import pytest
from sqlalchemy import insert, select, update

from connectors.ledger import people, proposals, runs, sifts
from connectors.ledger.base import writing
from connectors.ledger.runs import Run
from connectors.ledger.tables import decision, finding, person, planned, run
from operations.approval_stands import require_approval
from operations.approve import approve
from operations.decide import decide
from operations.people import add_person, sign_in
from operations.project import Project
from rules.errors import Refused
from rules.review.authority import Decision, Role, not_theirs
from rules.review.values import Choice, Finding, Kind
from tests.integration.operations.conftest import APPROVER, DPO, MANAGER, passphrase, project, propose, template

__all__ = ["project", "template"]


@pytest.fixture
def approved(project: Project) -> tuple[Project, Run]:
    """A project with a run that would destroy the findings 1 and 2; 6 waits for somebody else, 9 nobody decided."""
    proposal = propose(project)
    decide(project, proposal, [Decision(one, Choice.DESTROY, "period-over") for one in (1, 2, 6)], DPO, passphrase(DPO))
    return project, approve(project, proposal, MANAGER, passphrase(MANAGER), without_mine=True)


def now(project: Project, run_id: str) -> Run:
    found = runs.get_run(project.ledger, run_id)
    assert found is not None
    return found


def test_an_approval_that_nobody_touched_stands(approved: tuple[Project, Run]) -> None:
    """The baseline: what was approved may be destroyed."""
    project, run_ = approved
    require_approval(project.ledger, run_)


PLANNED = [
    (1, {"key": "N9"}),
    (1, {"key": "N9", "version": "0" * 64}),
    (1, {"store": "elsewhere"}),
    (9, {"course": "destroy"}),
    (6, {"course": "destroy"}),
    (1, {"course": "keep"}),
    (1, {"action": "blank body"}),
    (1, {"rule": "client-file"}),
    (1, {"due_on": date(2001, 1, 1)}),
    (1, {"version": "0" * 64}),
]


@pytest.mark.parametrize(("ordinal", "values"), PLANNED, ids=str)
def test_a_planned_row_changed_after_approval_is_refused(
    approved: tuple[Project, Run], ordinal: int, values: dict[str, object]
) -> None:
    """Whatever of a planned record is rewritten behind the approver's back, nothing is destroyed."""
    project, run_ = approved
    with writing(project.ledger) as connection:
        connection.execute(update(planned).where(planned.c.ordinal == ordinal).values(values))
    with pytest.raises(Refused, match="differs from the approval"):
        require_approval(project.ledger, run_)


def test_two_records_that_change_places_are_refused(approved: tuple[Project, Run]) -> None:
    """A record that nobody decided about, under the commitment of one that was approved, leaves the root as it was."""
    project, run_ = approved
    with writing(project.ledger) as connection:
        mine = connection.execute(select(planned.c.commitment).where(planned.c.ordinal == 1)).scalar_one()
        other = connection.execute(select(planned.c.commitment).where(planned.c.ordinal == 9)).scalar_one()
        for ordinal, values in (
            (1, {"commitment": other, "course": "keep"}),
            (9, {"commitment": mine, "course": "destroy"}),
        ):
            connection.execute(update(planned).where(planned.c.ordinal == ordinal).values(values))
    with pytest.raises(Refused, match="a decision"):
        require_approval(project.ledger, run_)


@pytest.mark.parametrize("tagged", [False, True])
def test_a_finding_rewritten_with_its_planned_row_is_refused(approved: tuple[Project, Run], tagged: bool) -> None:
    """The proposal's hash, which the approver signed, covers the finding; a tag in its place is no way around it."""
    project, run_ = approved
    proposal = proposals.get(project.ledger, run_.proposal)
    assert proposal is not None
    assert proposal.salt is not None
    (stored, *_) = sifts.findings(project.ledger, proposal.sift, limit=1)
    tag = proposals.line_tag(bytes.fromhex(proposal.salt), stored)
    with writing(project.ledger) as connection:
        connection.execute(update(planned).where(planned.c.ordinal == 1).values(key="N100"))
        values = {"key": "N100", "line_tag": tag if tagged else None}
        connection.execute(update(finding).where(finding.c.ordinal == 1).values(values))
    with pytest.raises(Refused, match="differs from the approval"):
        require_approval(project.ledger, run_)


RUN = [
    {"cooling_off_until": "2026-09-01T12:00:00Z"},
    {"approved_by": "avery-lund"},
    {"schedule_digest": "0" * 64},
    {"as_of": date(2027, 1, 1)},
    {"approval_leaf": 0},
]


@pytest.mark.parametrize("values", RUN, ids=str)
def test_a_run_changed_after_approval_is_refused(approved: tuple[Project, Run], values: dict[str, object]) -> None:
    """An earlier start, another approver, another schedule: the signed approval says otherwise."""
    project, run_ = approved
    with writing(project.ledger) as connection:
        connection.execute(update(run).values(values))
    with pytest.raises(Refused):
        require_approval(project.ledger, now(project, run_.id))


def test_a_decision_slipped_in_after_approval_is_refused(approved: tuple[Project, Run]) -> None:
    """A decision that no signature covers lets nothing go."""
    project, run_ = approved
    with writing(project.ledger) as connection:
        row = dict(connection.execute(select(decision).where(decision.c.ordinal == 1)).one()._mapping)
        connection.execute(insert(decision), [{**row, "ordinal": 9}])
    with pytest.raises(Refused, match="a decision"):
        require_approval(project.ledger, run_)


def test_two_people_with_one_key_are_one_person(project: Project) -> None:
    """Copying a key file and a line of the ledger does not make a second person."""
    dpo, approver = (people.find_person(project.ledger, name) for name in (DPO, APPROVER))
    assert dpo is not None
    assert approver is not None
    with writing(project.ledger) as connection:
        copied = update(person).where(person.c.slug == approver.slug)
        connection.execute(copied.values(public_key=dpo.public_key))
    shutil.copy(project.keys / f"{dpo.slug}.pem", project.keys / f"{approver.slug}.pem")
    for name in (DPO, APPROVER):
        with pytest.raises(Refused, match="another person's as well"):
            sign_in(project, name, passphrase(DPO), "decide" if name == DPO else "approve")


def test_a_staff_number_is_the_same_however_it_is_written(project: Project) -> None:
    """Somebody known as `W3` wrote what a store says `w3 ` wrote, and c0007 concerns the person of C7."""
    add_person(
        project, "Second Manager", Role.MANAGER, "a passphrase of her own", ["W3"], ["C7"], (DPO, passphrase(DPO))
    )
    officer = sign_in(project, "Second Manager", "a passphrase of her own", "approve").person.officer
    written = Finding(Kind.PAST_RETENTION, "s", "note", "N", "r", "C1", facts={"author": "w3 "})
    assert not_theirs(officer, written) == "wrote"
    assert not_theirs(officer, Finding(Kind.PAST_RETENTION, "s", "note", "N", "r", "c0007")) == "concerns"
