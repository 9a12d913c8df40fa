"""A policy in YAML as plain values for its parser, and its parser's complaints with the lines they belong to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.schedule_file import read_text
from rules.errors import BadInput, Problem
from rules.located import Located, read_yaml


@dataclass(frozen=True)
class PolicyFile:
    """A policy file that has been read: its name and its content, every value with its line."""

    name: str
    top: Located

    def plain(self, numbers: Collection[str] = (), without: Collection[str] = ()) -> dict[str, object]:
        """The content as text, lists and mappings; whole numbers under `numbers`, less the top keys `without`."""
        return {name: _plain(value, name, numbers) for name, value in self.top.mapping.items() if name not in without}

    def placed(self, error: BadInput) -> BadInput:
        """The same problems, each with the line of the nearest key that the file has."""
        return BadInput([self._placed(problem) for problem in error.problems])

    def _placed(self, problem: Problem) -> Problem:
        return problem if problem.line else replace(problem, file=self.name, line=line_of(self.top, problem.key))


def read_policy(path: Path) -> PolicyFile:
    """Read a policy. Raises BadInput with every mistake of the YAML, or when there is nothing in it."""
    top, reading = read_yaml(read_text(path), path.name)
    if reading.problems:
        raise BadInput(reading.problems)
    return PolicyFile(path.name, top)


def line_of(at: Located, key: str) -> int:
    """The line of the deepest value on the way to a dotted key such as `tables[2].rows`."""
    for part in key.split("."):
        name, _, place = part.partition("[")
        found = at.mapping.get(name)
        if found is None:
            break
        at = found
        if place.rstrip("]").isdecimal() and 1 <= int(place.rstrip("]")) <= len(at.items):
            at = at.items[int(place.rstrip("]")) - 1]
    return at.line


def _plain(at: Located, key: str, numbers: Collection[str]) -> object:
    if isinstance(at.value, tuple):
        return [_plain(item, key, numbers) for item in at.value]
    if isinstance(at.value, dict):
        return {name: _plain(item, name, numbers) for name, item in at.value.items()}
    if key in numbers and at.text.isascii() and at.text.isdecimal():
        return int(at.text)
    return at.value
