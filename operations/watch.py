"""The nightly watch: read the whole log back, leave a heartbeat, and count what people have let slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from connectors.bundle_file import write_whole
from connectors.ledger import holds, log, releases, runs, sifts
from connectors.ledger.purge import compact
from operations.backups import backups, final_since_heartbeat, issue
from operations.destroying.context import TOOL
from operations.extracting.expiry import end_extracts_past_date
from operations.holds import care_for
from operations.holds_stand import require_holds
from operations.outside import gone_outside_tool
from operations.packs import end_packs
from operations.project import Project
from operations.restores import look, said_of, tell_log
from rules.errors import CheckSaidNo, Refused
from rules.evidence.restores import LOG

SIFT_EVERY = timedelta(days=366)


@dataclass(frozen=True)
class Watched:
    """The log's size and root after the heartbeat, its checkpoint, and counts of what waits for somebody.

    `final` are the runs that have become final since the last heartbeat: their documents were written anew.
    `holds` says by the name of each hold why somebody should look at it again.
    """

    size: int
    root: str
    checkpoint: str
    overdue: Mapping[str, int]
    final: tuple[str, ...] = ()
    holds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def watch(project: Project, kept: Sequence[Path] = ()) -> Watched:
    """Check the log against its head, the stores and kept checkpoints, then append a heartbeat and sign it.

    `kept` are files with checkpoints, beside the last one, which lies with the keys, and those in the project's folder
    `anchors`, to which the new one is added.

    Extracts whose date has come are destroyed, and certificates that have become final are issued.

    Raises CheckSaidNo when the stored leaves do not give the root that was signed, when a store or the ledger was
    restored from a backup, or when a hold of the log does not stand in the ledger. Of a store's restore the log tells
    before; a log that is too short is left as it is.
    """
    looked = look(project, kept)
    if any(sign.store == LOG for sign in looked.fresh):
        raise CheckSaidNo(said_of(looked.signs))
    tell_log(project, looked.fresh)
    end_extracts_past_date(project)
    packs = end_packs(project)
    compact(project.ledger)
    final = final_since_heartbeat(project)
    _, not_written = issue(project, final)
    log.record(project.ledger, [{"type": "heartbeat", "tool": TOOL}], project.now())
    note = project.sign_log()
    after = log.read_head(project.ledger)
    project.keep_checkpoint(note)
    keep_outside(project, note)
    if looked.signs:
        raise CheckSaidNo(said_of(looked.signs))
    try:
        require_holds(project.ledger)
    except Refused as differs:
        raise CheckSaidNo(str(differs)) from None
    late = overdue(project, project.today())
    if looked.mapped:
        late |= gone_outside_tool(project)
    late["filled-in packs that name what was destroyed"] = len(packs.left)
    late["final certificates not written"] = len(not_written)
    late["stores or anchors not reached"] = len(looked.unreachable)
    late["days that the log's time is ahead of this machine's clock"] = _ahead(project)
    to_look_at = {one.hold.id: one.because for one in care_for(project) if one.because}
    return Watched(after.size, after.root, note, late, final, to_look_at)


def keep_outside(project: Project, note: str) -> None:
    """Keep today's checkpoint in the folder `anchors`, where there is one that can be written to."""
    folder = project.settings.anchors
    if folder is not None and folder.is_dir():
        with suppress(OSError):  # a stick that is full or read-only; the checkpoints on it still count
            write_whole(folder / f"{project.today().isoformat()}.checkpoint", note.encode())


def _ahead(project: Project) -> int:
    """Days by which the log's last entry is later than now: the clock was far ahead once, or is behind today."""
    last, now = log.last_time(project.ledger), project.now()
    return max(0, (date.fromisoformat(last[:10]) - date.fromisoformat(now[:10])).days) if last else 0


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
