"""The verb hold: place, list, look at again, release."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from console.asking import passphrase_of
from console.options import ByOption, JsonOption, PassphraseOption, ProjectOption, day, here, one_of, verbs
from console.screen import cell, complain, document, say, table
from operations.holds import Placed, care_for, history, place_hold, release_hold, review_hold
from rules.errors import BadInput, Problem
from rules.review.authority import RELEASE_REASONS
from rules.review.holds import Reach
from rules.review.values import HOLD_KINDS, Hold

app = verbs("Place, list, look at and release holds. Any hold wins over any rule.")
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
    class_name: Annotated[
        str | None, typer.Option("--class", help="Hold a class: with --where some of its records, alone all of them.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help="Which records of --class, in the schedule's language."),
    ] = None,
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
    """Suspend destruction of a person's records, one record, what a condition finds, or a class.

    A run under way stops short of them. A condition is asked again by every sift, and at destruction.

    Example: winnow hold place --case C000123 --kind sar --authority SAR-2026-14 --by "Asha Patel"

    Example: winnow hold place --class client --where "service = 'careers'" --kind foi --authority F7 --by "Asha Patel"
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
        condition=where,
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
                "gone_just_now": placed.just_gone,
                "in_doubt": placed.in_doubt,
                "closed_runs_not_searched": placed.unsearchable,
                "reach": placed.reach,
            }
        )
        return
    say(f"{placed.hold.id} stands. No run destroys what it covers from now on.")
    if placed.fenced:
        say(f"Anything being destroyed at this moment is stopped short in: {', '.join(placed.fenced)}.")
    if placed.not_fenced:
        complain(f"Not reached or not prepared: {', '.join(placed.not_fenced)}. Nothing is destroyed there unseen.")
    _show_reach(placed)
    columns = ("Run", "Store", "Class", "Records")
    for title, found in (
        ("Destroyed before the hold was placed", placed.gone),
        ("Destroyed by a run under way, which has not written it yet", placed.just_gone),
        ("In doubt: a run has begun to destroy them, and their store can't be asked", placed.in_doubt),
    ):
        if found:
            table(title, columns, [(one.run, one.store, one.class_name, one.count) for one in found])
    if placed.unsearchable:
        runs = ", ".join(placed.unsearchable)
        complain(f"Of these runs, only the DPO's key can tell whether they destroyed it: {runs}")


def _show_reach(placed: Placed) -> None:
    hold, reach = placed.hold, placed.reach
    if reach is None:
        complain("The stores could not be asked how far it reaches.")
    elif reach.matched:
        say(f"It reaches {_reaches(hold, reach)}.")
    elif hold.subject:
        complain("No record in any store has this case number, in any spelling. The hold stands: check the number.")
    else:
        complain("Nothing that it could hold was found in any store. The hold stands: check what it says.")


def _reaches(hold: Hold, reach: Reach) -> str:
    of = f" of {cell(reach.of)}" if reach.of is not None and reach.of != reach.matched else ""
    one, several = ("person", "people") if hold.name else ("record", "records")
    return f"{cell(reach.matched)}{of} {one if reach.matched == 1 else several}"


@app.command("list")
def show(
    everything: Annotated[bool, typer.Option("--all", help="Released ones as well.")] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the holds in force, and why somebody should look at one again. Their reasons are not shown.

    Example: winnow hold list --all
    """
    opened = here(project)
    found = care_for(opened, everything)
    if as_json:
        document({"holds": [{**vars(one.hold), "reach": one.reach, "look_again": one.because} for one in found]})
        return
    columns = ["Hold", "What is held", "Kind", "Authority", "Placed", "Look again on", "Reached"]
    rows = [
        [
            *(one.hold.id, _what(one.hold), one.hold.kind, one.hold.authority),
            *(f"{cell(one.hold.placed_on)} by {one.hold.placed_by}", one.hold.review_on),
            _reaches(one.hold, one.reach) if one.reach is not None else "",
        ]
        for one in found
    ]
    if everything:
        columns.append("Released on")
        rows = [[*row, one.hold.released_on] for row, one in zip(rows, found, strict=True)]
    table("Holds", columns, rows)
    flagged = [one for one in found if one.because]
    if flagged:
        say("", "To look at again:", *(f"  {one.hold.id}: {'; '.join(one.because)}." for one in flagged))


@app.command("history")
def show_history(
    hold: Annotated[str, typer.Argument(metavar="ID", help="The hold.")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show who did what about one hold, and when. Its reason is not shown.

    Example: winnow hold history hold-2026-09-01-1
    """
    found = history(here(project), hold)
    if as_json:
        document({"hold": hold, "events": found})
        return
    rows = [(date.fromisoformat(one.at[:10]), one.event, one.person, one.authority, one.review_on) for one in found]
    table(hold, ("On", "What", "By", "Authority", "Look again on"), rows)


@app.command("review")
def review(
    hold: Annotated[str, typer.Argument(metavar="ID", help="The hold.")],
    review_on: Annotated[
        date, typer.Option("--review-on", parser=day, metavar="YYYY-MM-DD", help="When to look at it again.")
    ],
    authority: Annotated[str, typer.Option("--authority", help="On whose word it goes on: a code or reference.")],
    by: ByOption,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say that you have looked at a hold and that it goes on, until another day of review.

    Example: winnow hold review hold-2026-09-01-1 --review-on 2027-03-01 --authority SAR-2026-14 --by "Asha Patel"
    """
    opened = here(project)
    kept = review_hold(opened, hold, by, passphrase_of(by, passphrase_file, opened.environment), review_on, authority)
    if as_json:
        document({"hold": kept.id, "review_on": kept.review_on})
        return
    say(f"{kept.id} goes on. Look at it again on {cell(kept.review_on)}.")


def _what(hold: Hold) -> str:
    if hold.subject:
        return f"case {hold.subject}"
    if hold.name:
        return f"people named {hold.name}"
    if hold.key:
        return f"{hold.store} {hold.class_name} {hold.key}"
    return f"class {hold.class_name}{f' where {hold.condition}' if hold.condition else ''}"


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
