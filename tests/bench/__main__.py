"""`python -m tests.bench [sift|memory|log|destroy …] [--rows N] [--clients N] [--entries N] [--repeats N]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.bench_destroy import destroying
from tests.bench.bench_log import appending, verification, verifier_memory
from tests.bench.bench_memory import memory
from tests.bench.bench_scale import on_both
from tests.bench.bench_sift import sift_against_others
from tests.bench.bench_start import start

EVERYTHING = ("scale", "sift", "memory", "start", "log", "destroy")


def main() -> int:
    """Measure what was asked for and print it line by line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what", nargs="*", default=[], help="scale, sift, memory, start, log, destroy; everything when none is named"
    )
    parser.add_argument("--scale", type=int, default=5_000_000, help="rows of the large store")
    parser.add_argument("--clients", type=int, default=40_000)
    parser.add_argument("--memory", type=int, nargs="+", default=[15_500, 158_000], help="clients for each size")
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    wanted = options.what or EVERYTHING
    for name in wanted:
        if name not in EVERYTHING:
            parser.error(f"there is no bench {name!r}; there are {', '.join(EVERYTHING)}")
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as place:
        if "scale" in wanted:
            _say(on_both(Path(place) / "scale", options.scale, min(options.repeats, 3)))
        if "start" in wanted:
            _say(start(Path(place) / "start", options.repeats))
        if "sift" in wanted:
            _say(sift_against_others(Path(place) / "demo", options.clients, options.repeats))
        if "memory" in wanted:
            _say(memory(options.memory))
        if "log" in wanted:
            _say(verification(Path(place), options.entries, options.repeats))
            _say(appending(Path(place), options.entries // 4, options.repeats))
            _say(verifier_memory(Path(place), 5 * options.entries))
        if "destroy" in wanted:
            _say(destroying(Path(place) / "destroy", options.rows, options.repeats))
    return 0


def _say(lines: list[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
