"""What a policy's own text gets wrong or leaves open, as far as a program can see it. The text is handed in.

Each check yields the lines (counted from 1) on which it found something; 0 stands for the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rules.located import Located, Reading, read_yaml, suggest


@dataclass(frozen=True)
class Found:
    """A check that found something, and where."""

    check: str
    line: int


@dataclass(frozen=True)
class Finding:
    """A finding on the source policies, as data: where (`S3 4.8`), what, what follows, and the checks that see it."""

    id: str
    at: tuple[str, ...]
    says: str
    follows: str
    checks: tuple[str, ...]
    place: Located


_REFERENCE = re.compile(r"(\w+)\s+\([^)]*?\b(?:in|at|under)\s+(\d+\.\d+)\)")
_CLAUSE = re.compile(r"^\s*(\d+\.\d+)\b", re.MULTILINE)
_PERIOD = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty)\s+(?:working\s+)?"
    r"(?:hour|day|week|month|year)s?\b",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:[-•*]|\d+[.)]|\([a-z0-9]\))")
_SENTENCE = 8  # words; a list item is shorter, or bears a mark
_ANNOUNCES = re.compile(r":\s*$")
_EXERCISE = re.compile(r"following (?:actions|statements)|number of the ones", re.IGNORECASE)


def _reference_to_another_matter(text: str) -> Iterator[int]:
    """`principles (… in 10.1)` where 10.1 does not speak of principles, or is not there."""
    clauses = _clauses(text)
    for found in _REFERENCE.finditer(text):
        if found[1].casefold().rstrip("s") not in clauses.get(found[2], "").casefold():
            yield _line(text, found.start(2))


def _clauses(text: str) -> dict[str, str]:
    starts = list(_CLAUSE.finditer(text))
    ends = [item.start() for item in starts[1:]] + [len(text)] * bool(starts)
    return {item[1]: text[item.end() : end] for item, end in zip(starts, ends, strict=True)}


def _announced_list_missing(text: str) -> Iterator[int]:
    """A line that ends with a colon (or asks about a list below) and is followed by a whole unmarked sentence."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for (number, line), (_, after) in pairwise(lines):
        announces = _ANNOUNCES.search(line) or _EXERCISE.search(line)
        if announces and not _BULLET.match(after) and len(after.split()) > _SENTENCE:
            yield number


def _no_period(text: str) -> Iterator[int]:
    if not _PERIOD.search(text):
        yield 0


def _phrase(pattern: str) -> Callable[[str], Iterator[int]]:
    compiled = re.compile(re.sub(" ", r"\\s+", pattern), re.IGNORECASE)

    def check(text: str) -> Iterator[int]:
        for found in compiled.finditer(text):
            yield _line(text, found.start())

    return check


def _absent(pattern: str) -> Callable[[str], Iterator[int]]:
    found = _phrase(pattern)

    def check(text: str) -> Iterator[int]:
        if not any(found(text)):
            yield 0

    return check


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


CHECKS: Mapping[str, Callable[[str], Iterator[int]]] = {
    "reference to another matter": _reference_to_another_matter,
    "superseded principles": _phrase(r"eight data protection principles|relevant and not excessive"),
    "no period named": _no_period,
    "deemed consent": _phrase(r"deemed to have (?:given|consented)"),
    "registered with the regulator": _phrase(r"registered with the information commission"),
    "holder without return": _phrase(r"responsibility of the holder"),
    "absolute bar to the police": _phrase(r"police.{0,20} without the express permission"),
    "announced list missing": _announced_list_missing,
    "ownership of information": _phrase(r"property of|owns (?:his|her|their)"),
    "silent on lawful basis": _absent(r"lawful basis"),
}


def lint(text: str) -> tuple[Found, ...]:
    """Run every check over the text of a policy."""
    return tuple(Found(name, line) for name, check in CHECKS.items() for line in check(text))


def read_findings(text: str, file: str) -> tuple[tuple[Finding, ...], Reading]:
    """Read the file of findings; mistakes are collected in the Reading."""
    top, reading = read_yaml(text, file)
    reading.known(top, ("findings",))
    found = []
    for name, at in reading.need(top, "findings").mapping.items():
        reading.known(at, ("at", "says", "follows", "check"))
        checks = at.mapping["check"].items if "check" in at.mapping else ()
        for item in checks:
            if item.text not in CHECKS:
                reading.wrong(item, f"there is no check {item.text!r}", f"Write {suggest(item.text, CHECKS)}")
        says, follows = (reading.need_text(at, key).text for key in ("says", "follows"))
        places = tuple(item.text for item in reading.need(at, "at").items)
        found.append(Finding(name, places, says, follows, tuple(item.text for item in checks), at))
    return tuple(found), reading
