"""Parameters: periods and words that a schedule names once, with their source, and uses as `$name`.

No source policy gives a number (facts about them say so): every period is somebody's choice. Naming it once
keeps its citation beside it and lets `what-if` ask what another choice would do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast, get_args

from rules.located import Located, Reading, suggest
from rules.schedule.values import Confidence, Parameter

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\Z")
_USE = re.compile(r"\$([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)")


def read_parameters(at: Located | None, reading: Reading, overrides: Mapping[str, str]) -> tuple[Parameter, ...]:
    """Read the `parameters` of a schedule, with `overrides` in place of their values; notes every mistake."""
    found: list[Parameter] = []
    for name, entry in (at.mapping if at is not None else {}).items():
        reading.known(entry, ("value", "because", "confidence"))
        if not _NAME.match(name):
            reading.wrong(entry, f"parameter name {name!r} is not lower-case words joined by . or _")
        confidence = entry.mapping.get("confidence")
        said = confidence.text if confidence is not None else "general"
        if confidence is not None and said not in get_args(Confidence):
            reading.wrong(confidence, f"unknown confidence {said!r}", f"Write {suggest(said, get_args(Confidence))}")
        value = overrides.get(name, reading.need_text(entry, "value").text)
        because = tuple(item.text for item in reading.need(entry, "because").items)
        found.append(Parameter(name, value, because, cast(Confidence, said)))
    return tuple(found)


def fill_in(at: Located, parameters: Mapping[str, str], reading: Reading) -> Located:
    """The same values with every `$name` replaced; an unknown name is noted with the nearest known one."""
    if isinstance(at.value, dict):
        return Located({key: fill_in(item, parameters, reading) for key, item in at.value.items()}, at.line, at.path)
    if isinstance(at.value, tuple):
        return Located(tuple(fill_in(item, parameters, reading) for item in at.value), at.line, at.path)
    if at.value is None:
        return at

    def one(use: re.Match[str]) -> str:
        if use[1] not in parameters:
            reading.wrong(
                at, f"unknown parameter ${use[1]}", f"Write {suggest(use[1], parameters) or 'the value itself'}"
            )
            return use[0]
        return parameters[use[1]]

    return Located(_USE.sub(one, at.value), at.line, at.path)
