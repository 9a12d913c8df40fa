"""The verbs destroy and confirm: an approved run carried out, by the program and by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from console.asking import passphrase_of, typed
from console.options import ByOption, JsonOption, PassphraseOption, ProjectOption, day, here
from console.screen import document, progress, say, table
from console.searching import say_absence, say_names
from operations import destroy as destroying
from operations.destroy import Destroyed, WorkItem, confirmation_for, work_list
from operations.listing import standing_of
from operations.project import Project

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run that `winnow approve` named.")]
FAILED = "failed"
NOWHERE = "not in its register now, or there twice: find out why before you sign"


def destroy(
    run: RunArgument,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="WORDS", help="The typed words; asked for at a terminal.")
    ] = None,
    work: Annotated[
        bool, typer.Option("--work-list", help="Only show what people have still to destroy by hand.")
    ] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Carry out an approved run, or what is left of it after an interruption. It starts when its words are typed.

    Ends with 1 where a record could not be destroyed.

    Example: winnow destroy run-2026-09-01-1

    Example: winnow destroy run-2026-09-01-1 --work-list
    """
    opened = here(project)
    if work:
        _show_work(run, work_list(opened, run), as_json)
        return 0
    words = confirmation_for(opened, run)
    answer = confirm if confirm is not None else typed(words)
    with progress("destroy") as advance:
        done = destroying.destroy(opened, run, answer, progress=advance)
    return _show(opened, done, as_json)


def confirm(
    run: RunArgument,
    store: Annotated[str, typer.Option("--store", help="The manual store whose work list is done.")],
    method: Annotated[str, typer.Option("--method", help="How, as a code: cross-cut-4x15, erased-by-supplier.")],
    done_on: Annotated[
        date, typer.Option("--done-on", parser=day, metavar="YYYY-MM-DD", help="The day on which it was done.")
    ],
    by: ByOption,
    standard: Annotated[
        str, typer.Option("--standard", metavar="CODE", help="The size it was cut to: DIN-66399-P-4.")
    ] = "",
    contractor: Annotated[str, typer.Option("--contractor", metavar="FIRM", help="The firm that did it, if any.")] = "",
    receipt: Annotated[
        str, typer.Option("--receipt", metavar="NUMBER", help="The number of the contractor's certificate.")
    ] = "",
    count: Annotated[
        int | None,
        typer.Option("--count", min=1, help="How many records were destroyed; needed with a contractor."),
    ] = None,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Sign that the work list of a manual store is done. Two people sign; the second settles it.

    A count that is not the list's is refused, and so is a day on which the run could not have begun.

    Example: winnow confirm run-2026-09-01-1 --store paper --method cross-cut-4x15 --done-on 2026-09-03 --by "Tom Reid"
    """
    opened = here(project)
    passphrase = passphrase_of(by, passphrase_file, opened.environment)
    done = destroying.confirm(
        opened,
        run,
        store,
        by,
        passphrase,
        method,
        done_on,
        standard=standard,
        contractor=contractor,
        receipt=receipt,
        counted=count,
    )
    return _show(opened, done, as_json)


def _show_work(run: str, items: list[WorkItem], as_json: bool) -> None:
    if as_json:
        document({"work_list": items})
        return
    places = ["; ".join(": ".join(pair) for pair in one.where) or NOWHERE for one in items]
    told = [(one.store, one.key, place, one.action) for one, place in zip(items, places, strict=True)]
    table("To destroy by hand", ("Store", "Key", "Where, as its register has it", "Do"), told)
    for store, count in sorted(Counter(one.store for one in items).items()):
        say(f"{store}: {count:,} in all. When they are gone, two people sign: `winnow confirm {run} --store {store}`")
    if items:
        say("What can't be found is not destroyed: `winnow hold place --record STORE CLASS KEY` takes it off the list.")


def _show(project: Project, done: Destroyed, as_json: bool) -> int:
    standing = standing_of(project, done.run)
    failed = done.outcomes.get(FAILED, 0)
    papers = vars(done.certified) if done.certified else {}
    rows = sorted((state, reason, count) for (state, reason), count in standing.counts.items())
    if as_json:
        told = {"first_line": standing.first_line, "run": done.run, "closed": bool(papers), "outcomes": done.outcomes}
        reasons = [{"outcome": state, "reason": reason, "records": count} for state, reason, count in rows]
        told |= {"reasons": reasons, "waiting": done.waiting, "undatable": standing.undatable}
        document(
            {
                **told,
                "extracts_ended": done.ended,
                "packs_ended": done.packs,
                "absence": done.absence,
                "names": done.names,
                "files": papers,
            }
        )
        return 1 if failed else 0
    say(standing.first_line, "")
    table(done.run, ("Outcome", "Reason", "Records"), rows)
    for store, count in sorted(done.waiting.items()):
        say(f"{store}: {count:,} to destroy by hand; then two people sign: `winnow confirm {done.run} --store {store}`")
    if done.ended:
        say(f"Extracts that held these people are deleted: {', '.join(done.ended)}. Delete every copy given away.")
    if done.absence:
        say_absence(done.absence)
    if done.names:
        say_names(done.names)
    if done.packs.deleted:
        say(f"Review packs that named these records are deleted: {', '.join(done.packs.deleted)}. Delete every copy.")
    if done.packs.left:
        say(
            f"Somebody has filled in {', '.join(done.packs.left)}: bring in the decisions, then delete these files too."
        )
    if papers:
        say("The run is closed. Written:", *(f"  {path}" for path in papers.values()))
        say("Give the evidence bundle to the auditor, and the key by another way.")
    return 1 if failed else 0
