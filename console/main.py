"""The command `winnow`: its table of verbs, and what becomes of errors.

A verb's module is loaded when that verb is called, so help is quick and a check of settings does not wait for a
language model. Besides this table only the kinds of store and the ledger's migrations are loaded when they are needed.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from connectors.trouble import DISK, of_disk
from console.screen import complain, document
from console.stopping import STOPPED, StoppedError, said_of_stop, stoppable
from rules.errors import BadInput, Problem, WinnowError

DPO, APPROVER, MANAGEMENT = "The data-protection officer", "Approver", "Management"
AUDITOR, HELPER = "Auditor", "Technical helper"
OURS = ("rules", "connectors", "reports", "operations", "console", "synthetic")
BAD_INPUT, OUR_ERROR = 2, 3
# Typer carries its own copy of Click since 0.26 and uses the real one before; both say the same of an error.
_UsageError: Any = typer.BadParameter.__mro__[2]


class Verb(NamedTuple):
    """One row of the table: who uses the verb, where it is, and its line in the help."""

    reader: str
    module: str
    name: str
    summary: str


VERBS = {
    "survey": Verb(DPO, "console.surveying", "survey", "Ask of every column whether it is needed; change nothing."),
    "sift": Verb(DPO, "console.sifting", "sift", "Look through all stores for what is past retention; change nothing."),
    "review": Verb(DPO, "console.reviewing", "review", "Write the review pack of a proposal."),
    "decide": Verb(DPO, "console.deciding", "decide", "Recommend, signed: destroy, redact, keep until, hold."),
    "hold": Verb(DPO, "console.holding", "app", "Place, list and release holds."),
    "pseudonymise": Verb(DPO, "console.pseudonymising", "pseudonymise", "Write an extract for one purpose."),
    "restore-check": Verb(DPO, "console.restoring", "restore_check", "Find what a restored backup brought back."),
    "prove": Verb(DPO, "console.proving", "prove", "Tell a person what became of their records, with a proof."),
    "absence": Verb(DPO, "console.searching", "absence", "Look everywhere for what is left of somebody."),
    "explain": Verb(DPO, "console.explaining", "explain", "Say in plain English why something was found."),
    "what-if": Verb(DPO, "console.comparing", "what_if", "Show what another period would change; keep nothing."),
    "diff": Verb(DPO, "console.comparing", "diff", "Compare two versions of the schedule, in words and in records."),
    "adopt": Verb(APPROVER, "console.people", "adopt", "Put the retention schedule into force, signed."),
    "approve": Verb(APPROVER, "console.deciding", "approve", "Approve what others recommended, signed."),
    "destroy": Verb(APPROVER, "console.destroying", "destroy", "Carry out an approved run."),
    "confirm": Verb(APPROVER, "console.destroying", "confirm", "Sign that a work list was destroyed by hand."),
    "report": Verb(MANAGEMENT, "console.publishing", "report", "Publish protected statistics."),
    "coverage": Verb(AUDITOR, "console.covering", "coverage", "Show what carries out each clause of the policies."),
    "verify": Verb(AUDITOR, "console.proving", "verify", "Check an evidence bundle against the log's public key."),
    "init": Verb(HELPER, "console.setting_up", "init", "Make a project folder with commented settings."),
    "check": Verb(HELPER, "console.setting_up", "check", "Check settings, schedule and stores."),
    "key": Verb(HELPER, "console.key_changing", "app", "Change the log's key or the DPO's, destroy the key of a run."),
    "person": Verb(HELPER, "console.people", "person", "Add people, each with a key of their own; list them."),
    "watch": Verb(
        HELPER, "console.watching", "watch", "Read the log back, look for restored backups, sign a checkpoint."
    ),
    "backup": Verb(HELPER, "console.backing_up", "app", "Register backups with their expiry; say that one is gone."),
    "store": Verb(HELPER, "console.setting_up", "store", "Prepare stores for destroying."),
    "demo": Verb(HELPER, "console.proving", "demo", "Run the whole product on an invented charity."),
}


class Verbs(TyperGroup):
    """The group of all verbs; the help shows the table, and only the verb that is called is loaded."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb that `args` name and load it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in VERBS else listed, rest


