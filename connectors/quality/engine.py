"""Great Expectations on a connection of ours, or on a data frame, with everything turned off that could hold a value.

Its own SQL engine would open connections of its own, add functions to them, reflect tables and dispose of
the pool; ours borrows the connection that is there, so that a check sees the same snapshot as the sift.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import quoted_name

from connectors.quality.result import QualityResult

# Its log never leaves it: it writes out foreign error texts, which may quote data, whatever the level of others' logs.
_LOG = logging.getLogger("great_expectations")
_LOG.propagate = False
_LOG.addHandler(logging.NullHandler())

with warnings.catch_warnings():
    # Great Expectations 1.24 imports sre_constants and sre_parse, which Python 3.11 calls deprecated.
    warnings.filterwarnings("ignore", "module 'sre_", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine.pandas_batch_data import PandasBatchData
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.validator.validator import Validator

EXPECT: Any = gx.expectations
# BASIC without samples: counts only. Without this, results hold up to twenty raw values.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_FLAGS = quoted_name("flags", quote=True)


class _Columns:
    """The columns of our SELECT, where Great Expectations would reflect a table."""

    def __init__(self, selected: Select[Any], dialect: Dialect) -> None:
        self.selected, self.dialect = selected, dialect

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        return [{"name": column.name, "type": column.type} for column in self.selected.selected_columns]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        return {}


class _BorrowedEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc, unused-ignore] # an untyped base class
    """Great Expectations' SQL engine on one connection that stays ours."""

    _ready = False

    def __init__(self, connection: Connection, selected: Select[Any]) -> None:
        self._borrowed = connection
        self._columns = _Columns(selected, connection.dialect)
        super().__init__(engine=connection.engine, create_temp_table=False)
        self.dialect_module = importlib.import_module(type(connection.dialect).__module__.rpartition(".")[0])
        self._ready = True

    @property
    def dialect_name(self) -> str:
        # While it is being set up it must not know SQLite: it would open a second connection and add functions.
        return str(super().dialect_name) if self._ready else ""

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        """Yield the borrowed connection and leave it open."""
        yield self._borrowed

    def get_inspector(self) -> _Columns:
        """The columns of the SELECT; nothing is reflected."""
        return self._columns

    def close(self) -> None:
        """Leave the connection and its engine alone: they are not ours to close."""


@lru_cache(maxsize=1)
def _context() -> Any:
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.variables.analytics_enabled = False
    return context


def validate(engine: Any, data: Any, expectations: Sequence[Any]) -> list[dict[str, Any]]:
    """Validate a suite on one batch; return the results in the order of `expectations`, as plain JSON values."""
    configurations = []
    for number, expectation in enumerate(expectations):
        configuration = expectation.configuration
        configuration.meta = {"number": number}
        configurations.append(configuration)
    validator = Validator(execution_engine=engine, batches=[Batch(data=data)], data_context=_context())
    found = validator.graph_validate(configurations, runtime_configuration={"result_format": RESULT_FORMAT})
    plain: list[dict[str, Any]] = [dict(item.to_json_dict()) for item in found]
    for item in plain:  # foreign error texts may quote data
        item["exception_info"] = {"raised_exception": _raised(item["exception_info"])}
    return sorted(plain, key=lambda item: int(item["expectation_config"]["meta"]["number"]))


def _raised(info: dict[str, Any]) -> bool:
    # One entry for the expectation, or one for each metric that it needs.
    parts = [info] if "raised_exception" in info else list(info.values())
    return any(part["raised_exception"] for part in parts)


def raised(result: dict[str, Any]) -> bool:
    """Whether a check failed to run at all: it is reported as a failed expectation, with a mark beside it."""
    return bool(result["exception_info"]["raised_exception"])


def on_connection(connection: Connection, selected: Select[Any]) -> list[dict[str, Any]]:
    """Expect every column of `selected` (flags, 1 for an offending row) to be 0 in every row, in the store itself."""
    engine = _BorrowedEngine(connection, selected)
    data = SqlAlchemyBatchData(
        engine, selectable=selected, create_temp_table=False, source_table_name=_FLAGS, source_schema_name=_FLAGS
    )
    names = [column.name for column in selected.selected_columns]
    return validate(engine, data, [EXPECT.ExpectColumnValuesToBeInSet(column=n, value_set=[0]) for n in names])


def on_frame(frame: pd.DataFrame, expectations: Sequence[Any]) -> list[dict[str, Any]]:
    """Validate a suite on a data frame in memory."""
    engine = PandasExecutionEngine()
    return validate(engine, PandasBatchData(engine, frame), expectations)


def result(name: str, raw: dict[str, Any], *, declared: bool = True) -> QualityResult:
    """One result of Great Expectations as counts."""
    if raised(raw):
        return QualityResult(name, 0, 0, exception=True, declared=declared)
    # Of no rows SQL's sum is NULL, not 0.
    unexpected, evaluated = raw["result"]["unexpected_count"] or 0, raw["result"]["element_count"]
    return QualityResult(name, int(unexpected), int(evaluated), declared=declared)
