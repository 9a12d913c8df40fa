"""Reading a schedule: every mistake at once, each with its place; nothing dropped, nothing guessed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from connectors.schedule_file import load_schedule
from rules.errors import BadInput, Problem
from rules.located import read_yaml
from rules.schedule.actions import Action
from rules.schedule.language import (
    LAST_CONTACT,
    After,
    Birthday,
    FieldRef,
    Longest,
    Period,
    WithHead,
)
from rules.schedule.parser import parse_schedule
from rules.schedule.refusals import refuse
from rules.schedule.values import (
    RecordClass,
    Role,
    Rule,
    Schedule,
)

DEMO = Path(__file__).parents[3] / "policies" / "demo" / "schedule.yaml"

GOOD = """\
schedule: Demo
version: 2026-04
zone: Europe/London
classes:
  client:
    means: A client
    fields: {case_number: "key, subject", status: state, closed_on: trigger, born: birthday}
    rules:
      - id: file
        keep: 7 years after closed_on
        applies_to: status = 'closed'
        then: destroy
        because: [S3 4.4]
"""

TEN_MISTAKES = """\
schedule: Demo
zone: Europe/Londn
classes:
  client:
    means: A client
    colour: blue
    fields: {case_number: "key, subject", status: state, closed_on: triger, born: birthday}
    rules:
      - id: file
        keep: 7 yaers after closed_on
        applies_to: statsu = 'closed'
        then: shred
        because: []
      - id: file
        keep: until 25th birthday of borm
        then: destroy
        because: [S3 4.4]
  note:
    means: A note
    part_of: clint
    fields: {note_id: key, case_number: subject, note_id: key}
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(BadInput) as caught:
        parse_schedule(text, "schedule.yaml")
    return list(caught.value.problems)


def test_ten_different_mistakes_are_reported_at_once_with_line_key_and_mend() -> None:
    """Whoever writes a schedule mends it in one go: each mistake names its line, its key and what to write."""
    found = [(problem.line, problem.key, problem.what) for problem in problems(TEN_MISTAKES)]
    assert [(line, key) for line, key, _ in found] == [
        (1, ""),
        (2, "zone"),
        (6, "classes.client.colour"),
        (7, "classes.client.fields.closed_on"),
        (10, "classes.client.rules[1].keep"),
        (11, "classes.client.rules[1].applies_to"),
        (12, "classes.client.rules[1].then"),
        (13, "classes.client.rules[1].because"),
        (14, "classes.client.rules[2].id"),
        (15, "classes.client.rules[2].keep"),
        (20, "classes.note.part_of"),
        (21, "classes.note.fields.note_id"),
    ]
    said = "\n".join(str(problem) for problem in problems(TEN_MISTAKES))
    hints = ("Add `version: …`", "Europe/London", "'trigger'", "7 years", "'status'", "`destroy`", "'born'", "'client'")
    assert all(hint in said for hint in hints)
    assert all(problem.mend or ";" in problem.what for problem in problems(TEN_MISTAKES))


