"""Cut the power of a run at many moments: un-synced writes dropped, torn and reordered; then open, recover, check.

`python -m tests.crash.power --states 10000 --seed 1`. One run is recorded with strace: a SQLite database and a folder
of files are destroyed from, the log is in another SQLite database. From the record, states in which the disk may be
found after a power loss are made (see `disk`); the next process starts from each. Beside the invariants, no checkpoint
that had been signed before the loss may be unknown after it. Ends with 1 where one does not hold.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from connectors.ledger import log
from tests.crash import checks, disk
from tests.crash.killer import Killer
from tests.crash.syscalls import strace
from tests.crash.torture import COURSES, Chamber, in_shares, say

TOLD = b"WINNOW TOLD "  # begins what the recorded process writes when it has a signed checkpoint in its hands


def record(chamber: Chamber, trace: Path) -> None:
    """Watch one run; it says in the trace when a checkpoint has been signed and could be given away."""
    chamber.restore()
    told = chamber.world.folder / "told"
    original = log.sign_checkpoint

    def signing(*given: Any) -> str:
        note = original(*given)
        with told.open("ab") as file:
            file.write(TOLD + note.encode())
        return note

    vars(log).update(sign_checkpoint=signing)
    watch = strace("-xx", "-s", "100000000", "-o", str(trace), "-e", f"trace={disk.CALLS}")
    assert chamber.process(0, watch=watch) == 0, "the run fails when it is watched"
    vars(log).update(sign_checkpoint=original)


def moments(chamber: Chamber, trace: Path) -> Iterator[tuple[disk.Disk, list[str]]]:
    """Yield the disk after each call that concerned it, with the checkpoints given away by then."""
    emitted = chamber.restore()
    state = disk.Disk(chamber.world.folder)
    with trace.open() as lines:
        for _, written in disk.replay(state, lines):
            if written.startswith(TOLD):
                emitted = [*emitted, written.removeprefix(TOLD).decode()]
            yield state, emitted


def lay(folder: Path, state: dict[str, bytes | None]) -> None:
    """Make the folder what the disk was found as."""
    shutil.rmtree(folder)
    for name, content in state.items():
        if content is None:
            Path(name).mkdir(parents=True, exist_ok=True)
    for name, content in state.items():
        if content is not None and not name.endswith("/told"):
            Path(name).write_bytes(content)


def lose_power(place: Path, states: int, seed: int, share: tuple[int, int]) -> int:
    """Carry out our share of the states, spread evenly over the moments; return how many went wrong."""
    begun, wrong, distinct = time.monotonic(), 0, set()
    chamber = Chamber(place, COURSES[0], {}, Killer())
    trace = place / "trace"
    record(chamber, trace)
    whole = sum(1 for _ in moments(chamber, trace))
    done = 0
    for number, (found, emitted) in enumerate(moments(chamber, trace)):
        for one in range(number * states // whole, (number + 1) * states // whole):
            if one % share[1] != share[0]:
                continue
            state = found.after_power_loss(random.Random(f"{seed} {one}"))
            done += 1
            digest = sha256(repr((sorted(state.items()), emitted)).encode()).digest()
            if digest in distinct:
                continue
            distinct.add(digest)
            lay(chamber.world.folder, state)
            try:
                told = set(emitted) - set(checks.notes_of(chamber.world))
                assert not told, "a checkpoint that was given away is no longer known"
                chamber.recover(1, chamber.under_way(emitted), verified=one % 5 == 0)
            except AssertionError as broken:
                wrong += 1
                say(f"FAILED seed {seed} state {one} of {states}, after call {number} of {whole}: {broken}")
    took = time.monotonic() - begun
    say(f"{done} disk states ({len(distinct)} distinct) after {whole} calls; {wrong} broken ({took:.0f} s)")
    return wrong


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    wrong = in_shares(
        lambda place, job: lose_power(place, options.states, options.seed, (job, options.jobs)), options.jobs
    )
    say(f"{options.states} disk states, {wrong} with a broken invariant")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
