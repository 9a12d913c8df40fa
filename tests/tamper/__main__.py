"""`python -m tests.tamper --edits 200000 --seed 1`: forge that many bundles, and flip every bit of one.

Ends with 1 where the verifier accepted one whose content differs from the sound one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator

from tests.tamper.edits import EDITS
from tests.tamper.forgers import ACCEPTED, FORGERS, REFUSED, SAME, Case, hurried, judge_zip, make_case

CHUNK = 1_000
Counts = Counter[tuple[str, str, str]]
"""How many edits, by forger, edit and verdict."""

_case: list[Case] = []


def start() -> None:
    """Get a worker ready: the same sound bundle in each. Raises AssertionError when it is not sound to begin with."""
    _case[:] = [make_case()]
    assert judge_zip(_case[0], _case[0].zipped) == SAME


def forge(work: tuple[int, int, int]) -> Counts:
    """Forge a chunk of bundles; (seed, number of the chunk, how many) name them all."""
    seed, number, count = work
    choice, counts = random.Random(f"{seed} {number}"), Counts()
    for _ in range(count):
        target, edit = choice.choice(list(FORGERS)), choice.choice(list(EDITS))
        with hurried():
            verdict = FORGERS[target](_case[0], edit, choice)
        counts[target, edit, verdict] += 1
        if verdict == ACCEPTED:
            sys.stdout.write(f"ACCEPTED: {edit} of {target}, seed {seed}, chunk {number}\n")
    return counts


def flip(bits: range) -> Counts:
    """Flip each of these bits of the zip of the bundle."""
    counts, data = Counts(), _case[0].zipped
    for place in bits:
        at, bit = divmod(place, 8)
        with hurried():
            verdict = judge_zip(_case[0], data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        counts["every bit of one bundle", "bit", verdict] += 1
    return counts


def tamper(edits: int, seed: int, jobs: int, every_bit: bool) -> Counts:
    """Forge, in as many processes as asked for; the outcome does not depend on their number."""
    chunks = [(seed, number, min(CHUNK, edits - at)) for number, at in enumerate(range(0, edits, CHUNK))]
    start()
    if jobs == 1:
        return _sum(map(forge, chunks)) + (_sum(map(flip, _bits())) if every_bit else Counts())
    with multiprocessing.Pool(jobs, start) as pool:
        counts = _sum(pool.imap_unordered(forge, chunks))
        return counts + (_sum(pool.imap_unordered(flip, _bits())) if every_bit else Counts())


def _bits() -> Iterator[range]:
    end = 8 * len(_case[0].zipped)
    return (range(at, min(end, at + CHUNK)) for at in range(0, end, CHUNK))


def _sum(parts: Iterator[Counts]) -> Counts:
    counts = Counts()
    for part in parts:
        counts.update(part)
    return counts


def report(counts: Counts) -> str:
    """Return the figures, one line per forger and edit, and the totals."""
    lines = []
    for target in dict.fromkeys([*FORGERS, "every bit of one bundle"]):
        for edit in EDITS:
            of = [counts[target, edit, verdict] for verdict in (REFUSED, SAME, ACCEPTED)]
            if any(of):
                lines.append(f"{target}, {edit}: {of[0]:,} refused, {of[1]:,} no change of content, {of[2]:,} accepted")
    totals = [sum(count for key, count in counts.items() if key[2] == verdict) for verdict in (REFUSED, SAME, ACCEPTED)]
    lines.append(f"in all: {totals[0]:,} refused, {totals[1]:,} no change of content, {totals[2]:,} accepted")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    counts = tamper(options.edits, options.seed, options.jobs, every_bit=True)
    sys.stdout.write(f"seed {options.seed}, {options.edits:,} edits\n" + report(counts))
    return 1 if any(verdict == ACCEPTED for _, _, verdict in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
