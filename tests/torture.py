"""Kill a destroying process at many points, let it recover, and check that nothing was lost, doubled or overdone.

`python -m tests.torture --points 2000 --seed 1 --jobs 2`. Each point is one event of the run: a statement sent to
a database, a commit, or a change of the file system. A forked process gets SIGKILL there; every third recovery is
killed as well, and every ninth time the recovery of that. Ends with 1 where an invariant does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from connectors.ledger import proposals, sifts
from connectors.settings import FixedClock, read_settings
from operations import demo
from operations.approve import approve
from operations.decide import decide
from operations.destroy import confirm, confirmation_for, destroy
from operations.destroying import run as running
from operations.destroying.batches import cut
from operations.holds import place_hold
from operations.project import Project, open_project
from operations.sift import sift
from rules.errors import Refused
from rules.review.authority import Decision
from rules.review.values import Choice, Hold, Kind
from tests import torture_checks as checks

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
FILE_CALLS = ("replace", "rename", "unlink", "link", "mkdir", "rmdir", "fsync")
VERIFIER = Path(__file__).resolve().parents[1] / "verifier" / "verify_winnow.py"
SMALL = 12  # records in a batch
FILES, ALONE = 4, 2  # of each class that heads files, and of each that goes alone


@dataclass
class Killer:
    """Counts events and sends SIGKILL to its own process at the one that is asked for."""

    at: int = 0
    count: int = 0

    def hit(self, *_: Any, **__: Any) -> None:
        """One event is about to happen."""
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Put ourselves before every statement, commit and change of the file system of this process."""
        event.listen(Engine, "before_cursor_execute", self.hit)
        event.listen(Engine, "commit", self.hit)
        for name in FILE_CALLS:
            setattr(os, name, self._before(getattr(os, name)))

    def _before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def killed_or_called(*given: Any, **named: Any) -> Any:
            self.hit()
            return call(*given, **named)

        return killed_or_called


def opened(folder: Path, start: int) -> Project:
    """The project as the `start`-th process sees it: each begins after the lease of the one before is over."""
    return open_project(folder, FixedClock(START + start * timedelta(hours=1)), read_settings())


def prepare(folder: Path) -> str:
    """A charity with an approved run over some files of every kind of store, and a hold placed after the approval."""
    options = demo.DemoOptions(folder, clients=30, seed=11, as_of=START.date())
    project = demo.set_up(options, FixedClock(START), read_settings(), lambda _: None)
    proposal = sift(project, START.date()).proposal.id
    decide(project, proposal, list(_chosen(project, proposal)), demo.DPO, demo.PASSPHRASE)
    run = approve(project, proposal, demo.APPROVER, demo.PASSPHRASE).id
    planned = checks.before(folder).planned.values()
    subject = next(row["key"] for row in planned if row["course"] == "destroy" and row["class_name"] == "client")
    day = START.date()
    hold = Hold("", "sar", "torture", "", day, day + timedelta(days=90), subject=subject)
    place_hold(project, hold, demo.DPO, demo.PASSPHRASE, "asked on the day of the run")
    return run


def _chosen(project: Project, proposal: str) -> Iterator[Decision]:
    """Whole files, those with documents and paper first, and a few records of every class that goes alone."""
    frozen = proposals.get(project.ledger, proposal)
    assert frozen is not None
    found = list(sifts.iterate(project.ledger, frozen.sift, [Kind.PAST_RETENTION]))
    head = {rule.id: item.name for item in project.schedule.classes if not item.part_of for rule in item.rules}
    files: dict[tuple[str, str], list[sifts.StoredFinding]] = {}
    for one in found:
        group = (head[one.finding.rule], one.finding.subject) if one.finding.rule in head else (one.finding.rule, "")
        files.setdefault((group[0], group[1] or one.finding.key), []).append(one)
    taken: dict[str, int] = {}
    for (name, _), members in sorted(files.items(), key=lambda item: -len({m.finding.store for m in item[1]})):
        whole = name in head.values()
        limit = FILES if whole else 1
        if taken.setdefault(name, 0) < limit and not any(m.finding.read_first for m in members):
            taken[name] += 1
            for one in members if whole else members[:ALONE]:
                choice = Choice.DESTROY if one.finding.action == "destroy" else Choice.REDACT
                yield Decision(one.ordinal, choice, "period-over")


