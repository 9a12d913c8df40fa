"""A run over a database in which no table may be added, from the sift to the verified certificate that says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from connectors.engines import engine
from connectors.settings import FixedClock, read_settings
from operations.project import open_project
from operations.sift import sift
from operations.stores import prepare
from operations.watch import watch
from tests.integration.operations.conftest import drbg
from tests.integration.operations.test_field_actions import DAY, VERIFIER, rows
from tests.integration.operations.test_unlinking import STORES, carried_out, make

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


def test_a_database_without_our_tables_is_destroyed_from_and_the_certificate_says_so(tmp_path: Path) -> None:
    """What went is known by its keys alone, nothing of ours is in the database, and the evidence holds."""
    (tmp_path / "casework.db").touch()
    url, folder = f"sqlite:///{tmp_path / 'casework.db'}", tmp_path / "project"
    make(folder, url)
    with engine(url).begin() as connection:
        for name in ("winnow_fence", "winnow_watermark"):
            connection.execute(text(f"DROP TABLE {name}"))
    (folder / "stores.yaml").write_text(
        STORES.replace("{url}", url).replace("kind: sql", "kind: sql\n    marks: folder")
    )
    project = open_project(folder, FixedClock(DAY), read_settings({}), drbg("other"))
    prepare(project)
    run, done = carried_out(project, sift(project, DAY.date()).proposal.id, 3)
    assert run
    assert rows(url, TABLES) == [("attendances",), ("clients",), ("sessions",)]
    assert rows(url, "SELECT count(*) FROM clients") == [(1,)]
    assert done.certified is not None
    page = done.certified.html.read_text()
    assert "In casework no table may be added." in page
    assert "Marks that each destruction left in" not in page
    command = [sys.executable, "-I", str(VERIFIER), str(done.certified.bundle), "--key", str(done.certified.key)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert watch(project).size > 0
