"""Parser of the statistics plan: from a mapping already read from YAML to frozen tables, with every mistake at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rules.errors import BadInput, Problem
from rules.privacy.tables import DEFAULT_THRESHOLD, Dimension, Policy, Population, StatisticsPlan, TableSpec

_TOTAL_WORDS = {"total", "all"}


def parse_plan(raw: object, file: str = "") -> StatisticsPlan:
    """Return the plan that `raw` (the loaded YAML document) declares.

    Keys: title, threshold, zeros (show or hide), populations, dimensions, tables. Raises BadInput with
    every problem found, each with its key and what to write instead.
    """
    reader = _Reader(file)
    top = reader.mapping(raw, "statistics")
    reader.only(top, "statistics", ("title", "threshold", "zeros", "populations", "dimensions", "tables"))
    title = reader.text(top, "statistics", "title")
    policy = _policy(reader, top)
    populations = {
        name: _population(reader, name, value)
        for name, value in reader.mapping(top.get("populations"), "populations").items()
    }
    dimensions = {
        name: _dimension(reader, name, value)
        for name, value in reader.mapping(top.get("dimensions"), "dimensions").items()
    }
    _one_scheme_each(reader, populations.values(), dimensions.values())
    tables = _tables(reader, top.get("tables"), populations, dimensions)
    if reader.problems:
        raise BadInput(reader.problems)
    return StatisticsPlan(title, policy, tables)


@dataclass
class _Reader:
    """Collects problems instead of stopping at the first."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, key: str, what: str, mend: str = "") -> None:
        self.problems.append(Problem(what, file=self.file, key=key, mend=mend))

    def mapping(self, raw: object, key: str) -> Mapping[str, object]:
        if not isinstance(raw, Mapping) or not raw:
            self.wrong(key, "is not a list of named entries", "Write one entry on each line as name: value")
            return {}
        return {str(name): value for name, value in raw.items()}

    def text(self, entry: Mapping[str, object], key: str, name: str, default: str | None = None) -> str:
        value = entry.get(name, default)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(f"{key}.{name}", "is missing or is not text", f"Write {name}: and some words (quote numbers)")
        return ""

    def only(self, entry: Mapping[str, object], key: str, allowed: tuple[str, ...]) -> None:
        for name in entry:
            if name not in allowed:
                self.wrong(f"{key}.{name}", "is not a key of a statistics plan", f"Use one of: {', '.join(allowed)}")


def _policy(reader: _Reader, top: Mapping[str, object]) -> Policy:
    threshold = top.get("threshold", DEFAULT_THRESHOLD)
    if not isinstance(threshold, int) or isinstance(threshold, bool) or threshold < 3:
        reader.wrong("threshold", "is not a whole number of at least 3", "Write threshold: 10")
        threshold = DEFAULT_THRESHOLD
    zeros = top.get("zeros", "show")
    if zeros not in ("show", "hide"):
        reader.wrong("zeros", "is neither show nor hide", "Write zeros: show")
    return Policy(threshold, zeros != "hide")


def _population(reader: _Reader, name: str, raw: object) -> Population:
    key = f"populations.{name}"
    entry = reader.mapping(raw, key)
    reader.only(entry, key, ("means", "class", "unit"))
    unit = reader.text(entry, key, "unit") if "unit" in entry else None
    return Population(name, reader.text(entry, key, "means"), reader.text(entry, key, "class"), unit)


def _dimension(reader: _Reader, name: str, raw: object) -> Dimension:
    key = f"dimensions.{name}"
    entry = reader.mapping(raw, key)
    reader.only(entry, key, ("title", "column", "categories", "other"))
    listed = entry.get("categories")
    categories: tuple[str, ...] = ()
    if isinstance(listed, list) and listed and all(isinstance(item, str) and item.strip() for item in listed):
        categories = tuple(item.strip() for item in listed)
    else:
        reader.wrong(f"{key}.categories", "is not a list of texts", 'Write categories: [Careers, "16 to 18"]')
    other = reader.text(entry, key, "other") if "other" in entry else None
    if other is not None and other not in categories:
        categories = (*categories, other)
    if len(set(categories)) != len(categories):
        reader.wrong(f"{key}.categories", "names a category twice", "Name each once")
    if any(category.casefold() in _TOTAL_WORDS for category in categories):
        reader.wrong(f"{key}.categories", "names a total", "Leave totals out: they are computed")
    title = reader.text(entry, key, "title", name.replace("_", " ").capitalize())
    return Dimension(name, title, categories, reader.text(entry, key, "column", name), other)


def _one_scheme_each(reader: _Reader, populations: Iterable[Population], dimensions: Iterable[Dimension]) -> None:
    """Refuse what could be subtracted: two bandings of one column, two populations of one record class."""
    for kind, what, seen in (
        ("dimensions", "groups a column that another dimension groups too", [(d.name, d.column) for d in dimensions]),
        (
            "populations",
            "counts a class that another population counts too",
            [(p.id, p.record_class) for p in populations],
        ),
    ):
        taken: set[str] = set()
        for name, source in seen:
            if source and source in taken:
                mend = "Keep one of the two: readers can subtract one from the other and find a few people"
                reader.wrong(f"{kind}.{name}", what, mend)
            taken.add(source)


def _tables(
    reader: _Reader, raw: object, populations: Mapping[str, Population], dimensions: Mapping[str, Dimension]
) -> tuple[TableSpec, ...]:
    if not isinstance(raw, list) or not raw:
        reader.wrong("tables", "is not a list of tables", "Write tables: and below it lines that begin with - id:")
        return ()
    specs = [_table(reader, f"tables[{place}]", item, populations, dimensions) for place, item in enumerate(raw, 1)]
    ids = [spec.id for spec in specs if spec is not None]
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        reader.wrong(f"tables.{twice}", "is the id of two tables", "Give each table its own id")
    return tuple(spec for spec in specs if spec is not None)


def _table(
    reader: _Reader,
    key: str,
    raw: object,
    populations: Mapping[str, Population],
    dimensions: Mapping[str, Dimension],
) -> TableSpec | None:
    entry = reader.mapping(raw, key)
    reader.only(entry, key, ("id", "title", "population", "rows", "columns"))
    name, title = reader.text(entry, key, "id"), reader.text(entry, key, "title")
    if name and not name.replace("-", "").replace("_", "").isalnum():
        reader.wrong(f"{key}.id", "is not made of letters, digits and hyphens", "Write id: services-by-outcome")
    asked = [("population", populations), ("rows", dimensions)]
    if entry.get("columns") is not None:
        asked.append(("columns", dimensions))
    for part, known in asked:
        value = reader.text(entry, key, part)
        if value and value not in known:
            reader.wrong(f"{key}.{part}", f"names nothing in this plan: {value}", f"Use one of: {', '.join(known)}")
    population = populations.get(str(entry.get("population")))
    rows, columns = dimensions.get(str(entry.get("rows"))), dimensions.get(str(entry.get("columns")))
    if rows is not None and rows == columns:
        reader.wrong(f"{key}.columns", "is the dimension of the rows", "Name another dimension, or leave columns out")
    return None if population is None or rows is None else TableSpec(name, title, population, rows, columns)
