"""Every system call of a run that changes something on the disk × {SIGKILL, EIO, ENOSPC}, injected by strace.

`python -m tests.crash.syscalls [--points N] [--seed S]`: all of them, or N chosen by the seed. The run destroys from a
SQLite database and a folder, and keeps its log in another SQLite database. After each, the run is carried out again
undisturbed; the invariants are checked before and after. Ends with 1 where one does not hold.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.killer import Killer
from tests.crash.torture import COURSES, Chamber, Watch, in_shares, say

CALLS = (
    "write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,fallocate,"
    "mkdir,mkdirat,rmdir,link,linkat,fchmod,chmod,openat"
)
HARMS = ("signal=KILL", "error=EIO", "error=ENOSPC")
LINE = re.compile(r"(?:\d+ +)?([a-z0-9]+)\((.*)")


@dataclass(frozen=True)
class Injection:
    """The `number`-th system call of one name, and what happens at it."""

    call: str
    number: int
    harm: str

    def option(self) -> str:
        """What strace is told."""
        return f"inject={self.call}:{self.harm}:when={self.number}"


def strace(*options: str) -> Watch:
    """A watch over a process by strace; it is attached before the process begins."""

    @contextmanager
    def watch(child: int) -> Iterator[None]:
        running = subprocess.Popen(["strace", *options, "-p", str(child)], stderr=subprocess.PIPE, text=True)
        assert running.stderr is not None
        line = running.stderr.readline()
        assert "attached" in line, f"strace can't attach: {line}"
        try:
            yield
        finally:
            running.stderr.read()
            running.wait()
            running.stderr.close()

    return watch


def injections(chamber: Chamber, trace: Path) -> list[Injection]:
    """What can go wrong: one run is watched, and each of its calls that changes something below its folder counts."""
    chamber.restore()
    watch = strace("-y", "-s", "0", "-o", str(trace), "-e", f"trace={CALLS}")
    assert chamber.process(0, watch=watch) == 0, "the run fails when it is watched"
    seen: Counter[str] = Counter()
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        parsed = LINE.match(line)
        if parsed is None:
            continue
        call, rest = parsed[1], parsed[2]
        seen[call] += 1
        changes = str(chamber.world.folder) in rest and (call != "openat" or "O_CREAT" in rest)
        found += [Injection(call, seen[call], harm) for harm in HARMS if changes]
    return found


def one(chamber: Chamber, injection: Injection, error: Path) -> str:
    """Let a run meet one injection, then carry it to its end; returns how the process took it."""
    emitted = chamber.restore()
    error.unlink(missing_ok=True)
    watch = strace("-o", "/dev/null", "-e", f"trace={injection.call}", "-e", injection.option())
    status = chamber.process(0, watch=watch, error=error)
    killed = injection.harm == "signal=KILL"
    assert (status == -signal.SIGKILL) == killed, f"the process ended with {status}"
    emitted = chamber.under_way(emitted)
    chamber.recover(1, emitted, verified=False)
    took = error.read_text() if error.exists() else "went on"
    return "killed" if killed else took.partition(":")[0]


def work(place: Path, points: int, seed: int, share: tuple[int, int]) -> int:
    """Carry out our share; return how many broke an invariant."""
    begun = time.monotonic()
    chamber = Chamber(place, COURSES[0], {}, Killer())
    everything = injections(chamber, place / "trace")
    chosen = everything
    if 0 < points < len(everything):
        chosen = sorted(random.Random(seed).sample(everything, points), key=everything.index)
    wrong, took = 0, Counter[str]()
    for injection in chosen[share[0] :: share[1]]:
        try:
            took[one(chamber, injection, place / "error")] += 1
        except AssertionError as broken:
            wrong += 1
            say(f"FAILED {injection.option()}: {broken}")
    calls = Counter(item.call for item in everything)
    counted = ", ".join(f"{name} {count // len(HARMS)}" for name, count in calls.most_common())
    ended = ", ".join(f"{name} {count}" for name, count in took.most_common())
    say(f"{sum(took.values()) + wrong} of {len(everything)} injections ({counted}); {ended}; {wrong} broken")
    say(f"  ({time.monotonic() - begun:.0f} s)")
    return wrong


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=0, help="how many; 0 for every one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    wrong = in_shares(lambda place, job: work(place, options.points, options.seed, (job, options.jobs)), options.jobs)
    say(f"{wrong} injections broke an invariant")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