def test_a_good_schedule_is_read_into_values() -> None:
    """Every word of a small schedule arrives where it belongs, and the digest is the file's."""
    schedule = parse_schedule(GOOD, "schedule.yaml")
    rule = schedule.rule("file")
    assert (schedule.name, schedule.version, schedule.zone) == ("Demo", "2026-04", "Europe/London")
    assert schedule.digest == hashlib.sha256(GOOD.encode()).hexdigest()
    assert rule.keep == After(Period(years=7), (FieldRef("closed_on"),))
    assert (rule.then, rule.because, rule.confidence) == (Action(), ("S3 4.4",), "general")
    assert schedule.get("client").with_role(Role.BIRTHDAY) == ("born",)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("applies_to: status = 'closed'", "applies_to:", "is empty or not text"),
        ("applies_to: status = 'closed'", "applies_to: [status, closed]", "is empty or not text"),
        ("applies_to: status = 'closed'", "unless: {status: closed}", "is empty or not text"),
        ("keep: 7 years after closed_on", "keep: [7 years after closed_on]", "must be text"),
        ("keep: 7 years after closed_on", "keep: 7 years after status", "names the date 'status'"),
        ("keep: 7 years after closed_on", "keep: 7 years", "cannot be read"),
        ("keep: 7 years after closed_on", "keep: seven years after closed_on", "has the period 'seven years'"),
        ("keep: 7 years after closed_on", "keep: 1 year after end of school year of closed_on", "'school year'"),
        ("keep: 7 years after closed_on", "keep: until 25 birthday of born", "naming whose date of birth"),
        ("keep: 7 years after closed_on", "keep: until 25th birthday", "naming whose date of birth"),
        ("keep: 7 years after closed_on", "keep: longest of []", "cannot be read"),
        ("keep: 7 years after closed_on", "keep: with nobody", "which the schedule lacks"),
        ("keep: 7 years after closed_on", "keep: with client", "but its class is not part of it"),
        ("keep: 7 years after closed_on", "keep: " + "longest of [" * 3000 + "]" * 3000, "nested too deeply"),
        ("applies_to: status = 'closed'", "applies_to: " + "not " * 60 + "status = 'a'", "is nested more than"),
        ("applies_to: status = 'closed'", "otherwise: tell me", "stands without `only_if`"),
        ("then: destroy", "then: [destroy]", "must be text"),
        ("then: destroy", "then: blank case_number", "blanks the key"),
        ("then: destroy", "then: blank nothing_here", "has no field 'nothing_here'"),
        ("then: destroy", "then: truncate status to few", "unknown action"),
        ("because: [S3 4.4]", "because: {S3: 4.4}", "cites nothing"),
        ("because: [S3 4.4]", "because: [S3 4.4]\n        confidence: high", "unknown confidence"),
        ("id: file", "id: The File", "not lower-case words joined by -"),
        ("id: file", "id: " + "f" * 61, "of 60 letters at most"),
        ("  client:", f"  {'c' * 61}:", "of 60 letters at most"),
        ("- id: file", "- {}\n      - id: file", "'id' is missing"),
        ("means: A client", "means: [A, client]", "must be text"),
        ("means: A client", "means: A client\n    part_of: client", "is itself part of a file"),
        ("means: A client", "means: A client\n    dormant_after: a while", "has the period 'a while'"),
        ("status: state", "Status: state", "is not lower-case words"),
        ("key, subject", "subject", "has 0 key fields"),
        ("    fields: {", "    fields: nothing\n    x: {", "must hold the fields by name"),
        ("  client:", "  Client:", "class name 'Client'"),
        ("zone: Europe/London", "zone: ../../etc/passwd", "knows no zone"),
        ("schedule: Demo", "schedule: [Demo]", "must be text"),
        ("    rules:\n", "    controls: [{id: c, flag_when: [], says: s, because: x}]\n    rules:\n", "must be text"),
        ("    rules:\n", "    quality: [{says: q, because: x}]\n    rules:\n", "needs exactly one check"),
        ("    rules:\n", "    quality: [{says: q, not_empty: no_field, because: x}]\n    rules:\n", "has no field"),
        ("    rules:\n", "    quality: [{says: q, not_empty: [status, born], because: x}]\n    rules:\n", "one field"),
        ("    rules:\n", "    rules: file\n    x:\n", "must be a list of entries"),
    ],
)
def test_a_misshapen_entry_is_refused_and_never_dropped(old: str, new: str, says: str) -> None:
    """A condition, period or action that cannot be read is a mistake; it never widens a rule by vanishing."""
    assert old in GOOD
    assert any(says in problem.what for problem in problems(GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must hold `key: value` lines"),
        ("just text", "must hold `key: value` lines"),
        ("- a\n- b", "must hold `key: value` lines"),
        ("a: &x 1\nb: *x", "aliases (*) and tags (!)"),
        ("a: !!python/object/apply:os.system [ls]", "aliases (*) and tags (!)"),
        ("a: [", "cannot be read as YAML"),
        ("a: 1\n---\nb: 2", "cannot be read as YAML"),
        ("a: \x00", "cannot be read as YAML"),
        ("a: " + "[" * 100_000, "is nested too deeply"),
        ("\n".join(" " * n + "a:" for n in range(60)), "is nested too deeply"),
        ("classes: a list", "must hold the classes by name"),
        ("? [a, b]\n: c", "unknown key ''"),
        ("a: 1\na: 2", "is written twice"),
    ],
)
def test_what_is_no_plain_yaml_mapping_is_refused(text: str, says: str) -> None:
    """Aliases, tags, deep nesting, duplicates and other documents are problems with a place, not crashes."""
    found = problems(text)
    assert any(says in problem.what for problem in found)
    assert all(problem.file == "schedule.yaml" and problem.line for problem in found)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A file larger than any schedule is refused by its size."""
    file = tmp_path / "schedule.yaml"
    file.write_bytes(b"#" * 2_000_001)
    with pytest.raises(BadInput, match="too large"):
        load_schedule(file)


def test_scalars_stay_text() -> None:
    """`yes`, `1`, `2026-04` and `012` mean what the reader of the file sees."""
    top, reading = read_yaml("a: [yes, 1, 2026-04, 012, ~, 1.50]", "f")
    assert not reading.problems
    assert [item.value for item in top.mapping["a"].items] == ["yes", "1", "2026-04", "012", None, "1.50"]


def test_a_rule_that_is_due_without_dates_is_refused() -> None:
    """A rule that would select a row of NULLs is refused (invariant 4)."""
    fields = parse_schedule(GOOD, "f").get("client").fields
    for keep in (Longest(()), Longest((Longest(()),))):
        rule = Rule("r", "client", keep)
        schedule = Schedule("s", "1", "Europe/London", (RecordClass("client", "", fields, rules=(rule,)),), "")
        assert [rule_id for rule_id, _, _ in refuse(schedule)] == ["r"]


def test_no_rule_of_the_demo_charity_is_due_without_dates() -> None:
    """The adopted schedule holds no rule that must be refused."""
    assert list(refuse(load_schedule(DEMO))) == []


@pytest.mark.parametrize("record_class", load_schedule(DEMO).classes, ids=lambda item: str(item.name))
def test_every_class_of_the_demo_charity_is_read(record_class: RecordClass) -> None:
    """Each class has a key, a meaning and fields with purposes; each member can be joined with its file."""
    schedule = load_schedule(DEMO)
    assert record_class.means
    assert record_class.key
    assert all(item.roles for item in record_class.fields)
    if record_class.part_of:
        assert record_class.subject
        assert record_class in schedule.members(record_class.part_of)
    assert all(rule.because and rule.class_name == record_class.name for rule in record_class.rules)


def test_terms_of_the_demo_charity_are_read_as_they_are_meant() -> None:
    """Three terms of different kinds, spelled out."""
    schedule = load_schedule(DEMO)
    closed = (FieldRef("closed_on"), FieldRef(LAST_CONTACT, optional=True))
    assert schedule.rule("counselling-file").keep == Longest(
        (After(Period(years=7), closed), Birthday(25, "date_of_birth", 26, 17, "closed_on"))
    )
    assert schedule.rule("careers-file").keep == After(Period(years=6), closed, "academic year")
    assert schedule.rule("consent-evidence").keep == Longest(
        (
            WithHead("client"),
            After(Period(years=6), (FieldRef("signed_on"), FieldRef("withdrawn_on", optional=True))),
        )
    )


def test_a_term_says_itself_in_the_language_it_was_written_in() -> None:
    """What a report prints for a term can be read back to the same term."""
    schedule = load_schedule(DEMO)
    for record_class in schedule.classes:
        for rule in record_class.rules:
            assert parse_schedule(_around(rule, record_class), "f").rule(rule.id).keep == rule.keep


def _around(rule: Rule, record_class: RecordClass) -> str:
    fields = "\n".join(f"      {f.name}: {', '.join(sorted(f.roles))}" for f in record_class.fields)
    part_of = f"\n    part_of: {record_class.part_of}" if record_class.part_of else ""
    head = f"\n  {record_class.part_of}:\n    means: h\n    fields: {{k: 'key, subject'}}" if part_of else ""
    return (
        f"schedule: s\nversion: 1\nzone: Europe/London\nclasses:\n  {record_class.name}:\n    means: m{part_of}\n"
        f"    fields:\n{fields}\n    rules:\n      - id: {rule.id}\n        keep: {rule.keep}\n"
        f"        then: destroy\n        because: x{head}\n"
    )
