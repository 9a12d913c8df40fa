"""The verbs what-if and diff: what another choice or version of the schedule would change. Nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from console.options import AsOfOption, JsonOption, ProjectOption, here
from console.screen import complain, document, progress, say, table
from operations.trial import Moved, WhatIf
from operations.trial import what_if as tried
from operations.versions import Difference
from operations.versions import diff as compared
from rules.errors import BadInput, Problem
from rules.schedule.values import Schedule

ListOption = Annotated[bool, typer.Option("--list", help="Name every record that becomes due or stops being due.")]


def what_if(
    changes: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="Another value for a parameter; repeat for more.")
    ],
    as_of: AsOfOption = None,
    listed: ListOption = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show who would become due, or stop being due, were a parameter of the schedule another. Nothing is kept.

    Example: winnow what-if --set "counselling.keep=6 years" --as-of 2030-01-01
    """
    overrides = dict(_split(change) for change in changes)
    with progress("what-if") as advance:
        found = tried(here(project), overrides, as_of, advance)
    if as_json:
        document(_in_json(found, listed))
        return
    said = ", ".join(f"{name} = {value}" for name, value in overrides.items())
    say(f"With {said}: {_in_short(found)}")
    _show(found, listed)


def diff(
    old: Annotated[str, typer.Argument(help="A file, or an adopted version by its name or digest.")] = "",
    new: Annotated[str, typer.Argument(help="The same, for the version it is compared with.")] = "",
    as_of: AsOfOption = None,
    in_records: Annotated[
        bool, typer.Option("--records/--no-records", help="Ask the stores who becomes due, and who stops being due.")
    ] = True,
    listed: ListOption = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Compare two versions of the schedule, in words and in records. Nothing is kept.

    With no version named: the one that was adopted last, and the file as it stands now. With one: that one, and the
    file as it stands now.

    Example: winnow diff

    Example: winnow diff 2026-04 next-year.yaml --as-of 2027-09-01
    """
    with progress("diff") as advance:
        found = compared(here(project), old, new, as_of, in_records=in_records, progress=advance)
    if as_json:
        document(
            {
                "old": _named(found.old),
                "new": _named(found.new),
                "changes": found.changes,
                "records": None if found.records is None else _in_json(found.records, listed),
                "why_not": found.why_not,
            }
        )
        return
    _say_changes(found)
    if found.records is not None:
        say("", f"In records: {_in_short(found.records)}")
        _show(found.records, listed)
    if found.why_not:
        complain("The records can't be compared: one of the two does not fit the stores.", *map(str, found.why_not))


def _say_changes(found: Difference) -> None:
    say(f"From {_title(found.old)} to {_title(found.new)}:", "")
    for change in found.changes:
        say(f"  {change.sentence}")
        if change.change == "changed":
            say(f"    from: {change.before}", f"    to:   {change.after}")
    if found.old.digest == found.new.digest:
        say("  They are the same file.")
    elif not found.changes:
        say("  Only comments or layout differ: every rule is the same.")


def _title(schedule: Schedule) -> str:
    return f"{schedule.name}, version {schedule.version} ({schedule.digest[:12]})"


def _named(schedule: Schedule) -> dict[str, str]:
    return {"schedule": schedule.name, "version": schedule.version, "digest": schedule.digest}


def _in_short(found: WhatIf) -> str:
    gained, lost = sum(found.becomes_due.values()), sum(found.stops_being_due.values())
    undatable = ""
    if found.undatable_now != found.undatable_then:
        undatable = f" Undatable: {found.undatable_now:,} now, {found.undatable_then:,} then."
    return (
        f"due {found.due_now:,} now, {found.due_then:,} then. {gained:,} become due, of which {found.held:,}"
        f" would be held; {lost:,} stop being due.{undatable}"
    )


def _show(found: WhatIf, listed: bool) -> None:
    if not found.records:
        return
    rows = [(*group, count, held) for group, (count, held) in _counted(found).items()]
    table("What would change", ("Change", "Class", "Rule", "Records", "Held"), rows)
    if listed:
        records = [(one.change, one.store, one.class_name, one.key, one.rule, one.due_on) for one in found.records]
        table("Record by record", ("Change", "Store", "Class", "Key", "Rule", "Due on"), records)


def _counted(found: WhatIf) -> Mapping[tuple[str, str, str], tuple[int, int]]:
    """For each change, class and rule: how many records, and how many of them are held."""

    def group(one: Moved) -> tuple[str, str, str]:
        return one.change, one.class_name, one.rule

    held = Counter(group(one) for one in found.records if one.held)
    return {name: (count, held[name]) for name, count in sorted(Counter(map(group, found.records)).items())}


def _in_json(found: WhatIf, listed: bool) -> dict[str, Any]:
    return {
        "due_now": found.due_now,
        "due_then": found.due_then,
        "becomes_due": _rows(found.becomes_due),
        "stops_being_due": _rows(found.stops_being_due),
        "held": found.held,
        "undatable_now": found.undatable_now,
        "undatable_then": found.undatable_then,
        **({"records": found.records} if listed else {}),
    }


def _rows(counted: Mapping[tuple[str, str], int]) -> list[dict[str, object]]:
    return [{"class": key[0], "rule": key[1], "records": count} for key, count in sorted(counted.items())]


def _split(change: str) -> tuple[str, str]:
    name, sign, value = change.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise BadInput(Problem("is not NAME=VALUE", key="--set", mend='Write --set "counselling.keep=6 years"'))
    return name.strip(), value.strip().strip("\"'")
