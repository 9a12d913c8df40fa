"""An invented log, small enough to read and wide enough to hold every rule that the verifier checks."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rules.evidence.base64text import to_base64
from rules.evidence.bundle import bundle_files
from rules.evidence.certificate import certificate_of
from rules.evidence.checkpoint import Checkpoint, sign_checkpoint
from rules.evidence.commitment import case_tag, commit, record_key, version_tag
from rules.evidence.leaf import encode
from rules.evidence.note import NoteKey, NoteSigner
from rules.evidence.plan import plan_root, planned_of
from rules.evidence.statement import sign_statement, signed_leaf, statement_digest, statement_of
from rules.evidence.tree import root_of_leaves

ORIGIN = "charity.example/winnow"
AT = "2026-11-01T10:00:00Z"
LATER = "2026-11-01T11:00:00Z"
RUN_KEY = bytes(range(32))
SCHEDULE = b"schedule: Demo\nversion: 2026-04\n"
SCHEDULE_HASH = sha256(b"schedule").hexdigest()
PROPOSAL = sha256(b"proposal").hexdigest()
VERIFIER = Path(__file__).parents[3] / "verifier" / "verify_winnow.py"
Leaves = list[dict[str, Any]]


def role_of(officer: str) -> str:
    """Return the role of an invented officer: that of their surname, or a manager's."""
    return {"Officer": "dpo", "Approver": "approver", "Counsellor": "counsellor"}.get(officer.split()[-1], "manager")


def private_key(name: str) -> Ed25519PrivateKey:
    """Return the test key of a name, the same each time."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check an Ed25519 signature with the library."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signer(name: str = ORIGIN, origin: str = ORIGIN) -> NoteSigner:
    """Return a log's signer whose key is derived from `name`."""
    key = private_key(name)
    return NoteSigner(NoteKey(origin, key.public_key().public_bytes_raw()), key.sign)


def signed(kind: str, officer: str, fields: Mapping[str, Any], at: str = AT, key: str = "") -> dict[str, Any]:
    """Return a leaf signed by an officer, with the officer's own key or that of the name `key`."""
    private = private_key(key or officer)
    whole = {**fields, "officer": officer, "role": role_of(officer), "signed_at": at}
    return signed_leaf(kind, sign_statement(kind, whole, private.public_key().public_bytes_raw(), private.sign), at)


def person(officer: str) -> dict[str, Any]:
    """Return the leaf that registers an officer's key."""
    public = private_key(officer).public_key().public_bytes_raw()
    leaf = {"type": "key", "at": AT, "event": "added", "purpose": "officer", "role": role_of(officer)}
    return {**leaf, "officer": officer, "key": to_base64(public)}


def record(number: int, store: str = "casework") -> dict[str, Any]:
    """Return the fields that intent and outcome of one invented record share."""
    return {
        "run": "run-1",
        "store": store,
        "class": "client",
        "batch": 0,
        "commitment": commit(RUN_KEY, store, f"id-{number}").hex(),
        "tag": case_tag(RUN_KEY, f"C{number}").hex(),
        "rule": "client-file",
        "due_month": f"2025-{1 + number % 12:02}",
    }


def intent(number: int, approval: int, store: str = "casework") -> dict[str, Any]:
    """Return the intent to destroy one invented record."""
    version = version_tag(record_key(RUN_KEY, store, f"id-{number}"), b"v").hex()
    tail = {"action": "destroy", "approval": approval, "holds_checked_at": LATER, "version": version}
    return {"type": "intent", "at": LATER, **record(number, store), **tail}


def outcome(kind: str, number: int, store: str = "casework", **more: Any) -> dict[str, Any]:
    """Return the outcome of one invented record: done, kept or failed."""
    tail: dict[str, Any] = {"reason": "period-over", "grade": "row-deleted", "recovered": False}
    said = {"done": {"outcome": "destroyed"}, "kept": {"outcome": "kept", "action": "destroy"}, "failed": {}}[kind]
    return {"type": kind, "at": LATER, **record(number, store), **tail, **said, **more}


