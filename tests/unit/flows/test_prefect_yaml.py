"""The deployments of prefect.yaml: each can be loaded and called as it stands, at the times that the README states."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.exceptions import SignatureMismatchError

from tests.unit.house.tree import PACKAGES, ROOT

CRON = {
    "annual-sift": "0 2 1 9 *",
    "daily-notes-sift": "30 6 * * *",
    "quarterly-statistics": "0 7 5 1,4,7,10 *",
    "nightly-watch": "15 1 * * *",
}
CLOCK = {
    "annual-sift": "02:00",
    "daily-notes-sift": "06:30",
    "quarterly-statistics": "07:00",
    "nightly-watch": "01:15",
}


@cache
def _file() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    return read


def _deployment(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in _file()["deployments"] if each["name"] == name)
    return found


def _flow(name: str) -> Flow[..., Any]:
    module, _, function = _deployment(name)["entrypoint"].partition(":")
    flow = getattr(importlib.import_module(module), function)
    assert isinstance(flow, Flow)
    return flow


def test_exactly_four_flows_run_by_themselves() -> None:
    """The two sifts, the statistics and the watch are deployed; nothing that decides or destroys is."""
    assert [each["name"] for each in _file()["deployments"]] == list(CRON)
    entrypoints = "".join(each["entrypoint"] for each in _file()["deployments"])
    assert not re.search("destr|approv|decid|confirm", entrypoints)


@pytest.mark.parametrize("name", CRON)
def test_each_is_named_as_a_module(name: str) -> None:
    """An entrypoint is a module and a function, never a path, which would put flows/ itself where modules are found."""
    assert re.fullmatch(r"flows\.[a-z_]+:[a-z_]+", _deployment(name)["entrypoint"])
    assert _flow(name).name == name


@pytest.mark.parametrize("name", CRON)
def test_each_can_be_called_as_deployed(name: str) -> None:
    """The parameters of a deployment, and of each of its schedules, are those of its flow."""
    deployed, flow = _deployment(name), _flow(name)
    for parameters in (deployed["parameters"], *(each.get("parameters", {}) for each in deployed["schedules"])):
        assert flow.validate_parameters(parameters).items() >= parameters.items()
    with pytest.raises(SignatureMismatchError):
        flow.validate_parameters({"nobody": "asks for this"})


@pytest.mark.parametrize("name", CRON)
def test_each_runs_at_its_time_in_london(name: str) -> None:
    """Each has one schedule, in London time; the README states its hour."""
    (schedule,) = _deployment(name)["schedules"]
    assert (schedule["cron"], schedule["timezone"]) == (CRON[name], "Europe/London")
    (line,) = re.findall(rf"^\| {name} \|.*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert CLOCK[name] in line


@pytest.mark.parametrize("name", CRON)
def test_no_flow_runs_beside_itself(name: str) -> None:
    """A run that is due while the last one is still at work is cancelled, and all run in one pool."""
    assert _deployment(name)["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert _deployment(name)["work_pool"] == {"name": "winnow"}


@pytest.mark.parametrize("name", CRON)
def test_no_flow_keeps_its_result(name: str) -> None:
    """Results are not stored, nor what a flow prints."""
    assert _flow(name).persist_result is False
    assert not _flow(name).log_prints


def test_no_flow_file_bears_the_name_of_a_folder() -> None:
    """A file of flows/ named like a package would hide that package wherever flows/ is on the module path."""
    assert not {path.stem for path in (ROOT / "flows").glob("*.py")} & set(PACKAGES)
