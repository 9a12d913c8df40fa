"""A schedule is in force when named people have said so, and not before."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors import keys
from connectors.ledger import people
from operations.adopt import adopt, require_adopted
from operations.project import Project
from rules.errors import BadInput, Refused
from rules.evidence.statement import check_signature
from tests.integration.operations.conftest import (
    APPROVER,
    AUDITOR,
    DPO,
    MANAGER,
    SCHEDULE,
    leaves,
    new_project,
    passphrase,
)

MINUTE = date(2026, 8, 20)


def test_each_adopter_signs_and_the_log_holds_the_schedule_before_them(project: Project) -> None:
    require_adopted(project)
    schedule, adoption = leaves(project)[-2:]
    assert (schedule["type"], schedule["hash"], schedule["file"]) == (
        "schedule",
        project.schedule.digest,
        project.schedule_file_digest,
    )
    assert (adoption["type"], adoption["officer"], adoption["minute"]) == ("adoption", MANAGER, "2026-08-20")
    assert adoption["accepted"] == ["client-file"]
    check_signature(adoption, keys.verify)


def test_two_people_may_adopt_together(project: Project) -> None:
    adopt(project, {name: passphrase(name) for name in (DPO, APPROVER)}, MINUTE, ["client-file"])
    assert [leaf["officer"] for leaf in leaves(project)[-2:]] == [APPROVER, DPO]
    assert people.adoptions(project.ledger)[-1].people == ("avery-lund", "dana-okoro")
    assert [leaf["type"] for leaf in leaves(project)].count("schedule") == 1


def test_a_schedule_nobody_adopted_is_not_in_force(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not been adopted"):
        require_adopted(new_project(tmp_path / "p"))


def test_a_schedule_that_changed_since_is_not_in_force(project: Project) -> None:
    (project.folder / "schedule.yaml").write_text(SCHEDULE.replace("7 days", "5 days"))
    with pytest.raises(Refused, match="not been adopted"):
        require_adopted(project)


@pytest.mark.parametrize("accepted", [[], ["notes"], ["client-file", "notes"]])
def test_a_general_default_that_is_not_accepted_by_itself_stops_the_adoption(
    project: Project, accepted: list[str]
) -> None:
    before = leaves(project)
    with pytest.raises(BadInput) as caught:
        adopt(project, {MANAGER: passphrase(MANAGER)}, MINUTE, accepted)
    assert {problem.key for problem in caught.value.problems} <= {"client-file", "notes"}
    assert leaves(project) == before


def test_a_future_minute_nobody_a_wrong_role_or_passphrase_adopts_nothing(project: Project) -> None:
    before = leaves(project)
    with pytest.raises(BadInput):
        adopt(project, {MANAGER: passphrase(MANAGER)}, date(2026, 9, 2), ["client-file"])
    with pytest.raises(BadInput):
        adopt(project, {}, MINUTE, ["client-file"])
    with pytest.raises(Refused):
        adopt(project, {AUDITOR: passphrase(AUDITOR)}, MINUTE, ["client-file"])
    with pytest.raises(BadInput):
        adopt(project, {MANAGER: passphrase(MANAGER), DPO: "wrong passphrase"}, MINUTE, ["client-file"])
    assert leaves(project) == before


def test_an_adoption_slipped_into_the_tables_without_its_leaf_is_not_believed(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p")
    digest = project.schedule.digest
    people.add_adoption(project.ledger, people.Adoption(digest, "2026-04", MINUTE, ("x",), (), project.now()))
    with pytest.raises(Refused):
        require_adopted(project)
