"""The words of the schedule's language as frozen values: terms (how long) and conditions (for which records).

`LAST_CONTACT` names the latest contact with a subject over all stores.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

LAST_CONTACT = "last contact"

Rounding = Literal["", "calendar year", "financial year", "academic year"]


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


Form = Literal["year", "month", "area", "outward code", "redacted"]


@dataclass(frozen=True)
class Already:
    """The field has the form that an action gives it (a date on the first of its year, a text marked as redacted).

    No schedule writes it: it keeps a record that was acted upon from being found again. Unknown for an empty field.
    """

    field: str
    form: Form


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
    Compare
    | SameField
    | OneOf
    | Missing
    | Readable
    | DaysApart
    | Longer
    | Already
    | Counted
    | Not
    | Every
    | Some
    | Exists
)


def ordinal(number: int) -> str:
    """25 → `25th`, 21 → `21st`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
