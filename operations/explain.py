"""The verb `explain`: why a record was found, and what a rule asks of its store, in plain English and in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from connectors.ledger import proposals, sifts
from operations.project import Project
from operations.sifting.session import SiftInputs, open_sifting
from operations.stores import stores_of
from rules.errors import BadInput, Problem
from rules.review.values import Finding, Kind
from rules.schedule.plain import condition_in_words, in_words
from rules.schedule.values import Rule


@dataclass(frozen=True)
class RuleExplained:
    """A rule in words, its sources, and the SELECT that each store runs for it. `found` is None before any sift."""

    rule: str
    class_name: str
    keeps: str
    then: str
    because: tuple[str, ...]
    confidence: str
    conditions: Mapping[str, str]
    sql: Mapping[str, str]
    found: int | None


@dataclass(frozen=True)
class FindingExplained:
    """One finding in words: sentences to read in order, and the rule behind it if it has one."""

    ordinal: int
    store: str
    class_name: str
    key: str
    sentences: tuple[str, ...]
    rule: RuleExplained | None


def explain_rule(project: Project, rule_id: str, as_of: date | None = None) -> RuleExplained:
    """Explain a rule of the schedule. Raises BadInput for an unknown one."""
    rules = {rule.id: rule for record_class in project.schedule.classes for rule in record_class.rules}
    if rule_id not in rules:
        raise BadInput(Problem(f"the schedule has no rule {rule_id!r}", mend=f"Rules: {', '.join(sorted(rules))}"))
    rule = rules[rule_id]
    latest = sifts.latest_sift(project.ledger)
    found = None
    if latest is not None:
        due = (Kind.PAST_RETENTION, Kind.HELD)
        found = sum(row.n for row in sifts.counts(project.ledger, latest.id) if row.rule == rule_id and row.kind in due)
    conditions = {"applies to": rule.applies_to, "only if": rule.only_if, "unless": rule.unless}
    return RuleExplained(
        rule=rule.id,
        class_name=rule.class_name,
        keeps=in_words(rule.keep),
        then=str(rule.then),
        because=rule.because,
        confidence=rule.confidence,
        conditions={name: condition_in_words(part) for name, part in conditions.items() if part is not None},
        sql=_sql(project, rule, as_of or project.today()),
        found=found,
    )


def _sql(project: Project, rule: Rule, as_of: date) -> dict[str, str]:
    schedule = project.schedule.on(as_of)
    record_class = schedule.get(rule.class_name)
    rule = next((one for one in record_class.rules if one.id == rule.id), rule)
    with ExitStack() as stack:
        sifting = open_sifting(SiftInputs(schedule, stores_of(project), as_of), stack)
        return {
            reader.alias: reader.statement(record_class, rule, as_of) for reader in sifting.of_class(rule.class_name)
        }


def explain_finding(project: Project, ordinal: int, proposal_id: str = "") -> FindingExplained:
    """Explain one finding of a proposal (the latest by default). Raises BadInput when there is none."""
    frozen = proposals.get(project.ledger, proposal_id) if proposal_id else proposals.latest(project.ledger)
    found = sifts.by_ordinal(project.ledger, frozen.sift, [ordinal]).get(ordinal) if frozen else None
    if frozen is None or found is None:
        raise BadInput(Problem(f"there is no finding {ordinal}", mend="The review pack numbers them."))
    rule_ids = {rule.id for record_class in project.schedule.classes for rule in record_class.rules}
    rule = explain_rule(project, found.rule, frozen.as_of) if found.rule in rule_ids else None
    sentences = tuple(_sentences(found, rule, frozen.as_of))
    return FindingExplained(ordinal, found.store, found.class_name, found.key, sentences, rule)


def _sentences(found: Finding, rule: RuleExplained | None, as_of: date) -> list[str]:
    said = [f"As of {as_of.isoformat()} this {found.class_name.replace('_', ' ')} is {found.kind.replace('_', ' ')}."]
    if rule is not None:
        said.append(f"Rule {rule.rule} keeps it {rule.keeps}.")
    dates = [f"{name.replace('_', ' ')} {text}" for name, text in sorted(found.facts.items()) if text[:4].isdigit()]
    if dates:
        said.append(f"What was read: {', '.join(dates)}.")
    if found.due_on is not None:
        said.append(f"That time ran out on {found.due_on.isoformat()}, the latest day over the whole file.")
    if found.reason:
        said.append(f"Reason: {found.reason}.")
    if found.facts.get("holds"):
        said.append(f"It is held: {found.facts['holds']}. While a hold stands nothing is destroyed.")
    if found.read_first:
        said.append(f"Somebody must read it first: {', '.join(found.read_first)}.")
    if rule is not None:
        said.append(f"Because of {'; '.join(rule.because)} (confidence of the period: {rule.confidence}).")
    return said
