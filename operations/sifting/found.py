"""Findings about single records, in the words that the reviewers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from operations.sifting.session import Sifting
from rules.review.values import Finding, Kind, Record
from rules.review.version import version_of
from rules.schedule.values import Rule

REVIEW = "the schedule orders a review"


def due_finding(
    sifting: Sifting,
    record: Record,
    rule: Rule,
    due_on: date | None,
    topics: Sequence[str],
    facts: Mapping[str, str],
    file_holds: Sequence[str] = (),
    action: str = "",
) -> Finding:
    """A record that is past retention, or would be were it not held."""
    kinds: Sequence[str] = sifting.holds.over(record)
    if file_holds:
        kinds = sorted({*kinds, *file_holds})
    if record.author or record.linked or kinds:
        said = {**facts, "author": record.author or "", "linked": record.linked or "", "holds": ", ".join(kinds)}
        facts = {name: value for name, value in said.items() if value}
    return Finding(
        kind=Kind.HELD if kinds else Kind.PAST_RETENTION,
        store=record.store,
        class_name=record.class_name,
        key=record.key,
        rule=rule.id,
        subject=record.subject,
        due_on=due_on,
        action=_done_to(sifting, record, action or rule.then.carried_out),
        version=version_of(record),
        facts=facts,
        read_first=(*topics, REVIEW) if rule.then.kind == "review" else tuple(topics),
    )


def _done_to(sifting: Sifting, record: Record, action: str) -> str:
    """A link to something that others share is taken away; it is no record of its own to be destroyed."""
    links = sifting.inputs.schedule.get(record.class_name).links
    return "unlink" if links and action == "destroy" else action


def undatable(record: Record, rule: Rule) -> Finding:
    """A record whose rule applies and whose dates cannot be read: never due (invariant 4)."""
    reason = f"a date that {rule.id} needs is missing or cannot be read"
    return Finding(Kind.UNDATABLE, record.store, record.class_name, record.key, rule.id, record.subject, reason=reason)


def breach(record: Record, rule: str, reason: str) -> Finding:
    """A record that breaks a control."""
    return Finding(
        Kind.CONTROL_BREACH, record.store, record.class_name, record.key, rule, record.subject, reason=reason
    )
