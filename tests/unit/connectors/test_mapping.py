"""stores.yaml is read against the schedule, and every mistake in it is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.stores.mapping import parse_stores, read_stores
from rules.errors import BadInput
from rules.schedule.values import (
    Field,
    RecordClass,
    Role,
    Schedule,
)

SCHEDULE = Schedule(
    "Small",
    "1",
    "Europe/London",
    (
        RecordClass(
            "client",
            "Clients",
            (
                Field("case_number", frozenset({Role.KEY, Role.SUBJECT})),
                Field("closed_on", frozenset({Role.TRIGGER})),
                Field("religion", frozenset({Role.EXCESS})),
            ),
        ),
        RecordClass(
            "document",
            "Documents",
            (
                Field("path", frozenset({Role.KEY})),
                Field("case_number", frozenset({Role.SUBJECT})),
                Field("written_on", frozenset({Role.CONTACT})),
                Field("content", frozenset({Role.FREE_TEXT})),
            ),
        ),
    ),
    "digest",
)


def mistakes(text: str) -> list[str]:
    """What is said to be wrong with the text."""
    with pytest.raises(BadInput) as caught:
        parse_stores(text, SCHEDULE)
    return [str(problem) for problem in caught.value.problems]


def test_a_mapping_is_read_with_its_defaults() -> None:
    """Fields that are not mapped have columns of their own name; URLs stay unexpanded and unseen."""
    text = """
stores:
  casework:
    kind: sql
    url: postgresql://u:${PASSWORD}@h/d
    destroy_url: postgresql://destroyer@h/d
    ignore_tables: [alembic_version]
    classes:
      client: {table: clients, fields: {closed_on: date_closed}, absent: [religion]}
  letters: {kind: documents, path: letters, name: "{case_number} {written_on}", classes: {document: }}
"""
    casework, letters = parse_stores(text, SCHEDULE)
    assert casework.url == "postgresql://u:${PASSWORD}@h/d"
    assert casework.destroy_url == "postgresql://destroyer@h/d"
    assert casework.ignore_tables == {"alembic_version"}
    client = casework.map_of("client")
    assert (client.place, dict(client.fields)) == (
        "clients",
        {"case_number": "case_number", "closed_on": "date_closed"},
    )
    assert client.absent == {"religion"}
    assert client.line == 9
    assert "destroyer" not in repr(casework)
    assert (letters.path, letters.name) == ("letters", "{case_number} {written_on}")
    assert (letters.encoding, letters.dates) == ("utf-8-sig", ())


def test_every_mistake_is_told_at_once_with_line_and_mend() -> None:
    """Ten mistakes in one file give ten problems, each with its line, its key and what to write."""
    text = """
stores:
  one:
    kind: sqll
  two:
    kind: sql
    ur: sqlite:///x.db
    classes:
      clientt: {table: clients}
      client: {fields: {closed_onn: x, religion: r}, absent: [religion, case_number]}
  three:
    kind: csv
    path: x.csv
    encoding: utf16
    dates: ["%d/%m/%y"]
    classes: {client: {}, document: {}}
  four: {kind: documents, path: d, name: "{case_number", classes: {document: {}}}
"""
    assert mistakes(text) == [
        "stores.yaml:4: stores.one.kind: unknown kind of store 'sqll'. Write 'sql'",
        "stores.yaml:7: stores.two.ur: unknown key 'ur'. Write 'url'",
        "stores.yaml:5: stores.two: 'url' is missing. Add `url: …`",
        "stores.yaml:9: stores.two.classes.clientt: the schedule has no class 'clientt'. Write 'client'",
        "stores.yaml:10: stores.two.classes.client: 'table' is missing. Add `table: …`",
        "stores.yaml:10: stores.two.classes.client.fields.closed_onn: the class has no field 'closed_onn'. "
        "Write 'closed_on'",
        "stores.yaml:10: stores.two.classes.client.fields.religion: religion is mapped and declared absent. "
        "Keep one of the two",
        "stores.yaml:10: stores.two.classes.client: the key case_number cannot be absent. "
        "Name the column that identifies a record",
        "stores.yaml:16: stores.three.classes: a csv store holds one class. Describe one store for each class",
        "stores.yaml:14: stores.three.encoding: unknown encoding 'utf16'. Write 'utf-8'",
        "stores.yaml:15: stores.three.dates[1]: not a date format with day, month and a year of four digits. "
        'Write, say, "%d/%m/%Y"',
        'stores.yaml:17: stores.four.name: the file name pattern is wrong. Write, say, "{case_number}_{written_on}"',
    ]


def test_a_store_is_named_so_that_the_log_can_carry_its_name_and_a_word_more() -> None:
    """A name that no entry of the log can hold is refused before anything rests on it."""
    for name in ("été", "_one", "a" * 41):
        (first, *_) = mistakes(f"stores:\n  {name}: {{kind: csv, path: x.csv, classes: {{}}}}\n")
        assert "a store's name is a letter, then letters, digits and _, 40 at most" in first


def test_a_field_that_no_file_name_carries_must_be_declared() -> None:
    """A document's fields stand in its name, but for its path and its text."""
    text = 'stores:\n  d: {kind: documents, path: d, name: "{case_number}", classes: {document: {}}}\n'
    assert mistakes(text) == [
        "stores.yaml:2: stores.d.classes.document: the file name pattern has no part for the field written_on. "
        "Add {written_on} to the pattern, or declare it: absent: [written_on]"
    ]


def test_a_table_belongs_to_one_class() -> None:
    """One table mapped to two classes would make one row two records."""
    text = """
stores:
  a: {kind: sql, url: "sqlite:///x", classes: {client: {table: t}, document: {table: t}}}
"""
    assert mistakes(text) == [
        "stores.yaml:3: stores.a.classes.document: t is mapped to two classes. A record belongs to one class"
    ]


@pytest.mark.parametrize("text", ["", "stores:", "- a", "stores: {a: b", "stores: {a: }", "stores: {a: {kind: csv}}"])
def test_a_file_that_says_nothing_is_a_problem(text: str) -> None:
    """An empty or broken file is refused, never taken for no stores."""
    assert mistakes(text)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """A missing file, or one that is not UTF-8, is named."""
    with pytest.raises(BadInput, match=r"stores\.yaml: cannot be read"):
        read_stores(tmp_path / "stores.yaml", SCHEDULE)


def test_how_far_traces_are_cleared_is_one_of_two() -> None:
    """A database clears what disturbs nobody, or rewrites its tables where stores.yaml says so."""
    text = "stores: {one: {kind: sql, url: 'sqlite:///x.db', %s classes: {client: {table: clients}}}}"
    (plain,), (thorough,) = (parse_stores(text % more, SCHEDULE) for more in ("", "residue: rewrite,"))
    assert (plain.residue, thorough.residue) == ("clear", "rewrite")
    assert mistakes(text % "residue: rewritten,") == [
        "stores.yaml:1: stores.one.residue: unknown way 'rewritten' to clear traces. Write clear or rewrite"
    ]
