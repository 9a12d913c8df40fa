"""Asking people: passphrases (never on the command line, where other users could read them) and confirmations."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from connectors.settings import Settings
from rules.errors import BadInput, Problem

FILE_OPTION = "--passphrase-file"


def passphrase_of(who: str, file: Path | None, environment: Settings, confirm: bool = False) -> str:
    """Return the passphrase of a person: from `file`, from WINNOW_PASSPHRASE_FILE, or asked for at a terminal.

    `confirm` asks twice. Raises BadInput where a file cannot be used or nobody can be asked.
    """
    if file is not None:
        return _from_file(file)
    return environment.passphrase() or _asked(who, confirm)


def passphrases_of(names: Sequence[str], files: Sequence[Path], environment: Settings) -> Mapping[str, str]:
    """Return a passphrase for each name: one file for each in the same order, or asked for one after another.

    WINNOW_PASSPHRASE_FILE serves one person alone. Raises BadInput as `passphrase_of`, or where the numbers differ.
    """
    if files and len(files) != len(names):
        mend = "Give one for each --by, in the same order, or none to be asked"
        raise BadInput(Problem("there are not as many files as people", key=FILE_OPTION, mend=mend))
    if len(set(names)) != len(names):
        raise BadInput(Problem("somebody is named twice", key="--by"))
    if files:
        return {name: _from_file(file) for name, file in zip(names, files, strict=True)}
    if len(names) == 1:
        return {names[0]: passphrase_of(names[0], None, environment)}
    return {name: _asked(name, confirm=False) for name in names}


def _from_file(file: Path) -> str:
    try:
        found = Settings(passphrase_file=file).passphrase()
    except BadInput as error:
        raise BadInput([Problem(one.what, file=str(file), key=FILE_OPTION) for one in error.problems]) from None
    assert found is not None
    return found


def _asked(who: str, confirm: bool) -> str:
    need_terminal("a passphrase is needed", FILE_OPTION, "Name a file with --passphrase-file or WINNOW_PASSPHRASE_FILE")
    found = typer.prompt(f"Passphrase of {who}", hide_input=True, confirmation_prompt=confirm, err=True)
    return str(found)


def need_terminal(what: str, key: str, mend: str) -> None:
    """Raise BadInput unless somebody sits at a terminal and can be asked."""
    if not sys.stdin.isatty():
        raise BadInput(Problem(f"{what}, and there is no terminal to ask at", key=key, mend=mend))


def typed(words: str) -> str:
    """Return what a person types when asked to type `words`. Raises BadInput without a terminal."""
    need_terminal("the run is started by typed words", "--confirm", f'Write --confirm "{words}"')
    return str(typer.prompt(f"Type exactly: {words}\n", prompt_suffix="> ", err=True))


def agreed(question: str, key: str) -> bool:
    """Ask a yes-or-no question; silence is no. Raises BadInput without a terminal."""
    need_terminal("this needs a yes", key, f"Write {key} once you have read what will be done")
    return typer.confirm(question, default=False, err=True)
