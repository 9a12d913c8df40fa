"""The words of the schedule's language as frozen values: terms (how long) and conditions (for which records).

`LAST_CONTACT` names the latest contact with a subject over all stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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

    With `of`, the latest such date among the records of that class that share the subject, in any store.
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
class BankHolidays:
    """The bank holidays that a schedule declares, in order. Of other years than theirs, nobody knows the holidays.

    They are a part of the schedule and not of what counts by them, so any two compare as equal.
    """

    days: tuple[date, ...] = field(compare=False)

    @property
    def first(self) -> date:
        """The first day of the first year for which holidays are declared."""
        return date(self.days[0].year, 1, 1)

    @property
    def last(self) -> date:
        """The last day of the last such year."""
        return date(self.days[-1].year, 12, 31)


@dataclass(frozen=True)
class WorkingDays:
    """A number of days that are neither a Saturday, a Sunday nor a bank holiday."""

    number: int
    holidays: BankHolidays

    def __str__(self) -> str:
        return f"{self.number} working day{'' if self.number == 1 else 's'}"


@dataclass(frozen=True)
class After:
    """`period` after the latest of `triggers`, counted from the end of that year where `rounding` names one.

    With `working` so many working days after its one trigger, a field of the record, instead.
    """

    period: Period
    triggers: tuple[FieldRef, ...]
    rounding: Rounding = ""
    working: WorkingDays | None = None

    def __str__(self) -> str:
        names = ", ".join(str(trigger) for trigger in self.triggers)
        start = names if len(self.triggers) == 1 else f"latest of ({names})"
        length = self.working or self.period
        return f"{length} after {f'end of {self.rounding} of ' if self.rounding else ''}{start}"


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
    """Equality with a field of an enclosing record, `up` queries further out; only inside a query."""

    field: str
    outer: str
    up: int = 1


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
    """A field in a comparison: of this record, or of an enclosing one, `up` queries further out."""

    name: str
    up: int = 0


@dataclass(frozen=True)
class AsOf:
    """The day as of which a sift is made. None, and so unknown, until the schedule is taken on a day."""

    day: date | None = None


DateOf = FieldOf | AsOf

Order = Literal["<", "<=", ">", ">=", "=", "<>"]


@dataclass(frozen=True)
class DaysApart:
    """`days(later, earlier) > n`: whole days between two dates; unknown when either is unreadable.

    With `working`, `working_days(later, earlier) > n`: the working days after the earlier date, up to the later one.
    """

    later: DateOf
    earlier: DateOf
    order: Order
    days: int
    working: BankHolidays | None = None


@dataclass(frozen=True)
class AgeAt:
    """`age(born, at) < n`: completed years on a day; unknown when either is unreadable, and before the birth."""

    born: DateOf
    at: DateOf
    order: Order
    years: int


@dataclass(frozen=True)
class Mentions:
    """`mentions(field, 'word', 'two words')`: a text holds one of these as whole words, in capitals or not."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Among:
    """`field in (select other from <class> where …)`: unknown when the field is empty.

    With `each`, `each(field) in (…)`: all values of a list that is written with `;` between them.
    """

    field: str
    class_name: str
    other: str
    where: Condition
    each: bool = False


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
    """`(select count(*) from <class> where …) > n`: how many records of a class in all stores."""

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
    """A record of `class_name`, in any store, for which `where` holds."""

    class_name: str
    where: Condition


Condition = (
    Compare
    | SameField
    | OneOf
    | Missing
    | Readable
    | DaysApart
    | AgeAt
    | Longer
    | Mentions
    | Already
    | Among
    | Counted
    | Not
    | Every
    | Some
    | Exists
)
Query = Exists | Counted | Among


def ordinal(number: int) -> str:
    """25 → `25th`, 21 → `21st`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
