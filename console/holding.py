"""The verb hold: place, list, release."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from console.asking import passphrase_of
from console.options import ByOption, JsonOption, PassphraseOption, ProjectOption, day, here, one_of, verbs
from console.screen import cell, complain, document, say, table
from operations.holds import Placed, list_holds, place_hold, release_hold
from rules.errors import BadInput, Problem
from rules.review.authority import RELEASE_REASONS
from rules.review.values import HOLD_KINDS, Hold

app = verbs("Place, list and release holds. Any hold wins over any rule.")
KINDS = f"Why, as a code that the log keeps: {', '.join(HOLD_KINDS)}."
WHY = f"Why, as a code that the log keeps: {', '.join(RELEASE_REASONS)}."


@app.command("place")
def place(
    kind: Annotated[str, typer.Option("--kind", parser=one_of(HOLD_KINDS), metavar="CODE", help=KINDS)],
    authority: Annotated[str, typer.Option("--authority", help="Who asked for it: a code or reference, no story.")],
    by: ByOption,
    case: Annotated[str | None, typer.Option("--case", help="Hold everything of this case number.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Hold everything of a person of this name.")] = None,
    record: Annotated[
        tuple[str, str, str] | None, typer.Option("--record", metavar="STORE CLASS KEY", help="Hold one record.")
    ] = None,
    class_name: Annotated[str | None, typer.Option("--class", help="Hold a whole class.")] = None,
    reason_file: Annotated[
        Path | None, typer.Option("--reason-file", metavar="FILE", help="The reason in words; kept apart, in no pack.")
    ] = None,
    review_on: Annotated[
        date | None, typer.Option("--review-on", parser=day, metavar="YYYY-MM-DD", help="When to look at it again.")
    ] = None,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Suspend destruction of a person's records, one record, or a class. A run under way stops short of them.

    Example: winnow hold place --case C000123 --kind sar --authority SAR-2026-14 --by "Asha Patel"
    """
    if record is not None and class_name is not None:
        raise BadInput(Problem("name a record or a class, not both", key="--class"))
    store, of_class, key = record if record is not None else (None, class_name, None)
    wanted = Hold(
        id="",
        kind=kind,
        authority=authority,
        placed_by="",
        placed_on=date.min,  # the operation fills in who and when
        review_on=review_on,
        subject=case,
        name=name,
        store=store,
        class_name=of_class,
        key=key,
    )
    opened = here(project)
    reason = _reason(reason_file)
    placed = place_hold(opened, wanted, by, passphrase_of(by, passphrase_file, opened.environment), reason)
    _show_placed(placed, as_json)


def _reason(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise BadInput(Problem("cannot be read as UTF-8 text", file=str(file), key="--reason-file")) from None
    if sys.stdin.isatty():
        return str(typer.prompt("The reason, in words (may be empty)", default="", show_default=False, err=True))
    return ""


def _show_placed(placed: Placed, as_json: bool) -> None:
    if as_json:
        document(
            {
                "hold": placed.hold.id,
                "fenced": placed.fenced,
                "not_fenced": placed.not_fenced,
                "already_gone": placed.gone,
                "closed_runs_not_searched": placed.unsearchable,
            }
        )
        return
    say(f"{placed.hold.id} stands. No run destroys what it covers from now on.")
    if placed.fenced:
        say(f"Anything being destroyed at this moment is stopped short in: {', '.join(placed.fenced)}.")
    if placed.not_fenced:
        complain(f"Not reached or not prepared: {', '.join(placed.not_fenced)}. Nothing is destroyed there unseen.")
    if placed.gone:
        rows = [tuple(vars(one).values()) for one in placed.gone]
        table("Destroyed before the hold was placed", tuple(vars(placed.gone[0])), rows)
    if placed.unsearchable:
        runs = ", ".join(placed.unsearchable)
        complain(f"Of these runs, only the DPO's key can tell whether they destroyed it: {runs}")


@app.command("list")
def show(
    everything: Annotated[bool, typer.Option("--all", help="Released ones as well.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the holds in force. Their reasons are not shown.

    Example: winnow hold list --all
    """
    opened = here(project)
    found = list_holds(opened, None if everything else opened.today())
    if as_json:
        document({"holds": found})
        return
    columns = ["Hold", "What is held", "Kind", "Authority", "Placed", "Look again on"]
    rows = [
        [one.id, _what(one), one.kind, one.authority, f"{cell(one.placed_on)} by {one.placed_by}", one.review_on]
        for one in found
    ]
    if everything:
        columns.append("Released on")
        rows = [[*row, one.released_on] for row, one in zip(rows, found, strict=True)]
    table("Holds", columns, rows)


def _what(hold: Hold) -> str:
    if hold.subject:
        return f"case {hold.subject}"
    if hold.name:
        return f"people named {hold.name}"
    return f"{hold.store} {hold.class_name} {hold.key}" if hold.key else f"class {hold.class_name}"


@app.command("release")
def release(
    hold: Annotated[str, typer.Argument(metavar="ID", help="The hold.")],
    reason: Annotated[str, typer.Option("--reason", parser=one_of(RELEASE_REASONS), metavar="CODE", help=WHY)],
    authority: Annotated[str, typer.Option("--authority", help="Who allowed it: a code or reference.")],
    by: ByOption,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Release a hold. What it covered becomes due by the next sift, not by this.

    Example: winnow hold release hold-2026-09-01-1 --reason over --authority SAR-2026-14 --by "Asha Patel"
    """
    opened = here(project)
    passphrase = passphrase_of(by, passphrase_file, opened.environment)
    done = release_hold(opened, hold, by, passphrase, reason, authority)
    if as_json:
        document({"hold": done.id, "released_on": done.released_on})
        return
    say(f"{done.id} is released as of {cell(done.released_on)}. The next sift judges what it covered.")
