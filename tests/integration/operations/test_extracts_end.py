"""An extract dies at the latest with the first of its source records that is destroyed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from connectors.ledger import releases
from connectors.settings import FixedClock
from operations import demo
from operations.project import open_project
from operations.pseudonymise import pseudonymise
from operations.sift import sift
from operations.watch import watch
from tests.acceptance.charity import AS_OF, CLOCK, set_up


def test_an_extract_ends_with_its_first_destroyed_source_and_another_on_its_own_date(tmp_path: Path) -> None:
    """Files and memory of the sources go; the run says which extracts ended, so that copies can be called back."""
    project = set_up(tmp_path / "demo", clients=1).project
    made = pseudonymise(project, "statistics", AS_OF)
    run = demo.take_decisions(project, sift(project, AS_OF).proposal.id)
    done = demo.carry_out(project, run)
    assert made.id in done.ended
    assert not made.csv.exists()
    assert not made.xlsx.exists()
    again = pseudonymise(project, "statistics", AS_OF)
    assert watch(project).overdue["extracts in use"] == 1
    later = FixedClock(CLOCK.at + timedelta(days=400))
    much_later = replace(open_project(project.folder, later), clock=later)
    assert watch(much_later).overdue["extracts in use"] == 0
    assert not again.csv.exists()
    assert releases.extracts(project.ledger) == []