def carry_out(folder: Path, run: str, start: int) -> None:
    """Destroy, and let two people sign every work list; from wherever an earlier process was killed."""
    # Many batches of few records, judged two at a time.
    vars(running).update(cut=partial(cut, size=SMALL), JUDGED_AT_ONCE=2)
    project = opened(folder, start)
    done = destroy(project, run, confirmation_for(project, run))
    for store in sorted(done.waiting):
        for name in (demo.HOLDER, demo.APPROVER):
            with suppress(Refused):  # who signed before the kill can't sign again
                confirm(project, run, store, name, demo.PASSPHRASE, "cross-cut-4x15", date(2026, 11, 21))


def say(line: str) -> None:
    """Print a line at once: a fork must not inherit half of one."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a process of its own; its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException as error:  # noqa: BLE001 - a child must never return into its parent's code
            say(f"  {type(error).__name__}: {error}")
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(folder: Path, run: str, start: int, point: int) -> int:
    """Carry the run out in a process that is killed at event `point`."""

    def work() -> None:
        killer = Killer(at=point)
        killer.watch()
        carry_out(folder, run, start)
        (folder / "events").write_text(str(killer.count))

    return in_child(work)


def verified(folder: Path, run: str) -> bool:
    """Whether the stand-alone verifier accepts the evidence."""
    out = folder / "out"
    command = [sys.executable, "-I", str(VERIFIER), str(out / f"evidence-{run}.zip"), "--key", str(out / "winnow.vkey")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def one_point(template: Path, was: checks.Before, run: str, number: int, point: int, chance: random.Random) -> None:
    """Kill at `point`, recover (killed as well now and then), and check the world at every stop."""
    with tempfile.TemporaryDirectory(prefix="winnow-kill-") as place:
        folder = Path(place) / "demo"
        shutil.copytree(template, folder)
        emitted = checks.notes_of(folder)
        points = [point]
        if number % 3 == 0:
            points.append(chance.randrange(1, 600))
        if number % 9 == 0:
            points.append(chance.randrange(1, 600))
        for start, at in enumerate(points):
            status = killed_at(folder, run, start, at)
            assert status in (-signal.SIGKILL, 0), f"a process ended with {status}"
            checks.check_under_way(folder, was, emitted)
            emitted = checks.notes_of(folder)
        assert in_child(lambda: carry_out(folder, run, len(points))) == 0, "the last recovery failed"
        checks.check_closed(folder, run, was, emitted)
        assert verified(folder, run), "the verifier refuses the evidence"
        if number % 5 == 0:
            assert in_child(lambda: carry_out(folder, run, len(points) + 1)) == 0, "a closed run can't be called again"
            checks.check_closed(folder, run, was, emitted)


def torture(template: Path, run: str, events: int, points: int, seed: int, share: tuple[int, int]) -> int:
    """Carry out our share of the points, spread evenly over all events; return how many went wrong."""
    was, wrong = checks.before(template), 0
    for number in range(share[0], points, share[1]):
        chance = random.Random(f"{seed} {number}")
        low, high = number * events // points, (number + 1) * events // points
        point = chance.randint(low + 1, max(high, low + 1))
        try:
            one_point(template, was, run, number, point, chance)
        except AssertionError as broken:
            wrong += 1
            say(f"FAILED seed {seed} number {number} of {points}, event {point} of {events}: {broken}")
    return wrong


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-torture-") as place:
        template = Path(place) / "demo"
        assert in_child(lambda: _prepared(template, Path(place) / "run")) == 0
        run = (Path(place) / "run").read_text()
        dry = Path(place) / "dry"
        shutil.copytree(template, dry)
        assert killed_at(dry, run, 0, 0) == 0, "the run does not even work without being killed"
        checks.check_closed(dry, run, checks.before(template), [])
        events = int((dry / "events").read_text())
        say(f"{options.points} points over {events} events, seed {options.seed}")
        shares = [(job, options.jobs) for job in range(options.jobs)]
        wrong = _in_parallel(lambda share: torture(template, run, events, options.points, options.seed, share), shares)
    say(f"{options.points} killed runs, {wrong} with a broken invariant")
    return 1 if wrong else 0


def _prepared(template: Path, run: Path) -> None:
    run.write_text(prepare(template))


def _in_parallel(work: Callable[[tuple[int, int]], int], shares: list[tuple[int, int]]) -> int:
    children = []
    for share in shares:
        child = os.fork()
        if child == 0:
            status = 255
            try:
                status = min(work(share), 254)
            finally:
                os._exit(status)
        children.append(child)
    return sum(abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])) for child in children)


if __name__ == "__main__":
    sys.exit(main())
