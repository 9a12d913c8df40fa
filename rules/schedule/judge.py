"""When is a record due? The plain-Python answer, from the dates and flags that left the store.

No optimisation lives here: this is the yardstick that every compiled SELECT must agree with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from rules.schedule.calendar import add, birthday_due, parse_date, year_end
from rules.schedule.language import (
    LAST_CONTACT,
    After,
    Birthday,
    FieldRef,
    Forever,
    Longest,
    Term,
    Until,
    WithHead,
)
from rules.schedule.values import (
    RecordClass,
    Role,
    Rule,
    Schedule,
)
from rules.schedule.working_days import add_working


class State(StrEnum):
    """What a rule says about a record as of a date."""

    DUE = "due"
    NOT_DUE = "not due"
    UNDATABLE = "undatable"
    BREACH = "breach"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Verdict:
    """One rule, one record: its state, and the day on which its term runs out where that can be computed."""

    state: State
    rule: str
    due_on: date | None = None


@dataclass(frozen=True)
class Contact:
    """The latest contact with a subject over all stores. `unreadable`: some contact date could not be read."""

    latest: date | None = None
    unreadable: bool = False


class Unreadable(Exception):
    """A trigger that a term needs is missing or cannot be read."""


@dataclass(frozen=True)
class Bench:
    """What a judgement needs beside the record: the year ends and zone of the schedule, and the as-of date."""

    schedule: Schedule
    as_of: date

    @cached_property
    def zone(self) -> tzinfo:
        """The zone in which instants become calendar dates."""
        return ZoneInfo(self.schedule.zone)

    def trigger(self, ref: FieldRef, dates: Mapping[str, str | None], contact: Contact) -> date | None:
        """The date of one trigger; None for an optional one that is absent (NULL, not blank). Raises Unreadable."""
        if ref.name == LAST_CONTACT:
            if contact.unreadable:
                raise Unreadable(LAST_CONTACT)
            return contact.latest
        text = dates[ref.key]
        if text is None and ref.optional:
            return None  # absent; a blank is not absent but unreadable
        found = parse_date(text, self.zone)
        if found is None:
            raise Unreadable(ref.key)
        return found

    def runs_out(self, term: Term, dates: Mapping[str, str | None], contact: Contact) -> date | None:
        """The day on which `term` runs out; None for `with head` alone. Raises Unreadable."""
        if isinstance(term, WithHead):
            return None
        if isinstance(term, Until):
            return term.day
        if isinstance(term, Forever):
            return date.max
        if isinstance(term, Longest):
            ends = [self.runs_out(part, dates, contact) for part in term.terms]
            return max((end for end in ends if end is not None), default=None)
        if isinstance(term, Birthday):
            born = self.trigger(FieldRef(term.of), dates, contact)
            at = self.trigger(FieldRef(term.at), dates, contact) if term.at else None
            assert born is not None  # a birthday is never optional
            return birthday_due(term, born, at)
        return self._after(term, dates, contact)

    def _after(self, term: After, dates: Mapping[str, str | None], contact: Contact) -> date:
        starts = [self.trigger(ref, dates, contact) for ref in term.triggers]
        known = [start for start in starts if start is not None]
        if not known:
            raise Unreadable(", ".join(ref.key for ref in term.triggers))
        start = max(known)
        if term.working is not None:
            end = add_working(start, term.working)
            if end is None:
                raise Unreadable("bank holidays")
            return end
        if term.rounding:
            month, day = next((m, d) for name, m, d in self.schedule.year_ends if name == term.rounding)
            start = year_end(start, month, day)
        return add(start, term.period)


def judge(
    bench: Bench, rule: Rule, dates: Mapping[str, str | None], flags: Mapping[str, bool | None], contact: Contact
) -> Verdict:
    """Apply one rule to one record.

    `dates` are texts by field name; `flags` the three-valued answers of the rule's conditions, keyed
    `<rule id>.applies_to`, `.only_if`, `.unless` (absent means that the rule has no such condition).
    A condition that is unknown never helps towards destruction.
    """
    if flags.get(f"{rule.id}.applies_to", True) is not True:
        return Verdict(State.NOT_APPLICABLE, rule.id)
    spared = flags.get(f"{rule.id}.unless", False) is not False
    try:
        due_on = bench.runs_out(rule.keep, dates, contact)
    except Unreadable:
        return Verdict(State.NOT_DUE if spared and not rule.otherwise else State.UNDATABLE, rule.id)
    if due_on is not None and due_on > bench.as_of:
        return Verdict(State.NOT_DUE, rule.id, due_on)
    if flags.get(f"{rule.id}.only_if", True) is not True:
        return Verdict(State.BREACH if rule.otherwise else State.NOT_DUE, rule.id, due_on)
    return Verdict(State.NOT_DUE if spared else State.DUE, rule.id, due_on)


def follows_head(term: Term) -> bool:
    """Whether the term is (or contains) `with <head>`: the record stays at least as long as its file."""
    return isinstance(term, WithHead) or (isinstance(term, Longest) and any(follows_head(t) for t in term.terms))


def events_of(record_class: RecordClass) -> tuple[FieldRef, ...]:
    """The triggers of a class's rules that lie in another class, each once, in order."""
    terms = [rule.keep for rule in record_class.rules]
    terms += [control.after for control in record_class.controls if control.after is not None]
    found = [ref for term in terms for part in clocks(term) for ref in part.triggers if ref.of]
    return tuple({ref.key: ref for ref in found}.values())


def clocks(term: Term) -> Iterator[After]:
    """Yield the `after` clocks of a term, however nested."""
    if isinstance(term, After):
        yield term
    elif isinstance(term, Longest):
        for part in term.terms:
            yield from clocks(part)


def date_fields(record_class: RecordClass) -> tuple[str, ...]:
    """The fields of a class that hold dates: triggers, contacts, birthdays and deaths, in schedule order."""
    dated = {Role.TRIGGER, Role.CONTACT, Role.BIRTHDAY, Role.DEATH}
    return tuple(item.name for item in record_class.fields if item.roles & dated)
