"""Read stores.yaml against a schedule: every mistake at once, each with its line and what to write instead."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from pathlib import Path

from connectors.stores.residue import CLEAR, REWRITE
from connectors.stores.specs import IN_FOLDER, IN_TABLES, ClassMap, StoreSpec
from rules.errors import BadInput, Problem
from rules.located import Located, Reading, read_yaml, suggest
from rules.schedule.values import RecordClass, Role, Rule, Schedule

_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
COMMON = ("kind", "classes")
WORDS: dict[str, tuple[str, ...]] = {
    "sql": ("url", "destroy_url", "schema", "ignore_tables", "residue", "marks"),
    "workbook": ("path", "dates"),
    "csv": ("path", "encoding", "dates", "skip_when_first_cell"),
    "documents": ("path", "name", "dates"),
    "manual": ("path", "encoding", "dates", "skip_when_first_cell"),
}
NEEDED = {"sql": ("url",), "documents": ("path", "name")}
PLACE = {"sql": "table", "workbook": "sheet"}
# Encodings in which the bytes of a line end mean nothing else, so that single lines can be taken out.
ENCODINGS = ("utf-8-sig", "utf-8", "cp1252", "latin-1", "iso-8859-15")


def read_stores(path: Path, schedule: Schedule) -> tuple[StoreSpec, ...]:
    """Read the mapping file at `path`. Raises BadInput with every mistake found, or when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(Problem("cannot be read as a text file in UTF-8", file=path.name)) from None
    return parse_stores(text, schedule, path.name)


def parse_stores(text: str, schedule: Schedule, file: str = "stores.yaml") -> tuple[StoreSpec, ...]:
    """Read the text of a mapping file. Raises BadInput with every mistake found."""
    top, reading = read_yaml(text, file)
    reading.known(top, ("stores",))
    stores = reading.need(top, "stores").mapping if not reading.problems or top.mapping else {}
    specs = tuple(_store(alias, at, schedule, reading) for alias, at in stores.items())
    if reading.problems:
        raise BadInput(reading.problems)
    return specs


def _store(alias: str, at: Located, schedule: Schedule, reading: Reading) -> StoreSpec:
    kind = reading.need(at, "kind")
    if not _ALIAS.fullmatch(alias):  # the log must be able to carry it, and a word or two after it
        reading.wrong(at, "a store's name is a letter, then letters, digits and _, 40 at most", "Choose another name")
    if kind.text not in WORDS:
        if kind.value is not None:
            reading.wrong(kind, f"unknown kind of store {kind.text!r}", f"Write {suggest(kind.text, WORDS)}")
        return StoreSpec(alias, "", (), reading.file, at.line)
    reading.known(at, COMMON + WORDS[kind.text])
    needed = {name: reading.need(at, name).text for name in NEEDED.get(kind.text, ("path",))}
    classes = _classes(kind.text, at, needed.get("name", ""), schedule, reading)
    entries = at.mapping
    encoding = entries.get("encoding", Located("utf-8-sig", at.line))
    if encoding.text not in ENCODINGS:
        reading.wrong(encoding, f"unknown encoding {encoding.text!r}", f"Write {suggest(encoding.text, ENCODINGS)}")
    residue = entries.get("residue", Located(CLEAR, at.line))
    if residue.text not in (CLEAR, REWRITE):
        reading.wrong(residue, f"unknown way {residue.text!r} to clear traces", f"Write {CLEAR} or {REWRITE}")
    marks = entries.get("marks", Located(IN_TABLES, at.line))
    if marks.text not in (IN_TABLES, IN_FOLDER):
        reading.wrong(marks, f"unknown place {marks.text!r} for marks", f"Write {IN_TABLES} or {IN_FOLDER}")
    return StoreSpec(
        alias=alias,
        kind=kind.text,
        classes=classes,
        file=reading.file,
        line=at.line,
        url=needed.get("url", ""),
        destroy_url=_text(entries, "destroy_url"),
        schema=_text(entries, "schema"),
        ignore_tables=frozenset(_texts(entries, "ignore_tables")),
        path=needed.get("path", ""),
        encoding=encoding.text,
        dates=_dates(entries.get("dates"), reading),
        skip_when_first_cell=_texts(entries, "skip_when_first_cell"),
        residue=residue.text,
        marks=marks.text,
        name=_name(at, needed.get("name", ""), reading),
    )


def _text(entries: dict[str, Located], name: str) -> str:
    return entries[name].text if name in entries else ""


def _texts(entries: dict[str, Located], name: str) -> tuple[str, ...]:
    return tuple(item.text for item in entries[name].items) if name in entries else ()


def _dates(at: Located | None, reading: Reading) -> tuple[str, ...]:
    formats = at.items if at else ()
    for item in formats:
        parts = {item.text[place + 1 : place + 2] for place, sign in enumerate(item.text) if sign == "%"}
        if "Y" not in parts or "d" not in parts or not parts & {"m", "b", "B"} or parts - set("YmbBdHMSaA"):
            reading.wrong(item, "not a date format with day, month and a year of four digits", 'Write, say, "%d/%m/%Y"')
    return tuple(item.text for item in formats)


