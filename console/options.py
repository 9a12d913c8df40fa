"""Options that several verbs share, and the project that they open."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from connectors.settings import SystemClock
from operations.project import Project, open_project


def day(text: str) -> date:
    """Read a day written as YYYY-MM-DD. Raises a usage error."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter("write a day of the calendar as YYYY-MM-DD, for example 2026-09-01")


def verbs(help_text: str) -> typer.Typer:
    """Return a group for verbs of two words."""
    return typer.Typer(help=help_text, no_args_is_help=True, add_completion=False, rich_markup_mode="rich")


def one_of(codes: Mapping[str, str]) -> Callable[[str], str]:
    """Return a reader that takes one of the codes and refuses anything else with a usage error."""

    def read(text: str) -> str:
        if text in codes:
            return text
        raise typer.BadParameter(f"there is no code {text!r}; one of: {', '.join(codes)}")

    return read


ProjectOption = Annotated[Path, typer.Option("--project", help="The project folder.", show_default="this folder")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of words.")]
AsOfOption = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=day, metavar="YYYY-MM-DD", help="The day the rules look from.", show_default="today"
    ),
]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who signs: a name of `winnow person list`.")]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="A file whose first line is the passphrase; else WINNOW_PASSPHRASE_FILE, else it is asked for.",
    ),
]
PassphrasesOption = Annotated[
    list[Path] | None,
    typer.Option("--passphrase-file", metavar="FILE", help="One for each --by, in the same order; else asked for."),
]
ProposalOption = Annotated[
    str, typer.Option("--proposal", metavar="ID", help="The proposal.", show_default="the newest one")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where to write.", show_default="the project's `out`")
]


def here(folder: Path) -> Project:
    """Open the project in a folder with the clock of the machine. Raises BadInput."""
    return open_project(folder, SystemClock())
