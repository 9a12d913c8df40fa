"""The declared statistics: the plan's file read against the schedule, every mistake at once with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from operations.policy_file import PolicyFile, line_of, read_policy
from operations.publishing.columns import Column, fields_of, read_column
from operations.publishing.days import COVERS, EVERYBODY
from rules.errors import BadInput, Problem
from rules.located import suggest
from rules.privacy.plan import parse_plan
from rules.privacy.tables import Dimension, Population, StatisticsPlan
from rules.schedule.values import RecordClass, Schedule

_OURS = ("restricted", "period")


@dataclass(frozen=True)
class Declared:
    """What is to be published. `columns` are by name of dimension, `restricted` fields by name of class.

    `covers` is one of `days.COVERS`, `dated` the field that says when; empty for everybody.
    """

    plan: StatisticsPlan
    columns: Mapping[str, Column]
    restricted: Mapping[str, str]
    covers: str
    dated: str


def read_declared(path: Path, schedule: Schedule) -> Declared:
    """Read the statistics' file. Raises BadInput with every mistake."""
    file = read_policy(path)
    raw, words = _with_words(file)
    try:
        plan = parse_plan(raw, file.name)
    except BadInput as error:
        raise file.placed(error) from None
    checker = _Checker(file, schedule)
    columns = {d.name: checker.column(d, words[d.name]) for t in plan.tables for d in t.dimensions}
    restricted = checker.restricted()
    covers, dated = checker.period()
    for table in plan.tables:
        checker.population(table.population, dated)
        for dimension in table.dimensions:
            checker.fields(table.population, dimension)
    if checker.problems:
        raise BadInput(list(dict.fromkeys(checker.problems)))
    return Declared(plan, {name: column for name, column in columns.items() if column}, restricted, covers, dated)


def _with_words(file: PolicyFile) -> tuple[dict[str, object], dict[str, dict[str, str]]]:
    """The plan as its parser knows it, and for each dimension its values with their words for readers."""
    raw = file.plain(numbers=("threshold",), without=_OURS)
    words: dict[str, dict[str, str]] = {}
    dimensions = raw.get("dimensions")
    for name, entry in dimensions.items() if isinstance(dimensions, dict) else ():
        listed = entry.get("categories") if isinstance(entry, dict) else None
        if isinstance(listed, dict):
            words[name] = {str(value): str(shown) for value, shown in listed.items()}
            entry["categories"] = list(words[name].values())
        else:
            words[name] = {str(value): str(value) for value in listed} if isinstance(listed, list) else {}
    return raw, words


class _Checker:
    """Compares the plan with the schedule and collects what does not fit."""

    def __init__(self, file: PolicyFile, schedule: Schedule) -> None:
        self._file, self._schedule = file, schedule
        self._classes = {item.name: item for item in schedule.classes}
        self.problems: list[Problem] = []

    def _wrong(self, key: str, what: str, mend: str) -> None:
        self.problems.append(Problem(what, self._file.name, line_of(self._file.top, key), key, mend))

    def column(self, dimension: Dimension, words: Mapping[str, str]) -> Column | None:
        try:
            return read_column(dimension.column, words)
        except ValueError as error:
            self._wrong(f"dimensions.{dimension.name}.categories", str(error), "Correct the categories")
            return None

    def population(self, population: Population, dated: str) -> None:
        key, record_class = f"populations.{population.id}", self._class_of(population)
        if record_class is None:
            mend = f"Write {suggest(population.record_class, self._classes)}"
            self._wrong(f"{key}.class", f"the schedule has no class {population.record_class!r}", mend)
            return
        if population.unit != record_class.key:
            mend = f"Write unit: {record_class.key}, or count the class whose key it is"
            self._wrong(f"{key}.unit", "people are counted, each once, so the unit is the key of the class", mend)
        if dated:
            self._field(record_class, dated, "period.of")

    def fields(self, population: Population, dimension: Dimension) -> None:
        record_class = self._class_of(population)
        if record_class is None:
            return
        for name in fields_of(dimension.column):
            self._field(record_class, name, f"dimensions.{dimension.name}.column")

    def restricted(self) -> dict[str, str]:
        found: dict[str, str] = {}
        at = self._file.top.mapping.get("restricted")
        for item in at.items if at else ():
            class_name, _, name = item.text.partition(".")
            if class_name not in self._classes:
                self._wrong("restricted", "is no class.field of the schedule", "Write such as client.restricted")
            else:
                self._field(self._classes[class_name], name, "restricted")
                found[class_name] = name
        return found

    def period(self) -> tuple[str, str]:
        at = self._file.top.mapping.get("period")
        entries = {name: value.text for name, value in at.mapping.items()} if at else {}
        covers, dated = entries.get("covers", EVERYBODY), entries.get("of", "")
        if covers not in COVERS:
            self._wrong("period.covers", f"unknown days {covers!r}", f"Write {suggest(covers, COVERS)}")
        elif (covers == EVERYBODY) == bool(dated) or entries.keys() - {"covers", "of"}:
            mend = "Write `covers: everybody`, or such as `{covers: last quarter, of: opened_on}`"
            self._wrong("period", "the days and the date they are counted by don't fit together", mend)
        return covers, dated

    def _class_of(self, population: Population) -> RecordClass | None:
        return self._classes.get(population.record_class)

    def _field(self, record_class: RecordClass, name: str, key: str) -> None:
        known = [item.name for item in record_class.fields]
        if name not in known:
            self._wrong(key, f"{record_class.name} has no field {name!r}", f"Write {suggest(name, known)}")
