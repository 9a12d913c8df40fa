"""What a register knows about the people of one record: the words that must not survive redaction."""

from __future__ import annotations

from dataclasses import dataclass

from rules.privacy.redaction import Kind


@dataclass(frozen=True)
class Person:
    """The names of one person. `kind` says how they are shown: the client, or somebody else."""

    given: str = ""
    family: str = ""
    known_as: str = ""
    middle: str = ""
    aliases: tuple[str, ...] = ()
    kind: Kind = Kind.CLIENT


@dataclass(frozen=True)
class OwnRecord:
    """Everything direct that one record holds about its people; empty tuples where nothing is known.

    `codes` are other numbers (NHS, national insurance). Dates of birth are not needed: every full date goes.
    """

    people: tuple[Person, ...] = ()
    case_numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
