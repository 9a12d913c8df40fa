"""Counts of the declared tables: each store groups and counts, only counts leave it, pandas lays them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import pandas as pd

from connectors.stores.reading import StoreReader
from connectors.stores.values import Counted, count_restricted, counts_by
from operations.project import Project
from operations.publishing.declared import Declared
from operations.readers import holding, open_readers
from reports.figures import count_table
from rules.errors import BadInput, Problem
from rules.privacy.tables import CountTable, Period, Population, TableSpec

_PEOPLE = "people"


def count_declared(
    project: Project, declared: Declared, period: Period, progress: Callable[[str, int], None]
) -> tuple[list[CountTable], int]:
    """Return the true counts of every declared table, and how many restricted people are in none of them.

    Raises BadInput where a population lies in several stores: nobody could tell who would be counted twice.
    """
    tables, restricted = [], 0
    populations = {table.population.id: table.population for table in declared.plan.tables}
    with ExitStack() as stack:
        readers = open_readers(project, stack, {item.record_class for item in populations.values()})
        places = {name: _only(item, readers) for name, item in populations.items()}
        for name, population in populations.items():
            who = _who(declared, population, period)
            restricted += count_restricted(places[name], project.schedule.get(population.record_class), who)
        for done, spec in enumerate(declared.plan.tables, 1):
            tables.append(_counted(project, declared, period, spec, places[spec.population.id]))
            progress("tables counted", done)
    return tables, restricted


def _counted(project: Project, declared: Declared, period: Period, spec: TableSpec, reader: StoreReader) -> CountTable:
    columns = [declared.columns[dimension.name] for dimension in spec.dimensions]
    who = _who(declared, spec.population, period)
    record_class = project.schedule.get(spec.population.record_class)
    rows = [
        (*(column.label(value) for column, value in zip(columns, group, strict=True)), people)
        for group, people in counts_by(reader, record_class, [column.grouping for column in columns], who)
    ]
    names = [*(dimension.column for dimension in spec.dimensions), _PEOPLE]
    return count_table(pd.DataFrame(rows, columns=names), spec, counts=_PEOPLE)


def _who(declared: Declared, population: Population, period: Period) -> Counted:
    restricted = declared.restricted.get(population.record_class, "")
    if not declared.dated:
        return Counted(restricted)
    return Counted(restricted, declared.dated, period.start, period.end)


def _only(population: Population, readers: Sequence[StoreReader]) -> StoreReader:
    found = holding(readers, population.record_class)
    if len(found) != 1:
        what = "lies in no store" if not found else "lies in several stores, so somebody could be counted twice"
        raise BadInput(Problem(f"the class {population.record_class} {what}", key=f"populations.{population.id}"))
    return found[0]
