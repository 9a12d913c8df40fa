"""The officers of the organisation, what they signed, and the schedules that they adopted."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from connectors.ledger.base import Source, reading, to_json, writing
from connectors.ledger.tables import adoption, person, statement
from rules.review.authority import Officer, Role


@dataclass(frozen=True)
class Person:
    """An officer: the public halves of their keys (base 64), and what stores know them by. Never a client."""

    slug: str
    name: str
    role: Role
    public_key: str
    added_at: str
    sealing_key: str | None = None
    staff_ids: tuple[str, ...] = ()
    case_numbers: tuple[str, ...] = ()

    @property
    def officer(self) -> Officer:
        """The person as the rules of authority see them."""
        return Officer(self.slug, self.role, frozenset(self.staff_ids), frozenset(self.case_numbers))


@dataclass(frozen=True)
class Statement:
    """What a person signed: the fields of the leaf with key and signature, and the leaf that carries it."""

    id: int
    kind: str
    about: str
    person: str
    signed: Mapping[str, Any]
    at: str
    leaf: int | None


@dataclass(frozen=True)
class Adoption:
    """One adoption of a schedule version by named people; `accepted` are the ids of its general defaults."""

    schedule_digest: str
    schedule_version: str
    minute_date: date
    people: tuple[str, ...]
    accepted: tuple[str, ...]
    at: str


def add_person(source: Source, who: Person) -> None:
    """Store a person."""
    values = {
        "slug": who.slug,
        "name": who.name,
        "role": who.role.value,
        "public_key": who.public_key,
        "sealing_key": who.sealing_key,
        "staff_ids": to_json(list(who.staff_ids)),
        "case_numbers": to_json(list(who.case_numbers)),
        "added_at": who.added_at,
    }
    with writing(source) as connection:
        connection.execute(insert(person).values(values))


def set_keys(source: Source, slug: str, **changed: str) -> None:
    """Replace `public_key` or `sealing_key` of a person (base 64)."""
    with writing(source) as connection:
        connection.execute(update(person).where(person.c.slug == slug).values(changed))


def people(source: Source, roles: Collection[Role] = ()) -> list[Person]:
    """Return everybody (of these roles, when any are named), in the order in which they were added."""
    query = select(person).order_by(person.c.added_at, person.c.slug)
    if roles:
        query = query.where(person.c.role.in_([role.value for role in roles]))
    with reading(source) as connection:
        return [_person(row._asdict()) for row in connection.execute(query)]


def find_person(source: Source, name_or_slug: str) -> Person | None:
    """Return the person with this slug or this full name, or None."""
    query = select(person).where((person.c.slug == name_or_slug) | (person.c.name == name_or_slug))
    with reading(source) as connection:
        row = connection.execute(query.order_by(person.c.slug != name_or_slug).limit(1)).first()
    return None if row is None else _person(row._asdict())


def add_statement(
    source: Source, kind: str, about: str, who: str, signed: Mapping[str, Any], at: str, leaf: int | None
) -> int:
    """Store what the person `who` signed about a proposal, run, hold or schedule; return its id."""
    values = {"kind": kind, "about": about, "person": who, "signed": to_json(dict(signed)), "at": at, "leaf": leaf}
    with writing(source) as connection:
        return int(connection.execute(insert(statement).values(values).returning(statement.c.id)).scalar_one())


def statements(source: Source, about: str, kind: str) -> list[Statement]:
    """Return the statements of one kind about one thing, oldest first."""
    query = select(statement).where(statement.c.about == about, statement.c.kind == kind).order_by(statement.c.id)
    with reading(source) as connection:
        rows = connection.execute(query).all()
    return [Statement(**{**row._asdict(), "signed": json.loads(row.signed)}) for row in rows]


def add_adoption(source: Source, adopted: Adoption) -> None:
    """Store an adoption."""
    values = {
        "schedule_digest": adopted.schedule_digest,
        "schedule_version": adopted.schedule_version,
        "minute_date": adopted.minute_date,
        "people": to_json(list(adopted.people)),
        "accepted": to_json(list(adopted.accepted)),
        "at": adopted.at,
    }
    with writing(source) as connection:
        connection.execute(insert(adoption).values(values))


def adoptions(source: Source, schedule_digest: str = "") -> Sequence[Adoption]:
    """Return the adoptions (of one schedule, when its digest is given), oldest first."""
    query = select(adoption).order_by(adoption.c.id)
    if schedule_digest:
        query = query.where(adoption.c.schedule_digest == schedule_digest)
    with reading(source) as connection:
        rows = connection.execute(query).all()
    return [
        Adoption(
            row.schedule_digest,
            row.schedule_version,
            row.minute_date,
            tuple(json.loads(row.people)),
            tuple(json.loads(row.accepted)),
            row.at,
        )
        for row in rows
    ]


def _person(values: Mapping[str, Any]) -> Person:
    lists = {name: tuple(json.loads(values[name])) for name in ("staff_ids", "case_numbers")}
    return Person(**{**values, **lists, "role": Role(values["role"])})
