"""The verbs verify and demo: both run a program of their own and pass on what it says."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from connectors.settings import prefect_variables, read_settings
from console.options import JsonOption, day
from console.screen import say
from operations import verify as verifying
from rules.errors import BadInput, Problem

HOLDS, HOLDS_NOT = 0, 1
PREFECT_HOME = ".prefect"
DEMO = "flows.demo"  # by name: the command line and the flows do not know each other


def verify(
    bundle: Annotated[Path, typer.Argument(help="The evidence bundle.")],
    key: Annotated[Path, typer.Option("--key", help="The log's public key, from somewhere else than the bundle.")],
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
    return subprocess.run([sys.executable, "-m", DEMO, *options], env=variables, check=False).returncode
