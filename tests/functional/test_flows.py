"""How flows end: what is worth another try gets one, and Prefect never learns what an error quoted."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.logging.handlers import APILogHandler
from prefect.settings import (
    PREFECT_HOME,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_DATABASE_CONNECTION_URL,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

import flows.sift as sifting
from connectors.ledger import proposals
from connectors.settings import SystemClock, read_settings
from flows.destruction import carry_out_run
from flows.sift import annual_sift
from flows.watch import nightly_watch, watch_log
from flows.wiring import RETRIES, FlowFailed, step, without_data
from operations import demo
from operations.project import Project
from operations.sift import sift
from rules.errors import BadInput, CheckSaidNo, Refused, StoreUnavailable

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

CANARY = "Quillfeather"
START_SECONDS = 120  # a loaded machine needs more than Prefect's thirty


@pytest.fixture(scope="session")
def prefect_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One Prefect server for the session, which sends nothing abroad; yields the file of its database."""
    home = tmp_path_factory.mktemp("prefect")
    own = {PREFECT_HOME: home, PREFECT_SERVER_ANALYTICS_ENABLED: False}
    with temporary_settings(own), prefect_test_harness(server_startup_timeout=START_SECONDS):
        yield Path(str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).partition("///")[2])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small charity, set up today: flows know no other day."""
    options = demo.DemoOptions(tmp_path_factory.mktemp("charity"), 40)
    return demo.set_up(options, SystemClock(), read_settings(), lambda _text: None)


def _kept(database: Path) -> list[str]:
    """Every row of every table of Prefect's database, as text, once its logs have arrived."""
    APILogHandler().flush()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return [str(row) for (table,) in tables for row in connection.execute(f'SELECT * FROM "{table}"')]


def _shaken(error: Exception, failures: int) -> tuple[int, Any]:
    """How often a step is tried that fails so many times with an error, and the state in which its flow ends."""
    tried: list[int] = []

    def shaky() -> str:
        tried.append(1)
        if len(tried) <= failures:
            raise error
        return "done"

    at_once = step(shaky).with_options(retry_delay_seconds=0)

    @flow(name="shaking", persist_result=False)
    def shaking() -> str:
        return str(at_once())

    state: Any = shaking(return_state=True)
    return len(tried), state


@pytest.mark.parametrize(("failures", "tries", "ends"), [(1, 2, "COMPLETED"), (99, 1 + RETRIES, "FAILED")])
def test_a_store_that_is_away_is_tried_again(prefect_database: Path, failures: int, tries: int, ends: str) -> None:
    """StoreUnavailable is worth another try, but not for ever."""
    tried, state = _shaken(StoreUnavailable("store casework cannot be used now"), failures)
    assert (tried, str(state.type.value)) == (tries, ends)


@pytest.mark.parametrize(
    "error",
    [BadInput("no column case_number"), Refused("a hold stands"), CheckSaidNo("the gate refused"), KeyError("x")],
)
def test_every_other_error_is_told_at_once(prefect_database: Path, error: Exception) -> None:
    """An error that would come again is not tried again."""
    tried, state = _shaken(error, 99)
    assert (tried, str(state.type.value)) == (1, "FAILED")


def test_an_annual_sift_waits_for_its_database(
    prefect_database: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sift whose database is away at the first try completes at the second, with one proposal."""
    casework, away = project.folder / "casework.db", project.folder / "away.db"
    tries: list[int] = []

    def late(*given: Any, **named: Any) -> Any:
        tries.append(1)
        casework.rename(away) if len(tries) == 1 else away.rename(casework)
        return sift(*given, **named)

    monkeypatch.setattr(sifting, "sift", late)
    monkeypatch.setattr(sifting, "sift_stores", sifting.sift_stores.with_options(retry_delay_seconds=0))
    proposal = annual_sift(project=str(project.folder))
    latest = proposals.latest(project.ledger)
    assert len(tries) == 2
    assert latest is not None
    assert latest.id == proposal


def _quoting() -> None:
    name = f"Zebedee {CANARY}"
    try:
        raise KeyError(name)
    except KeyError as cause:
        error = ValueError(f"invalid literal: {name!r}")
        error.add_note(name)
        raise error from cause


def test_prefect_never_learns_what_an_error_quoted(prefect_database: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A foreign error ends in Prefect's database, logs and output as its type and place; what it quoted does not."""
    failing = step(_quoting)

    @flow(name="quoting", persist_result=False)
    def quoting() -> None:
        failing()

    state: Any = quoting(return_state=True)
    found = state.result(raise_on_failure=False)
    assert isinstance(found, FlowFailed)
    assert re.fullmatch(r"ValueError at test_flows\.py:\d+", str(found))
    assert found.__cause__ is None
    assert found.__context__ is None
    kept = _kept(prefect_database)
    assert any(str(found) in row for row in kept)
    assert not [row for row in kept if CANARY in row]
    files = [*prefect_database.parent.glob(f"{prefect_database.name}*")]
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
    assert CANARY not in "".join(capfd.readouterr())


def test_an_error_of_a_library_names_the_line_of_ours_that_called_it() -> None:
    """The place of a foreign error is where it was raised and where we called, so that it can be mended."""
    with pytest.raises(FlowFailed, match=r"^JSONDecodeError at decoder\.py:\d+, called by test_flows\.py:\d+$"):
        without_data(lambda: json.loads(CANARY))()


def test_the_watch_publishes_counts_only(prefect_database: Path, project: Project) -> None:
    """The nightly watch leaves an artifact of kinds and numbers, and nothing else."""
    nightly_watch(project=str(project.folder))
    _kept(prefect_database)
    with closing(sqlite3.connect(f"file:{prefect_database}?mode=ro", uri=True)) as connection:
        (data,) = connection.execute("SELECT data FROM artifact WHERE key = 'nightly-watch'").fetchone()
    rows = json.loads(data)
    rows = json.loads(rows) if isinstance(rows, str) else rows
    assert rows[0]["what"] == "log entries"
    assert all(isinstance(row["count"], int) and set(row) == {"what", "count"} for row in rows)


@pytest.mark.parametrize("call", [lambda at: watch_log.fn(at), lambda at: carry_out_run.fn(at, "run-1")])
def test_a_folder_without_a_project_is_bad_input(tmp_path: Path, call: Callable[[str], object]) -> None:
    """A step pointed at the wrong folder says what to mend."""
    with pytest.raises(BadInput, match="there is no project here"):
        call(str(tmp_path))


def test_an_unknown_run_is_bad_input(project: Project) -> None:
    """A run that was never approved cannot be carried out."""
    with pytest.raises(BadInput, match="there is no run"):
        carry_out_run.fn(str(project.folder), "run-2020-01-01-1")
