"""The condition language: a whitelisted part of SQL, parsed by sqlglot into frozen values.

Allowed: `=`, `<>`, `in (…)`, `is [not] null`, `and`, `or`, `not`, `readable(field)`, `length(field) > n`,
`days(later, earlier) > n` (and `later > earlier` for dates), `exists (select 1 from <class> where …)` and
`(select count(*) from <class> where …) > n`, in which fields of the enclosing record are written
`<its class>.<field>`. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import get_args

import sqlglot
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError

from rules.schedule.language import (
    Compare,
    Condition,
    Counted,
    DaysApart,
    Every,
    Exists,
    FieldOf,
    Longer,
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
_ORDERS: Mapping[type[exp.Expr], Order] = dict(
    zip((exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ, exp.NEQ), get_args(Order), strict=True)
)
_MIRRORED: Mapping[Order, Order] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


class NotUnderstood(Exception):
    """A condition outside the language; the message says what and what to write."""


def parse_condition(text: str, class_name: str, fields: Mapping[str, frozenset[str]]) -> Condition:
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
    return _Reader(class_name, fields, None).read(where.this)


def _given(node: exp.Expr) -> list[str]:
    return [name for name, value in node.args.items() if value]


class _Reader:
    """Reads the conditions on one class; `outer` is the class that encloses an `exists`."""

    def __init__(self, class_name: str, fields: Mapping[str, frozenset[str]], outer: str | None) -> None:
        self.class_name, self.fields, self.outer = class_name, fields, outer

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
        if isinstance(node, exp.In) and node.args.get("expressions"):
            values = tuple(self._literal(item) for item in node.args["expressions"])
            return OneOf(self._field(node.this), values)
        if isinstance(node, exp.Anonymous) and str(node.this).lower() == "readable" and len(node.expressions) == 1:
            return Readable(self._field(node.expressions[0]))
        if isinstance(node, exp.Exists):
            return self._exists(node, depth)
        raise NotUnderstood(f"has {node.key!r}, which the language does not know; use =, <>, in, is null, and, or, not")

    def _ordered(self, node: exp.Expr, order: Order, depth: int) -> Condition:
        """A comparison: of a field with a word, of two dates, of a number of days, letters or records."""
        left, right = node.args["this"], node.args["expression"]
        if isinstance(left, exp.Anonymous) and str(left.this).lower() == "days" and len(left.expressions) == 2:
            later, earlier = (self._of(item) for item in left.expressions)
            return DaysApart(later, earlier, order, self._number(right))
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
            return DaysApart(self._of(left), self._of(right), order, 0)
        raise NotUnderstood("orders something that is no date; write days(later, earlier) > 3, or later > earlier")

    def _of(self, node: exp.Expr) -> FieldOf:
        if self.outer is not None and isinstance(node, exp.Column) and node.table == self.outer:
            return FieldOf(self._known(self.outer, node.name), outer=True)
        return FieldOf(self._field(node))

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
            if not isinstance(node, exp.EQ) or self.outer is None:
                raise NotUnderstood("compares two fields outside `exists (…)`")
            inner, outer = (left, right) if right.table == self.outer else (right, left)
            if outer.table != self.outer:
                raise NotUnderstood(f"must name the enclosing record's field as {self.outer}.<field>")
            return SameField(self._field(inner), self._known(self.outer, outer.name))
        operator = "=" if isinstance(node, exp.EQ) else "<>"
        return Compare(self._field(left), "=" if operator == "=" else "<>", self._literal(right))

    def _exists(self, node: exp.Exists, depth: int) -> Condition:
        if not isinstance(node.this, exp.Select):
            raise NotUnderstood("`exists` takes (select 1 from <class> where …), not nested")
        return Exists(*self._query(node.this, depth))

    def _query(self, query: exp.Select, depth: int) -> tuple[str, Condition]:
        """The class that a query looks at, and its condition."""
        source = query.args.get("from_") or query.args.get("from")
        if source is None or self.outer is not None:
            raise NotUnderstood("`exists` takes (select 1 from <class> where …), not nested")
        if not isinstance(source.this, exp.Table) or _given(source.this) != ["this"]:
            raise NotUnderstood("`exists` takes the plain name of one class after `from`")
        class_name = source.this.name
        if class_name not in self.fields:
            hint = nearest(class_name, frozenset(self.fields))
            raise NotUnderstood(f"speaks of the class {class_name!r}, which the schedule lacks{hint}")
        where = query.args.get("where")
        if where is None or set(_given(query)) - {"expressions", "from", "from_", "where"}:
            raise NotUnderstood("`exists` needs a where and nothing else")
        return class_name, _Reader(class_name, self.fields, self.class_name).read(where.this, depth + 1)

    def _field(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Column) or node.table not in ("", self.class_name) or node.args.get("db"):
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
