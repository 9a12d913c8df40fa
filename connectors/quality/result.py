"""What the gate says of one expectation: counts, never a value (invariant 5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QualityResult:
    """One expectation: how many rows (or columns) offend, of how many looked at.

    `exception`: the check itself could not be carried out, so the counts mean nothing. `declared`: the
    schedule asks for it; the others are built in.
    """

    expectation: str
    unexpected: int
    evaluated: int
    exception: bool = False
    declared: bool = True
