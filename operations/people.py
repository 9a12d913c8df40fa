"""People of the organisation: adding one with a key of their own, and letting one sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from connectors import keys
from connectors.ledger import log, people
from connectors.ledger.base import writing
from connectors.ledger.people import Person
from operations.officers import officers_of
from operations.project import Project, slug_of
from rules.errors import BadInput, Problem, Refused
from rules.evidence.base64text import to_base64
from rules.evidence.leaf import fits
from rules.evidence.note import Sign
from rules.evidence.statement import sign_statement, signed_leaf
from rules.review.authority import Role, refuse_role


@dataclass(frozen=True)
class Signatory:
    """A person whose key is open. Lives as long as one operation."""

    person: Person
    public: bytes
    sign: Sign

    def signs(self, kind: str, fields: Mapping[str, Any], at: str) -> dict[str, Any]:
        """Return the statement, signed now: its fields with officer, role, time, key and signature."""
        whole = {**fields, "officer": self.person.name, "role": self.person.role.value, "signed_at": at}
        return sign_statement(kind, whole, self.public, self.sign)


def add_person(
    project: Project,
    name: str,
    role: Role | str,
    passphrase: str,
    staff_ids: Sequence[str] = (),
    case_numbers: Sequence[str] = (),
    voucher: tuple[str, str] | None = None,
) -> Person:
    """Give a person a role and a key of their own under their passphrase; a DPO gets the sealing key as well.

    `staff_ids` are the names that stores know them by as an author, `case_numbers` the cases that concern them: they
    approve neither. `voucher` is the name and passphrase of an officer who vouches for them: until a schedule has been
    adopted nobody need, for nothing can be destroyed; from then on somebody must.

    Raises BadInput and changes nothing for a bad name, role or passphrase, or a name already taken; Refused where
    nobody vouches, or one who may not.
    """
    name = " ".join(normalize("NFC", name).split())
    slug = _check(project, name, role)
    by = _voucher(project, voucher)
    parts = [slug, f"{slug}-sealing"] if Role(role) is Role.DPO else [slug]
    made = [path for part in parts if not (path := project.keys / f"{part}.pem").exists()]
    try:
        public = _signing_key(project, slug, passphrase)
        sealing = _sealing_key(project, slug, passphrase) if Role(role) is Role.DPO else None
        who = Person(
            slug=slug,
            name=name,
            role=Role(role),
            public_key=to_base64(public),
            added_at=project.now(),
            sealing_key=to_base64(sealing) if sealing else None,
            staff_ids=_listed(staff_ids),
            case_numbers=_listed(case_numbers),
        )
        with writing(project.ledger) as connection:
            people.add_person(connection, who)
            log.record(connection, _key_leaves(who, by), who.added_at)
    except Exception:
        _remove(made)
        raise
    project.sign_log()
    return who


def _signing_key(project: Project, slug: str, passphrase: str) -> bytes:
    """Make the person's key, or take the one that was made before the same addition was killed."""
    path = project.keys / f"{slug}.pem"
    if not path.exists():
        return keys.create_officer_key(project.keys, slug, passphrase, project.random)
    try:
        return keys.officer_signer(project.keys, slug, passphrase)[0]
    except BadInput:
        raise _left(path) from None


def _sealing_key(project: Project, slug: str, passphrase: str) -> bytes:
    path = project.keys / f"{slug}-sealing.pem"
    if not path.exists():
        return keys.create_sealing_key(project.keys, slug, passphrase, project.random)
    found = keys.sealing_public(path, passphrase)
    if found is None:
        raise _left(path)
    return found


def _left(path: Path) -> BadInput:
    mend = "If adding this person was interrupted, give the same passphrase again; else move the file away."
    return BadInput(Problem("there is a key of this name already", file=path.name, mend=mend))


def _check(project: Project, name: str, role: Role | str) -> str:
    if not fits("name", name):
        mend = "Use letters, digits, spaces and . , & ' - ; at most 99 characters."
        raise BadInput(Problem("this is not a name that the log can carry", key="name", mend=mend))
    if role not in set(Role):
        raise BadInput(Problem("there is no such role", key="role", mend=f"One of: {', '.join(Role)}"))
    known = people.people(project.ledger)
    # The log knows officers by name alone, so two of one name would be one person to an auditor.
    if any(other.name.casefold() == name.casefold() for other in known):
        raise BadInput(Problem("there is a person of this name already", key="name", mend="Add an initial or a post."))
    taken = {other.slug for other in known} | {"log"}
    slug, number = slug_of(name), 2
    while slug in taken or slug.endswith(("-sealing", "-next", "-old")):
        slug, number = f"{slug_of(name)}-{number}", number + 1
    return slug


def _voucher(project: Project, voucher: tuple[str, str] | None) -> Signatory | None:
    """Who vouches for a new person; nobody need before the first adoption."""
    if voucher is not None:
        return sign_in(project, *voucher, "vouch")
    if people.adoptions(project.ledger):
        raise Refused("a schedule has been adopted: an officer must vouch for a new person (--by)")
    return None


def vouching_leaf(by: Signatory, who: Person, public_key: str, at: str) -> dict[str, Any]:
    """Return the leaf by which an officer answers for a person's key (base 64); it comes before that key's own."""
    fields = {"vouched": who.name, "vouched_role": who.role.value, "vouched_key": public_key}
    return signed_leaf("vouching", by.signs("vouching", fields, at), at)


def _key_leaves(who: Person, by: Signatory | None) -> list[dict[str, Any]]:
    leaves = [vouching_leaf(by, who, who.public_key, who.added_at)] if by else []
    common = {"type": "key", "event": "added", "officer": who.name, "role": who.role.value}
    common |= {"by": by.person.name} if by else {}
    leaves.append({**common, "purpose": "officer", "key": who.public_key})
    if who.sealing_key:
        leaves.append({**common, "purpose": "sealing", "key": who.sealing_key})
    return leaves


def sign_in(project: Project, name: str, passphrase: str, action: str) -> Signatory:
    """Open a person's key for one action. Raises BadInput for an unknown person or a wrong passphrase.

    Raises Refused where their role may not do this, or the key on disk is not the one that the ledger holds for them.
    """
    who = people.find_person(project.ledger, name)
    if who is None:
        mend = "`winnow person list` shows who is known."
        raise BadInput(Problem("there is no person of this name", key="officer", mend=mend))
    refused = refuse_role(action, who.role)
    if refused:
        raise Refused(refused)
    public, sign = keys.officer_signer(project.keys, who.slug, passphrase)
    if to_base64(public) != who.public_key:
        raise Refused(f"the key on disk is not the key of {who.name} that the ledger holds")
    if sum(other.public_key == who.public_key for other in people.people(project.ledger)) > 1:
        raise Refused(f"the key of {who.name} is another person's as well: two people can't share one")
    if officers_of(project.ledger).of(who.public_key) != (who.name, who.role.value):
        raise Refused(f"the log does not know the key of {who.name} with this role as one that an officer signed for")
    return Signatory(who, public, sign)


def _listed(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({value.strip() for value in values} - {""}))


def _remove(files: Sequence[Path]) -> None:
    for path in files:
        with suppress(FileNotFoundError):
            path.unlink()