def sample_log(rows: int = 3) -> Leaves:
    """Return the leaves of one whole run: `rows` destroyed in a database, one on paper, others kept, held, failed."""
    leaves: Leaves = [
        person("Ada Officer"),
        person("Ben Approver"),
        person("Cy O'Keeper"),
        {"type": "schedule", "at": AT, "name": "Demo", "version": "2026-04", "hash": SCHEDULE_HASH}
        | {"file": sha256(SCHEDULE).hexdigest()},
        {"type": "backup", "at": AT, "set": "weekly-1", "store": "casework", "taken": "2026-10-30"}
        | {"expires": "2026-12-30"},
    ]
    adopted = {"schedule": SCHEDULE_HASH, "version": "2026-04", "minute": "2026-10-01", "accepted": ["r1", "r2"]}
    leaves.append(signed("adoption", "Ben Approver", adopted))
    leaves.append(signed("decisions", "Ada Officer", {"proposal": PROPOSAL, "decisions": "0" * 64, "count": rows + 5}))
    place = len(leaves)
    intents = [intent(number, place) for number in [*range(rows), rows + 1]]
    paper = intent(rows, place, "paper")
    held = outcome("kept", rows + 2, outcome="held", reason="hold", grade="none", approval=place)
    shared = outcome("kept", rows + 3, reason="still-needed", grade="none")
    planned = [planned_of(leaf) for leaf in [*intents, paper, held]]
    approval = {"run": "run-1", "proposal": PROPOSAL, "schedule": SCHEDULE_HASH, "count": len(planned)}
    approval |= {"decisions": [statement_digest(statement_of(leaves[-1]))], "root": plan_root(planned)}
    approval |= {"due": rows + 4, "undatable": 2, "not_before": LATER}
    leaves.append(signed("approval", "Ben Approver", approval))
    opened = len(leaves)
    leaves.append(
        {"type": "run-opened", "at": LATER, "run": "run-1", "proposal": PROPOSAL, "schedule": SCHEDULE_HASH}
        | {"authority": "Demo Counselling Service", "tool": "winnow-0.1.0", "as_of": "2026-11-01"}
        | {"stores": ["casework", "paper"], "manual": ["paper"]}
    )
    leaves += [*intents, paper]
    leaves += [outcome("done", number) for number in range(rows)]
    leaves += [outcome("failed", rows + 1, reason="row-changed", grade="none"), held, shared]
    confirmed = {"run": "run-1", "store": "paper", "count": 1, "root": plan_root([planned_of(paper)])}
    confirmed |= {"method": "shredded-p4", "done_on": "2026-11-01"}
    two = [len(leaves), len(leaves) + 1]
    leaves += [signed("confirmation", name, confirmed, LATER) for name in ("Ben Approver", "Cy O'Keeper")]
    leaves.append(outcome("done", rows, "paper", grade="shredded", recovered=True, confirmations=two))
    last = len(leaves) - 1
    leaves += [
        {"type": "verify", "at": LATER, "run": "run-1", "store": "casework", "method": "re-query"}
        | {"credential": "reader", "checked": rows, "remaining": 0},
        {"type": "books", "at": LATER, "run": "run-1", "store": "casework", "class": "client"}
        | {"before": 93 + rows, "created": 1, "destroyed": rows, "others": 2, "outside": 1, "after": 91},
        {
            "type": "run-closed",
            "at": LATER,
            "run": "run-1",
            "due": rows + 4,
            "destroyed": rows + 1,
            "kept": 1,
            "held": 1,
        }
        | {"failed": 1, "undatable": 2, "first": opened, "last": last, "not_searched": ["portable-drives"]},
        {"type": "heartbeat", "at": LATER, "tool": "winnow-0.1.0"},
    ]
    return leaves


def checkpoint_note(data: Sequence[bytes], by: NoteSigner | None = None) -> str:
    """Return the signed checkpoint over the bytes of leaves."""
    return sign_checkpoint(Checkpoint(ORIGIN, len(data), root_of_leaves(data)), [by or signer()])


def sample_files(leaves: Sequence[Mapping[str, Any]], run: str = "run-1") -> dict[str, bytes]:
    """Return the files of the evidence bundle over leaves, with the certificate of a run."""
    data = [encode(leaf) for leaf in leaves]
    note = checkpoint_note(data)
    certificate = certificate_of(leaves, run, note) if run else None
    return bundle_files(data, note, certificate, SCHEDULE, VERIFIER.read_bytes(), "Read me.\n", [signer()])


def zipped(files: Mapping[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    """Return a zip of the files."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, data)
    return out.getvalue()
