"""The verb coverage: every clause of the source policies with the controls that carry it out."""

from __future__ import annotations

from typing import Annotated

import typer

from console.options import JsonOption
from console.screen import document, say, table
from operations.coverage import coverage as covered
from operations.coverage import lint_findings
from rules.coverage import ClauseCovered, Control
from rules.errors import BadInput, Problem

ALL, GAPS = 0, 1


def coverage(
    policy: Annotated[str, typer.Option("--policy", metavar="S3", help="One policy only.", show_default="all")] = "",
    as_json: JsonOption = False,
) -> int:
    """Show for every clause of the five source policies what carries it out. Ends with 1 where a clause is uncovered.

    Enforced: a rule finds each breach. Evidenced: a part is shown. Attested: a person says so. Planned: not yet.

    Example: winnow coverage --policy S3
    """
    found = covered()
    known = sorted({item.policy for item in found.clauses})
    if policy and policy not in known:
        raise BadInput(Problem(f"there is no policy {policy!r}", key="--policy", mend=f"One of: {', '.join(known)}"))
    clauses = [item for item in found.clauses if policy in ("", item.policy)]
    uncovered = [item for item in found.uncovered if policy in ("", item.policy)]
    if as_json:
        document(
            {
                "clauses": [_clause(item) for item in clauses],
                "controls": [_control(item) for item in found.controls],
                "totals": {"clauses": found.clause_totals(policy), "controls": found.control_totals()},
                "lint": [
                    {"id": item.id, "at": item.at, "says": item.says, "follows": item.follows}
                    for item in lint_findings()
                    if any(place.split()[0] == policy or not policy for place in item.at)
                ],
                "uncovered": [f"{item.policy} {item.clause}" for item in uncovered],
            }
        )
        return GAPS if uncovered else ALL
    rows = [(item.policy, item.clause, item.says, item.status, _carried(item)) for item in clauses]
    table("Clauses and what carries them out", ("policy", "clause", "asks", "status", "controls"), rows)
    named = {name for item in clauses for name, _, _ in item.controls}
    lacking = [(one.id, one.title, one.status, one.needs) for one in found.controls if one.needs and one.id in named]
    table("What is missing", ("control", "asks", "status", "needs"), lacking)
    say(
        f"Clauses: {_told(found.clause_totals(policy))}.", f"Controls of all policies: {_told(found.control_totals())}."
    )
    say(*(f"Uncovered: {item.policy} {item.clause}" for item in uncovered))
    return GAPS if uncovered else ALL


def _carried(item: ClauseCovered) -> str:
    return "; ".join(filter(None, [", ".join(f"{name} {status}" for name, status, _ in item.controls), item.because]))


def _told(totals: dict[str, int]) -> str:
    return f"{sum(totals.values())}, of which " + ", ".join(f"{count} {status}" for status, count in totals.items())


def _clause(item: ClauseCovered) -> dict[str, object]:
    controls = [{"id": name, "status": status, "title": title} for name, status, title in item.controls]
    return {
        "policy": item.policy,
        "clause": item.clause,
        "says": item.says,
        "status": item.status,
        "controls": controls,
        "because": item.because,
    }


def _control(item: Control) -> dict[str, object]:
    return {"id": item.id, "title": item.title, "status": item.status, "by": item.by, "needs": item.needs}