def load(name: str) -> Any:
    """Return the command of a verb, ready to be called."""
    verb = VERBS[name]
    found = getattr(import_module(verb.module), verb.name)
    if not isinstance(found, typer.Typer):
        one = typer.Typer(rich_markup_mode="rich", add_completion=False)
        one.command(name)(found)
        found = one
    command = typer.main.get_command(found)
    command.name = name
    return command


def _app() -> typer.Typer:
    app = typer.Typer(
        cls=Verbs, no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
    )

    @app.callback(epilog="Each verb explains itself, with an example: winnow sift --help")
    def winnow(debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False) -> None:
        """Separate the records that must be kept from those that must be let go, and prove that it was done.

        A year's work: sift, review, decide, approve, destroy, confirm, verify.

        Exit status: 0 done, 1 a check said no, 2 bad input or settings or not allowed, 3 an error of Winnow's own,
        130 stopped.
        """

    for name, verb in VERBS.items():
        app.command(name, help=verb.summary, rich_help_panel=verb.reader)(_placeholder)
    return app


def _placeholder() -> None:
    """Stand in the table for a verb that is not loaded."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; `arguments` are those of the process by default."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug, as_json = "--debug" in given, "--json" in given
    words = [word for word in given if word != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with stoppable():
            status = _app()(words, prog_name="winnow", standalone_mode=False)
    except StoppedError:
        return _stopped(words, as_json)
    except Exception as error:  # noqa: BLE001 - the last gate: whatever it is, no traceback without --debug
        if debug:
            traceback.print_exc()
        return _failed(error, as_json)
    return status if isinstance(status, int) else 0


def _stopped(words: Sequence[str], as_json: bool) -> int:
    """Say what stands after somebody stopped the verb, and what to do next."""
    verb = next((word for word in words if word in VERBS), "")
    problem = Problem(said_of_stop(verb))
    complain(str(problem))
    if as_json:
        document({"error": {"exit_status": STOPPED, "problems": [asdict(problem)]}})
    return STOPPED


def _failed(error: Exception, as_json: bool) -> int:
    """Say what went wrong, in the family's own words only: a foreign text may hold data (invariant 5)."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return BAD_INPUT  # the help is on the screen already
    status, problems = _read(error)
    complain(*(f"Error: {problem}" for problem in problems))
    context = getattr(error, "ctx", None)
    if context is not None:
        complain(f"`{context.command_path} --help` explains.")
    if as_json:
        document({"error": {"exit_status": status, "problems": [asdict(problem) for problem in problems]}})
    return status


def _read(error: Exception) -> tuple[int, Sequence[Problem]]:
    """Return the exit status and the problems of an error."""
    if isinstance(error, BadInput):
        return error.exit_status, error.problems
    if isinstance(error, WinnowError):
        return error.exit_status, [Problem(str(error))]
    if isinstance(error, _UsageError):
        return BAD_INPUT, [Problem(error.format_message())]
    if isinstance(error, typer.Abort):
        return BAD_INPUT, [Problem("stopped; nothing was signed")]
    if isinstance(error, OSError) and error.errno in DISK:
        mend = "What was signed or destroyed before stands. Put that right, then type the same again."
        return BAD_INPUT, [Problem(f"a file can't be read or written: {of_disk(error)}, at {_place(error)}", mend=mend)]
    what = f"something went wrong inside Winnow: {type(error).__name__} at {_place(error)}"
    return OUR_ERROR, [Problem(what, mend="Nothing more was done. `winnow --debug` shows all of it, data included.")]


def _place(error: Exception) -> str:
    """Return module and line of our own innermost frame."""
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [place for place in frames if place.split(".")[0] in OURS]
    return (ours or frames or ["an unknown place"])[-1]


if __name__ == "__main__":
    sys.exit(run())
