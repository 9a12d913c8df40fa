"""The command line starts quickly: help loads no engine, model or table library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.house.tree import ROOT

SLOW = ("prefect", "presidio_analyzer", "presidio_anonymizer", "great_expectations", "spacy", "pandas")
PROGRAM = """
import sys
from console.main import run
status = run(sys.argv[1:])
print("status", status)
print("loaded", sorted(sys.modules.keys() & set({slow})))
"""


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["verify", "--help"], ["hold", "--help"]])
def test_help_loads_nothing_slow(words: list[str]) -> None:
    """Help of the command and of its verbs works without Prefect, Presidio, Great Expectations, spaCy and pandas."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{slow}", repr(SLOW)), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-2:] == ["status 0", "loaded []"]
