"""Who may do what, and what they put their name to: the pure part of decision and approval.

Nobody approves what they recommended, wrote, or what concerns them. Silence keeps: only a decision that says so
lets a record go.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted

from rules.errors import BadInput, Problem
from rules.review.pack_form import LONGEST_NOTE
from rules.review.spelling import same_case
from rules.review.values import HOLD_KINDS, PERHAPS_ALSO, REASONS, Choice, Finding, Hold, Kind
from rules.schedule.actions import parse_action
from rules.schedule.values import Rule, Schedule


class Role(StrEnum):
    """What a person of the organisation is to Winnow."""

    DPO = "dpo"
    APPROVER = "approver"
    MANAGER = "manager"
    COUNSELLOR = "counsellor"
    AUDITOR = "auditor"
    TECHNICAL = "technical"


# UK GDPR Art 38(6): the DPO recommends and does not decide what is done with the data.
MAY: Mapping[str, frozenset[Role]] = {
    "adopt": frozenset({Role.DPO, Role.APPROVER, Role.MANAGER}),
    "hold": frozenset({Role.DPO, Role.APPROVER, Role.MANAGER}),
    "release": frozenset({Role.DPO, Role.APPROVER, Role.MANAGER}),
    "decide": frozenset({Role.DPO, Role.MANAGER, Role.COUNSELLOR}),
    "approve": frozenset({Role.APPROVER, Role.MANAGER}),
    "confirm": frozenset(Role) - {Role.AUDITOR},
    "keys": frozenset({Role.DPO, Role.MANAGER, Role.TECHNICAL}),
    "vouch": frozenset({Role.DPO, Role.APPROVER, Role.MANAGER}),
    # What only the holder of a sealing key can do.
    "restore-check": frozenset({Role.DPO}),
    "reseal": frozenset({Role.DPO}),
    "prove": frozenset({Role.DPO}),
}

# Where the code of an action is no verb that people know.
_DOES: Mapping[str, str] = {
    "hold": "place a hold",
    "release": "release a hold",
    "keys": "change keys",
    "reseal": "seal the keys of runs",
}

# Codes, because the log keeps them for ever.
RELEASE_REASONS: Mapping[str, str] = {
    "over": "The matter is over",
    "order-lifted": "The court, regulator or requester has lifted it",
    "in-error": "It was placed in error",
    "replaced": "Another hold takes its place",
}

# Why a due record is kept when nobody decided about it, when a hold stands, or when another must approve it.
NO_DECISION, ON_HOLD, NEEDS_ANOTHER = "no-decision", "on-hold", "needs-another-approver"

# The scope of the sift that a look through restored stores makes: what it found had been approved and destroyed before.
RESTORED = "(restored)"
DESTROYED_BY = "destroyed before by"  # a fact of each of its findings, with the run

_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
LETS_GO = frozenset({Choice.DESTROY, Choice.REDACT})
DUE_KINDS = frozenset({Kind.PAST_RETENTION, Kind.HELD})


@dataclass(frozen=True)
class Officer:
    """A person as far as authority goes: the names that stores know them by, and the cases that concern them."""

    slug: str
    role: Role
    staff_ids: frozenset[str] = frozenset()
    case_numbers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """What one person recommends for one finding. `read_by_officer`: they say that they have read the file."""

    ordinal: int
    choice: Choice
    reason: str
    note: str = ""
    until: date | None = None
    read_by_officer: bool = False


def refuse_role(action: str, role: Role) -> str:
    """Return why a person of this role may not do this, or an empty text when they may."""
    if role in MAY[action]:
        return ""
    does, others = _DOES.get(action, action), ", ".join(sorted(MAY[action]))
    return f"a person with the role {role} may not {does}; this is for {others}"


def proposal_line(ordinal: int, finding: Finding) -> bytes:
    """Return the canonical line of one finding, one JSON object and a newline: what a proposal's hash covers."""
    due_on = f'"{finding.due_on.isoformat()}"' if finding.due_on else "null"
    subject = "null" if finding.subject is None else quoted(finding.subject)
    facts = _as_json(dict(finding.facts)) if finding.facts else "{}"
    read_first = _as_json(list(finding.read_first)) if finding.read_first else "[]"
    count = "null" if finding.count is None else finding.count
    # An encoder for all this would sort the names and look at every type, and this runs for each record of a sift.
    return (
        f'{{"action":{quoted(finding.action)},"class":{quoted(finding.class_name)},"count":{count},"due_on":{due_on}'
        f',"facts":{facts},"key":{quoted(finding.key)},"kind":"{finding.kind}","ordinal":{ordinal}'
        f',"read_first":{read_first},"reason":{quoted(finding.reason)},"rule":{quoted(finding.rule)}'
        f',"store":{quoted(finding.store)},"subject":{subject},"version":{quoted(finding.version)}}}\n'
    ).encode("ascii")


def proposal_head(as_of: date, schedule_digest: str) -> bytes:
    """Return the first line that a proposal's hash covers: the day it speaks of, and the schedule."""
    return _line({"as_of": as_of.isoformat(), "schedule": schedule_digest})


def decisions_digest(decisions: Iterable[Decision]) -> bytes:
    """Return the SHA-256 over the canonical lines of decisions, in the order of their ordinals."""
    digest = sha256()
    said: dict[tuple[object, ...], tuple[str, str]] = {}
    for one in sorted(decisions, key=lambda item: item.ordinal):
        alike = (one.choice, one.reason, one.note, one.until, one.read_by_officer)
        around = said.get(alike)
        if around is None:
            around = said[alike] = _around_ordinal(one)
        digest.update(f"{around[0]}{one.ordinal}{around[1]}".encode("ascii"))
    return digest.digest()


