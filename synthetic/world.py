"""What all parts of the generator share: the day, the seed, running numbers, canaries and tallies."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

from synthetic.answer import Hold
from synthetic.people import Person, person
from synthetic.tables import KEY_OF


@dataclass
class World:
    """The state of one generation. Nothing here grows with the number of clients."""

    seed: int
    as_of: date
    canary: str | None = None
    holds: list[Hold] = field(default_factory=list)
    situations: Counter[str] = field(default_factory=Counter)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    read_first: list[tuple[str, str, str]] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)

    def key(self, record_class: str) -> str:
        """Return the next key of a class: its letter and a number of fixed width."""
        self._numbers[record_class] += 1
        letter = KEY_OF[record_class][1]
        width = 6 if record_class == "client" else 7
        return f"{letter}{self._numbers[record_class]:0{width}d}"

    def number(self, what: str) -> int:
        """Return the next running number, from 1, of anything that needs one."""
        self._numbers[what] += 1
        return self._numbers[what]

    def rng(self, *labels: object) -> random.Random:
        """Return a source of randomness that depends on the seed and the labels alone."""
        return random.Random("/".join(str(label) for label in (self.seed, *labels)))

    def person(self, turn: int, household: int | None = None) -> Person:
        """Return the person of that turn, with a canary in both names when canaries are asked for."""
        who = person(turn, self.seed, household)
        if self.canary is None:
            return who
        token = f"{self.canary}N{turn:06d}"
        return replace(who, given=f"{who.given} {token}g", family=f"{who.family} {token}f")

    def mark(self, text: str | None, letter: str = "T") -> str | None:
        """Return the text with a fresh canary at its end; empty and absent values stay as they are."""
        if self.canary is None or not text:
            return text
        return f"{text} {self.canary}{letter}{self.number('canary'):07d}"
