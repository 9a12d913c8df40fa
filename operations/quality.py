"""The quality gates as sift and pseudonymise ask for them. Importing it loads Great Expectations and pandas."""

from __future__ import annotations

import pandas as pd

from connectors.quality import expected_columns, quality_findings, run_extract_suite
from operations.sifting.session import QualityCheck
from rules.privacy.extracts import Extract

gate: QualityCheck = quality_findings


def check_extract(extract: Extract) -> list[str]:
    """Return the expectations that an extract fails, each with its counts; none when all hold. Never a value."""
    frame = pd.DataFrame(list(extract.rows), columns=list(extract.columns), dtype="str")
    return [
        f"{found.expectation}: could not be checked"
        if found.exception
        else f"{found.expectation}: {found.unexpected} of {found.evaluated}"
        for found in run_extract_suite(frame, expected_columns(extract.spec))
        if found.exception or found.unexpected
    ]