def _name(at: Located, pattern: str, reading: Reading) -> str:
    try:
        names_in(pattern)
    except ValueError:
        reading.wrong(at.mapping["name"], "the file name pattern is wrong", 'Write, say, "{case_number}_{written_on}"')
    return pattern


def names_in(pattern: str) -> tuple[str, ...]:
    """The field names in a pattern such as `{case_number}_{kind}`. Raises ValueError where it is malformed."""
    parts = [(name, spec or conversion) for _, name, spec, conversion in string.Formatter().parse(pattern)]
    names = tuple(name for name, _ in parts if name is not None)
    if any(extra for _, extra in parts) or any(not name.isidentifier() for name in names):
        raise ValueError(pattern)
    if len(set(names)) != len(names):
        raise ValueError(pattern)
    return names


def _classes(kind: str, at: Located, pattern: str, schedule: Schedule, reading: Reading) -> tuple[ClassMap, ...]:
    listed = reading.need(at, "classes")
    known = {item.name: item for item in schedule.classes}
    maps: list[ClassMap] = []
    for name, entry in listed.mapping.items():
        if name not in known:
            reading.wrong(entry, f"the schedule has no class {name!r}", f"Write {suggest(name, known)}")
            continue
        maps.append(_class(kind, entry, known[name], pattern, reading))
    if listed.value is not None and not listed.mapping:
        reading.wrong(listed, "names no class", "Add at least one class of the schedule")
    if kind not in PLACE and len(listed.mapping) > 1:
        reading.wrong(listed, f"a {kind} store holds one class", "Describe one store for each class")
    _say_shared(maps, reading, listed)
    return tuple(maps)


def _say_shared(maps: list[ClassMap], reading: Reading, listed: Located) -> None:
    seen: set[str] = set()
    for item in maps:
        if item.place and item.place in seen:
            what = f"{item.place} is mapped to two classes"
            reading.wrong(listed.mapping[item.class_name], what, "A record belongs to one class")
        seen.add(item.place)


def _class(kind: str, at: Located, record_class: RecordClass, pattern: str, reading: Reading) -> ClassMap:
    place_word = PLACE.get(kind)
    reading.known(at, ("fields", "absent", *([place_word] if place_word else [])))
    place = reading.need(at, place_word).text if place_word else ""
    names = [item.name for item in record_class.fields]
    given = at.mapping.get("fields", Located({}, at.line)).mapping
    absent = _texts(at.mapping, "absent")
    _known_fields([*given.items(), *((item.text, item) for item in _located(at, "absent"))], names, reading)
    for name in set(absent) & given.keys():
        reading.wrong(given[name], f"{name} is mapped and declared absent", "Keep one of the two")
    if record_class.key in absent:
        reading.wrong(at, f"the key {record_class.key} cannot be absent", "Name the column that identifies a record")
    fields = {name: given[name].text if name in given else name for name in names if name not in absent}
    if kind == "documents":
        _known_parts(at, record_class, fields, pattern, reading)
    for rule in record_class.rules:
        _can_do(kind, at, rule, reading)
    if record_class.links and kind != "sql":
        what = f"{record_class.name} holds links to {record_class.links}, and only a database can take one away alone"
        reading.wrong(at, what, "Keep the links in a database, or leave `links` out and review what is shared")
    return ClassMap(record_class.name, place, fields, frozenset(absent) & set(names), at.line)


def _can_do(kind: str, at: Located, rule: Rule, reading: Reading) -> None:
    """Say which field actions this kind of store can't do, before anything is found due by them."""
    action = rule.then
    if kind == "documents" and action.on_fields:
        mend = "Let the rule destroy or review documents, or keep their fields in a store that has fields"
        reading.wrong(at, f"a document goes whole or not at all, and {rule.id} says `{action}`", mend)
    if kind == "manual" and action.kind == "redact":
        mend = "Write `review`, so that somebody reads it"
        reading.wrong(at, f"no program can redact what is on paper or in a hosted system ({rule.id})", mend)


def _located(at: Located, name: str) -> tuple[Located, ...]:
    return at.mapping[name].items if name in at.mapping else ()


def _known_fields(entries: Iterable[tuple[str, Located]], names: list[str], reading: Reading) -> None:
    for name, entry in entries:
        if name not in names:
            reading.wrong(entry, f"the class has no field {name!r}", f"Write {suggest(name, names)}")


def _known_parts(at: Located, what: RecordClass, fields: dict[str, str], pattern: str, reading: Reading) -> None:
    try:
        parts = names_in(pattern)
    except ValueError:
        return
    inside = {what.key, *what.with_role(Role.FREE_TEXT)}  # the path and the text itself
    for name, part in fields.items():
        if name not in inside and part not in parts:
            mend = f"Add {{{name}}} to the pattern, or declare it: absent: [{name}]"
            reading.wrong(at, f"the file name pattern has no part for the field {name}", mend)
