"""The verbs prove, verify and demo: what the log says of one person, and two that run a program of their own."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from connectors.settings import prefect_variables, read_settings
from console.asking import agreed, passphrase_of
from console.options import ByOption, JsonOption, OutOption, PassphraseOption, ProjectOption, day, here
from console.screen import complain, document, instant, say, table
from console.stopping import StoppedError
from operations import prove as proving
from operations import verify as verifying
from rules.errors import BadInput, Problem

HOLDS, HOLDS_NOT = 0, 1
PREFECT_HOME = ".prefect"
DEMO = "flows.demo"  # by name: the command line and the flows do not know each other


def verify(
    bundle: Annotated[Path, typer.Argument(help="The evidence bundle.")],
    key: Annotated[
        list[Path],
        typer.Option("--key", help="The log's public key, from elsewhere than the bundle; repeat for a former one."),
    ],
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="An older checkpoint that you hold: the log must continue it.")
    ] = None,
    certificate: Annotated[str, typer.Option("--certificate", metavar="ID", help="Look at this certificate.")] = "",
    as_json: JsonOption = False,
) -> int:
    """Check an evidence bundle: signatures, the whole log, the certificate. Ends with 1 where something does not hold.

    Example: winnow verify evidence-run-2026-09-01-1.zip --key winnow.vkey
    """
    answer = verifying.verify(bundle, key, checkpoint, certificate, as_json)
    if answer.status not in (HOLDS, HOLDS_NOT):
        raise BadInput(Problem(answer.report.strip()))
    say(answer.report.rstrip("\n"))
    return answer.status


def prove(
    case_number: Annotated[str, typer.Argument(metavar="CASE-NUMBER", help="The case number, as the records had it.")],
    by: ByOption,
    recipient: Annotated[
        str, typer.Option("--recipient", metavar="CODE", help="Who gets the answer, as a code: subject, solicitor.")
    ] = proving.SUBJECT,
    answer_only: Annotated[bool, typer.Option("--answer-only", help="Write no proof file.")] = False,
    kept_too: Annotated[
        bool,
        typer.Option("--kept-too", help="Let the proof open what was kept or held as well, with the reason for it."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Whoever asks is entitled to know; do not ask me again.")] = False,
    out: OutOption = None,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Say whether, when and under which rule records of a person were destroyed, and write a proof for that person.

    The proof opens this person's entries alone, of what is gone or has less in it. Every answer is an entry of the log,
    without the number. Ends with 1 where a run's key can't be opened, as then something may be missed.

    Example: winnow prove C000123 --by "Asha Patel"
    """
    opened = here(project)
    complain("The answer itself tells whether this person was a client. Give it only to who is entitled to know.")
    if not yes and not agreed("Go on?", "--yes"):
        say("Nothing was looked up.")
        return 0
    passphrase = passphrase_of(by, passphrase_file, opened.environment)
    found = proving.prove(opened, case_number, by, passphrase, recipient, out, not answer_only, kept_too)
    status = 1 if found.unknown else 0
    if as_json:
        told = {"records": [vars(one) for one in found.told], "unknown": found.unknown, "file": found.file}
        document({**told, "left_out": found.left_out})
        return status
    names = ("When", "Class", "Store", "Rule", "Due in", "What became of it", "Reason", "Run")
    rows = [(instant(o.at), o.class_name, o.store, o.rule, o.due_month, o.outcome, o.reason, o.run) for o in found.told]
    if rows:
        table("What the log says", names, rows)
    else:
        say(
            "The log knows of no record under this number, as it is spelt here.",
            "That may also mean that the records are still there, or went before Winnow: look in the stores.",
        )
    for run in found.unknown:
        say(f"{run}: its key can't be opened here, so nothing can be said of what it destroyed.")
    if found.left_out and not answer_only:
        left = "1 entry" if found.left_out == 1 else f"{found.left_out:,} entries"
        say(
            f"The proof leaves out {left} about what was kept or held: each gives its reason, which may warn somebody.",
            "--kept-too puts them in, once you have weighed it.",
        )
    if found.file:
        say(f"Proof for the person: {found.file}", "It names the case number: hand it over, then delete it here.")
    return status


def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where the invented charity is written.")] = Path("demo"),
    clients: Annotated[int, typer.Option("--clients", min=1, help="How many clients it has.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="The same seed invents the same charity.")] = 7,
    database: Annotated[
        str,
        typer.Option("--database", metavar="URL", help="An empty database for its casework.", show_default="SQLite"),
    ] = "",
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=day, metavar="YYYY-MM-DD", help="The day on which it takes place.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Invent a charity and take it through a whole year's work, from the sift to the verified evidence.

    Example: winnow demo --clients 400 --folder demo
    """
    options = ["--folder", str(folder), "--clients", str(clients), "--seed", str(seed)]
    options += ["--database", database] if database else []
    options += ["--as-of", as_of.isoformat()] if as_of else []
    options += ["--json"] if as_json else []
    home = folder.absolute() / PREFECT_HOME
    home.mkdir(parents=True, exist_ok=True)
    variables = prefect_variables(read_settings(), home)
    # A session of its own, so that Ctrl-C reaches it once, from here; then it ends its own server.
    with subprocess.Popen([sys.executable, "-m", DEMO, *options], env=variables, start_new_session=True) as child:
        try:
            return child.wait()
        except StoppedError:
            child.terminate()
            child.wait()
            raise
