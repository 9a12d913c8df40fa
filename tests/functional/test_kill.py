"""A destroying process that is killed, whose disk fails or fills up, or whose power goes; and the next one after it.

Small samples; `make torture`, `make syscalls` and `make power` try as many points as you like.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def sample(module: str, option: str, count: str) -> str:
    """Run a harness in a process of its own (it forks, which a test runner with threads should not); its last line."""
    command = [sys.executable, "-m", f"tests.crash.{module}", option, count, "--seed", "7", "--jobs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.postgres
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been() -> None:
    """Killed at any statement, commit or file operation, again while it recovers: every record ends once, rightly."""
    points = os.environ.get("WINNOW_KILL_POINTS", "30")
    assert sample("torture", "--points", points) == f"part 1 of 1 of {points} killed runs, 0 with a broken invariant"


@pytest.mark.slow
def test_a_run_whose_disk_fails_or_fills_up_ends_as_if_it_had_not() -> None:
    """Killed at a system call, or told that it failed or that the disk is full: every record ends once, rightly."""
    points = os.environ.get("WINNOW_SYSCALL_POINTS", "20")
    assert sample("syscalls", "--points", points) == "0 injections broke an invariant"


@pytest.mark.slow
def test_a_loss_of_power_undoes_nothing_that_was_confirmed() -> None:
    """Whatever un-synced writes a loss of power takes or keeps, what was confirmed stands and the rest is resolved."""
    states = os.environ.get("WINNOW_POWER_STATES", "100")
    assert sample("power", "--states", states) == f"{states} disk states, 0 with a broken invariant"
