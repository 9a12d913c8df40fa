"""What a rule does with a due record, as a schedule, a plan and a store write it: one spelling, read in one place.

`destroy` · `review` · `blank a, b` · `truncate a to 500 characters` · `generalise born to month` · `redact a, b` ·
`keep only a, b` · `unlink`. Each field action leaves a state that can be seen in the record itself, so what was acted
upon is not due again: empty, short, coarse, or marked as redacted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import lru_cache
from typing import Literal, cast, get_args

from rules.schedule.calendar import parse_date
from rules.schedule.language import Already, Condition, Every, Form, Longer, Missing, Not, Some

ActionKind = Literal["destroy", "review", "blank", "truncate", "generalise", "redact", "keep only", "unlink"]
REDACTED = "[redacted] "
"""Stands before a text that was redacted: the sign by which it is known."""

SPELLINGS = (
    "destroy",
    "review",
    "blank FIELD, FIELD",
    "truncate FIELD to 500 characters",
    "generalise FIELD to month (year, area, outward code)",
    "redact FIELD, FIELD",
    "keep only FIELD, FIELD",
)
_GOALS: tuple[Form, ...] = ("year", "month", "area", "outward code")
_NAMES = r"(?P<fields>[a-z][a-z0-9_]*(?:\s*,\s*[a-z][a-z0-9_]*)*)"
_SHAPES = (
    rf"(?P<kind>blank|redact|keep only) {_NAMES}",
    r"(?P<kind>truncate) (?P<fields>[a-z][a-z0-9_]*) to (?P<to>[1-9][0-9]{0,6}) characters?",
    rf"(?P<kind>generalise) (?P<fields>[a-z][a-z0-9_]*) to (?P<to>{'|'.join(_GOALS)})",
)
_OUTWARD = re.compile(r"([A-Z]{1,2})[0-9][0-9A-Z]?")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?) *[0-9][A-Z]{2}")


@dataclass(frozen=True)
class Action:
    """What is done with a due record. `to` is the goal of `truncate` (a number of letters) and of `generalise`.

    A record to be reviewed is destroyed only after a named person has read it; no group decision covers it.
    `unlink` takes away the record that links a person to something that others share, and nothing else.
    """

    kind: ActionKind = "destroy"
    fields: tuple[str, ...] = ()
    to: str = ""

    @property
    def carried_out(self) -> str:
        """What a store is told to do once people have decided: `destroy` where a review was ordered."""
        return "destroy" if self.kind == "review" else str(self)

    @property
    def on_fields(self) -> bool:
        """Whether the record stays, with less in it."""
        return self.kind not in ("destroy", "review", "unlink")

    @property
    def takes_row(self) -> bool:
        """Whether the row itself goes."""
        return not self.on_fields

    def touched(self, fields: Sequence[str], key: str) -> tuple[str, ...]:
        """The fields that change, of a class with these `fields` of which `key` identifies the record."""
        if self.kind == "keep only":
            return tuple(name for name in fields if name != key and name not in self.fields)
        return self.fields

    def __str__(self) -> str:
        named = f"{self.kind} {', '.join(self.fields)}" if self.fields else self.kind
        return f"{named} to {self.to}{' characters' * (self.kind == 'truncate')}" if self.to else named


DESTROY = Action()


@lru_cache(maxsize=1024)
def parse_action(text: str) -> Action:
    """Read an action. Raises ValueError for what is none; whether its fields exist is for the reader to see."""
    if text in ("destroy", "review", "unlink"):
        return Action(cast(ActionKind, text))
    for shape in _SHAPES:
        found = re.fullmatch(shape, text)
        if found is not None:
            parts = found.groupdict()
            names = tuple(name.strip() for name in parts["fields"].split(","))
            return Action(cast(ActionKind, parts["kind"]), names, parts.get("to") or "")
    raise ValueError("not an action")


@lru_cache(maxsize=1024)
def takes_row(text: str) -> bool:
    """Whether an action, as it is spelt, takes the row itself. Raises ValueError for what is none."""
    return parse_action(text).takes_row


def nearest_spelling(text: str) -> str:
    """Return how an action is written that begins like `text`, or every spelling."""
    first = text.split(" ")[0][:4]
    alike = [spelling for spelling in SPELLINGS if first and spelling.startswith(first)]
    return " or ".join(f"`{spelling}`" for spelling in alike or SPELLINGS)


def action_code(text: str) -> str:
    """Return the slug under which the log knows an action: `destroy`, `blank`, `keep-only`."""
    return parse_action(text).kind.replace(" ", "-")


def still_to_do(action: Action, fields: Sequence[str], key: str) -> Condition | None:
    """Return what is true of a record on which a field action has not been done yet; None for any other action."""
    if not action.on_fields:
        return None
    return some([_left(action, name) for name in action.touched(fields, key)])


def is_left(action: Action, text: str | None) -> bool:
    """Return whether one touched field, as text, shows that the action has not been done to its record yet."""
    bare = (text or "").strip()
    if not bare:
        return False
    if action.kind == "truncate":
        return len(bare) > int(action.to)
    if action.kind in ("generalise", "redact"):
        return not has_form(bare, "redacted" if action.kind == "redact" else cast(Form, action.to))
    return True


def written(applies_to: Condition | None, action: Action, fields: Sequence[str], key: str) -> Condition | None:
    """Return what the schedule itself says a rule applies to, without what `still_to_do` adds."""
    left = still_to_do(action, fields, key)
    if left is None or applies_to == left:
        return applies_to if left is None else None
    added = isinstance(applies_to, Every) and len(applies_to.parts) == 2 and applies_to.parts[1] == left
    return applies_to.parts[0] if added and isinstance(applies_to, Every) else applies_to


def _left(action: Action, name: str) -> Condition:
    if action.kind == "truncate":
        return Longer(name, ">", int(action.to))
    if action.kind in ("generalise", "redact"):
        form = "redacted" if action.kind == "redact" else cast(Form, action.to)
        return Every((Not(Missing(name)), Not(Already(name, form))))
    return Not(Missing(name))


def some(parts: Sequence[Condition]) -> Condition:
    """Return a condition that is true where one of several is."""
    return parts[0] if len(parts) == 1 else Some(tuple(parts))


def has_form(text: str, form: Form) -> bool:
    """Whether a trimmed text is already as coarse as `form`, or marked as redacted. Databases say the same."""
    if form in ("year", "month"):
        end, wanted = (4, "-01-01") if form == "year" else (7, "-01")
        return text[end:10] == wanted and (len(text) <= 10 or text[11:19] == "00:00:00")
    if form == "area":
        return len(text) <= 2 and text[1:2] not in set("0123456789")
    return len(text) <= 4 if form == "outward code" else text[: len(REDACTED)] == REDACTED


def generalised(text: str, form: str) -> str | date | None:
    """Return a value made coarser: a date as the first day of its month or year, a postcode as its first part.

    None where the value cannot be read: what it would become, nobody knows.
    """
    if form in ("year", "month"):
        if parse_date(text, UTC) is None:
            return None
        day = date.fromisoformat(text[:10])  # as it is written, as everywhere that a date is compared
        return day.replace(day=1) if form == "month" else day.replace(month=1, day=1)
    upper = text.strip().upper()
    whole = _POSTCODE.fullmatch(upper)
    outward = _OUTWARD.fullmatch(whole[1] if whole else upper)
    if outward is None:
        return None
    return outward[1] if form == "area" else outward[0]


assert set(_GOALS) < set(get_args(Form))
