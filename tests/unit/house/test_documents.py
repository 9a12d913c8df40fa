"""The documents keep up with the code: links lead somewhere, commands exist, every word of the files is explained."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.stores.mapping import ENCODINGS, WORDS
from console.main import VERBS, load
from operations import project
from rules.schedule import conditions, parser
from rules.schedule.terms import _YEARS
from rules.schedule.values import Role
from tests.unit.house.tree import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
HELPER = (ROOT / "docs" / "technical-helper.md").read_text(encoding="utf-8")
EXPLAINED = [
    *parser._TOP_KEYS,
    *conditions._FUNCTIONS,
    conditions.AS_OF,
    *parser._CLASS_KEYS,
    *parser._RULE_KEYS,
    *parser._CONTROL_KEYS,
    *parser._QUALITY,
    *Role,
    *_YEARS,
    *WORDS,
    *(word for words in WORDS.values() for word in words),
    *ENCODINGS,
    *project._KEYS,
]


def commands(path: Path) -> Iterator[list[str]]:
    """Yield the words of every `winnow` command in the console blocks of a document, from its verb on."""
    for block in re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line.strip().removeprefix("$ "))
            if words and words[0].rsplit("/", 1)[-1] == "winnow":
                yield words[1:]


def options_of(words: list[str]) -> tuple[set[str], list[str]]:
    """Return the options that a command knows, and those that it is given here."""
    command: Any = load(words[0])
    rest = words[1:]
    while hasattr(command, "commands") and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    known = {name for parameter in command.params for name in parameter.opts}
    return known, [word for word in rest if word.startswith("--")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    """A link to another file of the project, a picture too, leads to a file that exists."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_shown_exists_with_its_options(path: Path) -> None:
    """Each command shown to readers names a verb that exists and only options that this verb has."""
    wrong = []
    for words in commands(path):
        if words[0] in VERBS:
            known, given = options_of(words)
            wrong += [f"{' '.join(words[:2])}: {option}" for option in given if option not in known]
        elif words != ["--help"]:
            wrong.append(words[0])
    assert wrong == []


def test_the_readme_shows_every_verb() -> None:
    """README shows each verb of the command line at least once."""
    shown = {words[0] for words in commands(ROOT / "README.md")} | {"demo"}
    assert set(VERBS) - shown == set()


@pytest.mark.parametrize("word", sorted(set(EXPLAINED)))
def test_every_word_of_the_files_is_explained(word: str) -> None:
    """Each key and word of winnow.yaml, stores.yaml and schedule.yaml stands in the technical helper's reference."""
    assert f"`{word}`" in HELPER or f"{word}(" in HELPER


def test_the_modules_that_guard_the_invariants_exist() -> None:
    """CONTRIBUTING names no module that is not there."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", text)
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).is_file()] == []
