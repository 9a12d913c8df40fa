"""The retention schedule as frozen values: what a rule *is*, with no connection, clock or file.

Words: a *class* is a set of records with one deletion rule set (DIN 66398 "data type"); the *head* of a
file is the record whose rules carry the file (a client); its *members* are all records of the same
subject in any store. `LAST_CONTACT` names the latest contact with the subject over all stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Literal

LAST_CONTACT = "last contact"

Rounding = Literal["", "calendar year", "financial year", "academic year"]
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
class Period:
    """A length of calendar time; months and years keep the day of the month where the month has it."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0

    def __str__(self) -> str:
        parts = [(self.years, "year"), (self.months, "month"), (self.weeks, "week"), (self.days, "day")]
        said = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
        return " ".join(said) or "0 days"


@dataclass(frozen=True)
class FieldRef:
    """A date field of the record (or `LAST_CONTACT`). An optional one may be absent; it may not be unreadable.

    With `of`, the latest such date among the records of that class that share the subject, in the same store.
    """

    name: str
    optional: bool = False
    of: str = ""

    @property
    def key(self) -> str:
        """Under which name the date of this trigger is among the dates of a record."""
        return f"{self.of}.{self.name}" if self.of else self.name

    def __str__(self) -> str:
        name = f"latest {self.name} of {self.of}" if self.of else self.name
        return f"{name} if any" if self.optional and self.name != LAST_CONTACT else name


@dataclass(frozen=True)
class After:
    """`period` after the latest of `triggers`, counted from the end of that year where `rounding` names one."""

    period: Period
    triggers: tuple[FieldRef, ...]
    rounding: Rounding = ""

    def __str__(self) -> str:
        names = ", ".join(str(trigger) for trigger in self.triggers)
        start = names if len(self.triggers) == 1 else f"latest of ({names})"
        return f"{self.period} after {f'end of {self.rounding} of ' if self.rounding else ''}{start}"


@dataclass(frozen=True)
class Birthday:
    """Until the birthday `age` of the person whose date of birth is `of`; `older_age` if aged `if_age` at `at`."""

    age: int
    of: str
    older_age: int | None = None
    if_age: int | None = None
    at: str = ""

    def __str__(self) -> str:
        more = f" ({ordinal(self.older_age)} if {self.if_age} at {self.at})" if self.older_age is not None else ""
        return f"until {ordinal(self.age)} birthday of {self.of}{more}"


@dataclass(frozen=True)
class WithHead:
    """As long as the file that the record belongs to."""

    head: str

    def __str__(self) -> str:
        return f"with {self.head}"


@dataclass(frozen=True)
class Until:
    """Until a calendar date that somebody fixed (a funder's notice)."""

    day: date

    def __str__(self) -> str:
        return f"until {self.day.isoformat()}"


@dataclass(frozen=True)
class Forever:
    """Never due."""

    def __str__(self) -> str:
        return "forever"


