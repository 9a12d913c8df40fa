"""Two versions of a retention schedule, and what differs between them in plain English.

Every part is compared, whatever it is: what has no words of its own here is told by its name, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from rules.schedule.language import Condition, Term
from rules.schedule.plain import condition_in_words, in_words
from rules.schedule.values import Field, Parameter, RecordClass, Rule, Schedule

NOTHING = "nothing"
_PARTS = {
    "rules": "rule",
    "controls": "control",
    "holds": "automatic hold",
    "expectations": "quality check",
    "fields": "field",
}
_CALLED = {
    "keep": "the period",
    "applies_to": "for which records it is",
    "only_if": "what must be so before anything goes",
    "unless": "what spares a record",
    "otherwise": "what it says of a record that may not go yet",
    "then": "what is done",
    "because": "what it rests on",
    "confidence": "the confidence",
    "flag_when": "what it looks for",
    "after": "the time that it gives",
    "says": "its words",
    "when": "when it stands",
    "kind": "its kind",
    "fields": "which fields it looks at",
    "roles": "what it is held for",
    "means": "what it means",
    "name": "the name",
    "version": "the version",
    "part_of": "the file that it belongs to",
    "open_when": "when a file is open",
    "dormant": "when an open file sleeps",
    "value": "its value",
    "in_force_from": "from which day it is in force",
    "in_force_until": "until which day it is in force",
    "year_ends": "where the years end",
    "bank_holidays": "which days are bank holidays",
}


@dataclass(frozen=True)
class Change:
    """One difference. `what` is rule, control, field, parameter and so on; `class_name` is empty outside a class.

    `before` and `after` say in words what was and what will be, where a part is in both versions.
    """

    change: Literal["added", "removed", "changed"]
    what: str
    class_name: str
    name: str
    sentence: str
    before: str = ""
    after: str = ""


def differences(old: Schedule, new: Schedule) -> tuple[Change, ...]:
    """What changes from `old` to `new`, in the order of the schedules; empty when only comments or layout differ."""
    own = {"classes", "digest", "parameters"}
    found = [*_changed("schedule", "", "the schedule", old, new, own)]
    found += _each("parameter", "", _by_name(old.parameters), _by_name(new.parameters))
    before, after = _by_name(old.classes), _by_name(new.classes)
    found += _each("class", "", before, after, set(_PARTS))
    for name in (name for name in before if name in after):
        for part, what in _PARTS.items():
            parts = _by_name(getattr(before[name], part)), _by_name(getattr(after[name], part))
            found += _each(what, name, *parts)
    return tuple(found)


def _by_name(parts: Iterable[Any]) -> dict[str, Any]:
    return {getattr(part, "id", "") or part.name: part for part in parts}


def _each(
    what: str, class_name: str, old: Mapping[str, Any], new: Mapping[str, Any], own: set[str] | None = None
) -> Iterator[Change]:
    """Parts removed, added and changed; `own` are the attributes that are compared elsewhere."""
    of = f" of {_words(class_name)}" if class_name else ""
    for name in (name for name in old if name not in new):
        yield Change("removed", what, class_name, name, f"The {what} {name}{of} is gone. {_whole(old[name])}")
    for name, part in new.items():
        if name not in old:
            yield Change("added", what, class_name, name, f"New {what} {name}{of}. {_whole(part)}")
        else:
            yield from _changed(what, class_name, f"{what} {name}{of}", old[name], part, own or set())


def _changed(what: str, class_name: str, who: str, old: Any, new: Any, own: set[str]) -> Iterator[Change]:
    """One change for each attribute that differs."""
    start = who[0].upper() + who[1:]
    for item in fields(new):
        before, after = getattr(old, item.name), getattr(new, item.name)
        if before != after and item.name not in own:
            sentence = f"{start}: {_CALLED.get(item.name, _words(item.name))} changes."
            name = getattr(new, "id", "") or new.name
            yield Change("changed", what, class_name, name, sentence, said(before), said(after))


def _whole(part: Any) -> str:
    """A part that is there in one version only, in a sentence."""
    if isinstance(part, Rule):
        more = [
            f"{_CALLED[name]}: {said(getattr(part, name))}"
            for name in ("applies_to", "only_if", "unless")
            if getattr(part, name) is not None
        ]
        told = "; ".join([f"It keeps them {in_words(part.keep)}, then: {part.then}", *more])
        return f"{told} ({'; '.join(part.because)})."
    if isinstance(part, RecordClass):
        rules = ", ".join(rule.id for rule in part.rules) or "none"
        return f"{part.means}. Fields: {', '.join(item.name for item in part.fields)}. Rules: {rules}."
    if isinstance(part, Parameter):
        return f"Its value is {part.value}."
    if isinstance(part, Field):
        return f"It is held for: {said(part.roles)}."
    shown = [item.name for item in fields(part) if item.name not in ("id", "name", "class_name", "because")]
    told = "; ".join(f"{_CALLED.get(name, _words(name))}: {said(getattr(part, name))}" for name in shown)
    return told[0].upper() + told[1:] + "."


def said(value: object) -> str:
    """Return a part of a schedule in plain English; `nothing` for what is absent."""
    if value is None or value == "" or value == ():
        return NOTHING
    if isinstance(value, Term):
        return in_words(value)
    if isinstance(value, Condition):
        return condition_in_words(value)
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value))) or NOTHING
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(_item, value))
    return str(value)


def _item(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else said(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
