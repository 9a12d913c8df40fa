"""The nightly watch: read the whole log back, leave a heartbeat, and count what people have let slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.ledger import holds, log, releases, runs, sifts
from connectors.ledger.purge import compact
from operations.backups import backups, final_since_heartbeat, issue
from operations.destroying.context import TOOL
from operations.extracting.expiry import end_extracts_past_date
from operations.outside import gone_outside_tool
from operations.packs import end_closed_packs
from operations.project import Project
from rules.errors import CheckSaidNo
from rules.evidence.tree import CompactRange, leaf_hash

SIFT_EVERY = timedelta(days=366)


@dataclass(frozen=True)
class Watched:
    """The log's size and root after the heartbeat, its checkpoint, and counts of what waits for somebody.

    `final` are the runs that have become final since the last heartbeat: their documents were written anew.
    """

    size: int
    root: str
    checkpoint: str
    overdue: Mapping[str, int]
    final: tuple[str, ...] = ()


def watch(project: Project) -> Watched:
    """Check the log against its head and last checkpoint, then append a heartbeat and sign it.

    Extracts whose date has come are destroyed, and certificates that have become final are issued.

    Raises CheckSaidNo when the stored leaves do not give the root that was signed: the log was changed or
    restored from a backup.
    """
    head = log.read_head(project.ledger)
    edge = CompactRange()
    for _, data in log.read_leaves(project.ledger):
        edge = edge.append(leaf_hash(data))
    if (edge.size, edge.root().hex()) != (head.size, head.root):
        raise CheckSaidNo("the destruction log does not give its own root: it was changed or restored")
    end_extracts_past_date(project)
    end_closed_packs(project)
    compact(project.ledger)
    final = final_since_heartbeat(project)
    _, not_written = issue(project, final)
    log.record(project.ledger, [{"type": "heartbeat", "tool": TOOL}], project.now())
    note = project.sign_log()
    after = log.read_head(project.ledger)
    late = {**overdue(project, project.today()), **gone_outside_tool(project)}
    late["final certificates not written"] = len(not_written)
    return Watched(after.size, after.root, note, late, final)


def overdue(project: Project, today: date) -> dict[str, int]:
    """How many sifts, holds, runs and extracts wait longer than they should."""
    last = sifts.latest_sift(project.ledger)
    standing = holds.active_holds(project.ledger, today)
    return {
        "sift overdue": int(last is None or today - last.as_of > SIFT_EVERY),
        "holds past their review": sum(1 for hold in standing if hold.review_on and hold.review_on < today),
        "holds without a review date": sum(1 for hold in standing if hold.review_on is None),
        "runs not finished": len(runs.runs(project.ledger, (runs.APPROVED, runs.RUNNING))),
        "extracts in use": len(releases.extracts(project.ledger)),
        "backups past their day": sum(
            1 for one in backups(project) if not one.expired and one.expires <= today.isoformat()
        ),
    }
