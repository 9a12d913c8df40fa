"""Winnow as a service: a real Prefect server and worker on loopback, deployed from prefect.yaml as the README says."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.ledger import proposals
from connectors.settings import SystemClock, prefect_variables, read_settings
from operations import demo
from operations.project import open_project
from tests.functional.canary_search import CANARY, contents_of, files_in

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PREFECT = Path(sys.executable).with_name("prefect")
MOST_SECONDS = 240
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
CRON = {
    "annual-sift": "0 2 1 9 *",
    "daily-notes-sift": "30 6 * * *",
    "quarterly-statistics": "0 7 5 1,4,7,10 *",
    "nightly-watch": "15 1 * * *",
}


@dataclass(frozen=True)
class Service:
    """A running Prefect server with all deployed, its worker at work, and the project that they serve."""

    project: Path
    folder: Path
    variables: dict[str, str]

    def prefect(self, *words: str) -> str:
        """Run a command of Prefect's that must succeed, and return what it says."""
        ran = subprocess.run(
            [str(PREFECT), "--no-prompt", *words],
            cwd=ROOT,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    @contextmanager
    def running(self, name: str, *words: str) -> Iterator[Path]:
        """Run a command of Prefect's until the end of the block; yields the file of what it says."""
        said = self.folder / f"{name}.log"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [str(PREFECT), "--no-prompt", *words],
                cwd="/",
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield said
            finally:
                _end(process)

    def api(self, method: str, path: str, **content: Any) -> Any:
        """Ask the server."""
        with httpx.Client(base_url=self.variables["PREFECT_API_URL"], trust_env=False, timeout=60) as client:
            answer = client.request(method, path, **content)
            answer.raise_for_status()
            return answer.json()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command together with everything that it started."""
    for kill in ("TERM", "KILL"):
        subprocess.run(["kill", f"-{kill}", "--", f"-{process.pid}"], check=False, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _wait(what: str, log: Path, done: Callable[[], bool]) -> None:
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        if done():
            return
        time.sleep(0.5)
    pytest.fail(f"{what} took more than {MOST_SECONDS} seconds: {log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Do what the README says, with a small charity."""
    folder = tmp_path_factory.mktemp("service")
    charity = folder / "charity"
    demo.set_up(demo.DemoOptions(charity, 60, canary=CANARY), SystemClock(), read_settings(), lambda _text: None)
    port = _free_port()
    kept = {name: value for name, value in read_settings().variables.items() if not name.startswith("PREFECT_")}
    variables = {
        **prefect_variables(read_settings(kept), folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "WINNOW_PROJECT": str(charity),
    }
    one = Service(charity, folder, variables)
    with ExitStack() as stack:
        said = stack.enter_context(one.running("server", "server", "start", "--host", "127.0.0.1", "--port", str(port)))
        _wait("the start of the server", said, lambda: _healthy(one))
        one.prefect("work-pool", "create", "winnow", "--type", "process")
        one.prefect("deploy", "--all")
        stack.enter_context(one.running("worker", "worker", "start", "--pool", "winnow"))
        yield one


def _healthy(service: Service) -> bool:
    try:
        return service.api("GET", "/health") is True
    except httpx.HTTPError:
        return False


def test_all_four_flows_are_deployed_on_london_time(service: Service) -> None:
    """`prefect deploy --all` makes four deployments, each with its schedule in London time."""
    found = service.api("POST", "/deployments/filter", json={})
    timed = {
        each["name"]: [
            (one["schedule"]["cron"], one["schedule"]["timezone"], one["active"]) for one in each["schedules"]
        ]
        for each in found
    }
    assert timed == {name: [(cron, "Europe/London", True)] for name, cron in CRON.items()}
    limits = {each["global_concurrency_limit"]["limit"] for each in found}
    assert limits == {1}


def test_the_annual_sift_completes_in_a_worker(service: Service) -> None:
    """A triggered annual sift runs in the worker's own process and leaves a frozen proposal in the project's ledger."""
    told = service.prefect("deployment", "run", "annual-sift/annual-sift")
    run = re.findall(r"UUID: ([0-9a-f-]{36})", told)[0]
    state: dict[str, Any] = {}

    def ended() -> bool:
        state.update(service.api("GET", f"/flow_runs/{run}")["state"])
        return state["type"] in ENDED

    _wait("the annual sift", service.folder / "worker.log", ended)
    assert state["type"] == "COMPLETED", state["message"]
    project = open_project(service.project, SystemClock(), read_settings())
    proposal = proposals.latest(project.ledger)
    assert proposal is not None
    packs = (service.project / "out").glob(f"review-pack-{proposal.id}.*")
    assert {path.suffix for path in packs} == {".html", ".xlsx"}
    (counted,) = service.api("POST", "/artifacts/filter", json={})
    assert counted["key"] == "annual-sift"
    assert "past_retention" in counted["data"]


def test_the_service_keeps_no_personal_data(service: Service) -> None:
    """Prefect's home with its database, and all that server and worker said, hold no name, text, contact or key."""
    places = [service.folder / "prefect", *service.folder.glob("*.log")]
    held = [(path.name, data) for path in files_in(*places) for _, data in contents_of(path)]
    assert {"prefect.db", "server.log", "worker.log"} <= {name for name, _ in held}
    sought = re.compile(rb"(?i:%s)|(?<![A-Za-z0-9])[A-Z]\d{6,7}(?![A-Za-z0-9])" % CANARY.encode())
    assert {(name, one) for name, data in held for one in sought.findall(data)} == set()
