"""Long invented logs: sound from end to end, of runs as the product writes them, one batch after another."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from rules.evidence.bundle import ENTRIES_PER_FILE, MANIFEST_HEADING, encode_entries, entries_name
from rules.evidence.checkpoint import Checkpoint, sign_checkpoint
from rules.evidence.leaf import encode
from rules.evidence.note import sign_note
from rules.evidence.plan import plan_root, planned_of
from rules.evidence.statement import statement_digest, statement_of
from rules.evidence.tree import CompactRange, leaf_hashes
from tests.unit.evidence.sample import ORIGIN, PROPOSAL, SCHEDULE, SCHEDULE_HASH, person, signed, signer

BATCH = 1_000  # records, as operations/destroying cuts them
MANY = 100_000  # records of a run
CLASSES = (
    ("casework", "client", "client-file"),
    ("casework", "session_note", "notes-after-summary"),
    ("casework", "contact", "contact-log"),
    ("letters", "letter", "client-file"),
)
AT = "2026-11-01T10:00:00Z"


def long_log(entries: int, seed: int = 1, run_records: int = MANY) -> Iterator[bytes]:
    """Yield the leaves of a sound log of about so many entries: runs of at most `run_records` records each."""
    choice = random.Random(seed)
    schedule = {"type": "schedule", "at": AT, "name": "Demo", "version": "2026-04", "hash": SCHEDULE_HASH}
    adoption = {"schedule": SCHEDULE_HASH, "version": "2026-04", "minute": "2026-10-01", "accepted": ["r1"]}
    head = [person("Ada Officer"), person("Ben Approver"), {**schedule, "file": sha256(SCHEDULE).hexdigest()}]
    yield from map(encode, [*head, signed("adoption", "Ben Approver", adoption)])
    index, number = 4, 0
    while index < entries:
        number += 1
        count = min(run_records, max(1, (entries - index) // 2))
        for leaf in _run(f"run-{number}", count, index, choice):
            yield leaf
            index += 1


def _run(run: str, count: int, index: int, choice: random.Random) -> Iterator[bytes]:
    decided = signed("decisions", "Ada Officer", {"proposal": PROPOSAL, "decisions": "0" * 64, "count": count})
    yield encode(decided)
    batches = [
        [_record(run, at // BATCH, choice) for _ in range(min(BATCH, count - at))] for at in range(0, count, BATCH)
    ]
    for batch in batches:
        batch.sort(key=lambda one: one["commitment"])
    intents = {"type": "intent", "action": "destroy", "approval": index + 1, "holds_checked_at": AT, "at": AT}
    planned = [planned_of({**one, "action": "destroy"}) for batch in batches for one in batch]
    approval = {"run": run, "proposal": PROPOSAL, "schedule": SCHEDULE_HASH, "count": count, "root": plan_root(planned)}
    approval |= {"decisions": [statement_digest(statement_of(decided))], "not_before": AT, "due": count, "undatable": 0}
    yield encode(signed("approval", "Ben Approver", approval))
    opened = {"type": "run-opened", "at": AT, "run": run, "proposal": PROPOSAL, "schedule": SCHEDULE_HASH}
    opened |= {"authority": "Demo Counselling Service", "tool": "winnow-0.1.0", "as_of": "2026-11-01"}
    yield encode({**opened, "stores": ["casework", "letters"], "manual": []})
    for batch in batches:
        yield from (encode({**intents, **one, "version": choice.randbytes(32).hex()}) for one in batch)
        yield from (encode(_outcome(one)) for one in batch)
    totals = {"due": count, "destroyed": count, "kept": 0, "held": 0, "failed": 0, "undatable": 0}
    places = {"first": index + 2, "last": index + 2 + 2 * count, "not_searched": []}
    yield encode({"type": "run-closed", "at": AT, "run": run, **totals, **places})


def _record(run: str, batch: int, choice: random.Random) -> dict[str, Any]:
    store, name, rule = choice.choice(CLASSES)
    month = f"{choice.choice((2024, 2025))}-{choice.randrange(1, 13):02}"
    own = {"commitment": choice.randbytes(32).hex(), "tag": choice.randbytes(32).hex(), "due_month": month}
    return {"run": run, "store": store, "class": name, "batch": batch, "rule": rule, **own}


def _outcome(record: dict[str, Any]) -> dict[str, Any]:
    said = {"outcome": "destroyed", "reason": "period-over", "grade": "row-deleted", "recovered": False}
    return {"type": "done", "at": AT, **record, **said}


def write_long_bundle(place: Path, leaves: Iterable[bytes]) -> None:
    """Write the evidence bundle of a log without a certificate, holding no more than one file of entries at a time."""
    edge, digests, source, number = CompactRange(), {}, iter(leaves), 0
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, data: bytes) -> None:
            digests[name] = sha256(data).hexdigest()
            archive.writestr(name, data)

        while some := list(islice(source, ENTRIES_PER_FILE)):
            put(entries_name(number), encode_entries(some))
            edge, number = edge.extend(leaf_hashes(some)), number + 1
        put("checkpoint", sign_checkpoint(Checkpoint(ORIGIN, edge.size, edge.root()), [signer()]).encode())
        put("schedule.yaml", SCHEDULE)
        lines = [MANIFEST_HEADING, ORIGIN, *(f"{digests[name]} {name}" for name in sorted(digests))]
        archive.writestr("manifest", sign_note("".join(f"{line}\n" for line in lines), [signer()]))
