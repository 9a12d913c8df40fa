"""The verb survey."""

from __future__ import annotations

from pathlib import Path

from console.options import JsonOption, OutOption, ProjectOption, here
from console.screen import document, progress, say, table
from operations.survey import survey as survey_stores
from operations.survey import write_survey
from reports.survey import Survey, by_class, filled_words
from rules.minimise import Advice, Proposal


def survey(out: OutOption = None, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Ask of every column whether it is needed: its purpose, how full it is, what reads it. No store is changed.

    Example: winnow survey --out packs
    """
    opened = here(project)
    with progress("survey") as advance:
        found = survey_stores(opened, advance)
    html, xlsx = write_survey(opened, found, out)
    if as_json:
        counts = {proposal.value: count for proposal, count in found.counted.items()}
        columns = [_plain(one) for part in by_class(found) for one in part.advice]
        document({"html": html, "xlsx": xlsx, "counts": counts, "undeclared": found.undeclared, "columns": columns})
        return
    _show(found)
    say(f"  {html}", f"  {xlsx}")
    say("Nothing was changed. What is decided, the owner of each system carries out there.")


def _show(found: Survey) -> None:
    counts = found.counted
    said = ", ".join(f"{proposal} {counts[proposal]:,}" for proposal in Proposal if counts[proposal])
    say(f"{len(found.advice):,} columns: {said}.")
    say(*(f"Nothing is declared in {name}: what only it needs seems unused." for name in found.undeclared))
    asked = [one for part in by_class(found) for one in part.advice if one.proposal is not Proposal.KEEP]
    asked.sort(key=lambda one: one.risk)
    rows = [
        (one.proposal, one.evidence.store, one.evidence.column, filled_words(one.evidence), one.reason) for one in asked
    ]
    if rows:
        table("What to change", ("Advice", "Store", "Column", "Filled", "Why"), rows)


def _plain(one: Advice) -> dict[str, object]:
    column = one.evidence
    return {
        "store": column.store,
        "class": column.class_name,
        "column": column.column,
        "purposes": sorted(role.value for role in column.roles),
        "records": column.rows,
        "filled": column.filled,
        "read_by": [{"kind": use.kind, "name": use.name, "reads": use.reads} for use in column.used_by],
        "found": {kind.value: count for kind, count in sorted(column.sensitive.items()) if count},
        "texts_scanned": column.scanned,
        "longest_text": column.longest,
        "texts_over_2000": column.long,
        "advice": one.proposal,
        "reason": one.reason,
        "losses": one.losses,
    }
