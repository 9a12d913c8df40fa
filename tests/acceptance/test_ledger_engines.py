"""A whole year of the charity with its ledger in each engine: the evidence verifies, and nobody is named any more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from connectors.ledger import log, purge, runs
from operations import demo
from operations.review import write_pack
from operations.sift import sift
from operations.verify import verify
from operations.watch import watch
from rules.evidence.leaf import decode
from tests.acceptance.charity import AS_OF, reopened, set_up


def test_a_whole_year_goes_by_and_is_proved(tmp_path: Path, every_engine_url: str) -> None:
    """Sifted, decided, approved, destroyed, confirmed on paper, closed and watched over, with any engine's ledger."""
    charity = set_up(tmp_path / "demo", clients=40, ledger=every_engine_url)
    project = charity.project
    found = sift(project, AS_OF)
    write_pack(project)
    run = demo.take_decisions(project, found.proposal.id)
    demo.carry_out(project, run)
    demo.sign_work_lists(project, run, AS_OF)
    carried_out = runs.get_run(project.ledger, run)
    assert carried_out is not None
    assert carried_out.state == runs.CLOSED
    assert runs.outcome_counts(project.ledger, run)["done"] > 50
    assert purge.still_named(project.ledger, run) == 0
    watch(reopened(charity))
    leaves = Counter(decode(data)["type"] for _, data in log.read_leaves(project.ledger))
    assert leaves["run-closed"] == 1
    out = project.settings.out
    told = verify(out / f"evidence-{run}.zip", [out / "winnow.vkey"])
    assert told.status == 0, told.report
    again = sift(reopened(charity), AS_OF)
    assert sum(again.by_kind().values()) < sum(found.by_kind().values())
