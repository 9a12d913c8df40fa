"""Read a retention schedule from text. Every mistake is reported at once, each with line, key and what to write."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, cast, get_args
from zoneinfo import ZoneInfo

from rules.errors import BadInput
from rules.located import Located, Reading, read_yaml, suggest
from rules.review.values import HOLD_KINDS
from rules.schedule.actions import Action, nearest_spelling, parse_action, still_to_do
from rules.schedule.conditions import AS_OF, NotUnderstood, parse_condition
from rules.schedule.language import BankHolidays, Condition, Every, Term
from rules.schedule.parameters import fill_in, read_parameters
from rules.schedule.refusals import refuse
from rules.schedule.terms import parse_day, parse_period, parse_term
from rules.schedule.values import (
    AutomaticHold,
    CheckKind,
    Confidence,
    Control,
    Expectation,
    Field,
    RecordClass,
    Role,
    Rule,
    Schedule,
)

_T = TypeVar("_T")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_NAME_SHAPE = "lower-case words joined by _, of 60 letters at most"
_RULE_ID = re.compile(r"[a-z][a-z0-9-]{0,59}\Z")
_TOP_KEYS = ("schedule", "version", "zone", "bank_holidays", "parameters", "classes")
_CLASS_KEYS = (
    "means",
    "part_of",
    "open_when",
    "dormant_after",
    "fields",
    "rules",
    "controls",
    "quality",
    "holds",
    "links",
)
_RULE_KEYS = (
    *("id", "keep", "applies_to", "only_if", "otherwise", "unless", "then", "because", "confidence"),
    *("in_force_from", "in_force_until"),
)
_CONTROL_KEYS = ("id", "flag_when", "after", "says", "because")
_QUALITY: Mapping[str, CheckKind] = {
    "not_empty": "not empty",
    "readable_date": "readable date",
    "not_in_the_future": "not in the future",
    "plausible_birthday": "plausible birthday",
    "unique_together": "unique together",
}
_ONCE = (Role.SUBJECT, Role.LINKED, Role.AUTHOR)
_DATED = frozenset({Role.TRIGGER, Role.CONTACT, Role.BIRTHDAY, Role.DEATH})


def parse_schedule(text: str, file: str, overrides: Mapping[str, str] | None = None) -> Schedule:
    """Parse the YAML of a schedule; `digest` is the SHA-256 of `text` in UTF-8. Raises BadInput with all mistakes.

    `overrides` replace the values of parameters, to ask what another choice would do; they change the digest.
    """
    top, reading = read_yaml(text, file)
    if reading.problems and not top.mapping:
        raise BadInput(reading.problems)
    reading.known(top, _TOP_KEYS)
    zone = reading.need_text(top, "zone")
    if zone.text and not _zone_exists(zone.text):
        reading.wrong(zone, f"knows no zone {zone.text!r}", "Write e.g. Europe/London")
    name, version = reading.need_text(top, "schedule").text, reading.need_text(top, "version").text
    parameters = read_parameters(top.mapping.get("parameters"), reading, overrides or {})
    values = {parameter.name: parameter.value for parameter in parameters}
    for unknown in sorted(set(overrides or {}) - set(values)):
        reading.wrong(top, f"has no parameter {unknown!r}", f"Name {suggest(unknown, values)}")
    holidays = _bank_holidays(reading, top.mapping.get("bank_holidays"))
    classes = _Classes(reading, fill_in(reading.need(top, "classes"), values, reading), holidays)
    digest = hashlib.sha256("\0".join([text, *_told(overrides)]).encode()).hexdigest()
    schedule = Schedule(
        name,
        version,
        zone.text,
        tuple(classes.read()),
        digest,
        parameters=parameters,
        bank_holidays=() if holidays is None else holidays.days,
    )
    if not reading.problems:
        for rule, why, mend in refuse(schedule):
            reading.wrong(classes.places[rule], why, mend)
    if reading.problems:
        raise BadInput(sorted(reading.problems, key=lambda problem: problem.line or 0))
    return schedule


def _told(overrides: Mapping[str, str] | None) -> list[str]:
    return [f"{name}={value}" for name, value in sorted((overrides or {}).items())]


def _bank_holidays(reading: Reading, at: Located | None) -> BankHolidays | None:
    """The declared bank holidays in order. Working days are counted in the years from the first to the last of them."""
    if at is None:
        return None
    found = []
    for item in at.items:
        try:
            found.append(parse_day(item.text))
        except NotUnderstood as error:
            reading.wrong(item, str(error))
    if not found:
        reading.wrong(at, "names no day", "List days such as 2026-12-25, or leave the key out")
        return None
    for year in sorted(set(range(min(found).year, max(found).year)) - {day.year for day in found}):
        reading.wrong(at, f"names no day of {year}", "List the days of every year from the first to the last")
    return BankHolidays(tuple(sorted(set(found))))


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


class _Classes:
    """Reads the classes; their names and fields are known before any rule is read, so rules may look ahead."""

    def __init__(self, reading: Reading, at: Located, holidays: BankHolidays | None) -> None:
        self.reading, self.at, self.holidays = reading, at, holidays
        if at.value is not None and not at.mapping:
            reading.wrong(at, "must hold the classes by name", "Write `client:` and its entries, indented")
        self.fields = {name: self._fields(value) for name, value in at.mapping.items()}
        self.names = {name: frozenset(item.name for item in fields) for name, fields in self.fields.items()}
        self.dated = {
            name: frozenset(item.name for item in fields if item.roles & _DATED)
            for name, fields in self.fields.items()
            if any(Role.SUBJECT in item.roles for item in fields)
        }
        self.places: dict[str, Located] = {}

    def read(self) -> Iterator[RecordClass]:
        for name, at in self.at.mapping.items():
            self.reading.known(at, _CLASS_KEYS)
            if not _NAME.match(name):
                self.reading.wrong(at, f"class name {name!r} is not {_NAME_SHAPE}")
            yield self._class(name, at)

    def _class(self, name: str, at: Located) -> RecordClass:
        part_of = at.mapping.get("part_of")
        if part_of is not None:
            self._part_of(name, part_of)
        dormant = self._try(at.mapping.get("dormant_after"), parse_period)
        return RecordClass(
            name=name,
            means=self.reading.need_text(at, "means").text,
            fields=self.fields[name],
            part_of=part_of.text if part_of else "",
            open_when=self._condition(name, at.mapping.get("open_when")),
            dormant=dormant,
            rules=tuple(self._rule(name, item) for item in self._list(at, "rules")),
            controls=tuple(self._control(name, item) for item in self._list(at, "controls")),
            expectations=self._expectations(name, self._list(at, "quality")),
            holds=tuple(self._hold(name, item) for item in self._list(at, "holds")),
            links=self._links(name, at),
        )

    def _links(self, name: str, at: Located) -> str:
        """The class to which these records link people: everybody's, so nobody's file, with an end of its own."""
        target = at.mapping.get("links")
        if target is None:
            return ""
        if target.text not in self.fields or target.text == name:
            others = [other for other in self.fields if other != name]
            self.reading.wrong(target, f"unknown class {target.text!r}", f"Write {suggest(target.text, others)}")
            return ""
        shared = self.at.mapping[target.text].mapping
        if "part_of" in shared or any(Role.SUBJECT in item.roles for item in self.fields[target.text]):
            self.reading.wrong(target, f"{target.text} belongs to one person", "What people share has no subject")
        if "part_of" not in at.mapping:
            self.reading.wrong(target, "links nobody", "Write `part_of:` with the class of the files")
        if not self._list(self.at.mapping[target.text], "rules"):
            mend = f"Give {target.text} a rule, so that what nobody shares any longer can go"
            self.reading.wrong(target, f"{target.text} has no rule of its own", mend)
        return target.text

    def _part_of(self, name: str, at: Located) -> None:
        if at.text not in self.fields:
            self.reading.wrong(at, f"unknown class {at.text!r}", f"Write {suggest(at.text, self.fields)}")
        elif "part_of" in self.at.mapping[at.text].mapping:
            self.reading.wrong(at, f"{at.text} is itself part of a file", "Name the head of the file")
        elif not all(any(Role.SUBJECT in item.roles for item in self.fields[part]) for part in (name, at.text)):
            self.reading.wrong(at, "a file is joined by its subject", "Give both classes a field with role `subject`")

    def _fields(self, at: Located) -> tuple[Field, ...]:
        found = []
        fields = self.reading.need(at, "fields")
        if fields.value is not None and not fields.mapping:
            self.reading.wrong(fields, "must hold the fields by name", "Write `case_number: key`")
        for name, value in fields.mapping.items():
            if not _NAME.match(name):
                self.reading.wrong(value, f"field name {name!r} is not {_NAME_SHAPE}")
            if name == AS_OF:
                self.reading.wrong(value, "stands for the day of a sift in conditions", "Give the field another name")
            words = [word.strip() for word in value.text.split(",")]
            for word in words:
                if word not in set(Role):
                    self.reading.wrong(value, f"unknown role {word!r}", f"Write {suggest(word, list(Role))}")
            found.append(Field(name, frozenset(Role(word) for word in words if word in set(Role))))
        for role in _ONCE:  # a hold, a link or an author that stands in a second field would be overlooked
            several = [item.name for item in found if role in item.roles]
            if len(several) > 1:
                self.reading.wrong(
                    at, f"has {len(several)} fields with the role `{role}`", "Give that role to one field"
                )
        keys = [item.name for item in found if Role.KEY in item.roles]
        if len(keys) != 1:
            if found:
                self.reading.wrong(at, f"has {len(keys)} key fields", "Give exactly one field the role `key`")
            found.append(Field("?", frozenset({Role.KEY})))
        return tuple(found)

    def _rule(self, class_name: str, at: Located) -> Rule:
        self.reading.known(at, _RULE_KEYS)
        rule_id = self._id(at)
        keep = self._try(self._needed(at, "keep"), lambda text: self._term(class_name, text))
        keep = keep or parse_term("with x", frozenset(), frozenset({"x"}))
        confidence = at.mapping.get("confidence")
        if confidence is not None and confidence.text not in get_args(Confidence):
            mend = f"Write {suggest(confidence.text, get_args(Confidence))}"
            self.reading.wrong(confidence, f"unknown confidence {confidence.text!r}", mend)
        otherwise = self.reading.need_text(at, "otherwise") if "otherwise" in at.mapping else None
        if otherwise is not None and "only_if" not in at.mapping:
            self.reading.wrong(otherwise, "stands without `only_if`", "Say when the record may go, or leave it out")
        action = self._action(class_name, self.reading.need_text(at, "then"))
        return Rule(
            id=rule_id,
            class_name=class_name,
            keep=keep,
            applies_to=self._applies(class_name, at, action),
            only_if=self._condition(class_name, at.mapping.get("only_if")),
            otherwise=otherwise.text if otherwise else "",
            unless=self._condition(class_name, at.mapping.get("unless")),
            then=action,
            because=self._because(at),
            confidence=cast(Confidence, confidence.text) if confidence else "general",
            in_force_from=self._try(at.mapping.get("in_force_from"), parse_day),
            in_force_until=self._try(at.mapping.get("in_force_until"), parse_day),
        )

    def _control(self, class_name: str, at: Located) -> Control:
        self.reading.known(at, _CONTROL_KEYS)
        flag_when = self._condition(class_name, self._needed(at, "flag_when"))
        says = self.reading.need_text(at, "says").text
        assert flag_when is not None or self.reading.problems
        after = None
        if "after" in at.mapping:
            after = self._try(at.mapping["after"], lambda text: self._term(class_name, text))
        return Control(self._id(at), class_name, cast(Condition, flag_when), says, self._because(at), after)

    def _hold(self, class_name: str, at: Located) -> AutomaticHold:
        self.reading.known(at, ("id", "kind", "when", "because"))
        kind = self.reading.need_text(at, "kind")
        if kind.text and kind.text not in HOLD_KINDS:
            self.reading.wrong(kind, f"unknown kind of hold {kind.text!r}", f"Write {suggest(kind.text, HOLD_KINDS)}")
        if not any(Role.SUBJECT in item.roles for item in self.fields[class_name]):
            self.reading.wrong(at, "holds nobody: the class has no field with the role `subject`")
        when = self._condition(class_name, self._needed(at, "when"))
        return AutomaticHold(self._id(at), class_name, kind.text, cast(Condition, when), self._because(at))

    def _term(self, class_name: str, text: str) -> Term:
        events = self.dated if any(Role.SUBJECT in item.roles for item in self.fields[class_name]) else {}
        dated = frozenset(item.name for item in self.fields[class_name] if item.roles & _DATED)
        return parse_term(text, dated, frozenset(self.fields), events, self.holidays)

    def _expectations(self, class_name: str, entries: tuple[Located, ...]) -> tuple[Expectation, ...]:
        found: list[Expectation] = []
        for at in entries:
            item = self._expectation(class_name, at)
            if item.id and item.id in {other.id for other in found}:
                self.reading.wrong(at.mapping["says"], f"two checks say {item.id!r}", "Give each its own words")
            found.append(item)
        return tuple(found)

    def _expectation(self, class_name: str, at: Located) -> Expectation:
        self.reading.known(at, ("says", "because", *_QUALITY))
        kinds = [kind for kind in _QUALITY if kind in at.mapping]
        if len(kinds) != 1:
            self.reading.wrong(at, "needs exactly one check", f"Write one of {', '.join(_QUALITY)}")
            return Expectation("", class_name, "not empty", ())
        fields = tuple(item.text for item in at.mapping[kinds[0]].items)
        if not fields or (len(fields) > 1 and kinds[0] != "unique_together"):
            self.reading.wrong(at.mapping[kinds[0]], "takes one field", "Only unique_together takes several")
        for name in fields:
            if name not in self.names[class_name]:
                mend = f"Write {suggest(name, self.names[class_name])}"
                self.reading.wrong(at.mapping[kinds[0]], f"{class_name} has no field {name!r}", mend)
        says = self.reading.need_text(at, "says").text
        return Expectation(says, class_name, _QUALITY[kinds[0]], fields, self._because(at))

    def _action(self, class_name: str, at: Located) -> Action:
        try:
            action = parse_action(" ".join(at.text.split()))
        except ValueError:
            if at.text:
                self.reading.wrong(at, f"unknown action {at.text!r}", f"Write {nearest_spelling(at.text)}")
            return Action()
        if action.kind == "unlink":
            self.reading.wrong(at, "is not for a rule to say", "Write `links: CLASS` in the class of the links")
        unknown = [name for name in action.fields if name not in self.names[class_name]]
        for name in unknown:
            self.reading.wrong(
                at, f"{class_name} has no field {name!r}", f"Write {suggest(name, self.names[class_name])}"
            )
        return Action() if unknown else action

    def _applies(self, class_name: str, at: Located, action: Action) -> Condition | None:
        """What the file says, and for a field action: only records on which it has not been done yet."""
        written = self._condition(class_name, at.mapping.get("applies_to"))
        fields = self.fields[class_name]
        key = next(item.name for item in fields if Role.KEY in item.roles)
        left = still_to_do(action, [item.name for item in fields], key)
        return Every((written, left)) if written and left else written or left

    def _because(self, at: Located) -> tuple[str, ...]:
        found = tuple(item.text for item in self.reading.need(at, "because").items if item.text)
        if "because" in at.mapping and not found:
            self.reading.wrong(at.mapping["because"], "cites nothing", "Name the policy clause or the law")
        return found

    def _id(self, at: Located) -> str:
        found = self.reading.need_text(at, "id")
        if found.text and not _RULE_ID.match(found.text):
            self.reading.wrong(found, f"id {found.text!r} is not lower-case words joined by -, of 60 letters at most")
        if found.text and found.text in self.places:
            mend = f"It is also used in line {self.places[found.text].line}; choose another"
            self.reading.wrong(found, f"id {found.text!r} is used twice", mend)
        self.places.setdefault(found.text, found)
        return found.text

    def _list(self, at: Located, name: str) -> tuple[Located, ...]:
        found = at.mapping.get(name)
        if found is None or found.value is None:
            return ()
        if not isinstance(found.value, tuple) or not all(isinstance(item.value, dict) for item in found.value):
            self.reading.wrong(found, "must be a list of entries", "Begin each with `- id: …`")
            return ()
        return found.value

    def _needed(self, at: Located, name: str) -> Located | None:
        found = self.reading.need_text(at, name)
        return found if found.text else None

    def _condition(self, class_name: str, at: Located | None) -> Condition | None:
        return self._try(at, lambda text: parse_condition(text, class_name, self.names, self.holidays))

    def _try(self, at: Located | None, parse: Callable[[str], _T]) -> _T | None:
        if at is None:
            return None
        if not at.text.strip():
            self.reading.wrong(at, "is empty or not text", "Write it in one line, or leave the key out")
            return None
        try:
            return parse(at.text)
        except RecursionError:
            self.reading.wrong(at, "is nested too deeply")
            return None
        except NotUnderstood as error:
            self.reading.wrong(at, str(error))
            return None
