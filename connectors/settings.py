"""The only reader of the environment, and the only clock.

Everything else gets time, passphrases and expanded URLs handed in (invariant 10).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.errors import BadInput, Problem

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Clock(Protocol):
    """Tells the time: instants in UTC, calendar dates in the schedule's zone."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def today(self, zone: str) -> date:
        """The present calendar date in the IANA `zone`. Raises BadInput for an unknown zone."""


@dataclass(frozen=True)
class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def today(self, zone: str) -> date:
        """The present calendar date in the IANA `zone`. Raises BadInput for an unknown zone."""
        return in_zone(self.now(), zone)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still at the aware instant `at`; for tests, demos and replays."""

    at: datetime

    def now(self) -> datetime:
        """The instant `at`, in UTC."""
        return self.at.astimezone(UTC)

    def today(self, zone: str) -> date:
        """The calendar date of `at` in the IANA `zone`. Raises BadInput for an unknown zone."""
        return in_zone(self.at, zone)


def in_zone(instant: datetime, zone: str) -> date:
    """The calendar date of an aware `instant` in the IANA `zone`. Raises BadInput for an unknown zone."""
    try:
        return instant.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(Problem("unknown time zone", key=zone, mend="Write, for example, Europe/London")) from None


@dataclass(frozen=True)
class Settings:
    """What the environment says. Secrets are never part of its repr."""

    passphrase_file: Path | None = None
    in_ci: bool = False
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def expand(self, text: str) -> str:
        """Replace every `${NAME}` in `text` by that variable, as it stands (percent-encode passwords in URLs yourself).

        Raises BadInput naming every variable that is not set.
        """
        unset = sorted({name for name in _VARIABLE.findall(text) if name not in self.variables})
        if unset:
            mend = "Set it in the environment before starting Winnow"
            raise BadInput([Problem(f"the environment variable {name} is not set", mend=mend) for name in unset])
        return _VARIABLE.sub(lambda found: self.variables[found[1]], text)

    def passphrase(self) -> str | None:
        """The first line of the file that WINNOW_PASSPHRASE_FILE names; None when it names none.

        Raises BadInput when the file cannot be read or its first line is empty.
        """
        if self.passphrase_file is None:
            return None
        key = "WINNOW_PASSPHRASE_FILE"
        try:
            lines = self.passphrase_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise BadInput(Problem("the passphrase file cannot be read", key=key)) from None
        if not lines or not lines[0]:
            raise BadInput(Problem("the first line of the passphrase file is empty", key=key))
        return lines[0]


def read_settings(variables: Mapping[str, str] | None = None) -> Settings:
    """Read the environment of this process (or `variables` in its place)."""
    present = dict(os.environ if variables is None else variables)
    named = present.get("WINNOW_PASSPHRASE_FILE", "")
    return Settings(
        passphrase_file=Path(named) if named else None,
        in_ci=present.get("CI", "").lower() in {"1", "true"},
        variables=present,
    )


def expand(text: str) -> str:
    """Replace every `${NAME}` in `text` from the environment. Raises BadInput naming each variable not set."""
    return read_settings().expand(text)


def prefect_variables(settings: Settings, home: Path) -> dict[str, str]:
    """The environment for a process that runs flows by itself: its own Prefect home, quiet, and nothing sent abroad."""
    return {
        **settings.variables,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        # A slow machine needs more than the 20 seconds that Prefect waits for its own server.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        # At its end the private server prints errors about events it no longer needs to record.
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_ROOT_LEVEL": "CRITICAL",
    }
