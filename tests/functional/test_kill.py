"""Real processes killed with SIGKILL while they destroy, on every engine, and what the next one makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POINTS = os.environ.get("WINNOW_KILL_POINTS", "30")


@pytest.mark.slow
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been() -> None:
    """Killed at any statement, commit or file operation, again while it recovers: every record ends once, rightly."""
    # In a process of its own: it forks, which a test runner with threads should not.
    command = [sys.executable, "-m", "tests.crash.torture", "--points", POINTS, "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"{POINTS} killed runs, 0 with a broken invariant\n")
