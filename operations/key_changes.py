"""The verb `key`: the log's key and the DPO's sealing key changed, a run's key destroyed, an officer's key replaced.

Each change is an entry of the log, with the name of who made it. What was signed before stays good: an entry is judged
by the keys that the log had made known before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors import key_changes, keys
from connectors.ledger import log, people, purge, runs
from connectors.ledger.base import writing
from connectors.ledger.people import Person
from operations.people import Signatory, sign_in, vouching_leaf
from operations.project import Project
from rules.errors import BadInput, Problem, Refused
from rules.evidence.base64text import from_base64, to_base64
from rules.evidence.note import NoteKey
from rules.review.authority import Role

ROTATED, RETIRED, REVOKED, DESTROYED = "rotated", "retired", "revoked", "destroyed"


@dataclass(frozen=True)
class Resealed:
    """A sealing key that was changed: runs whose key is sealed anew, and runs whose key the old one never opened."""

    runs: tuple[str, ...]
    unknown: tuple[str, ...]


def rotate_log_key(project: Project, officer: str, passphrase: str) -> str:
    """Give the log a new key; until `retire_log_key` the former one signs beside it. Returns the new public key (vkey).

    The entry that tells of the new key lies under a checkpoint that both have signed. Raises Refused while an earlier
    change is not finished.
    """
    by = sign_in(project, officer, passphrase, "keys").person
    if _retiring(project) is not None and not key_changes.is_under_way(project.keys):
        raise Refused("the log's former key still signs: end that change first with `winnow key retire`")
    new = key_changes.next_log_key(project.keys, project.settings.origin, project.random).key
    _log_once(project, {"event": ROTATED, "purpose": "log", "key": to_base64(new.public), "by": by.name})
    key_changes.log_key_takes_over(project.keys, new)
    project.sign_log()
    return new.to_text()


def retire_log_key(project: Project, officer: str, passphrase: str) -> str:
    """End a change of the log's key: the former one signs a last time, then it is destroyed. Returns its vkey.

    Checkpoints that it signed alone are checked with `winnow-retired.vkey`. Raises Refused where no key is on its way.
    """
    by = sign_in(project, officer, passphrase, "keys").person
    if key_changes.is_under_way(project.keys):  # the former key is still the only one
        raise Refused("the log's new key has not taken over yet: end that first with `winnow key rotate`")
    old = _retiring(project)
    if old is None:
        raise Refused("no former key of the log is left to retire: `winnow key rotate` makes a new one first")
    _log_once(project, {"event": RETIRED, "purpose": "log", "key": to_base64(old.public), "by": by.name})
    project.sign_log()
    key_changes.retire_log_key(project.keys, old)
    return old.to_text()


def reseal(project: Project, officer: str, passphrase: str) -> Resealed:
    """Give a DPO a new sealing key, and seal every run key that the old one opens anew: to them and every other DPO.

    So a DPO who came later can open older runs as well. Raises Refused for who has no sealing key.
    """
    who = sign_in(project, officer, passphrase, "reseal").person
    name = f"{who.slug}-sealing"
    if who.sealing_key is None:
        raise Refused(f"{who.name} has no sealing key")
    if _finish(project, name, who, passphrase):
        return Resealed((), ())
    opened = keys.sealing_opener(project.keys, who.slug, passphrase)
    public = keys.create_sealing_key(project.keys, who.slug, passphrase, project.random, key_changes.NEXT)
    holders = {one.slug: from_base64(str(one.sealing_key), "a sealing key") for one in _holders(project)}
    holders[who.slug] = public
    done, unknown = [], []
    at = project.now()
    with writing(project.ledger) as connection:
        for run in runs.runs(connection):
            try:
                run_key = opened(run.sealed_keys[who.slug])
            except (KeyError, BadInput):
                unknown.append(run.id)
                continue
            sealed = {slug: keys.seal(one, run_key, project.random) for slug, one in holders.items()}
            runs.reseal(connection, run.id, sealed)
            done.append(run.id)
        people.set_keys(connection, who.slug, sealing_key=to_base64(public))
        log.record(connection, [_sealing_leaf(who, public, who.name)], at)
    key_changes.take_place(project.keys, name)
    project.sign_log()
    purge.compact(project.ledger)
    return Resealed(tuple(done), tuple(unknown))


def words_for(run_id: str) -> str:
    """What is typed to destroy the key of a run."""
    return f"destroy the key of {run_id}"


def destroy_run_key(project: Project, run_id: str, officer: str, passphrase: str, confirmation: str) -> None:
    """Destroy the key of a closed run: from then on nobody can tell whom its entries are about. It can't be undone.

    What a restore brings back can't be recognised any more, nor can a person be told. Copies of the key lie, sealed, in
    backups of the ledger. Raises BadInput, and Refused for an open run, a key already destroyed, or other words.
    """
    run = runs.get_run(project.ledger, run_id)
    if run is None:
        raise BadInput(Problem(f"there is no run {run_id!r}", key="RUN"))
    if run.state != runs.CLOSED:
        raise Refused(f"run {run_id} is not closed: its key is still needed")
    if not run.sealed_keys:
        raise Refused(f"the key of {run_id} is destroyed already")
    if confirmation != words_for(run_id):
        raise Refused(f"type exactly {words_for(run_id)!r}; nothing was destroyed")
    by = sign_in(project, officer, passphrase, "reseal").person
    leaf = {"type": "key", "event": DESTROYED, "purpose": "run", "run": run_id, "by": by.name}
    with writing(project.ledger) as connection:
        log.record(connection, [leaf], project.now())
        runs.forget_key(connection, run_id)
    project.sign_log()
    purge.compact(project.ledger)


def replace_officer_key(project: Project, name: str, new: str, vouching: str, passphrase: str) -> Person:
    """Give an officer a new key under the passphrase `new`; the old one signs nothing more.

    `vouching` is the officer themselves, with their old passphrase, or another one who vouches for them. In the first
    case a DPO's sealing key comes under the new passphrase too; in the second it is lost to them, and they get another.
    What they had signed stays good. Raises BadInput, or Refused for who may not vouch.
    """
    who = people.find_person(project.ledger, name)
    if who is None:
        raise BadInput(Problem("there is no person of this name", key="NAME", mend="`winnow person list`"))
    themselves = (other := people.find_person(project.ledger, vouching)) is not None and other.slug == who.slug
    by = _vouching(project, who, vouching, passphrase, themselves)
    for part in (who.slug, f"{who.slug}-sealing"):
        key_changes.drop_next(project.keys, part)
    public = to_base64(keys.create_officer_key(project.keys, f"{who.slug}{key_changes.NEXT}", new, project.random))
    common = {"type": "key", "purpose": "officer", "officer": who.name, "role": who.role.value, "by": by.person.name}
    at = project.now()
    told = [
        vouching_leaf(by, who, public, at),
        {**common, "event": REVOKED, "key": who.public_key},
        {**common, "event": ROTATED, "key": public},
    ]
    changed = {"public_key": public}
    if who.sealing_key is not None and themselves:
        keys.relock_sealing_key(project.keys, who.slug, passphrase, new, project.random, key_changes.NEXT)
    elif who.sealing_key is not None:
        sealing = keys.create_sealing_key(project.keys, who.slug, new, project.random, key_changes.NEXT)
        changed["sealing_key"] = to_base64(sealing)
        told.append(_sealing_leaf(who, sealing, by.person.name))
    with writing(project.ledger) as connection:
        people.set_keys(connection, who.slug, **changed)
        log.record(connection, told, at)
    key_changes.take_place(project.keys, who.slug)
    if who.sealing_key is not None:
        key_changes.take_place(project.keys, f"{who.slug}-sealing", keep_old=not themselves)
    project.sign_log()
    found = people.find_person(project.ledger, who.slug)
    assert found is not None
    return found


def run_key_holders(project: Project) -> Mapping[str, tuple[str, ...]]:
    """To whom the key of each run is sealed, by name; to nobody once it is destroyed."""
    names = {who.slug: who.name for who in people.people(project.ledger)}
    return {
        run.id: tuple(names.get(slug, slug) for slug in sorted(run.sealed_keys)) for run in runs.runs(project.ledger)
    }


def _vouching(project: Project, who: Person, vouching: str, passphrase: str, themselves: bool) -> Signatory:
    if not themselves:
        return sign_in(project, vouching, passphrase, "vouch")
    public, sign = keys.officer_signer(project.keys, who.slug, passphrase)
    if to_base64(public) != who.public_key:
        raise Refused(f"the key on disk is not the key of {who.name} that the ledger holds")
    return Signatory(who, public, sign)


def _finish(project: Project, name: str, who: Person, passphrase: str) -> bool:
    """End a change that was killed between ledger and disk; a new key that the ledger never heard of is dropped."""
    public = keys.sealing_public(project.keys / f"{name}{key_changes.NEXT}.pem", passphrase)
    if public is not None and to_base64(public) == who.sealing_key:
        key_changes.take_place(project.keys, name)
        return True
    key_changes.drop_next(project.keys, name)
    return False


def _retiring(project: Project) -> NoteKey | None:
    signer = key_changes.retiring_signer(project.keys, project.settings.origin)
    return signer.key if signer else None


def _holders(project: Project) -> list[Person]:
    return [who for who in people.people(project.ledger, [Role.DPO]) if who.sealing_key]


def _sealing_leaf(who: Person, public: bytes, by: str) -> dict[str, Any]:
    said = {"officer": who.name, "role": who.role.value, "key": to_base64(public), "by": by}
    return {"type": "key", "event": ROTATED, "purpose": "sealing", **said}


def _log_once(project: Project, leaf: dict[str, Any]) -> None:
    """Log a change of the log's own key, unless it was logged before the process was killed."""
    names = ("event", "purpose", "key")
    for _, one in log.read_types(project.ledger, {"key"}):
        if all(one.get(name) == leaf[name] for name in names):
            return
    log.record(project.ledger, [{**leaf, "type": "key"}], project.now())
