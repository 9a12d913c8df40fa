"""One record and its file judged again as of any day: every rule's answer, the one that wins, the holds.

The plain rules of `rules/schedule` answer, over what the stores say now; nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from connectors.ledger import holds
from operations.project import Project
from operations.sifting import held
from operations.sifting.alone import alone_findings
from operations.sifting.files import FileSift
from operations.sifting.session import Sifting, SiftInputs, open_sifting
from operations.stores import stores_of
from rules.review.holds import active
from rules.review.values import Finding, Kind, Record
from rules.schedule.files import judge_alone, member_verdicts
from rules.schedule.judge import Contact, State, Verdict, follows_head, judge
from rules.schedule.plain import condition_in_words
from rules.schedule.values import RecordClass, Rule, Schedule


@dataclass(frozen=True)
class FileNow:
    """How a record stands as of a day. `outcome` is the kind of finding it would be; empty when it is not due.

    `answers` say of each rule, in words, what it makes of the record or of others in its file; `holds` are the ids of
    the holds over the file, of records that hold by themselves too.
    """

    as_of: date
    there: bool
    answers: tuple[str, ...] = ()
    outcome: str = ""
    rule: str = ""
    due_on: date | None = None
    holds: tuple[str, ...] = ()
    records: int = 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same, to be read in order."""
        day = in_words_of(self.as_of)
        if not self.there:
            return ("It is no longer in its store.",)
        ends = {
            Kind.PAST_RETENTION: f"So as of {day} it is due, by {self.rule}.",
            Kind.HELD: f"So as of {day} its time is over, by {self.rule}, and it is held.",
            Kind.UNDATABLE: f"So as of {day} it is undatable, and kept.",
        }
        end = ends.get(Kind(self.outcome)) if self.outcome else None
        said = [*self.answers, end or f"So as of {day} it is not due."]
        if self.holds:
            said.append(f"Holds over it: {', '.join(self.holds)}. While one stands nothing of it is destroyed.")
        elif self.records > 1:
            said.append(f"Its file has {self.records:,} records; no hold stands over any of them.")
        else:
            said.append("No hold stands over it.")
        return tuple(said)


def in_words_of(day: date) -> str:
    """A day as readers write it: 1 September 2026."""
    return f"{day.day} {day:%B %Y}"


def judged_again(project: Project, found: Finding, as_of: date) -> FileNow:
    """Judge the record of a finding as of a day, with the holds that stand then. Raises StoreUnavailable, BadInput."""
    standing = active(holds.all_holds(project.ledger), as_of)
    schedule = project.schedule.on(as_of)
    inputs = SiftInputs(schedule, stores_of(project), as_of, tuple(standing), scan_text=False)
    with ExitStack() as stack:
        sifting = open_sifting(inputs, stack)
        record_class = schedule.get(found.class_name)
        reader = sifting.readers.get(found.store)
        record = next(iter(reader.by_keys(record_class, [found.key])), None) if reader is not None else None
        if record is None:
            return FileNow(as_of, there=False)
        own = _own_clock(sifting, record_class, record, found)
        records, answers, findings = own or _file(sifting, record_class, record)
        mine = next((one for one in findings if (one.store, one.class_name, one.key) == record.place), None)
        index = held.resolve(sifting.of_class, schedule, standing, held.id_of)
        return FileNow(
            as_of,
            there=True,
            answers=tuple(answers),
            outcome=mine.kind.value if mine is not None else "",
            rule=mine.rule if mine is not None else "",
            due_on=mine.due_on if mine is not None else None,
            holds=tuple(sorted({hold for one in records for hold in index.over(one)})),
            records=len(records),
        )


_Judged = tuple[list[Record], list[str], list[Finding]]


def _own_clock(sifting: Sifting, record_class: RecordClass, record: Record, found: Finding) -> _Judged | None:
    """Content that goes by a clock of its own; None for what goes with its file."""
    alone = {rule.id for rule in record_class.rules if not follows_head(rule.keep)}
    if not record_class.part_of or found.rule not in alone:
        return None
    bench = sifting.bench
    answers = [
        _said(rule, judge(bench, rule, record.dates, record.flags, Contact()), bench.as_of)
        for rule in record_class.rules
    ]
    verdict = judge_alone(sifting.bench, record_class, record)
    pairs = [(record, verdict)] if verdict.state is not State.NOT_DUE else []
    if len(record_class.rules) > 1:
        answers.append("It is content with a clock of its own: the first rule to run out wins.")
    return [record], answers, list(alone_findings(sifting, record_class, pairs))


