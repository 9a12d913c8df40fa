"""Check an extract after pseudonymisation and before the leak gate: only what was declared, in the form declared.

The leak gate looks for everybody of the register; this suite looks at the form of every cell, and would see
what a mapping mistake lets through even when the register is incomplete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from connectors.quality import engine
from connectors.quality.engine import EXPECT
from connectors.quality.result import QualityResult
from rules.privacy.extract_policy import ExtractSpec, Treatment
from rules.privacy.generalise import NOT_KNOWN
from rules.privacy.pseudonyms import LENGTH

PSEUDONYM = rf"\A[A-Z2-7]{{{LENGTH}}}\Z"
IDENTIFIERS = {
    "no e-mail address": r"[^\s@]@[^\s@]",
    "no telephone number": r"(?<!\d)(?:\+\s?44|0)(?:[\s().-]?\d){9,10}(?!\d)",
    "no national insurance number": r"(?i)\b[A-Z]{2}\s?(?:\d\s?){6}[A-D]\b",
    "no full postcode": r"(?i)\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b",
}


@dataclass(frozen=True)
class ExpectedColumn:
    """One column of an extract. `values` is a closed vocabulary; `unique` is for one row per subject."""

    name: str
    kind: Literal["pseudonym", "closed", "generalised", "free text"]
    values: tuple[str, ...] = ()
    unique: bool = False


def expected_columns(spec: ExtractSpec, *, one_row_each: bool = False) -> tuple[ExpectedColumn, ...]:
    """The columns that an extract declares; `one_row_each` when no subject may have two rows."""
    return tuple(
        ExpectedColumn(column.name, "pseudonym", unique=one_row_each)
        if column.treatment is Treatment.PSEUDONYM
        else ExpectedColumn(column.name, "free text")
        if column.treatment is Treatment.FREE_TEXT
        else ExpectedColumn(column.name, "closed", (*column.categories, NOT_KNOWN))
        if column.treatment is Treatment.KEEP
        else ExpectedColumn(column.name, "generalised")
        for column in spec.columns
        if column.treatment is not Treatment.DROP
    )


def run_extract_suite(frame: pd.DataFrame, columns: Sequence[ExpectedColumn]) -> list[QualityResult]:
    """Check an extract, all of whose cells are text; one result for each expectation, named `column: check`.

    The first result counts the columns that are missing or undeclared.
    """
    declared = [column.name for column in columns]
    present = [str(name) for name in frame.columns]
    checks = [(name, check) for column in columns if column.name in present for name, check in _checks(column)]
    exact = EXPECT.ExpectTableColumnsToMatchSet(column_set=declared, exact_match=True)
    raw = engine.on_frame(frame, [exact, *(check for _, check in checks)])
    return [
        _columns_as_declared(raw[0], declared, present),
        *(engine.result(name, item) for (name, _), item in zip(checks, raw[1:], strict=True)),
    ]


def _columns_as_declared(raw: dict[str, Any], declared: list[str], present: list[str]) -> QualityResult:
    different = 0 if raw["success"] else max(len({*declared} ^ {*present}), 1)
    return QualityResult("columns as declared", different, len(present), exception=engine.raised(raw))


def _checks(column: ExpectedColumn) -> Iterator[tuple[str, Any]]:
    name = column.name
    if column.kind == "free text":
        return
    yield f"{name}: filled", EXPECT.ExpectColumnValuesToNotBeNull(column=name)
    if column.kind == "pseudonym":
        yield f"{name}: is a pseudonym", EXPECT.ExpectColumnValuesToMatchRegex(column=name, regex=PSEUDONYM)
        if column.unique:
            yield f"{name}: one row each", EXPECT.ExpectColumnValuesToBeUnique(column=name)
        return
    if column.kind == "closed":
        allowed = list(column.values)
        yield f"{name}: in its vocabulary", EXPECT.ExpectColumnValuesToBeInSet(column=name, value_set=allowed)
    for what, pattern in IDENTIFIERS.items():
        yield f"{name}: {what}", EXPECT.ExpectColumnValuesToNotMatchRegex(column=name, regex=pattern)
