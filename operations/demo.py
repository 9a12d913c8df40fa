"""The demo: an invented charity, its officers, and the decisions they would take. The work is done by the real verbs.

Everybody's passphrase is written here, because nobody in the demo exists. Its cooling-off time is zero.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from connectors import engines
from connectors.ledger import proposals, releases, runs, sifts
from connectors.settings import Clock, Settings
from operations.adopt import adopt
from operations.approve import approve
from operations.decide import decide
from operations.destroy import Destroyed, confirm, confirmation_for, destroy
from operations.holds import place_hold
from operations.init import init_project
from operations.packs import PACK
from operations.people import add_person
from operations.project import Project, open_project
from operations.stores import prepare
from rules.errors import BadInput, Problem
from rules.privacy.releases import earlier_tables
from rules.review.authority import Decision, Role, general_rules
from rules.review.values import Choice, Finding, Hold, Kind
from synthetic.charity import generate

ORGANISATION = "Larkfield Counselling, Mentoring and Careers Service"
PASSPHRASE = "a demo passphrase that protects nobody"  # noqa: S105 - the people are invented
DPO, APPROVER, HOLDER = "Dorothy Ashby", "Martin Keel", "Ruth Pemberton"
PACKS = Path(__file__).resolve().parents[1] / "policies" / "demo"
SEED, CLIENTS = 7, 400
MARK, KEPT, FOR_SHOW = ".winnow-demo", ".prefect", "for-show"

Report = Callable[[str], None]


@dataclass(frozen=True)
class DemoOptions:
    """Where the demo goes and how large it is. `database` and `ledger` are URLs of empty databases; SQLite by default.

    `canary` is a word that every invented name, contact and free text then carries, so that a leak can be searched for.
    """

    folder: Path
    clients: int = CLIENTS
    seed: int = SEED
    database: str = ""
    ledger: str = ""
    as_of: date | None = None
    canary: str | None = None


def set_up(options: DemoOptions, clock: Clock, environment: Settings, say: Report) -> Project:
    """Generate the charity and its project: policies, officers, adopted schedule, prepared stores, holds.

    A folder of an earlier demo is replaced. Raises BadInput for any other folder that is not empty.
    """
    folder = options.folder
    if (folder / MARK).exists():
        _clear(folder)
    elif folder.exists() and any(path.name != KEPT for path in folder.iterdir()):
        mend = "Name an empty or new folder with --folder."
        raise BadInput(Problem("holds something that is not a demo; nothing was changed", file=folder.name, mend=mend))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    today = clock.today("Europe/London")
    as_of = options.as_of or today
    say(f"Inventing a charity with {options.clients} clients")
    url = options.database or f"sqlite:///{folder / 'casework.db'}"
    store = engines.engine(url, create=True)
    key = generate(store, folder, options.seed, as_of, options.clients, canary=options.canary)
    for path in PACKS.glob("*.yaml"):
        shutil.copy(path, folder / path.name)
    if options.database:
        stores = folder / "stores.yaml"
        stores.write_text(stores.read_text().replace("sqlite:///casework.db", options.database))
    init_project(folder, ORGANISATION)
    settings = folder / "winnow.yaml"
    text = settings.read_text(encoding="utf-8").replace("cooling_off_days: 7", "cooling_off_days: 0")
    if options.ledger:
        text = text.replace("sqlite:///ledger.db", options.ledger)
        (folder / "ledger.db").unlink()
    settings.write_text(text, encoding="utf-8")
    project = open_project(folder, clock, environment)
    say("Naming officers, adopting the schedule, preparing the stores, placing holds")
    for name, role in ((DPO, Role.DPO), (APPROVER, Role.APPROVER), (HOLDER, Role.MANAGER)):
        add_person(project, name, role, PASSPHRASE)
    accepted = [rule.id for rule in general_rules(project.schedule)]
    adopt(project, {DPO: PASSPHRASE, APPROVER: PASSPHRASE}, today, accepted)
    prepare(project)
    for wanted in key.holds_to_place:
        hold = Hold("", wanted.kind, "demo", "", today, today + timedelta(days=180), subject=wanted.subject)
        place_hold(project, hold, DPO, PASSPHRASE, wanted.label)
    return project


def _clear(folder: Path) -> None:
    """Remove an earlier demo; Prefect's own database stays, for it takes long to make."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != KEPT:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def take_decisions(project: Project, proposal_id: str) -> str:
    """Let the DPO decide and the approver approve; returns the run.

    Whole files without anything to be read first are recommended for destruction; a file with such a record
    is kept until somebody has read it.
    """
    decide(project, proposal_id, _decisions(project, proposal_id), DPO, PASSPHRASE)
    return approve(project, proposal_id, APPROVER, PASSPHRASE).id


def _decisions(project: Project, proposal_id: str) -> Iterator[Decision]:
    frozen = proposals.get(project.ledger, proposal_id)
    assert frozen is not None
    again = project.today() + timedelta(days=365)
    to_read: set[tuple[str, str]] = set()
    for stored in sifts.iterate(project.ledger, frozen.sift, [Kind.PAST_RETENTION]):
        if stored.finding.read_first:
            to_read.add(_file_of(stored.finding))
    for stored in sifts.iterate(project.ledger, frozen.sift, [Kind.PAST_RETENTION]):
        if _file_of(stored.finding) in to_read:
            yield Decision(stored.ordinal, Choice.KEEP_UNTIL, "safeguarding", until=again)
        else:
            whole = stored.finding.action == "destroy"
            yield Decision(stored.ordinal, Choice.DESTROY if whole else Choice.REDACT, "period-over")


def _file_of(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.subject or finding.key


def keep_for_show(project: Project) -> None:
    """Copy the review pack, with the page it leads to, out of the way: it is deleted with its review."""
    shown = project.folder / FOR_SHOW
    shown.mkdir(exist_ok=True)
    for name in (f"{PACK}*", "quality-*.html"):  # the pack leads to the quality page beside it
        for path in project.settings.out.glob(name):
            shutil.copy(path, shown)


def carry_out(project: Project, run_id: str) -> Destroyed:
    """Destroy what was approved, as if the approver had typed the words."""
    return destroy(project, run_id, confirmation_for(project, run_id))


def sign_work_lists(project: Project, run_id: str, done_on: date) -> Destroyed | None:
    """Let two people sign every open work list of paper and hosted records."""
    last = None
    waiting = sorted({row.store for row in runs.iterate_planned(project.ledger, run_id) if row.state == runs.PLANNED})
    for store in waiting:
        for name in (HOLDER, APPROVER):
            last = confirm(project, run_id, store, name, PASSPHRASE, "cross-cut-4x15", done_on)
    return last


def released(project: Project) -> dict[str, int]:
    """How many cells of the last release are published and how many suppressed."""
    cells = [
        count
        for published in releases.releases(project.ledger)[-1:]
        for earlier in earlier_tables(published.cells)
        for count in earlier.table.cells.values()
    ]
    hidden = sum(1 for count in cells if count is None)
    return {"published": len(cells) - hidden, "suppressed": hidden}
