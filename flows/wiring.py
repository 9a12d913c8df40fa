"""What every flow shares: opening the project, retries by the type of the error, and errors that hold no data.

Prefect keeps the text of exceptions, parameters and artifacts in clear. So flows take a folder, ids and
dates, publish counts only, and turn any foreign error into its type and place before Prefect sees it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from connectors.settings import SystemClock, read_settings
from operations.project import Project, open_project
from rules.errors import StoreUnavailable, WinnowError

RETRIES = 3
HOUSE = Path(__file__).resolve().parents[1]
_P = ParamSpec("_P")
_T = TypeVar("_T")


class FlowFailed(Exception):
    """A failure told without data: the type and place of the error, never its text."""


def project_at(folder: str) -> Project:
    """Open the project in `folder`."""
    return open_project(Path(folder), SystemClock(), read_settings())


def worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Only a store that cannot be reached now may be there later; every other error would come again."""
    found = state.result(raise_on_failure=False)
    return isinstance(found, StoreUnavailable)


def without_data(work: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let our own errors pass (their texts hold no data) and tell any other by type and place alone."""

    @wraps(work)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return work(*args, **kwargs)
        except WinnowError:
            raise
        except Exception as error:  # noqa: BLE001 - the last gate before Prefect stores an error's text
            said = _place(error)
        # Outside the handler, so that the foreign error does not travel along as its context.
        raise FlowFailed(said)

    return told


def _place(error: Exception) -> str:
    """The error's type, the line that raised it, and the last line of ours before that."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in frames if path.parent.is_relative_to(HOUSE) and ".venv" not in path.parts]
    places = dict.fromkeys(f"{path.name}:{line}" for path, line in (frames[-1], *ours[-1:]))
    return f"{type(error).__name__} at {', called by '.join(places)}"


def step(work: Callable[_P, _T]) -> Any:
    """A task over one operation: nothing cached, nothing kept, retried when a store is away."""
    as_task = task(
        name=work.__name__.strip("_").replace("_", "-"),
        retries=RETRIES,
        retry_delay_seconds=[5, 30, 120],
        retry_condition_fn=worth_retrying,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
    )
    return as_task(without_data(work))


def publish_counts(key: str, title: str, counts: Mapping[str, int]) -> None:
    """Keep counts as a Prefect artifact: names of kinds and numbers only."""
    rows = [{"what": name, "count": count} for name, count in counts.items()]
    create_table_artifact(table=rows, key=key, description=title)
