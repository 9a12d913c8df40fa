"""The verbs about people: person add, person list, adopt."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from connectors.settings import Settings
from console.asking import passphrase_of, passphrases_of
from console.options import JsonOption, PassphraseOption, PassphrasesOption, ProjectOption, day, here, verbs
from console.screen import cell, document, say, table
from operations import adopt as adopting
from operations.key_changes import replace_officer_key
from operations.listing import everybody
from operations.people import add_person
from rules.review.authority import Role

person = verbs("Add people, each with a key of their own; list them.")


@person.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The person's full name, as it shall stand in the log.")],
    role: Annotated[Role, typer.Option("--role", help="What the person is to Winnow.")],
    staff_id: Annotated[list[str] | None, typer.Option("--staff-id", help="A name that stores know them by.")] = None,
    case: Annotated[list[str] | None, typer.Option("--case", help="A case number that concerns them.")] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="The officer who vouches; needed after the adoption.")
    ] = None,
    by_passphrase_file: Annotated[
        Path | None,
        typer.Option("--by-passphrase-file", metavar="FILE", help="A file with that officer's passphrase; else asked."),
    ] = None,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give a person a role, and a key under a passphrase of their own that nobody else knows.

    They approve no record that they wrote (--staff-id) or that concerns them (--case). Once a schedule has been
    adopted, a DPO, approver or manager vouches for them with a passphrase, and the log says who.

    Example: winnow person add "Asha Patel" --role dpo --staff-id ST014

    Example: winnow person add "Mia Stone" --role manager --by "Tom Reid"
    """
    opened = here(project)
    passphrase = passphrase_of(name, passphrase_file, opened.environment, confirm=True)
    voucher = (by, passphrase_of(by, by_passphrase_file, Settings())) if by else None
    who = add_person(opened, name, role, passphrase, staff_id or (), case or (), voucher)
    if as_json:
        document({"name": who.name, "slug": who.slug, "role": who.role, "public_key": who.public_key})
        return
    say(f"{who.name} ({who.role}) can sign now. Their key: {opened.keys / who.slug}.pem")
    say("Nobody can open it without the passphrase, and nobody can give a new one for it: keep it well.")


@person.command("replace-key")
def replace_key(
    name: Annotated[str, typer.Argument(help="Whose key is replaced.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="The person themselves, or who vouches for them.")],
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option("--new-passphrase-file", metavar="FILE", help="A file with the new passphrase; else asked for."),
    ] = None,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Replace somebody's key: the passphrase was forgotten, or another may know it. The old key signs nothing more.

    They do it themselves with the old passphrase, or a DPO, manager or approver vouches for them with their own. What
    they signed before stays good.

    Example: winnow person replace-key "Tom Reid" --by "Asha Patel"
    """
    opened = here(project)
    passphrase = passphrase_of(by, passphrase_file, opened.environment)
    nothing = Settings()  # the variable for a passphrase is that of who vouches
    new = passphrase_of(f"{name}, the new one", new_passphrase_file, nothing, confirm=True)
    who = replace_officer_key(opened, name, new, by, passphrase)
    if as_json:
        document({"name": who.name, "slug": who.slug, "public_key": who.public_key})
        return
    say(f"{who.name} has a new key; the old one signs nothing more.")
    if who.sealing_key and by not in (who.name, who.slug):
        say("Their sealing key is new as well. Another DPO runs `winnow key reseal`, so that they can open older runs.")


@person.command("list")
def list_people(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List everybody who can sign.

    Example: winnow person list
    """
    known = everybody(here(project))
    if as_json:
        rows = [{"name": who.name, "slug": who.slug, "role": who.role, "added_at": who.added_at} for who in known]
        document({"people": rows})
        return
    rows_shown = [
        (who.name, who.role, ", ".join(who.staff_ids), cell(date.fromisoformat(who.added_at[:10]))) for who in known
    ]
    table("People", ("Name", "Role", "Known in stores as", "Added"), rows_shown)


def adopt(
    minute: Annotated[date, typer.Option("--minute", parser=day, metavar="YYYY-MM-DD", help="The date of the minute.")],
    by: Annotated[list[str], typer.Option("--by", metavar="NAME", help="Who adopts; repeat for each person.")],
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="RULE", help="A general default that is accepted; repeat.")
    ] = None,
    passphrase_file: PassphrasesOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Put the retention schedule as it now stands into force. Every adopter signs with a key of their own.

    A rule whose period has no source but general practice must be accepted by its name.

    Example: winnow adopt --minute 2026-09-01 --by "Asha Patel" --by "Tom Reid" --accept feedback
    """
    opened = here(project)
    signers = passphrases_of(by, passphrase_file or (), opened.environment)
    adopted = adopting.adopt(opened, signers, minute, accept or ())
    if as_json:
        document(
            {
                "version": adopted.schedule_version,
                "digest": adopted.schedule_digest,
                "minute": adopted.minute_date,
                "people": adopted.people,
                "accepted": adopted.accepted,
            }
        )
        return
    say(f"Version {adopted.schedule_version} is in force, by the minute of {cell(adopted.minute_date)}.")
    say("Any change of the schedule needs a new adoption.", "Next: `winnow store prepare`, then `winnow sift`.")
