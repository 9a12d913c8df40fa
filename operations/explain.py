"""The verb `explain`: why a record was found, and what a rule asks of its store, in plain English and in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date

from connectors.ledger import proposals, sifts
from operations.explained_file import FileNow, in_words_of, judged_again
from operations.project import Project
from operations.sifting.session import SiftInputs, open_sifting
from operations.stores import stores_of
from operations.trial import try_sift
from rules.errors import BadInput, Problem
from rules.review.values import Finding, Kind
from rules.schedule.plain import condition_in_words, in_words
from rules.schedule.values import Rule

# What a file's rules say something about; the others are about controls, columns or whole classes.
KINDS: Mapping[Kind, str] = {
    Kind.PAST_RETENTION: "past retention",
    Kind.HELD: "past retention, but on hold",
    Kind.UNDATABLE: "undatable",
    Kind.DORMANT: "dormant",
    Kind.QUALITY: "found faulty by a check of quality",
    Kind.CONTROL_BREACH: "in breach of a control",
    Kind.BEYOND_MINIMUM: "held beyond the minimum",
    Kind.UNCLAIMED: "claimed by no class of the schedule",
}
ABOUT_ONE = (Kind.PAST_RETENTION, Kind.HELD, Kind.UNDATABLE, Kind.DORMANT)


@dataclass(frozen=True)
class RuleExplained:
    """A rule in words, its sources, and the SELECT that each store runs for it.

    `found` is how many records it makes due as of a day (of which `held`): by the latest sift, or by one tried for it.
    None before any sift.
    """

    rule: str
    class_name: str
    keeps: str
    then: str
    because: tuple[str, ...]
    confidence: str
    conditions: Mapping[str, str]
    sql: Mapping[str, str]
    found: int | None
    held: int = 0
    as_of: date | None = None


@dataclass(frozen=True)
class FindingExplained:
    """One finding in words: sentences to read in order, the rule behind it if it has one, and how its record stands.

    `now` judges record and file again as of a day; None where the finding is not about one record of a store.
    """

    ordinal: int
    store: str
    class_name: str
    key: str
    sentences: tuple[str, ...]
    rule: RuleExplained | None
    now: FileNow | None = None


def explain_rule(project: Project, rule_id: str, as_of: date | None = None) -> RuleExplained:
    """Explain a rule of the schedule. Raises BadInput for an unknown one."""
    rules = {rule.id: rule for record_class in project.schedule.classes for rule in record_class.rules}
    if rule_id not in rules:
        raise BadInput(Problem(f"the schedule has no rule {rule_id!r}", mend=f"Rules: {', '.join(sorted(rules))}"))
    counted = _counted(project, rule_id, as_of)
    return replace(
        _rule(project, rules[rule_id], as_of or project.today()), found=counted[0], held=counted[1], as_of=counted[2]
    )


def _rule(project: Project, rule: Rule, as_of: date) -> RuleExplained:
    conditions = {"applies to": rule.applies_to, "only if": rule.only_if, "unless": rule.unless}
    return RuleExplained(
        rule=rule.id,
        class_name=rule.class_name,
        keeps=in_words(rule.keep),
        then=str(rule.then),
        because=rule.because,
        confidence=rule.confidence,
        conditions={name: condition_in_words(part) for name, part in conditions.items() if part is not None},
        sql=_sql(project, rule, as_of),
        found=None,
    )


def _counted(project: Project, rule_id: str, as_of: date | None) -> tuple[int | None, int, date | None]:
    """How many records the rule makes due, how many of them are held, and as of when."""
    if as_of is not None:
        tried = [kind for kind, rule, _ in try_sift(project, project.schedule, as_of).due.values() if rule == rule_id]
        return len(tried), tried.count(Kind.HELD), as_of
    latest = sifts.latest_sift(project.ledger)
    if latest is None:
        return None, 0, None
    found = {Kind.PAST_RETENTION: 0, Kind.HELD: 0}
    for row in sifts.counts(project.ledger, latest.id):
        if row.rule == rule_id and row.kind in found:
            found[row.kind] += row.n
    return sum(found.values()), found[Kind.HELD], latest.as_of


def _sql(project: Project, rule: Rule, as_of: date) -> dict[str, str]:
    schedule = project.schedule.on(as_of)
    record_class = schedule.get(rule.class_name)
    rule = next((one for one in record_class.rules if one.id == rule.id), rule)
    with ExitStack() as stack:
        sifting = open_sifting(SiftInputs(schedule, stores_of(project), as_of), stack)
        return {
            reader.alias: reader.statement(record_class, rule, as_of) for reader in sifting.of_class(rule.class_name)
        }


def explain_finding(
    project: Project, ordinal: int, proposal_id: str = "", as_of: date | None = None
) -> FindingExplained:
    """Explain one finding of a proposal (the latest by default), and how its record stands as of a day.

    That day is the proposal's own unless another is given. Raises BadInput when there is no such finding.
    """
    frozen = proposals.get(project.ledger, proposal_id) if proposal_id else proposals.latest(project.ledger)
    found = sifts.by_ordinal(project.ledger, frozen.sift, [ordinal]).get(ordinal) if frozen else None
    if frozen is None or found is None:
        raise BadInput(Problem(f"there is no finding {ordinal}", mend="The review pack numbers them."))
    rules = {rule.id: rule for record_class in project.schedule.classes for rule in record_class.rules}
    rule = _rule(project, rules[found.rule], as_of or frozen.as_of) if found.rule in rules else None
    sentences = tuple(_sentences(found, rule, frozen.as_of))
    now = judged_again(project, found, as_of or frozen.as_of) if _is_of_a_record(project, found) else None
    return FindingExplained(ordinal, found.store, found.class_name, found.key, sentences, rule, now)


def _is_of_a_record(project: Project, found: Finding) -> bool:
    known = any(record_class.name == found.class_name for record_class in project.schedule.classes)
    return known and found.kind in ABOUT_ONE


def _sentences(found: Finding, rule: RuleExplained | None, as_of: date) -> list[str]:
    what = found.class_name.replace("_", " ") or "place"
    said = [f"As of {in_words_of(as_of)} this {what} is {KINDS[found.kind]}."]
    if rule is not None:
        said.append(f"Rule {rule.rule} keeps it {rule.keeps}.")
    read = [
        f"{name.replace('_', ' ')} {_read(text)}" for name, text in sorted(found.facts.items()) if text[:1].isdigit()
    ]
    if read:
        said.append(f"What was read: {', '.join(read)}.")
    if found.due_on is not None and found.kind is not Kind.DORMANT:
        said.append(f"That time ran out on {in_words_of(found.due_on)}, the latest day over the whole file.")
    if found.reason:
        said.append(f"Reason: {found.reason}.")
    if found.facts.get("holds"):
        said.append(f"It is held: {found.facts['holds'].replace('_', ' ')}. While a hold stands nothing is destroyed.")
    if found.read_first:
        said.append(f"Somebody must read it first: {', '.join(found.read_first)}.")
    if rule is not None:
        said.append(f"Because of {'; '.join(rule.because)} (confidence of the period: {rule.confidence}).")
    return said


def _read(text: str) -> str:
    """What a record says, for readers: a date in words, anything else as it is."""
    try:
        return in_words_of(date.fromisoformat(text))
    except ValueError:
        return text
