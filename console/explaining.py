"""The verb explain: why something was found, and what a rule asks. Nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.options import AsOfOption, JsonOption, ProjectOption, ProposalOption, here
from console.screen import cell, document, say
from operations.explain import RuleExplained, explain_finding, explain_rule


def explain(
    what: Annotated[str, typer.Argument(help="A finding's number from the review pack, or a rule's id.")],
    proposal: ProposalOption = "",
    as_of: AsOfOption = None,
    sql: Annotated[bool, typer.Option("--sql/--no-sql", help="Show the SELECT that the store runs.")] = True,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say in plain English why a record was found, or what a rule asks: dates, rule, holds, clause, law, SQL.

    With --as-of, a finding's file is judged and a rule's records are counted as of that day, past or future.

    Example: winnow explain 17 --as-of 2030-01-01

    Example: winnow explain notes-after-summary
    """
    opened = here(project)
    if what.isascii() and what.isdigit():
        found = explain_finding(opened, int(what), proposal, as_of)
        if as_json:
            document({"finding": found})
            return
        say(f"Finding {found.ordinal}: {found.store}, {found.class_name}, {found.key}", "")
        say(*(f"  {sentence}" for sentence in found.sentences))
        if found.now is not None:
            say("", f"How it stands as of {cell(found.now.as_of)}, asked of the stores just now:", "")
            say(*(f"  {sentence}" for sentence in found.now.sentences))
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
    if rule.found is None:
        say("  There is no sift yet that counted it; --as-of counts it for any day.")
    else:
        say(f"  As of {cell(rule.as_of)} it makes {rule.found:,} records due, of which {rule.held:,} are held.")
    if sql:
        _say_sql(rule)


def _say_sql(rule: RuleExplained) -> None:
    for store, statement in rule.sql.items():
        say("", f"What the store {store} is asked ({rule.rule}); every row is judged again afterwards:", statement)
