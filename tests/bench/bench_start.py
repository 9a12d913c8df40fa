"""How long the command line takes to start, beside the three libraries that any such program loads."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

from tests.bench.bench_sift import spread
from tests.bench.big_store import big_project

REFERENCE = [sys.executable, "-c", "import sqlalchemy, pydantic, yaml"]


def start(folder: Path, repeats: int) -> list[str]:
    """Lines of the report: processor time of `winnow --help` and `winnow check` over that of the bare imports."""
    big_project(folder, 1_000)
    winnow = str(Path(sys.executable).parent / "winnow")
    verbs = {"winnow --help": [winnow, "--help"], "winnow check": [winnow, "check", "--project", str(folder)]}
    ratios: dict[str, list[float]] = {name: [] for name in verbs}
    for _ in range(repeats):
        floor = _seconds(REFERENCE)
        for name, command in verbs.items():
            ratios[name].append(_seconds(command) / floor)
    return [f"start of {name} over importing sqlalchemy, pydantic and yaml: {spread(ratios[name])}" for name in verbs]


def _seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