@dataclass(frozen=True)
class Longest:
    """Until the last of several terms has run out."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return f"longest of [{', '.join(str(term) for term in self.terms)}]"


Term = After | Birthday | WithHead | Until | Forever | Longest


@dataclass(frozen=True)
class Compare:
    """`field = value` or `field <> value`; both sides are compared as text, the field without outer spaces."""

    field: str
    operator: Literal["=", "<>"]
    value: str


@dataclass(frozen=True)
class SameField:
    """Equality of a field with a field of another class; only inside `Exists` (`outer` is the enclosing record)."""

    field: str
    outer: str


@dataclass(frozen=True)
class OneOf:
    """`field in (…)`."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """`field is null`: empty, blank or absent."""

    field: str


@dataclass(frozen=True)
class Readable:
    """`readable(field)`: the field holds a calendar date that we can read."""

    field: str


@dataclass(frozen=True)
class FieldOf:
    """A field in a comparison: of this record, or (inside `Exists`) of the enclosing one."""

    name: str
    outer: bool = False


Order = Literal["<", "<=", ">", ">=", "=", "<>"]


@dataclass(frozen=True)
class DaysApart:
    """`days(later, earlier) > n`: whole days between two dates as written; unknown when either is unreadable."""

    later: FieldOf
    earlier: FieldOf
    order: Order
    days: int


@dataclass(frozen=True)
class Longer:
    """`length(field) > n`: letters of a text; unknown when it is empty."""

    field: str
    order: Order
    letters: int


@dataclass(frozen=True)
class Counted:
    """`(select count(*) from <class> where …) > n`: how many records of a class in the same store."""

    class_name: str
    where: Condition
    order: Order
    number: int


@dataclass(frozen=True)
class Not:
    """Negation in three-valued logic: unknown stays unknown."""

    inner: Condition


@dataclass(frozen=True)
class Every:
    """All of the conditions (`and`)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    """At least one of the conditions (`or`)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Exists:
    """A record of `class_name`, in the same store, for which `where` holds."""

    class_name: str
    where: Condition


Condition = (
    Compare | SameField | OneOf | Missing | Readable | DaysApart | Longer | Counted | Not | Every | Some | Exists
)


@dataclass(frozen=True)
class Action:
    """What is done with a due record: `destroy` it, `blank` the named fields and keep the rest, or `review` it.

    A record to be reviewed is destroyed only after a named person has read it; no group decision covers it.
    """

    kind: Literal["destroy", "blank", "review"] = "destroy"
    fields: tuple[str, ...] = ()

    @property
    def carried_out(self) -> str:
        """What a store is told to do once people have decided: `destroy`, or `blank field, field`."""
        return str(self) if self.kind == "blank" else "destroy"

    def __str__(self) -> str:
        return f"blank {', '.join(self.fields)}" if self.kind == "blank" else self.kind


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
    then: Action = Action()
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
    """A record class: its fields with their purposes, and the rules, controls and quality checks over them."""

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

    def with_role(self, role: Role) -> tuple[str, ...]:
        """Names of the fields that carry `role`, in the order of the schedule."""
        return tuple(item.name for item in self.fields if role in item.roles)

    @property
    def key(self) -> str:
        """The field that identifies a record within its store."""
        return self.with_role(Role.KEY)[0]

    @property
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
    """A retention schedule: one version, adopted as a whole. `digest` is the SHA-256 of its canonical text, hex."""

    name: str
    version: str
    zone: str
    classes: tuple[RecordClass, ...]
    digest: str
    year_ends: tuple[tuple[str, int, int], ...] = field(
        default=(("calendar year", 12, 31), ("financial year", 3, 31), ("academic year", 8, 31))
    )
    parameters: tuple[Parameter, ...] = ()

    def get(self, name: str) -> RecordClass:
        """The class called `name`; KeyError when the schedule has none."""
        for record_class in self.classes:
            if record_class.name == name:
                return record_class
        raise KeyError(name)

    def on(self, day: date) -> Schedule:
        """The schedule with only those rules that are in force on `day`; itself when all are."""
        if all(rule.in_force(day) for record_class in self.classes for rule in record_class.rules):
            return self
        classes = [replace(c, rules=tuple(rule for rule in c.rules if rule.in_force(day))) for c in self.classes]
        return replace(self, classes=tuple(classes))

    def members(self, head: str) -> tuple[RecordClass, ...]:
        """The classes whose records belong to the file of `head`."""
        return tuple(item for item in self.classes if item.part_of == head)

    def rule(self, rule_id: str) -> Rule:
        """The rule called `rule_id`; KeyError when the schedule has none."""
        for record_class in self.classes:
            for rule in record_class.rules:
                if rule.id == rule_id:
                    return rule
        raise KeyError(rule_id)


def ordinal(number: int) -> str:
    """25 → `25th`, 21 → `21st`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