def _around_ordinal(one: Decision) -> tuple[str, str]:
    """The canonical line of a decision, cut where the number of its finding stands; many decisions share the rest."""
    until = one.until.isoformat() if one.until else None
    before = _as_json({"choice": one.choice.value, "note": one.note})
    after = _as_json({"read": one.read_by_officer, "reason": one.reason, "until": until})
    return f'{before[:-1]},"ordinal":', f",{after[1:]}\n"


def record_id(class_name: str, key: str) -> str:
    """Return how commitments name a record within its store: two classes may use the same key."""
    return f"{class_name} {key}"


def check_decision(decision: Decision, finding: Finding | None, today: date) -> str:
    """Return what is wrong with one decision about `finding`, or an empty text."""
    if finding is None:
        return "the proposal has no finding of this number"
    if finding.kind not in DUE_KINDS:
        return f"a finding of kind {finding.kind} is not up for decision"
    if decision.reason not in REASONS:
        return "give one of the reasons on the list"
    if len(decision.note) > LONGEST_NOTE:
        return f"the note is longer than {LONGEST_NOTE} characters"
    if decision.choice is Choice.KEEP_UNTIL and (decision.until is None or decision.until <= today):
        return "keep until needs a day in the future"
    if decision.choice is not Choice.KEEP_UNTIL and decision.until is not None:
        return "only keep until takes a day"
    if decision.choice not in LETS_GO:
        return ""
    return _check_letting_go(decision, finding)


def _check_letting_go(decision: Decision, finding: Finding) -> str:
    if finding.kind is not Kind.PAST_RETENTION:
        return "a record on hold can't be destroyed"
    whole = parse_action(finding.action).takes_row
    if decision.choice is Choice.REDACT and whole:
        return "the rule orders the whole record destroyed; decide destroy, or keep until"
    if decision.choice is Choice.DESTROY and not whole:
        return "the rule orders something done to the record, not the record destroyed; decide redact"
    if finding.read_first and not decision.read_by_officer:
        return "somebody must have read this file first: confirm that you have"
    return ""


def not_theirs(officer: Officer, finding: Finding) -> str:
    """Return why this officer can't approve this record (they wrote it, or it concerns them), or an empty text."""
    wrote = _same(finding.facts.get("author", ""), finding.facts.get("counsellor", ""))
    if wrote & _same(*officer.staff_ids):
        return "wrote"
    others = [finding.facts.get(name, "") for name in ("linked", PERHAPS_ALSO, "person")]
    mentioned = _same(finding.subject or "", *others)
    if mentioned & _same(*officer.case_numbers, *officer.staff_ids):
        return "concerns"
    return ""


def _same(*numbers: str) -> frozenset[str]:
    """Numbers of people in one spelling, less empty ones."""
    return frozenset(same_case(one) for one in numbers if one.strip())


def check_hold(hold: Hold, today: date) -> list[Problem]:
    """Return what is wrong with a hold that is about to be placed. Exactly one thing must be held."""
    problems = []
    if hold.kind not in HOLD_KINDS:
        mend = f"One of: {', '.join(HOLD_KINDS)}"
        problems.append(Problem("there is no such kind of hold", key="kind", mend=mend))
    if not hold.authority.strip():
        mend = "Give a code or a reference, never the story."
        problems.append(Problem("a hold needs its authority", key="authority", mend=mend))
    if hold.review_on is not None and hold.review_on <= today:
        problems.append(Problem("the day of review must lie in the future", key="review_on"))
    if scope_of(hold) is None:
        mend = "Give a case number; or a name; or store, class and key; or a class, with a condition or alone."
        problems.append(Problem("it is not clear what is held", key="hold", mend=mend))
    return problems


def scope_of(hold: Hold) -> str | None:
    """Return what kind of thing a hold covers: person, name, record, query or class; None unless it is exactly one."""
    shapes = {
        ("subject",): "person",
        ("name",): "name",
        ("store", "class_name", "key"): "record",
        ("class_name", "condition"): "query",
        ("class_name",): "class",
    }
    parts = ("subject", "name", "store", "class_name", "key", "condition")
    return shapes.get(tuple(part for part in parts if getattr(hold, part)))


def check_adoption(schedule: Schedule, minute: date, accepted: Collection[str], today: date) -> list[Problem]:
    """Return what stops an adoption: defaults nobody accepted, acceptances of nothing, a minute of the future.

    A rule of confidence `general` has no source of its own, so the organisation accepts each one by name.
    """
    general = {rule.id for rule in general_rules(schedule)}
    problems = [
        Problem("this rule is a general default and must be accepted by itself", key=rule, mend=f"Add --accept {rule}")
        for rule in sorted(general - set(accepted))
    ]
    problems += [
        Problem("no rule of this id is a general default", key=rule) for rule in sorted(set(accepted) - general)
    ]
    if minute > today:
        problems.append(Problem("the minute is dated in the future", key="minute"))
    return problems


def general_rules(schedule: Schedule) -> Sequence[Rule]:
    """Return the rules whose confidence is `general`, in the order of the schedule."""
    return [rule for item in schedule.classes for rule in item.rules if rule.confidence == "general"]


def cooling_off_end(approved_at: str, days: int) -> str:
    """Return the instant `days` times 24 hours after `approved_at` (UTC text). Raises BadInput for negative days."""
    if days < 0:
        raise BadInput(Problem("the cooling-off time can't be negative", key="cooling_off_days"))
    end = datetime.fromisoformat(approved_at) + timedelta(days=days)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def month_of(day: date | None) -> str:
    """Return YYYY-MM, or `none` for a record without a due date."""
    return day.isoformat()[:7] if day else "none"


def _line(fields: Mapping[str, object]) -> bytes:
    return _as_json(fields).encode("ascii") + b"\n"
