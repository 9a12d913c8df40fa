"""Kill a destroying process at many points, let it recover, and check that nothing was lost, doubled or overdone.

`python -m tests.crash.torture --points 2000 --seed 1 --jobs 2`. Each point is one event of the run (see `killer`). A
forked process gets SIGKILL there; every third recovery is killed as well, and every third of those its own recovery.
After each kill the invariants are checked. Ends with 1 where one does not hold. `--part 3/10` carries out every tenth
point only, so that a long run can be spread over nights or machines.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.util
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import NullPool, QueuePool

from connectors import engines
from tests.crash import checks
from tests.crash.killer import Killer
from tests.crash.raw import Database, Saved
from tests.crash.world import FEW, STORES, Carrier, approved_run
from tests.servers import mariadb_server, postgres_server

VERIFIER = Path(__file__).resolve().parents[2] / "verifier" / "verify_winnow.py"
Watch = Callable[[int], AbstractContextManager[object]]
RECOVERY = 60  # about as many events does a recovery begin with


@dataclass(frozen=True)
class Course:
    """One arrangement to be tortured: engines of casework and ledger, which stores, its share of the points."""

    casework: str
    ledger: str
    stores: tuple[str, ...]
    share: int
    shared: bool = False  # with what people share, a text to redact, a day to coarsen

    @property
    def name(self) -> str:
        """For people: `postgresql + documents, ledger sqlite`."""
        more = " and what is shared" * self.shared
        return f"{self.casework}{more} + {len(self.stores) - 1} stores of files, ledger {self.ledger}"


COURSES = (
    Course("sqlite", "sqlite", FEW, 5),
    Course("sqlite", "sqlite", tuple(STORES), 2),
    Course("postgresql", "sqlite", FEW, 4),
    Course("mariadb", "sqlite", FEW, 3),
    Course("postgresql", "postgresql", (*FEW, "paper"), 1),
    Course("mariadb", "mariadb", (*FEW, "paper"), 1),
    Course("sqlite", "sqlite", ("casework",), 2, shared=True),
    Course("postgresql", "sqlite", ("casework",), 1, shared=True),
    Course("mariadb", "sqlite", ("casework",), 1, shared=True),
)


class Chamber:
    """The world of one course in one job, and how to kill and recover a process in it."""

    def __init__(self, place: Path, course: Course, urls: dict[str, str], killer: Killer) -> None:
        folder = place / "project"
        casework, ledger = urls.get(f"{course.casework} casework", ""), urls.get(f"{course.ledger} ledger", "")
        self.run = approved_run(folder, casework, ledger, course.stores, course.shared)
        self.world = checks.World(
            folder,
            Database(casework or f"sqlite:///{folder / 'data' / 'casework.db'}"),
            Database(ledger or f"sqlite:///{folder / 'ledger.db'}"),
        )
        self._saved = Saved(folder, place / "saved", (self.world.casework, self.world.ledger))
        self._saved.save()
        self.was = checks.before(self.world)
        with kept_connections() as made:
            self._carrier = Carrier(folder, self.run)
            killer.arm(0)
            self._carrier.carry_out(0)  # warms what a fork can use, and counts
        self._killer = killer
        self._verify = _verifier()
        self.deaths: Counter[str] = Counter()
        for engine in made:
            engine.dispose()  # a fork must not share a connection
        self.events = killer.count
        self.kinds = list(killer.kinds)
        checks.check_closed(self.world, self.run, self.was, [])
        self._verified()
        gc.freeze()

    def point(self, number: int, event: int, chance: random.Random) -> None:
        """Kill at `event`, recover (killed as well now and then), and check the world at every stop."""
        emitted = self.restore()
        points = [event]
        if number % 3 == 0:
            points.append(chance.randint(1, RECOVERY + self.events - event))
        if number % 9 == 0:
            points.append(chance.randint(1, RECOVERY + self.events - event))
        for start, at in enumerate(points):
            status = self.process(start, at)
            assert status in (-signal.SIGKILL, 0), f"a process ended with {status}"
            self.deaths[f"depth {start + 1}"] += status != 0
            if number % 2:  # the others recover before a server has noticed the death of its client
                emitted = self.under_way(emitted)
        self.recover(len(points), emitted, verified=number % 5 == 0)
        if number % 10 == 0:
            self.recover(len(points) + 1, emitted, verified=True)  # a closed run can be called again

    def restore(self) -> list[str]:
        """Bring the world back to where the run is approved; returns the checkpoints given out so far."""
        self._saved.restore()
        return checks.notes_of(self.world)

    def under_way(self, emitted: list[str]) -> list[str]:
        """Check what must hold after a kill; returns the checkpoints given out so far."""
        self.world.casework.settle()
        self.world.ledger.settle()
        checks.check_under_way(self.world, self.was, emitted)
        return checks.notes_of(self.world)

    def recover(self, start: int, emitted: list[str], verified: bool) -> None:
        """Carry the run to its end, undisturbed, and check what must hold then."""
        assert self.process(start) == 0, "the last recovery failed"
        checks.check_closed(self.world, self.run, self.was, emitted)
        if verified:
            self._verified()

    def _verified(self) -> None:
        """The stand-alone verifier accepts the evidence."""
        out = self.world.folder / "out"
        with contextlib.redirect_stdout(_Swallowed()):
            status = self._verify.main([str(out / f"evidence-{self.run}.zip"), "--key", str(out / "winnow.vkey")])
        assert status == 0, "the verifier refuses the evidence"

    def process(self, start: int, at: int = 0, watch: Watch | None = None, error: Path | None = None) -> int:
        """Carry the run out in a process of its own; its exit status, or minus the signal that ended it.

        It is killed at event `at`. `watch` is called with its number before it begins; what it fails with goes to
        the file `error`, or to the screen.
        """
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.read(reading, 1)
                gc.disable()
                self._killer.arm(at)
                self._carrier.carry_out(start)
                status = 0
            except BaseException as failed:  # noqa: BLE001 - a child must never return into its parent's code
                words = f"{type(failed).__name__}: {failed}"
                error.write_text(words) if error else say(f"  {words}")
            finally:
                os._exit(status)
        with watch(child) if watch else contextlib.nullcontext():
            os.write(writing, b"!")
            os.close(reading)
            os.close(writing)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def kept_connections() -> Iterator[list[Engine]]:
    """Let engines of servers that are made meanwhile keep their connections: connecting is half of a small run."""
    made: list[Engine] = []
    original = engines._server

    def pooled(*given: Any) -> Engine:
        vars(engines).update(NullPool=QueuePool)
        made.append(original(*given))
        vars(engines).update(NullPool=NullPool)
        return made[-1]

    vars(engines).update(_server=pooled)
    yield made
    vars(engines).update(_server=original)


class _Swallowed(io.TextIOWrapper):
    """A place for words that nobody needs."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")


