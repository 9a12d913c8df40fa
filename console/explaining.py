"""The verbs explain and what-if: why something was found, and what another choice would do. Nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.options import AsOfOption, JsonOption, ProjectOption, ProposalOption, here
from console.screen import document, progress, say, table
from operations.explain import RuleExplained, explain_finding, explain_rule
from operations.trial import what_if as tried
from rules.errors import BadInput, Problem


def explain(
    what: Annotated[str, typer.Argument(help="A finding's number from the review pack, or a rule's id.")],
    proposal: ProposalOption = "",
    as_of: AsOfOption = None,
    sql: Annotated[bool, typer.Option("--sql/--no-sql", help="Show the SELECT that the store runs.")] = True,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say in plain English why a record was found, or what a rule asks: dates, rule, holds, clause, law, SQL.

    Example: winnow explain 17

    Example: winnow explain notes-after-summary
    """
    opened = here(project)
    if what.isascii() and what.isdigit():
        found = explain_finding(opened, int(what), proposal)
        if as_json:
            document({"finding": found})
            return
        say(f"Finding {found.ordinal}: {found.store}, {found.class_name}, {found.key}", "")
        say(*(f"  {sentence}" for sentence in found.sentences))
        if found.rule is not None and sql:
            _say_sql(found.rule)
        return
    rule = explain_rule(opened, what, as_of)
    if as_json:
        document({"rule": rule})
        return
    say(f"Rule {rule.rule} for {rule.class_name}", "", f"  Keeps it {rule.keeps}; then: {rule.then}.")
    say(*(f"  {name.capitalize()}: {words}." for name, words in rule.conditions.items()))
    say(f"  Because of {'; '.join(rule.because)} (confidence of the period: {rule.confidence}).")
    say(f"  Found by the latest sift: {'no sift yet' if rule.found is None else f'{rule.found:,} records'}.")
    if sql:
        _say_sql(rule)


def _say_sql(rule: RuleExplained) -> None:
    for store, statement in rule.sql.items():
        say("", f"What the store {store} is asked ({rule.rule}); every row is judged again afterwards:", statement)


def what_if(
    changes: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="Another value for a parameter; repeat for more.")
    ],
    as_of: AsOfOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show who would become due, or stop being due, were a parameter of the schedule another. Nothing is kept.

    Example: winnow what-if --set "counselling.keep=6 years"
    """
    overrides = dict(_split(change) for change in changes)
    with progress("what-if") as advance:
        found = tried(here(project), overrides, as_of, advance)
    if as_json:
        document(
            {
                "due_now": found.due_now,
                "due_then": found.due_then,
                "becomes_due": _rows(found.becomes_due),
                "stops_being_due": _rows(found.stops_being_due),
                "held": found.held,
                "undatable_now": found.undatable_now,
                "undatable_then": found.undatable_then,
            }
        )
        return
    said = ", ".join(f"{name} = {value}" for name, value in overrides.items())
    say(f"With {said}: due {found.due_now:,} now, {found.due_then:,} then; {found.held:,} of the new ones are held.")
    rows = [("becomes due", *key, count) for key, count in sorted(found.becomes_due.items())]
    rows += [("stops being due", *key, count) for key, count in sorted(found.stops_being_due.items())]
    table("What would change", ("change", "class", "rule", "records"), rows)


def _rows(counted: object) -> list[dict[str, object]]:
    assert isinstance(counted, dict)
    return [{"class": key[0], "rule": key[1], "records": count} for key, count in sorted(counted.items())]


def _split(change: str) -> tuple[str, str]:
    name, sign, value = change.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise BadInput(Problem("is not NAME=VALUE", key="--set", mend='Write --set "counselling.keep=6 years"'))
    return name.strip(), value.strip().strip("\"'")
