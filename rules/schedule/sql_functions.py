"""The few functions that each database spells its own way; everything else is SQLAlchemy's business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Integer, Text, and_, func, not_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from rules.schedule.actions import REDACTED
from rules.schedule.calendar import EARLIEST_YEAR
from rules.schedule.language import Form

_LEAP = "([0-9][0-9](0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DATE_PATTERN = (
    "^([0-9]{4}-((01|03|05|07|08|10|12)-(0[1-9]|[12][0-9]|3[01])|(04|06|09|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)(?![^T ])"
)


class readable_text(GenericFunction[bool]):  # noqa: N801 - it reads as a function of SQL
    """True where the text holds an ISO calendar date from 1800 on, exactly as `parse_date` reads it."""

    type = Boolean()
    inherit_cache = True


@compiles(readable_text)
def _readable_by_pattern(element: readable_text, compiler: SQLCompiler, **kw: Any) -> str:
    inner = compiler.process(next(iter(element.clauses)), **kw)
    # MariaDB compares by collation, mostly without regard to case; (?-i) turns that off.
    operator = "REGEXP '(?-i)" if compiler.dialect.name in ("mysql", "mariadb") else "~ '"
    return f"({inner} {operator}{_DATE_PATTERN}' AND substr({inner}, 1, 4) >= '{EARLIEST_YEAR}')"


@compiles(readable_text, "sqlite")
def _readable_by_date(element: readable_text, compiler: SQLCompiler, **kw: Any) -> str:
    inner = compiler.process(next(iter(element.clauses)), **kw)
    day = f"substr({inner}, 1, 10)"
    # Moved by no days, 31 February becomes 3 March (SQLite before 3.43 leaves it alone otherwise), so a date is
    # real when it comes back unchanged. GLOB keeps julian day numbers out, which date() would read too.
    shape = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
    return (
        f"({day} GLOB '{shape}' AND date({day}, '+0 days') IS {day} AND {day} >= '{EARLIEST_YEAR}'"
        f" AND substr({inner}, 11, 1) IN ('', 'T', ' '))"
    )


class Letters(Text):
    """Text that MariaDB compares, and so fetches, as bytes: what leaves a store is text all the same."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Decode what MariaDB fetches; other engines need nothing."""
        return _decoded if dialect.name in ("mysql", "mariadb") else None


def _decoded(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


class exact_text(GenericFunction[str]):  # noqa: N801
    """The text for comparison letter by letter: case and trailing spaces count on every engine."""

    type = Letters()
    inherit_cache = True


@compiles(exact_text)
def _exact_as_it_is(element: exact_text, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **kw)


@compiles(exact_text, "mysql", "mariadb")
def _exact_by_bytes(element: exact_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(CONVERT({compiler.process(next(iter(element.clauses)), **kw)} USING utf8mb4) AS BINARY)"


class matches_pattern(GenericFunction[bool]):  # noqa: N801
    """Whether a text matches a regular expression, in which capitals differ from small letters; NULL for NULL."""

    type = Boolean()
    inherit_cache = True


@compiles(matches_pattern)
def _matches(element: matches_pattern, compiler: SQLCompiler, **kw: Any) -> str:
    text, pattern = (compiler.process(part, **kw) for part in element.clauses)
    return f"({text} ~ {pattern})"


@compiles(matches_pattern, "sqlite")
def _matches_regexp(element: matches_pattern, compiler: SQLCompiler, **kw: Any) -> str:
    text, pattern = (compiler.process(part, **kw) for part in element.clauses)
    return f"({text} REGEXP {pattern})"


@compiles(matches_pattern, "mysql", "mariadb")
def _matches_case(element: matches_pattern, compiler: SQLCompiler, **kw: Any) -> str:
    text, pattern = (compiler.process(part, **kw) for part in element.clauses)
    return f"(CONVERT({text} USING utf8mb4) REGEXP CONCAT('(?-i)', {pattern}))"


class letters_in(GenericFunction[int]):  # noqa: N801
    """How many letters a text has (not bytes)."""

    type = Integer()
    inherit_cache = True


@compiles(letters_in)
def _letters(element: letters_in, compiler: SQLCompiler, **kw: Any) -> str:
    return f"length({compiler.process(next(iter(element.clauses)), **kw)})"


@compiles(letters_in, "mysql", "mariadb")
def _letters_not_bytes(element: letters_in, compiler: SQLCompiler, **kw: Any) -> str:
    return f"char_length({compiler.process(next(iter(element.clauses)), **kw)})"


class days_between(GenericFunction[int]):  # noqa: N801
    """Days from the second to the first of two ISO dates."""

    type = Integer()
    inherit_cache = True


@compiles(days_between)
def _days_by_cast(element: days_between, compiler: SQLCompiler, **kw: Any) -> str:
    last, first = (compiler.process(part, **kw) for part in element.clauses)
    return f"(CAST({last} AS DATE) - CAST({first} AS DATE))"


@compiles(days_between, "mysql", "mariadb")
def _days_by_datediff(element: days_between, compiler: SQLCompiler, **kw: Any) -> str:
    last, first = (compiler.process(part, **kw) for part in element.clauses)
    return f"DATEDIFF({last}, {first})"


@compiles(days_between, "sqlite")
def _days_by_julian(element: days_between, compiler: SQLCompiler, **kw: Any) -> str:
    last, first = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST(julianday({last}) - julianday({first}) AS INTEGER)"


def already(text: ColumnElement[Any], form: Form) -> ColumnElement[Any]:
    """`has_form` of a trimmed text (NULL where empty), in functions that all engines spell alike."""
    if form in ("year", "month"):
        place, wanted = (5, "-01-01") if form == "year" else (8, "-01")
        first = _part(text, place, len(wanted)) == wanted
        return and_(first, or_(letters_in(text) <= 10, _part(text, 12, 8) == "00:00:00"))
    if form == "area":
        return and_(letters_in(text) <= 2, not_(_part(text, 2, 1).in_(list("0123456789"))))
    if form == "outward code":
        return letters_in(text) <= 4
    return _part(text, 1, len(REDACTED)) == REDACTED


def _part(text: ColumnElement[Any], start: int, letters: int) -> ColumnElement[Any]:
    return exact_text(func.substr(text, start, letters))