def _verifier() -> Any:
    """The stand-alone verifier as a module: starting Python for each point would take longer than the point."""
    spec = importlib.util.spec_from_file_location("verify_winnow", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_winnow"] = module
    spec.loader.exec_module(module)
    return module


def say(line: str) -> None:
    """Print a line at once: a fork must not inherit half of one."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def torture(place: Path, course: Course, urls: dict[str, str], points: int, seed: int, share: tuple[int, int]) -> int:
    """Carry out our share of the points of a course, spread evenly over its events; return how many went wrong."""
    begun = time.monotonic()
    chamber, wrong, hit = Chamber(place, course, urls, Killer()), 0, set()
    for number in range(share[0], points, share[1]):
        chance = random.Random(f"{seed} {course.name} {number}")
        low, high = number * chamber.events // points, (number + 1) * chamber.events // points
        event = chance.randint(low + 1, max(high, low + 1))
        hit.add(event)
        try:
            chamber.point(number, event, chance)
        except AssertionError as broken:
            wrong += 1
            kind = chamber.kinds[event - 1]
            say(f"FAILED seed {seed} number {number} of {points}, event {event} of {chamber.events} ({kind}): {broken}")
    deaths = ", ".join(f"{count} at {depth}" for depth, count in sorted(chamber.deaths.items()))
    took = time.monotonic() - begun
    say(f"{course.name}: {len(hit)} of {chamber.events} events, killed {deaths}; {wrong} broken ({took:.0f} s)")
    return wrong


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--part", default="1/1", help="which part of so many: 3/10")
    parser.add_argument("--engines", default="sqlite,postgresql,mariadb", help="of the casework, with commas between")
    options = parser.parse_args()
    wanted = [course for course in COURSES if course.casework in options.engines.split(",")]
    part, parts = map(int, options.part.split("/"))
    whole, wrong, shares = sum(course.share for course in wanted), 0, parts * options.jobs
    with servers({course.casework for course in wanted} - {"sqlite"}) as urls, fast_folder() as place:
        for course in wanted:
            points = max(options.points * course.share // whole, 1)

            def work(job: int, course: Course = course, points: int = points) -> int:
                mine = place / f"{course.casework}-{course.ledger}-{len(course.stores)}-{course.shared:d}-{job}"
                mine.mkdir()
                own = _databases(urls, course, job)
                return torture(mine, course, own, points, options.seed, ((part - 1) * options.jobs + job, shares))

            wrong += in_parallel(work, options.jobs)
    say(f"part {part} of {parts} of {options.points} killed runs, {wrong} with a broken invariant")
    return 1 if wrong else 0


@contextmanager
def servers(engines: set[str]) -> Iterator[dict[str, str]]:
    """Start the servers that are asked for; yields the URL of each up to the name of a database."""
    with ExitStack() as stack:
        urls = {}
        if "postgresql" in engines:
            urls["postgresql"] = stack.enter_context(postgres_server()).rpartition("/")[0] + "/"
        if "mariadb" in engines:
            urls["mariadb"] = stack.enter_context(mariadb_server())
        yield urls


def _databases(servers: dict[str, str], course: Course, job: int) -> dict[str, str]:
    """Make the empty databases of one job of a course; their URLs by engine and use."""
    made = {}
    for engine, use in ((course.casework, "casework"), (course.ledger, "ledger")):
        if engine in servers:
            name = f"{use}_{course.ledger}_{course.shared:d}_{job}"
            first = Database(servers[engine] + ("postgres" if engine == "postgresql" else "mysql"))
            first.do(f"CREATE DATABASE {name}")
            made[f"{engine} {use}"] = servers[engine] + name
    return made


@contextmanager
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is one: SIGKILL leaves what was written, synced or not."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="winnow-torture-", dir=parent) as place:
        yield Path(place)


def in_shares(work: Callable[[Path, int], int], jobs: int) -> int:
    """Do each job in a process and a folder of its own; how many broken invariants they counted together."""
    with fast_folder() as place:

        def share(job: int) -> int:
            mine = place / str(job)
            mine.mkdir()
            return work(mine, job)

        return in_parallel(share, jobs)


def in_parallel(work: Callable[[int], int], jobs: int) -> int:
    children = []
    for job in range(jobs):
        child = os.fork()
        if child == 0:
            status = 255
            try:
                status = min(work(job), 254)
            except Exception:  # noqa: BLE001 - a child must never return into its parent's code
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(child)
    return sum(abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])) for child in children)


if __name__ == "__main__":
    sys.exit(main())
