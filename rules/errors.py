"""The one family of errors: the message is for a person, the exit status is a contract.

Nothing in a message may be personal data (invariant 5): name stores, classes, keys of settings, lines
and ordinals, never values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake in something handed to us: where it is, what is wrong, what to write instead."""

    what: str
    file: str = ""
    line: int | None = None
    key: str = ""
    mend: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        parts = [part for part in (place, self.key) if part]
        head = ": ".join([*parts, self.what])
        return f"{head}. {self.mend}" if self.mend else head


class WinnowError(Exception):
    """Base of every error that a person is meant to read. `exit_status` is what the command returns."""

    exit_status = 3


class BadInput(WinnowError):
    """Settings, files or answers that we cannot use; carries every problem found, not only the first."""

    exit_status = 2

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CheckSaidNo(WinnowError):
    """A check did its work and the answer is no: verification failed, a gate refused, nothing was written."""

    exit_status = 1


class StoreUnavailable(WinnowError):
    """A store cannot be reached or read now. Trying again later may help (retry policies read this type)."""

    exit_status = 2


class Refused(WinnowError):
    """An action that the rules of authority forbid (same person twice, a hold, a stale proposal)."""

    exit_status = 2
