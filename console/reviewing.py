"""The verb review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.options import JsonOption, OutOption, ProjectOption, ProposalOption, here
from console.screen import cell, document, progress, say
from operations.review import first_lines, write_pack


def review(
    proposal: ProposalOption = "",
    out: OutOption = None,
    ahead: Annotated[
        bool, typer.Option("--forecast/--no-forecast", help="Count what falls due in the next five years.")
    ] = True,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write the review pack of a proposal: a page to read and a workbook to fill in.

    Example: winnow review --out packs
    """
    with progress("review") as advance:
        written = write_pack(here(project), proposal, out, ahead, advance)
    header = written.header
    if as_json:
        document(
            {
                "first_line": header.first_line,
                "proposal": header.proposal_id,
                "html": written.html,
                "xlsx": written.xlsx,
                "destroys_itself_on": header.destroys_itself_on,
            }
        )
        return
    say(*first_lines(written), f"  {written.html}", f"  {written.xlsx}")
    say(f"The pack names people's records: delete every copy by {cell(header.destroys_itself_on)}.")
    say(f"Next: fill in the workbook, then `winnow decide --from {written.xlsx} --by NAME`.")
