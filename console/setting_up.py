"""The verbs that set a project up: init, check, store prepare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.asking import agreed
from console.options import JsonOption, ProjectOption, here, verbs
from console.screen import document, say, table
from operations import stores
from operations.init import init_project
from operations.project import Project
from rules.errors import BadInput

if TYPE_CHECKING:
    from reports.quality import QualityLine

store = verbs("Prepare stores for destroying.")


def init(
    organisation: Annotated[str, typer.Option("--organisation", help="Your organisation, as on certificates.")],
    folder: Annotated[Path | None, typer.Argument(help="The new project folder.", show_default="--project")] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Make a project folder: commented settings, an empty ledger, and the log's key. Files already there stay.

    Example: winnow init sift-2026 --organisation "Riverside Counselling"
    """
    where = folder or project
    written = init_project(where, organisation)
    if as_json:
        document({"project": where.absolute(), "files": written})
        return
    say(f"A project for {organisation} in {where}:", *(f"  {path}" for path in written))
    if any(path.name == "schedule.yaml" for path in written):
        say("Next: write schedule.yaml (begin with a pack from policies/) and stores.yaml.")
    say("Then run `winnow check`, and `winnow person add` for everybody who signs.")


def check(
    quality: Annotated[
        bool, typer.Option("--quality", help="Check the records too, where they lie, and write the quality page.")
    ] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Check settings, schedule and mapping, and that every store can be read. Every mistake is said at once.

    Example: winnow check --project sift-2026
    """
    opened = here(project)
    problems = stores.check(opened)
    if problems:
        raise BadInput(problems)
    schedule, found = opened.schedule, stores.stores_of(opened)
    lines, page = _quality(opened) if quality else ((), None)
    if as_json:
        kinds = {alias: one.kind for alias, one in found.items()}
        told = {"schedule": schedule.name, "version": schedule.version, "digest": schedule.digest, "stores": kinds}
        document({**told, "quality": lines, "quality_page": page} if quality else told)
        return
    rules = sum(len(item.rules) for item in schedule.classes)
    say(f"{schedule.name}, version {schedule.version}: {len(schedule.classes)} classes, {rules} rules.")
    say(*(f"  {alias}: {one.kind}, readable" for alias, one in found.items()))
    say("Nothing is wrong.")
    if quality:
        failing = [line for line in lines if line.failed or line.impossible]
        say(f"{len(lines):,} checks of quality, {len(failing):,} of them with records that fail.")
        rows = [(line.class_name, line.store, line.says, line.failed, line.looked_at) for line in failing]
        if rows:
            table("Records to put right", ("Class", "Store", "Check", "Failed", "Looked at"), rows)
        if page is not None:
            say(f"All of them: {page}")


def _quality(opened: Project) -> tuple[tuple[QualityLine, ...], Path | None]:
    # Great Expectations takes seconds to load, so not before somebody asks for it.
    from operations.quality import check_quality

    gate, page = check_quality(opened)
    return tuple(gate.lines), page


@store.callback()
def stores_group() -> None:
    """Prepare stores for destroying."""


@store.command("prepare")
def prepare(
    project: ProjectOption = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the two small tables (or the folder) that destroying needs in every store; show them first, and ask.

    Example: winnow store prepare --project sift-2026
    """
    opened = here(project)
    planned = {alias: steps for alias, steps in stores.preparation(opened).items() if steps}
    if not as_json:
        for alias, steps in planned.items():
            say(f"{alias}:", *(f"  {line}" for step in steps for line in step.strip().splitlines()))
    done = bool(planned) and (yes or agreed("Do this?", "--yes"))
    if done:
        stores.prepare(opened)
    if as_json:
        document({"prepared": done, "steps": planned})
    else:
        say("Every store is prepared." if done or not planned else "Nothing was done.")
