"""The verb absence: is anything left of somebody, in any store or export folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.asking import need_terminal
from console.options import JsonOption, ProjectOption, here
from console.screen import document, say, table
from operations.absence import look_for
from operations.destroying.absence import Absence


def absence(
    identifiers: Annotated[
        list[str] | None, typer.Argument(metavar="[NUMBER…]", help="Case numbers or keys; asked for when left out.")
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Look in every store and export folder for case numbers or keys; tell how many records mention one, and where.

    Nothing is changed, kept or logged, and no text is shown. Left out, the number is asked for, so that it stands in no
    list of past commands. Ends with 1 where something is found.

    Example: winnow absence C000123
    """
    opened = here(project)
    found = look_for(opened, identifiers or _asked())
    if as_json:
        document({"absence": found})
    else:
        say_absence(found)
    return 1 if found.found else 0


def _asked() -> list[str]:
    need_terminal("a case number or key is needed", "NUMBER", "Write it behind the verb")
    return str(typer.prompt("Case numbers or keys", err=True)).split()


def say_names(found: Absence) -> None:
    """Say where the names of people may be mentioned whose records have gone: for people to look at, no more."""
    say(f"Looked for {found.looked_for:,} names in: {', '.join(found.searched) or 'no place'}.")
    rows = [(one.place, one.class_name, one.count) for one in found.found]
    if rows:
        table(
            "Records and files that bear such a name, which may be another person's", ("Place", "Class", "Count"), rows
        )
    else:
        say("Nothing there bears one.")


def say_absence(found: Absence) -> None:
    """Say what an absence search found, and where it could not look."""
    say(f"Looked for {found.looked_for:,} identifiers in: {', '.join(found.searched) or 'no place'}.")
    if found.found:
        rows = [(one.place, one.class_name, one.count) for one in found.found]
        table("Records and files that mention one: for people to look at", ("Place", "Class", "Count"), rows)
    else:
        say("Nothing there mentions one.")
    say(f"Not searched: {', '.join(found.not_searched)}.")
