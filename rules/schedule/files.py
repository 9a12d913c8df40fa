"""A file is judged as a whole: it is due when its head's rules and every member's longer rule have run out.

A session note that still waits for its summary, a complaint without an outcome or a disclosure that cannot
be dated keeps the whole file: a record under a longer rule blocks the shorter one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from rules.review.values import Record
from rules.schedule.judge import Bench, Contact, State, Verdict, follows_head, judge
from rules.schedule.values import RecordClass, Rule, Schedule


@dataclass(frozen=True)
class FileVerdict:
    """What the rules say about a whole file. `undatable` names the records (and rules) that lack a date."""

    state: State
    rule: str = ""
    due_on: date | None = None
    undatable: tuple[tuple[Record, str], ...] = ()


def judge_head(bench: Bench, record_class: RecordClass, head: Record, contact: Contact) -> FileVerdict:
    """Apply all rules of the head: undatable if any that applies is; due when all that apply have run out.

    Rules about fields of the head have clocks of their own, and are asked while the file stays.
    """
    rules = [rule for rule in record_class.rules if rule.then.takes_row]
    verdicts = [judge(bench, rule, head.dates, head.flags, contact) for rule in rules]
    applicable = [verdict for verdict in verdicts if verdict.state is not State.NOT_APPLICABLE]
    for verdict in applicable:
        if verdict.state is State.UNDATABLE:
            return FileVerdict(State.UNDATABLE, verdict.rule, undatable=((head, verdict.rule),))
    if not applicable or any(verdict.state is not State.DUE for verdict in applicable):
        return judge_fields(bench, record_class, head, contact)
    last = latest(applicable)
    return FileVerdict(State.DUE, last.rule, last.due_on)


def judge_fields(bench: Bench, record_class: RecordClass, head: Record, contact: Contact) -> FileVerdict:
    """Apply the rules about fields of a head that stays: the earliest that is due; it speaks for nothing else."""
    rules = [rule for rule in record_class.rules if not rule.then.takes_row]
    verdicts = [judge(bench, rule, head.dates, head.flags, contact) for rule in rules]
    due = [verdict for verdict in verdicts if verdict.state is State.DUE]
    if due:
        first = min(due, key=lambda verdict: verdict.due_on or date.max)
        return FileVerdict(State.DUE, first.rule, first.due_on)
    for verdict in verdicts:
        if verdict.state is State.UNDATABLE:
            return FileVerdict(State.UNDATABLE, verdict.rule, undatable=((head, verdict.rule),))
    return FileVerdict(State.NOT_DUE)


def judge_file(bench: Bench, schedule: Schedule, head: FileVerdict, members: Iterable[Record]) -> FileVerdict:
    """Extend a due head's verdict by its members."""
    due_on, undatable, blocked = head.due_on, list(head.undatable), False
    for member in members:
        for verdict in member_verdicts(bench, schedule.get(member.class_name), member):
            if verdict.state is State.UNDATABLE:
                undatable.append((member, verdict.rule))
            elif verdict.state is not State.DUE:
                blocked = True
            elif verdict.due_on is not None and due_on is not None:
                due_on = max(due_on, verdict.due_on)
    if undatable or blocked:
        return FileVerdict(State.NOT_DUE, head.rule, undatable=tuple(undatable))
    return FileVerdict(State.DUE, head.rule, due_on)


def member_verdicts(bench: Bench, record_class: RecordClass, member: Record) -> Iterator[Verdict]:
    """What this member says about its file: nothing, when it only follows."""
    extending = [rule for rule in record_class.rules if follows_head(rule.keep)]
    verdicts = [judge(bench, rule, member.dates, member.flags, Contact()) for rule in extending]
    applicable = [verdict for verdict in verdicts if verdict.state is not State.NOT_APPLICABLE]
    yield from applicable
    if extending and not applicable:
        yield Verdict(State.NOT_DUE, extending[0].id)  # its clock has not started
    for rule in record_class.rules:
        if waits(rule, member):
            yield Verdict(State.BREACH, rule.id)
        if rule.then.takes_row and not follows_head(rule.keep):
            own = judge(bench, rule, member.dates, member.flags, Contact())
            if own.state is State.UNDATABLE or (own.due_on is not None and own.due_on > bench.as_of):
                yield own  # to be kept for a time that is not over, or nobody can tell: it goes sooner with no file


def waits(rule: Rule, member: Record) -> bool:
    """Whether the member waits for what its rule requires first (a note for its summary)."""
    applies = member.flags.get(f"{rule.id}.applies_to", True) is True
    return applies and rule.only_if is not None and member.flags.get(f"{rule.id}.only_if") is not True


def judge_alone(bench: Bench, record_class: RecordClass, record: Record) -> Verdict:
    """Apply the rules with a clock of their own (session notes, tests): the earliest that is due wins.

    Content that a rule orders destroyed goes by the shortest of its rules; nothing is done to the fields of a record
    that goes.
    """
    verdicts = [
        judge(bench, rule, record.dates, record.flags, Contact())
        for rule in record_class.rules
        if not follows_head(rule.keep)
    ]
    for state in (State.UNDATABLE, State.BREACH):
        for verdict in verdicts:
            if verdict.state is state:
                return verdict
    due = [verdict for verdict in verdicts if verdict.state is State.DUE]
    if due:
        fields = {rule.id for rule in record_class.rules if not rule.then.takes_row}
        return min(due, key=lambda verdict: (verdict.rule in fields, verdict.due_on or date.max))
    return Verdict(State.NOT_DUE, verdicts[0].rule if verdicts else "")


def latest(verdicts: list[Verdict]) -> Verdict:
    """The verdict that runs out last; the first of several with one date."""
    return max(verdicts, key=lambda verdict: verdict.due_on or date.min)
