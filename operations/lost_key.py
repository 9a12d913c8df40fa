"""The verb `key lost`: the way forward when the log's key is gone for good, with no copy anywhere.

The log goes on; nothing of it is written anew. Two people, each with their own key, put a new key in the lost one's
place, and entries of the log say so. An auditor checks what follows with both public keys, and that it continues the
last checkpoint of the lost one (`--key` twice, `--checkpoint`). Why the new key is to be trusted no log can say of
itself: that the two people tell the auditor on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors import key_changes, keys
from connectors.bundle_file import write_whole
from connectors.keys import LOG_KEY, LOG_VKEY
from connectors.ledger import log
from connectors.ledger.base import writing
from operations.people import sign_in
from operations.project import Project
from operations.restores import look, said_of
from rules.errors import BadInput, CheckSaidNo, Problem, Refused
from rules.evidence.base64text import to_base64
from rules.evidence.checkpoint import open_checkpoint
from rules.evidence.leaf import Leaf
from rules.evidence.note import NoteKey
from rules.evidence.restores import LOG

LOST, ROTATED = "lost", "rotated"
WORDS = "the key of the log is lost for good"


@dataclass(frozen=True)
class Replaced:
    """The new public key (vkey), the lost ones, and where the last checkpoint under them was written."""

    key: str
    lost: tuple[str, ...]
    checkpoint: Path


def replace_lost_log_key(project: Project, officers: Mapping[str, str], confirmation: str) -> Replaced:
    """Let a new key sign the log in the place of one that is lost. `officers` are two names with their passphrases.

    Everything is compared first: the log with its root, its last checkpoint with the lost public key, the stores and
    the checkpoints kept outside with the log. Typed again after an interruption, it finishes. Raises Refused where the
    key is there, fewer than two people sign, or the words are others; CheckSaidNo where something does not agree.
    """
    if (project.keys / LOG_KEY).exists():
        raise Refused("the log's key is there: nothing is lost. `winnow key rotate` changes a key")
    note = log.latest_checkpoint(project.ledger)
    if note is None:
        raise Refused("no key has signed this log yet, so none is lost: the first one is made when it is needed")
    if confirmation != WORDS:
        raise Refused(f"type exactly {WORDS!r}; nothing was changed")
    people = [sign_in(project, name, passphrase, "vouch").person for name, passphrase in officers.items()]
    if len({who.slug for who in people}) < 2:
        raise Refused("two people must sign for this: --by twice")
    new = key_changes.next_log_key(project.keys, project.settings.origin, project.random).key
    lost = key_changes.giving_way(project.keys, new)
    _compare(project, note)
    kept = write_whole(project.settings.out / f"lost-key-{note.splitlines()[1]}.checkpoint", note.encode())
    told: list[Leaf] = [_leaf(LOST, key, who.name) for key in lost for who in people]
    told += [_leaf(ROTATED, new, who.name) for who in people]
    with writing(project.ledger) as connection:
        known = [
            {name: value for name, value in leaf.items() if name != "at"}
            for _, leaf in log.read_types(connection, {"key"})
        ]
        fresh = [leaf for leaf in told if leaf not in known]
        if fresh:
            log.record(connection, fresh, project.now())
    key_changes.lost_log_key_gives_way(project.keys, new)
    project.sign_log()
    return Replaced(new.to_text(), tuple(key.to_text() for key in lost), kept)


def _leaf(event: str, key: NoteKey, by: str) -> Leaf:
    return {"type": "key", "event": event, "purpose": "log", "key": to_base64(key.public), "by": by}


def _compare(project: Project, note: str) -> None:
    known = key_changes.vkeys(project.keys)
    if not known:
        mend = "Put it back first: a copy lies in `out`, and with the auditor."
        raise BadInput(Problem("the public key is missing too", file=LOG_VKEY, mend=mend))
    try:
        open_checkpoint(note, known, keys.verify)
    except CheckSaidNo:
        raise CheckSaidNo("the log's last checkpoint is not signed with the key in winnow.vkey") from None
    looked = look(project)  # reads the whole log
    if any(sign.store == LOG for sign in looked.signs):
        raise CheckSaidNo(said_of(looked.signs))
