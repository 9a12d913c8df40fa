"""The verbs decide and approve: what one person recommends and another approves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from console.asking import passphrase_of
from console.options import ByOption, JsonOption, PassphraseOption, ProjectOption, ProposalOption, day, here, one_of
from console.screen import document, instant, say
from operations import approve as approving
from operations.decide import Decided, answers_for, decide_from_pack
from operations.decide import decide as decide_proposal
from operations.destroy import confirmation_for
from operations.listing import proposal_or_newest
from operations.project import Project
from rules.errors import BadInput, Problem
from rules.review.values import REASONS, Choice, Finding

WHY = f"Why, as a code that the log keeps: {', '.join(REASONS)}."


class Counted:
    """Tells whether a finding belongs to the rule or class asked for, and counts those that do."""

    def __init__(self, rule: str, class_name: str) -> None:
        self.rule, self.class_name, self.count = rule, class_name, 0

    def __call__(self, finding: Finding) -> bool:
        """Say whether the finding belongs."""
        belongs = self.rule in ("", finding.rule) and self.class_name in ("", finding.class_name)
        self.count += belongs
        return belongs


def decide(
    by: ByOption,
    pack: Annotated[Path | None, typer.Option("--from", metavar="XLSX", help="A filled-in review workbook.")] = None,
    rule: Annotated[str, typer.Option("--rule", help="Decide what this rule found.")] = "",
    class_name: Annotated[str, typer.Option("--class", help="Only the records of this class.")] = "",
    choice: Annotated[Choice | None, typer.Option("--choice", help="What is recommended.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", parser=one_of(REASONS), metavar="CODE", help=WHY)] = None,
    note: Annotated[str, typer.Option("--note", help="For the file; forgotten once the run is closed.")] = "",
    until: Annotated[
        date | None, typer.Option("--until", parser=day, metavar="YYYY-MM-DD", help="For keep until: the day.")
    ] = None,
    read_by_me: Annotated[
        bool, typer.Option("--read-by-me", help="You have read every file that somebody must read first.")
    ] = False,
    proposal: ProposalOption = "",
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Recommend what becomes of findings, signed with your own key. Whatever nobody decides is kept.

    Either from a filled-in workbook, or for all that one rule found. A file that somebody must read first is left out
    unless you say that you have read it.

    Example: winnow decide --from review-pack.xlsx --by "Asha Patel"

    Example: winnow decide --rule adult-or-child --choice destroy --reason period-over --by "Asha Patel"
    """
    opened = here(project)
    flags = (rule, class_name, choice, reason, note, until)
    _refuse_mixture(pack, any(flags), bool((rule or class_name) and choice and reason))
    left_out = 0
    if pack is not None:
        passphrase = passphrase_of(by, passphrase_file, opened.environment)
        done = decide_from_pack(opened, pack, by, passphrase, read_by_me)
    else:
        assert choice is not None
        assert reason is not None
        belongs = Counted(rule, class_name)
        which = proposal_or_newest(opened, proposal)
        taken = list(answers_for(opened, which, belongs, choice, reason, note, until, read_by_me))
        if not taken:
            raise _nothing(opened, which, belongs)
        left_out = belongs.count - len(taken)
        done = decide_proposal(opened, which, taken, by, passphrase_of(by, passphrase_file, opened.environment))
    _show_decided(done, left_out, as_json)


def _refuse_mixture(pack: Path | None, any_flag: bool, enough: bool) -> None:
    if pack is not None and any_flag:
        raise BadInput(Problem("a workbook says all of it; leave --rule, --choice and the like out", key="--from"))
    if pack is None and not enough:
        mend = "Give --from, or --rule (or --class) with --choice and --reason."
        raise BadInput(Problem("it is not said what is decided", key="decide", mend=mend))


def _nothing(project: Project, proposal: str, belongs: Counted) -> BadInput:
    if belongs.count:
        what = f"all {belongs.count} records wait for somebody to read them first, or are in a run already"
        return BadInput(Problem(what, key="--rule", mend="Read them, then add --read-by-me."))
    known = {item.name for item in project.schedule.classes}
    rules = {one.id for item in project.schedule.classes for one in item.rules}
    if belongs.rule and belongs.rule not in rules:
        return BadInput(Problem(f"the schedule has no rule {belongs.rule!r}", key="--rule"))
    if belongs.class_name and belongs.class_name not in known:
        return BadInput(Problem(f"the schedule has no class {belongs.class_name!r}", key="--class"))
    return BadInput(Problem(f"{proposal} has nothing past retention by this rule and class", key="--rule"))


def _show_decided(done: Decided, left_out: int, as_json: bool) -> None:
    if as_json:
        told = {"proposal": done.proposal, "statement": done.statement, "decided": done.count, "left_out": left_out}
        document({**told, "leaf": done.leaf})
        return
    say(f"{done.count:,} decided and signed, as leaf {done.leaf} of the log.")
    if left_out:
        say(f"{left_out:,} left out, hence kept: somebody must read them first, or they are in a run already.")
    say("Next: another person runs `winnow approve --by NAME`.")


def approve(
    by: ByOption,
    without_mine: Annotated[
        bool, typer.Option("--without-mine", help="Leave what you recommended, wrote or are concerned by to another.")
    ] = False,
    proposal: ProposalOption = "",
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Approve what another person recommended, signed with your own key. A cooling-off time begins.

    Nobody approves what they recommended, wrote, or what concerns them.

    Example: winnow approve --by "Tom Reid"
    """
    opened = here(project)
    which = proposal_or_newest(opened, proposal)
    run = approving.approve(opened, which, by, passphrase_of(by, passphrase_file, opened.environment), without_mine)
    words = confirmation_for(opened, run.id)
    if as_json:
        document({"run": run.id, "proposal": run.proposal, "not_before": run.cooling_off_until, "confirmation": words})
        return
    say(f"Approved as {run.id}. Nothing is destroyed before {instant(run.cooling_off_until)}.")
    say(f"Next: `winnow destroy {run.id}`; it asks for the words: {words}")
