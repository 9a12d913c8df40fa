"""The retention schedule as frozen values: what a rule *is*, with no connection, clock or file.

Words: a *class* is a set of records with one deletion rule set (DIN 66398 "data type"); the *head* of a
file is the record whose rules carry the file (a client); its *members* are all records of the same
subject in any store. `LAST_CONTACT` names the latest contact with the subject over all stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Literal

from rules.schedule.actions import DESTROY, Action
from rules.schedule.asked import bind
from rules.schedule.language import BankHolidays, Condition, Period, Term

CheckKind = Literal["not empty", "readable date", "not in the future", "plausible birthday", "unique together"]

Confidence = Literal["policy", "source", "part", "general"]


class Role(StrEnum):
    """Why a class holds a field. A column whose role is `EXCESS`, or that has none, is beyond the minimum."""

    KEY = "key"
    SUBJECT = "subject"
    TRIGGER = "trigger"
    CONTACT = "contact"
    BIRTHDAY = "birthday"
    DEATH = "death"
    STATE = "state"
    EVIDENCE = "evidence"
    LINKED = "linked"
    NAME = "name"
    DETAIL = "contact detail"
    AUTHOR = "author"
    FREE_TEXT = "free text"
    STATISTIC = "statistic"
    PURPOSE = "purpose"
    EXCESS = "no purpose"


@dataclass(frozen=True)
class Rule:
    """One retention rule. Due when `applies_to` is true, `unless` is not, the term has run out and `only_if` is true.

    A record whose term has run out while `only_if` is not true is a control breach that says `otherwise`.
    """

    id: str
    class_name: str
    keep: Term
    applies_to: Condition | None = None
    only_if: Condition | None = None
    otherwise: str = ""
    unless: Condition | None = None
    then: Action = DESTROY
    because: tuple[str, ...] = ()
    confidence: Confidence = "general"
    in_force_from: date | None = None
    in_force_until: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether the rule applies on `day` (both ends included): law changes on known dates."""
        begun = self.in_force_from is None or self.in_force_from <= day
        return begun and (self.in_force_until is None or day <= self.in_force_until)


@dataclass(frozen=True)
class Control:
    """A checkable clause: a record for which `flag_when` is true is a control breach, once `after` has run out."""

    id: str
    class_name: str
    flag_when: Condition
    says: str
    because: tuple[str, ...] = ()
    after: Term | None = None


@dataclass(frozen=True)
class AutomaticHold:
    """Records that hold their person's files by standing in a store: an open access request, a safeguarding flag.

    `kind` is one of the kinds of hold; it stands while `when` is true for any record of the person.
    """

    id: str
    class_name: str
    kind: str
    when: Condition
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """A quality check of a class, carried out by the quality gate before any rule runs.

    `kind`: `not empty`, `readable date`, `not in the future`, `plausible birthday` (1900 to today) of one field,
    `unique together` of several.
    """

    id: str
    class_name: str
    kind: CheckKind
    fields: tuple[str, ...]
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """A field of a class and the roles that justify holding it."""

    name: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class RecordClass:
    """A record class: its fields with their purposes, and the rules, controls and quality checks over them.

    Where `links` names a class, each record only ties its subject to a record there, which others share: it goes with
    its subject's file as a link, and what it leads to stays.
    """

    name: str
    means: str
    fields: tuple[Field, ...]
    part_of: str = ""
    open_when: Condition | None = None
    dormant: Period | None = None
    rules: tuple[Rule, ...] = ()
    controls: tuple[Control, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    holds: tuple[AutomaticHold, ...] = ()
    links: str = ""

    def with_role(self, role: Role) -> tuple[str, ...]:
        """Names of the fields that carry `role`, in the order of the schedule."""
        return self._by_role[role]

    @cached_property
    def _by_role(self) -> Mapping[Role, tuple[str, ...]]:
        return {role: tuple(item.name for item in self.fields if role in item.roles) for role in Role}

    @cached_property
    def key(self) -> str:
        """The field that identifies a record within its store."""
        return self.with_role(Role.KEY)[0]

    @cached_property
    def subject(self) -> str | None:
        """The field that carries the case number (or person number), if any."""
        return next(iter(self.with_role(Role.SUBJECT)), None)


@dataclass(frozen=True)
class Parameter:
    """A value that the organisation chose, with its source: `adult.keep` = `7 years`."""

    name: str
    value: str
    because: tuple[str, ...] = ()
    confidence: Confidence = "general"


@dataclass(frozen=True)
class Schedule:
    """A retention schedule: one version, adopted as a whole. `digest` is the SHA-256 of its canonical text, hex.

    `day` is the day as of which it is asked, once `on` has bound it.
    """

    name: str
    version: str
    zone: str
    classes: tuple[RecordClass, ...]
    digest: str
    year_ends: tuple[tuple[str, int, int], ...] = field(
        default=(("calendar year", 12, 31), ("financial year", 3, 31), ("academic year", 8, 31))
    )
    parameters: tuple[Parameter, ...] = ()
    bank_holidays: tuple[date, ...] = ()
    day: date | None = field(default=None, compare=False)

    @property
    def holidays(self) -> BankHolidays | None:
        """The bank holidays by which working days are counted; None where the schedule declares none."""
        return BankHolidays(self.bank_holidays) if self.bank_holidays else None

    def get(self, name: str) -> RecordClass:
        """The class called `name`; KeyError when the schedule has none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, RecordClass]:
        return {record_class.name: record_class for record_class in self.classes}

    def on(self, day: date) -> Schedule:
        """The schedule as of `day`: the rules in force, and `as_of` standing for that day; itself if it is already."""
        classes = tuple(_on(record_class, day) for record_class in self.classes)
        return self if (classes, day) == (self.classes, self.day) else replace(self, classes=classes, day=day)

    def members(self, head: str) -> tuple[RecordClass, ...]:
        """The classes whose records belong to the file of `head`."""
        return tuple(item for item in self.classes if item.part_of == head)

    def rule(self, rule_id: str) -> Rule:
        """The rule called `rule_id`; KeyError when the schedule has none."""
        return self._by_id[rule_id]

    @cached_property
    def heads(self) -> Mapping[str, str]:
        """The head class of each rule that speaks of whole files; other rules are absent."""
        return {rule.id: one.name for one in self.classes if not one.part_of for rule in one.rules}

    @cached_property
    def _by_id(self) -> Mapping[str, Rule]:
        return {rule.id: rule for record_class in self.classes for rule in record_class.rules}


def _on(record_class: RecordClass, day: date) -> RecordClass:
    """A class with the rules in force on `day`, and with every `as_of` of its conditions bound to it."""
    rules = [
        replace(
            rule,
            applies_to=_bound(rule.applies_to, day),
            only_if=_bound(rule.only_if, day),
            unless=_bound(rule.unless, day),
        )
        for rule in record_class.rules
        if rule.in_force(day)
    ]
    return replace(
        record_class,
        rules=tuple(rules),
        controls=tuple(replace(one, flag_when=bind(one.flag_when, day)) for one in record_class.controls),
        holds=tuple(replace(one, when=bind(one.when, day)) for one in record_class.holds),
        open_when=_bound(record_class.open_when, day),
    )


def _bound(condition: Condition | None, day: date) -> Condition | None:
    return None if condition is None else bind(condition, day)
