"""The quality gate: Great Expectations, run inside each store and over each extract. Counts come back, never values."""

from __future__ import annotations

from connectors.quality.extract import ExpectedColumn, expected_columns, run_extract_suite
from connectors.quality.result import QualityResult
from connectors.quality.store import findings_of, run_suite

__all__ = [
    "ExpectedColumn",
    "QualityResult",
    "expected_columns",
    "findings_of",
    "run_extract_suite",
    "run_suite",
]
