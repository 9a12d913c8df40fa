"""The condition language: a whitelisted part of SQL, parsed by sqlglot into frozen values.

Allowed: `=`, `<>`, `in (…)`, `is [not] null`, `and`, `or`, `not`, `readable(field)`, `length(field) > n`,
`mentions(field, 'word', …)`, `days(later, earlier) > n` (and `later > earlier` for dates), `working_days(…) > n`,
`age(born, at) < n`, `exists (select 1 from <class> where …)`, `(select count(*) from <class> where …) > n`,
`field in (select other from <class> where …)` and `each(field) in (…)`. Inside a query, fields of an enclosing record
are written `<its class>.<field>`; `as_of` is the day of the sift. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import get_args

import sqlglot
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError

from rules.schedule.language import (
    AgeAt,
    Among,
    AsOf,
    BankHolidays,
    Compare,
    Condition,
    Counted,
    DateOf,
    DaysApart,
    Every,
    Exists,
    FieldOf,
    Longer,
    Mentions,
    Missing,
    Not,
    OneOf,
    Order,
    Readable,
    SameField,
    Some,
)

MAX_DEPTH = 40
MAX_NUMBER = 1_000_000
MAX_QUERIES = 3  # one inside the other
MAX_WORDS = 200
AS_OF = "as_of"
_WORDS = re.compile(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")
_FUNCTIONS = frozenset({"readable", "length", "mentions", "days", "working_days", "age", "each", "count"})
_IN_QUERY = "takes (select <field> from <class> where …)"
_ORDERS: Mapping[type[exp.Expr], Order] = dict(
    zip((exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ, exp.NEQ), get_args(Order), strict=True)
)
_MIRRORED: Mapping[Order, Order] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


class NotUnderstood(Exception):
    """A condition outside the language; the message says what and what to write."""


def parse_condition(
    text: str, class_name: str, fields: Mapping[str, frozenset[str]], holidays: BankHolidays | None = None
) -> Condition:
    """Parse `text` as a condition on a record of `class_name`.

    `fields` gives the field names of every class of the schedule. Raises NotUnderstood.
    """
    try:
        trees = sqlglot.parse(f"select 1 where {text}", read="sqlite")
    except (SqlglotError, RecursionError):
        raise NotUnderstood("cannot be read as a condition; write e.g. disposition = 'not_required'") from None
    tree = trees[0] if len(trees) == 1 else None
    where = tree.args.get("where") if isinstance(tree, exp.Select) else None
    if tree is None or not isinstance(where, exp.Where) or set(_given(tree)) - {"expressions", "where"}:
        raise NotUnderstood("is not a single condition")
    if any(node.comments for node in tree.walk()):
        raise NotUnderstood("holds an SQL comment, which would hide a part of it; write comments with # in the file")
    return _Reader(class_name, fields, holidays).read(where.this)


def _given(node: exp.Expr) -> list[str]:
    return [name for name, value in node.args.items() if value]


class _Reader:
    """Reads the conditions on one class; `around` are the classes that enclose a query, the nearest first."""

    def __init__(
        self,
        class_name: str,
        fields: Mapping[str, frozenset[str]],
        holidays: BankHolidays | None,
        around: tuple[str, ...] = (),
    ) -> None:
        self.class_name, self.fields, self.holidays, self.around = class_name, fields, holidays, around

    def read(self, node: exp.Expr, depth: int = 0) -> Condition:
        if depth > MAX_DEPTH:
            raise NotUnderstood(f"is nested more than {MAX_DEPTH} deep; use in (…), or split the rule")
        if isinstance(node, exp.Paren):
            return self.read(node.this, depth + 1)
        if isinstance(node, exp.And):
            return Every((self.read(node.left, depth + 1), self.read(node.right, depth + 1)))
        if isinstance(node, exp.Or):
            return Some((self.read(node.left, depth + 1), self.read(node.right, depth + 1)))
        if isinstance(node, exp.Not):
            return Not(self.read(node.this, depth + 1))
        if type(node) in _ORDERS:
            return self._ordered(node, _ORDERS[type(node)], depth)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return Missing(self._field(node.this))
        if isinstance(node, exp.In) and node.args.get("query"):
            return self._among(node, depth)
        if isinstance(node, exp.In) and node.args.get("expressions"):
            values = tuple(self._literal(item) for item in node.args["expressions"])
            return OneOf(self._field(node.this), values)
        if isinstance(node, exp.Anonymous):
            return self._function(node)
        if isinstance(node, exp.Exists):
            if not isinstance(node.this, exp.Select):
                raise NotUnderstood("`exists` takes (select 1 from <class> where …)")
            return Exists(*self._query(node.this, depth))
        raise NotUnderstood(f"has {node.key!r}, which the language does not know; use =, <>, in, is null, and, or, not")

    def _function(self, node: exp.Anonymous) -> Condition:
        """A function that is a condition by itself."""
        name, given = str(node.this).lower(), node.expressions
        if name == "readable" and len(given) == 1:
            return Readable(self._field(given[0]))
        if name == "mentions" and len(given) > 1:
            return self._mentions(given)
        shapes = {
            "readable": "readable(field)",
            "mentions": "mentions(field, 'word', 'two words')",
            "days": "days(later, earlier) > 3",
            "working_days": "working_days(later, earlier) > 5",
            "age": "age(date_of_birth, some_date) < 18",
            "each": "each(field) in (select other from <class> where …)",
        }
        if name in shapes:
            raise NotUnderstood(f"uses {name!r} in another way than `{shapes[name]}`")
        raise NotUnderstood(f"uses the function {name!r}, which the language lacks{nearest(name, _FUNCTIONS)}")

    def _mentions(self, given: list[exp.Expr]) -> Mentions:
        words = tuple(self._literal(item) for item in given[1:])
        for word in words:
            if _WORDS.fullmatch(word) is None:
                raise NotUnderstood(f"looks for {word!r}; write whole words of letters a to z and digits")
        if len(words) > MAX_WORDS:
            raise NotUnderstood(f"looks for more than {MAX_WORDS} words; split the rule")
        return Mentions(self._field(given[0]), words)

    def _ordered(self, node: exp.Expr, order: Order, depth: int) -> Condition:
        """A comparison: of a field with a word, of two dates, of a number of days, letters or records."""
        left, right = node.args["this"], node.args["expression"]
        if isinstance(left, exp.Anonymous):
            return self._measured(left, order, right)
        if isinstance(left, exp.Length):
            return Longer(self._field(left.this), order, self._number(right))
        if isinstance(left, exp.Subquery) and isinstance(left.this, exp.Select):
            counts = left.this.expressions
            if len(counts) != 1 or not isinstance(counts[0], exp.Count):
                raise NotUnderstood("compares a query that is no `select count(*)`")
            return Counted(*self._query(left.this, depth), order, self._number(right))
        if isinstance(node, exp.EQ | exp.NEQ):
            return self._compare(node)
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            return DaysApart(*self._two(left, right), order, 0)
        raise NotUnderstood("orders something that is no date; write days(later, earlier) > 3, or later > earlier")

    def _measured(self, left: exp.Anonymous, order: Order, right: exp.Expr) -> Condition:
        """A number of days, working days or years of age, compared."""
        name = str(left.this).lower()
        if name not in ("days", "working_days", "age") or len(left.expressions) != 2:
            self._function(left)  # says what is wrong with most of them
            raise NotUnderstood(f"compares {name!r}, which is true or false by itself; leave the comparison out")
        one, other = self._two(*left.expressions)
        number = self._number(right)
        if name == "age":
            return AgeAt(one, other, order, number)
        if name == "days":
            return DaysApart(one, other, order, number)
        if self.holidays is None:
            raise NotUnderstood("counts working days; list the `bank_holidays` at the top of the schedule")
        return DaysApart(one, other, order, number, self.holidays)

    def _two(self, left: exp.Expr, right: exp.Expr) -> tuple[DateOf, DateOf]:
        """Two dates to be compared. Of the day of the sift alone something would be true of a record without dates."""
        one, other = self._of(left), self._of(right)
        if isinstance(one, AsOf) and isinstance(other, AsOf):
            raise NotUnderstood(f"compares {AS_OF} with itself; name a date of a record")
        return one, other

    def _of(self, node: exp.Expr) -> DateOf:
        if isinstance(node, exp.Column) and node.name == AS_OF and not node.table:
            return AsOf()
        if not isinstance(node, exp.Column):
            raise NotUnderstood(f"expects a field of {self.class_name} where it has {node.sql()!r}")
        up = self._level(node)
        return FieldOf(self._known(self._class_at(up), node.name), up)

    def _level(self, node: exp.Column) -> int:
        """How many queries further out the record lies whose field is named: 0 for this one."""
        if node.args.get("db") or node.table not in ("", self.class_name, *self.around):
            known = nearest(node.table, frozenset({self.class_name, *self.around}))
            raise NotUnderstood(f"expects a field of {self.class_name} where it has {node.sql()!r}{known}")
        return self.around.index(node.table) + 1 if node.table in self.around else 0

    def _class_at(self, up: int) -> str:
        return (self.class_name, *self.around)[up]

    def _number(self, node: exp.Expr) -> int:
        sign = -1 if isinstance(node, exp.Neg) else 1
        bare = node.this if isinstance(node, exp.Neg) else node
        if not isinstance(bare, exp.Literal) or bare.is_string or not str(bare.this).isdigit():
            raise NotUnderstood(f"expects a whole number where it has {node.sql()!r}")
        if int(bare.this) > MAX_NUMBER:
            raise NotUnderstood(f"has a number over {MAX_NUMBER:,}")
        return sign * int(bare.this)

    def _compare(self, node: exp.EQ | exp.NEQ) -> Condition:
        left, right = node.left, node.right
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            if not isinstance(node, exp.EQ) or not self.around:
                raise NotUnderstood("compares two fields outside a query such as `exists (…)`")
            inner, outer = (left, right) if self._level(right) else (right, left)
            up = self._level(outer)
            if up == 0 or self._level(inner):
                raise NotUnderstood(f"must name the enclosing record's field as {self.around[0]}.<field>")
            return SameField(self._field(inner), self._known(self._class_at(up), outer.name), up)
        operator = "=" if isinstance(node, exp.EQ) else "<>"
        return Compare(self._field(left), "=" if operator == "=" else "<>", self._literal(right))

    def _among(self, node: exp.In, depth: int) -> Among:
        """`field in (select other from <class> where …)`, or `each(field) in (…)` of a list."""
        query = node.args["query"].this
        if not isinstance(query, exp.Select) or len(query.expressions) != 1:
            raise NotUnderstood(f"`in` {_IN_QUERY}")
        each = isinstance(node.this, exp.Anonymous) and str(node.this.this).lower() == "each"
        if each and len(node.this.expressions) != 1:
            raise NotUnderstood("`each` takes one field, which holds a list with ; between its values")
        field = self._field(node.this.expressions[0] if each else node.this)
        class_name, where = self._query(query, depth)
        inside = _Reader(class_name, self.fields, self.holidays, (self.class_name, *self.around))
        return Among(field, class_name, inside._field(query.expressions[0]), where, each)

    def _query(self, query: exp.Select, depth: int) -> tuple[str, Condition]:
        """The class that a query looks at, and its condition."""
        source = query.args.get("from_") or query.args.get("from")
        if source is None:
            raise NotUnderstood("`exists` takes (select 1 from <class> where …)")
        if len(self.around) + 1 > MAX_QUERIES:
            raise NotUnderstood(f"has more than {MAX_QUERIES} queries, one inside the other")
        if not isinstance(source.this, exp.Table) or _given(source.this) != ["this"]:
            raise NotUnderstood("`exists` takes the plain name of one class after `from`")
        class_name = source.this.name
        if class_name not in self.fields:
            hint = nearest(class_name, frozenset(self.fields))
            raise NotUnderstood(f"speaks of the class {class_name!r}, which the schedule lacks{hint}")
        where = query.args.get("where")
        if where is None or set(_given(query)) - {"expressions", "from", "from_", "where"}:
            raise NotUnderstood("`exists` needs a where and nothing else")
        inside = _Reader(class_name, self.fields, self.holidays, (self.class_name, *self.around))
        return class_name, inside.read(where.this, depth + 1)

    def _field(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Column) or self._level(node):
            raise NotUnderstood(f"expects a field of {self.class_name} where it has {node.sql()!r}")
        return self._known(self.class_name, node.name)

    def _known(self, class_name: str, name: str) -> str:
        if name not in self.fields[class_name]:
            raise NotUnderstood(f"names {name!r}, which {class_name} lacks{nearest(name, self.fields[class_name])}")
        return name

    def _literal(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Literal):
            raise NotUnderstood(f"expects a quoted word or a number where it has {node.sql()!r}")
        return str(node.this)


def nearest(word: str, known: frozenset[str]) -> str:
    """A hint `; did you mean …?` with the nearest known word, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
