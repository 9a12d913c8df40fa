"""The project's stores: opened from stores.yaml, checked, and prepared for destroying."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.stores.asking import unanswerable
from connectors.stores.base import RecordStore
from connectors.stores.mapping import read_stores
from connectors.stores.opening import open_stores
from operations.project import Project
from rules.errors import BadInput, Problem
from rules.schedule.values import Schedule


def stores_of(project: Project, schedule: Schedule | None = None) -> Mapping[str, RecordStore]:
    """Every store of the project by alias, not yet connected; `schedule` stands in for the project's own in a trial.

    Raises BadInput with every mistake in stores.yaml.
    """
    path, asked = project.settings.stores, schedule or project.schedule
    return open_stores(read_stores(path, asked), asked, path.parent, project.environment)


def check(project: Project) -> list[Problem]:
    """Everything that is wrong with schedule, mapping and stores; an empty list when all can be used."""
    try:
        stores = stores_of(project)
    except BadInput as error:
        return list(error.problems)
    problems = [problem for store in stores.values() for problem in store.problems()]
    if not problems:
        held = {alias: store.sources() for alias, store in stores.items()}
        problems += unanswerable(held, project.schedule, project.settings.stores.name)
    return problems


def preparation(project: Project) -> dict[str, list[str]]:
    """What `prepare` would do to each store, statement by statement."""
    return {alias: store.prepare_statements() for alias, store in stores_of(project).items()}


def prepare(project: Project) -> None:
    """Make fence and watermark in every store that lacks them."""
    for store in stores_of(project).values():
        store.prepare()
