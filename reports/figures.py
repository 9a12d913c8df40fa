"""From rows about people, or from counts a store has already made, to the whole counts of a declared table."""

from __future__ import annotations

import pandas as pd

from rules.errors import BadInput, Problem
from rules.privacy.tables import CountTable, Dimension, TableSpec


def count_table(frame: pd.DataFrame, spec: TableSpec, counts: str | None = None) -> CountTable:
    """Return the true counts of `spec` from `frame`, one row for each person, or pre-aggregated.

    `counts` names the column that holds how many people a row stands for (whole, not below nought); without it
    each row is one person, and the population's `unit` column, if it has one, must be unique: a person counted
    twice could not be protected. Missing and undeclared values go to the dimension's `other` category. Raises
    BadInput (never with a value in it) for missing columns, repeated people, undeclared values and broken counts.
    """
    _check(frame, spec, counts)
    grouped = pd.DataFrame({place: _categories(frame, d, spec.id) for place, d in enumerate(spec.dimensions)})
    weights = pd.Series(1, index=frame.index) if counts is None else _whole(frame[counts], spec.id)
    summed = weights.groupby([grouped[place] for place in grouped], observed=False).sum()
    if spec.columns is None:
        return CountTable(spec, tuple((int(summed.get(row, 0)),) for row in spec.rows.categories))
    square = summed.unstack(fill_value=0).reindex(
        index=list(spec.rows.categories), columns=list(spec.columns.categories), fill_value=0
    )
    return CountTable(spec, tuple(tuple(int(count) for count in line) for line in square.to_numpy()))


def _check(frame: pd.DataFrame, spec: TableSpec, counts: str | None) -> None:
    unit = spec.population.unit if counts is None else None
    wanted = [
        *(dimension.column for dimension in spec.dimensions),
        *([unit] if unit else []),
        *([counts] if counts else []),
    ]
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise BadInput([Problem(f"table {spec.id} needs a column that the figures lack", key=name) for name in missing])
    if unit and (frame[unit].isna().any() or frame[unit].duplicated().any()):
        raise BadInput(
            Problem(
                f"table {spec.id} must count each person once, but some rows repeat or lack the unit",
                key=unit,
                mend="Hand in one row for each person",
            )
        )


def _categories(frame: pd.DataFrame, dimension: Dimension, table: str) -> pd.Series:
    """Return the column as the dimension's ordered categories, strays in `other`."""
    values = frame[dimension.column].astype("string").str.strip()
    known = values.isin(dimension.categories)
    if not known.all() and dimension.other is None:
        raise BadInput(
            Problem(
                f"table {table}: {int((~known).sum())} rows have no value, or one that is not declared",
                key=dimension.name,
                mend='Declare the category, or give the dimension one for the rest (other: "Not recorded")',
            )
        )
    filled = values.where(known, dimension.other)
    return pd.Series(pd.Categorical(filled, categories=list(dimension.categories)), index=frame.index)


def _whole(column: pd.Series, table: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().any() or (numbers < 0).any() or (numbers % 1 != 0).any():
        raise BadInput(f"table {table}: the column of counts holds something that is no whole number of people")
    return numbers.astype("int64")