def _file(sifting: Sifting, record_class: RecordClass, record: Record) -> _Judged:
    """The whole file of a record, by the rules of its head and those of members that keep it longer."""
    schedule = sifting.inputs.schedule
    head_class = schedule.get(record_class.part_of or record_class.name)
    subject = record.subject or ""
    heads = [record] if not record_class.part_of and not subject else _of(sifting, head_class, subject)
    members = [one for item in schedule.members(head_class.name) for one in _of(sifting, item, subject)]
    contact = sifting.contacts(head_class, [subject]).get(subject, Contact()) if subject else Contact()
    answers = list(_heads_say(sifting, head_class, heads, contact))
    answers += _members_say(sifting, schedule, members)
    if sifting.doubtful(record):
        answers.append("The case number is written in two ways: whose file it is in is not certain, so it waits.")
    return [*heads, *members], answers, FileSift(sifting, head_class).judge_page(heads)


def _of(sifting: Sifting, record_class: RecordClass, subject: str) -> list[Record]:
    if not subject.strip():
        return []
    readers = sifting.of_class(record_class.name)
    return [one for reader in readers for one in reader.of_subjects(record_class, [subject])]


def _heads_say(sifting: Sifting, head_class: RecordClass, heads: Sequence[Record], contact: Contact) -> Iterator[str]:
    if contact.latest is not None:
        yield f"The last contact over all stores was on {in_words_of(contact.latest)}."
    if contact.unreadable:
        yield "A date of contact can't be read, so nobody can say when the last one was."
    for head in heads:
        verdicts = [(rule, judge(sifting.bench, rule, head.dates, head.flags, contact)) for rule in head_class.rules]
        applying = [pair for pair in verdicts if pair[1].state is not State.NOT_APPLICABLE]
        yield from (_said(rule, verdict, sifting.bench.as_of) for rule, verdict in applying)
        others = [rule.id for rule, verdict in verdicts if verdict.state is State.NOT_APPLICABLE]
        if others and applying:
            yield f"Not applicable: {', '.join(others)}."
        if not applying:
            yield "No rule applies to its file: the clock has not started."
        if sum(rule.then.takes_row for rule, _ in applying) > 1:
            yield "Several rules apply to the file: the last to run out wins."
        if any(not rule.then.takes_row for rule, _ in applying):
            yield "Rules about fields have clocks of their own, and are asked only while the file stays."


def _members_say(sifting: Sifting, schedule: Schedule, members: Sequence[Record]) -> Iterator[str]:
    """What members add: only those whose own rule keeps the file, or kept it longer."""
    for member in members:
        record_class = schedule.get(member.class_name)
        for verdict in member_verdicts(sifting.bench, record_class, member):
            if verdict.due_on is not None or verdict.state is not State.DUE:
                rule = next(rule for rule in record_class.rules if rule.id == verdict.rule)
                said = _said(rule, verdict, sifting.bench.as_of)
                yield f"On file: {record_class.name.replace('_', ' ')} {member.key}. {said}"


def _said(rule: Rule, verdict: Verdict, as_of: date) -> str:
    """What one rule makes of one record."""
    day = in_words_of(verdict.due_on) if verdict.due_on is not None and verdict.due_on != date.max else ""
    if verdict.state is State.DUE:
        return f"{rule.id}: ran out on {day}." if day else f"{rule.id}: it goes with its file."
    if verdict.state is State.UNDATABLE:
        return f"{rule.id}: a date that it needs is missing or can't be read."
    if verdict.state is State.BREACH:
        waits = rule.otherwise or "it waits for what the rule requires"
        return f"{rule.id}: {f'ran out on {day}, but ' if day else ''}{waits}."
    if verdict.state is State.NOT_APPLICABLE:
        return f"{rule.id}: does not apply."
    if verdict.due_on is not None and verdict.due_on <= as_of:
        spared = f": it is spared while {condition_in_words(rule.unless)}" if rule.unless is not None else ""
        return f"{rule.id}: ran out on {day}, and the record stays{spared}."
    return f"{rule.id}: runs out on {day}." if day else f"{rule.id}: has not run out."
