"""The verb restore-check: for the data-protection officer, after a store or the ledger was restored from a backup."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from console.asking import passphrase_of
from console.options import ByOption, JsonOption, PassphraseOption, ProjectOption, here
from console.screen import document, progress, say, table
from operations import restore_check as checking

SHOWN = 200


def restore_check(
    by: ByOption,
    log_is_lost: Annotated[
        bool,
        typer.Option("--log-is-lost", help="The ledger is older than the stores and there is no newer copy of it."),
    ] = False,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Look through all stores for what had been destroyed, and propose that it goes again by the rule it went by.

    What came back is shown here and nowhere else; the proposal is decided and approved as always, by two people.
    Destruction may go on afterwards. Ends with 1 where a run's key can't be opened, as then something may be missed.

    Example: winnow restore-check --by "Asha Patel"
    """
    opened = here(project)
    passphrase = passphrase_of(by, passphrase_file, opened.environment)
    with progress("restore-check") as advance:
        found = checking.restore_check(opened, by, passphrase, log_is_lost, progress=advance)
    status = 1 if found.unknown else 0
    if as_json:
        document({**vars(found), "records": [vars(one) for one in checking.returned(opened, found.proposal)]})
        return status
    rows = [(store, looked, found.back.get(store, 0)) for store, looked in sorted(found.looked.items())]
    table("Looked through", ("Store", "Records looked at", "Came back"), rows)
    for run in found.unknown:
        say(f"{run}: its key can't be opened here, so what it destroyed can't be recognised.")
    for rule, count in sorted(found.without_rule.items()):
        say(f"{count:,} came back under {rule}, a rule that the schedule no longer has: look at them yourself.")
    if not found.proposal:
        say("Nothing that had been destroyed is in the stores.")
        return status
    records = list(islice(checking.returned(opened, found.proposal), SHOWN + 1))
    names = ("No.", "Store", "Class", "Key", "Case", "Rule", "Destroyed by", "Now")
    shown = [(r.ordinal, r.store, r.class_name, r.key, r.subject, r.rule, r.run, r.kind) for r in records[:SHOWN]]
    table("Came back", names, shown)
    if len(records) > SHOWN:
        say("and more: --json lists all of them.")
    say(f"Proposed as {found.proposal}. Decide it (`winnow decide`); another person approves it; then it is destroyed.")
    return status
