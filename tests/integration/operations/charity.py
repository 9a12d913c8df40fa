"""The invented charity as a project, small and with a canary in every name, contact and text."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.engines import engine
from connectors.ledger.base import open_ledger
from connectors.settings import FixedClock, read_settings
from operations.project import Project, open_project
from synthetic.charity import generate

POLICIES = Path(__file__).parents[3] / "policies" / "demo"
AS_OF = date(2026, 9, 1)
CANARY = "ZQX"
SETTINGS = "organisation: Demo Counselling Service\nledger: sqlite:///ledger.db\n"


def make_charity(folder: Path, clients: int = 330) -> Path:
    """Make the charity's stores, its policies and an empty ledger in a folder."""
    folder.mkdir()
    made = engine(f"sqlite:///{folder / 'casework.db'}", create=True)
    generate(made, folder, seed=11, as_of=AS_OF, clients=clients, canary=CANARY)
    made.dispose()
    for policy in POLICIES.glob("*.yaml"):
        shutil.copy(policy, folder)
    (folder / "winnow.yaml").write_text(SETTINGS, encoding="utf-8")
    open_ledger("sqlite:///ledger.db", folder=folder).engine.dispose()
    return folder


def copy_of(charity: Path, tmp_path: Path) -> Path:
    """A copy of the charity that a test may change."""
    return Path(shutil.copytree(charity, tmp_path / "charity"))


def project_in(folder: Path, random: Callable[[int], bytes] = bytes, day: date = AS_OF) -> Project:
    """The charity's project at noon of a day, with a key of noughts unless `random` is handed in."""
    clock = FixedClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    return open_project(folder, clock, read_settings({}), random)


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    """The answer of the casework database to a plain query."""
    with sqlite3.connect(folder / "casework.db") as connection:
        return list(connection.execute(query))


def change(folder: Path, *statements: str) -> None:
    """Change the casework database."""
    connection = sqlite3.connect(folder / "casework.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def everything_in(folder: Path) -> dict[str, str]:
    """Every file below a folder as text; the parts of a workbook unzipped."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        if path.suffix == ".xlsx":
            shutil.unpack_archive(path, folder / "unzipped" / path.stem, "zip")
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        if path.is_file() and path.suffix != ".xlsx":
            found[path.name] = path.read_bytes().decode("utf-8", "replace")
    return found
