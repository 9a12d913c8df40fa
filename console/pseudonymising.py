"""The verb pseudonymise. It loads a language model, so it is alone in its module."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.options import AsOfOption, JsonOption, OutOption, ProjectOption, here
from console.screen import cell, document, progress, say
from operations.pseudonymise import pseudonymise as extract_for
from operations.quality import check_extract


def pseudonymise(
    purpose: Annotated[str, typer.Argument(help="The extract, as extracts.yaml calls it.")],
    as_of: AsOfOption = None,
    out: OutOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write the extract for one purpose: pseudonyms, broad dates and places, names taken out of free text.

    Ends with 1, and writes nothing, where anybody of the register is found in it.

    Example: winnow pseudonymise supervision --as-of 2026-09-30
    """
    opened = here(project)
    with progress("pseudonymise") as advance:
        done = extract_for(opened, purpose, as_of, out, checks=check_extract, progress=advance)
    counts = done.counts
    if as_json:
        told = {
            "extract": done.id,
            "purpose": done.purpose,
            "destroy_on": done.destroy_on,
            "records_read": counts.read,
            "rows": counts.written,
            "restricted": counts.restricted,
            "without_consent": counts.without_consent,
            "outside_categories": counts.outside_categories,
            "orphans": done.orphans,
            "smallest_class": done.smallest_class,
            "redactions": sum(counts.redactions.values()),
            "files": {"csv": done.csv, "xlsx": done.xlsx},
        }
        document(told)
        return
    say(f"{done.id}: {counts.written:,} rows of {counts.read:,} records; nobody of the register is found in it.")
    for count, why in (
        (counts.restricted, "are restricted (UK GDPR Art 18)"),
        (counts.without_consent, "have no consent for this purpose"),
        (done.orphans, "belong to nobody's file"),
    ):
        if count:
            say(f"{count:,} records left out: they {why}.")
    say(f"The rarest combination of values is shared by {done.smallest_class:,} rows.")
    say("Written:", f"  {done.csv}", f"  {done.xlsx}", f"Delete every copy by {cell(done.destroy_on)}.")
