"""YAML text as plain values that remember their line, so that every mistake can be placed.

Only mappings with text keys, lists and scalars; aliases, tags, duplicate keys and over-deep nesting are
problems. Scalars stay text (`1`, `yes` and `2026-04` mean what the reader of the file sees).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import yaml

from rules.errors import Problem

MAX_DEPTH = 20
_OPEN = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSE = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


@dataclass(frozen=True)
class Located:
    """A value with its line: text, a tuple of Located, or a mapping of Located; `path` is its key, dotted."""

    value: str | tuple[Located, ...] | dict[str, Located] | None
    line: int
    path: str = ""

    @property
    def text(self) -> str:
        """The scalar as text; empty for anything else."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def items(self) -> tuple[Located, ...]:
        """The entries of a list; a lone scalar is a list of one."""
        if isinstance(self.value, tuple):
            return self.value
        return (self,) if isinstance(self.value, str) else ()

    @property
    def mapping(self) -> dict[str, Located]:
        """The entries of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}


@dataclass
class Reading:
    """Collects every problem of one file while it is read."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, at: Located, what: str, mend: str = "") -> None:
        """Note a mistake at a place."""
        self.problems.append(Problem(what, self.file, at.line, at.path, mend))

    def known(self, at: Located, words: Iterable[str]) -> None:
        """Note every key of the mapping `at` that is not one of `words`, with the nearest known word."""
        allowed = list(words)
        for name, value in at.mapping.items():
            if name not in allowed:
                self.wrong(value, f"unknown key {name!r}", f"Write {suggest(name, allowed)}")

    def need(self, at: Located, name: str) -> Located:
        """The entry `name` of a mapping; notes its absence and answers an empty value."""
        found = at.mapping.get(name)
        if found is None or found.value is None:
            self.wrong(at, f"{name!r} is missing", f"Add `{name}: …`")
            return Located(None, at.line, f"{at.path}.{name}".strip("."))
        return found

    def need_text(self, at: Located, name: str) -> Located:
        """The entry `name` of a mapping, which must be text; notes anything else and answers an empty value."""
        found = self.need(at, name)
        if found.value is not None and not found.text.strip():
            self.wrong(found, "must be text, and not empty", f"Write `{name}: …` with one value")
            return Located(None, found.line, found.path)
        return found


def suggest(word: str, known: Iterable[str]) -> str:
    """The nearest known word, or all of them."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1)
    return repr(close[0]) if close else "one of " + ", ".join(words)


def read_yaml(text: str, file: str) -> tuple[Located, Reading]:
    """Parse YAML text into located values. Mistakes are collected in the Reading; nothing is constructed."""
    reading = Reading(file)
    empty = Located({}, 1)
    try:
        if _forbidden(text, reading):
            return empty, reading
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reading.wrong(
            Located(None, line), "cannot be read as YAML", "Check indentation, colons and quotes near this line"
        )
        return empty, reading
    if not isinstance(node, yaml.MappingNode):
        reading.wrong(empty, "the file must hold `key: value` lines")
        return empty, reading
    return _convert(node, "", reading), reading


def _forbidden(text: str, reading: Reading) -> bool:
    """Note the first alias, tag or over-deep nesting, before anything is composed of the tokens."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        at = Located(None, token.start_mark.line + 1)
        depth += isinstance(token, _OPEN) - isinstance(token, _CLOSE)
        if isinstance(token, yaml.AliasToken | yaml.TagToken):
            reading.wrong(at, "aliases (*) and tags (!) are not allowed", "Write the value out")
            return True
        if depth > MAX_DEPTH:
            reading.wrong(at, "is nested too deeply", "Check the brackets and the indentation")
            return True
    return False


def _convert(node: yaml.Node, path: str, reading: Reading) -> Located:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        missing = node.tag.endswith(":null")
        return Located(None if missing else str(node.value), line, path)
    if isinstance(node, yaml.SequenceNode):
        entries = (_convert(item, f"{path}[{n}]", reading) for n, item in enumerate(node.value, 1))
        return Located(tuple(entries), line, path)
    return Located(dict(_pairs(node, path, reading)), line, path)


def _pairs(node: yaml.Node, path: str, reading: Reading) -> Iterator[tuple[str, Located]]:
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
        here = f"{path}.{name}".strip(".")
        if name in seen:
            reading.wrong(Located(None, key.start_mark.line + 1, here), "is written twice", "Keep one of the two")
        seen.add(name)
        converted = _convert(value, here, reading)
        yield name, Located(converted.value, key.start_mark.line + 1, here)
