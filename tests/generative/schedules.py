"""Random rules over one small class, and random rows full of dates as real systems hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from itertools import product
from typing import get_args

from hypothesis import strategies as st

from rules.schedule.language import (
    LAST_CONTACT,
    After,
    AgeAt,
    Already,
    Among,
    AsOf,
    BankHolidays,
    Birthday,
    Compare,
    Condition,
    Counted,
    DateOf,
    DaysApart,
    Every,
    Exists,
    FieldOf,
    FieldRef,
    Forever,
    Form,
    Longer,
    Longest,
    Mentions,
    Missing,
    Not,
    OneOf,
    Order,
    Period,
    Readable,
    SameField,
    Some,
    Term,
    Until,
    WithHead,
    WorkingDays,
)
from rules.schedule.values import (
    Field,
    RecordClass,
    Role,
    Rule,
    Schedule,
)

AS_OF = date(2026, 9, 1)
DATES = ("typed", "loose", "born")  # text; no declared type on SQLite; text
TEXTS = ("case_number", "status")

_trigger = frozenset({Role.TRIGGER})
FIELDS = (
    Field("record_id", frozenset({Role.KEY})),
    Field("case_number", frozenset({Role.SUBJECT})),
    Field("status", frozenset({Role.STATE})),
    *(Field(name, _trigger) for name in DATES),
)
HEAD = RecordClass("head", "", FIELDS)
RECORD = RecordClass("record", "", FIELDS, part_of="head")
OTHER = RecordClass("other", "", FIELDS)
SCHEDULE = Schedule("random", "1", "Europe/London", (HEAD, RECORD, OTHER), "")

PERIODS = [
    Period(days=2),
    Period(weeks=1),
    Period(months=6),
    Period(months=18),
    Period(years=6),
    Period(years=7, days=1),
]
STATUSES = ["open", "closed", "Closed", "0"]
PHRASES = ["open", "CLOSED", "self-harm", "in my view", "0", "closed open"]
# Some on a weekday, one on a Sunday; the dates of the rows lie on both ends of these years and beyond them.
HOLIDAYS = BankHolidays(
    (date(2019, 12, 25), date(2020, 8, 31), date(2024, 2, 29), date(2026, 3, 1), date(2026, 8, 31), date(2026, 9, 2))
)

FORMS = ["2020-01-01", "2020-05-01 00:00:00", "mk3 4dx", " MK ", "M1", "é1", "[redacted] x", "[Redacted] x"]

DEEPEST = 2  # a query in a query

Cell = str | int | float | None


def periods() -> st.SearchStrategy[Period]:
    return st.sampled_from(PERIODS)


def triggers() -> st.SearchStrategy[FieldRef]:
    in_record = st.builds(FieldRef, st.sampled_from(DATES), st.booleans())
    elsewhere = st.builds(FieldRef, st.sampled_from(DATES), st.booleans(), st.just("other"))
    return in_record | elsewhere | st.just(FieldRef(LAST_CONTACT, optional=True))


def terms() -> st.SearchStrategy[Term]:
    after = st.builds(
        After,
        periods(),
        st.lists(triggers(), min_size=1, max_size=3).map(tuple),
        st.sampled_from(["", "", "calendar year", "financial year", "academic year"]),
    )
    working = st.builds(
        lambda number, name: After(Period(), (FieldRef(name),), "", WorkingDays(number, HOLIDAYS)),
        st.sampled_from([0, 1, 5, 20]),
        st.sampled_from(DATES),
    )
    born = st.builds(Birthday, st.sampled_from([18, 21, 25]), st.sampled_from(DATES))
    older = st.builds(Birthday, st.just(25), st.just("born"), st.just(26), st.just(17), st.sampled_from(DATES))
    fixed = st.builds(Until, st.sampled_from([AS_OF - timedelta(days=1), AS_OF, AS_OF + timedelta(days=1)]))
    simple = after | after | working | born | older | fixed | st.just(Forever()) | st.just(WithHead("head"))
    longest = st.lists(simple, min_size=1, max_size=3).map(lambda found: Longest(tuple(found)))
    nested = st.tuples(simple, longest).map(Longest)
    return simple | longest | nested


def conditions(depth: int = 0) -> st.SearchStrategy[Condition]:
    """Conditions on a record, `depth` queries deep: there, fields may be compared with those of enclosing records."""
    names = st.sampled_from([*TEXTS, *DATES])
    days = st.sampled_from([-1, 0, 1, 3, 400, 1_000_000])
    leaf: st.SearchStrategy[Condition] = (
        st.builds(Compare, names, st.sampled_from(["=", "<>"]), st.sampled_from(STATUSES))
        | st.builds(OneOf, names, st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3).map(tuple))
        | st.builds(Missing, names)
        | st.builds(Readable, st.sampled_from(DATES))
        | st.builds(DaysApart, _dated(depth), _dated(depth), orders(), days, st.none() | st.just(HOLIDAYS))
        | st.builds(AgeAt, _dated(depth), _dated(depth), orders(), st.sampled_from([0, 1, 6, 18, 25]))
        | st.builds(Longer, names, orders(), st.sampled_from([0, 4, 6, 10]))
        | st.builds(Mentions, names, st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3).map(tuple))
        | st.builds(Already, names, st.sampled_from(get_args(Form)))
    )
    if depth:
        leaf |= st.builds(SameField, names, names, st.integers(1, depth))
    if depth < DEEPEST:
        other, where = st.sampled_from(["other", "record"]), st.deferred(lambda: conditions(depth + 1))
        leaf |= st.builds(Exists, other, where) | st.builds(Among, names, other, names, where, st.booleans())
        leaf |= st.builds(Counted, other, where, orders(), st.sampled_from([0, 1, 2]))
    return st.recursive(leaf, _grown, max_leaves=5 if depth < 2 else 2)


def orders() -> st.SearchStrategy[Order]:
    return st.sampled_from(get_args(Order))


def _dated(depth: int) -> st.SearchStrategy[DateOf]:
    field = st.builds(FieldOf, st.sampled_from(DATES), st.integers(0, depth))
    return field | field | st.sampled_from([AsOf(AS_OF), AsOf()])


def _grown(part: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, part) | st.builds(Every, parts) | st.builds(Some, parts)


def rules() -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        id=st.just("rule"),
        class_name=st.just("record"),
        keep=terms(),
        applies_to=st.none() | conditions(),
        only_if=st.none() | conditions(),
        unless=st.none() | conditions(),
        otherwise=st.sampled_from(["", "breach"]),
    )


def near(*days: date) -> st.SearchStrategy[str]:
    """ISO dates a few days around the given ones."""
    shifted = st.builds(lambda day, n: day + timedelta(days=n), st.sampled_from(days), st.integers(-2, 2))
    return shifted.map(date.isoformat)


_back = [AS_OF.replace(year=AS_OF.year - n) for n in (0, 1, 6, 7, 18, 21, 25, 26)]
_near = near(*_back, date(2026, 3, 1), date(2025, 3, 1), date(2020, 8, 31), date(2020, 3, 31), date(2024, 2, 29))
_suffixes = [
    "",
    "T10:00",
    " 23:30:00",
    "T23:30:00Z",
    "T00:30:00+14:00",
    " 23:59:59-12:00",
    " x",
    "x",
    "T",
    " ",
    "\n",
    "t10",
]
_years = ["0000", "1799", "1800", "1900", "2000", "2023", "2024", "2100", "9999", "202"]
_months = ["-00", "-02", "-04", "-12", "-13", "-1", "/02", ""]
_days = ["-00", "-01", "-28", "-29", "-30", "-31", "-32", "-1", "/28", ""]
DIRTY = [
    "",
    " ",
    "  ",
    "0000-00-00",
    "31/02/2020",
    "12/01/2026",
    "1700000000",
    "2023-02-29",
    "now",
    "n/k",
    " 2020-01-01",
]


def odd_dates() -> list[str]:
    """Dates put together from good and bad years, months, days and what may follow."""
    return ["".join(parts) for parts in product(_years, _months, _days, _suffixes)] + DIRTY


_odd = st.sampled_from(odd_dates())


def dates() -> st.SearchStrategy[str | None]:
    """Dates near a deadline, with or without a time, dirty ones, and none."""
    timed = st.tuples(_near, st.sampled_from(_suffixes)).map("".join)
    return _near | timed | _odd | st.sampled_from(DIRTY) | st.none()


def texts() -> st.SearchStrategy[str | None]:
    """Words with stray spaces and letter case."""
    plain = st.sampled_from([*STATUSES, *STATUSES, "closed ", " closed", "CLOSED", "", "  ", None, *FORMS])
    return plain | plain | st.sampled_from(SENTENCES) | _lists | _odd_texts


# What a search for whole words may stumble over, and lists of values.
SENTENCES = [
    "Self-harm, in my\nview.",
    "in MY  view",
    "in my, view",
    "reopened",
    "open\u00e9",
    "\u00e9open",
    "\u201copen\u201d",
    "closed\u2014open",
    "Self\u2011Harm\u2019s",
    "self harmed",
    "(0)",
    "0pen_0",
    "\u212alosed closed-up",
    "a\\open",
]
_lists = st.lists(st.sampled_from(["open", "closed", "0", "", " ", "x"]), max_size=4).flatmap(
    lambda values: st.sampled_from([";", "; ", " ; ", "  ;"]).map(lambda sign: sign.join(values))
)
_odd_texts = st.text(alphabet="oOpPeEnN\u00e9 ;-_'\u2019.\t\u00a0", max_size=9)


def rows() -> st.SearchStrategy[dict[str, Cell]]:
    """One row without its key. `loose` may hold a number, as an undeclared column of SQLite can."""
    numbers = st.sampled_from([0, 1700000000, 20200101, 2458849.5, -1])
    return st.fixed_dictionaries(
        {"case_number": texts(), "status": texts(), "typed": dates(), "loose": dates() | numbers, "born": dates()}
    )


VARIANTS = ("working", "each", "up", "day", "of", "rounding", "optional", "older_age")
"""Attributes that make another construct of a class where they are set."""


def kinds(value: object) -> Iterator[object]:
    """The classes of a rule's parts, however deep, and the forms that one class may take."""
    if is_dataclass(value):
        yield type(value)
        yield from ((type(value), name) for name in VARIANTS if getattr(value, name, None))
        for item in fields(value):
            yield from kinds(getattr(value, item.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from kinds(part)
