"""Every contract about imports and forbidden calls is shown to fail on a planted breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.house.tree import PACKAGES, ROOT

BIN = Path(sys.executable).parent

# For each contract a module and the one line in it that breaks this contract and no other.
BREACHES: Mapping[str, tuple[str, str]] = {
    "Imports point back: flows, console -> operations -> connectors | reports | synthetic -> rules": (
        "connectors/planted.py",
        "import reports.writing",
    ),
    "The synthetic charity knows nothing of the rules that will judge it": (
        "synthetic/planted.py",
        "import rules.errors",
    ),
    "The core touches no engine, file format, network or framework": ("rules/planted.py", "import pandas"),
    "Prefect is imported only in flows": ("operations/planted.py", "import prefect"),
    "Presidio and spaCy are imported only in their one connector": ("reports/planted.py", "import spacy"),
    "Great Expectations is imported only in its one connector": ("console/planted.py", "import great_expectations"),
}


def contract_names() -> list[str]:
    """Return the names of the contracts that pyproject.toml declares."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the packages' modules beside the project's settings."""
    for package in PACKAGES:
        for module in (ROOT / package).rglob("*.py"):
            target = tmp_path / module.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(module, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def lint_imports(folder: Path) -> tuple[int, str]:
    """Run import-linter in `folder`; return its exit status and its output with all white space made single."""
    ran = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1"},
    )
    return ran.returncode, " ".join((ran.stdout + ran.stderr).split())


def test_every_contract_has_a_planted_breach() -> None:
    """A contract that nobody has seen fail is not a contract: each has a breach below, and no breach lacks one."""
    assert sorted(contract_names()) == sorted(BREACHES)


def test_the_tree_keeps_every_contract() -> None:
    """The code as it stands keeps all contracts."""
    status, said = lint_imports(ROOT)
    assert status == 0, said
    assert f"{len(BREACHES)} kept, 0 broken" in said


@pytest.mark.parametrize("contract", sorted(BREACHES))
def test_a_planted_breach_breaks_its_contract(contract: str, copy: Path) -> None:
    """One forbidden import breaks exactly the contract that forbids it."""
    module, line = BREACHES[contract]
    (copy / module).write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    status, said = lint_imports(copy)
    broken = [name for name in BREACHES if f"{name} BROKEN" in said]
    assert (status, broken) == (1, [contract]), said


@pytest.mark.parametrize(
    ("module", "text", "says"),
    [
        ("rules/planted.py", "from datetime import datetime\n\nX = datetime.now()\n", "Time is handed in"),
        ("operations/planted.py", "import datetime\n\nX = datetime.date.today()\n", "Time is handed in"),
        ("operations/planted.py", "import time\n\nX = time.time()\n", "Time is handed in"),
        ("console/planted.py", 'import os\n\nX = os.environ["HOME"]\n', "only reader of the environment"),
        ("flows/planted.py", 'from os import getenv\n\nX = getenv("HOME")\n', "only reader of the environment"),
        ("operations/planted.py", "from sqlalchemy import create_engine\n", "Engines are made in"),
        ("connectors/planted.py", 'import sqlalchemy\n\nX = sqlalchemy.create_engine("a")\n', "Engines are made in"),
    ],
)
def test_a_banned_call_is_found_where_it_is_planted(module: str, text: str, says: str) -> None:
    """The clock, the environment and the making of engines are refused outside their own module."""
    assert says in ruff(module, text)


def test_the_one_reader_of_the_environment_may_read_it() -> None:
    """connectors/settings.py may ask the clock and the environment; connectors/engines.py may make engines."""
    text = 'import os\nfrom datetime import UTC, datetime\n\nX = datetime.now(UTC), os.environ["HOME"]\n'
    assert "TID251" not in ruff("connectors/settings.py", text)
    assert "TID251" not in ruff("connectors/engines.py", "from sqlalchemy import create_engine\n\nX = create_engine\n")


def ruff(module: str, text: str) -> str:
    """Return what ruff says of `text` if it were the module `module`."""
    command = [str(BIN / "ruff"), "check", "--no-cache", "--output-format=concise", "--select=TID251"]
    ran = subprocess.run(
        [*command, f"--stdin-filename={ROOT / module}", "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout
