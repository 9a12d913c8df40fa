"""What the command line loads: help nothing but itself, a check no model, no flow engine and no data frames."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from console.main import VERBS

HEAVY = {"prefect", "presidio_analyzer", "presidio_anonymizer", "great_expectations", "spacy", "pandas"}
PROGRAM = "import sys; from console.main import run; run(sys.argv[1:]); sys.stderr.write(' '.join(sys.modules))"
STORES = "stores:\n  casework: {kind: sql, url: 'sqlite:///casework.db', classes: {client: {table: clients}}}\n"


def loaded(folder: Path, *words: str) -> set[str]:
    """Run the command in a fresh process; return the names of all modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_help_loads_no_database(tmp_path: Path) -> None:
    """`winnow --help` loads neither a heavy package nor SQLAlchemy, and no verb."""
    found = loaded(tmp_path, "--help")
    assert not found & {*HEAVY, "sqlalchemy", "cryptography", "yaml"}
    assert not found & {verb.module for verb in VERBS.values()}


@pytest.mark.parametrize("verb", ["check", "person", "hold", "decide", "destroy", "verify", "review"])
def test_help_of_a_verb_loads_nothing_heavy(verb: str, tmp_path: Path) -> None:
    """Only sifting, pseudonymising and reporting may load what takes seconds."""
    assert not loaded(tmp_path, verb, "--help") & HEAVY


def test_check_loads_nothing_heavy(tmp_path: Path) -> None:
    """`winnow check` reads schedule, mapping and stores without a model or a flow engine."""
    assert not loaded(tmp_path, "init", "--organisation", "A Small Service") & HEAVY
    (tmp_path / "stores.yaml").write_text(STORES)
    assert not loaded(tmp_path, "check") & HEAVY
