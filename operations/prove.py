"""The verb `prove`: whether, when and under which rule records of one person went, told to that person.

The log names nobody. With the DPO's key the tag of a case number is made for each run, and the entries that bear it are
found. The answer confirms that somebody was a client, so every answer is an entry itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.bundle_file import write_whole
from connectors.ledger import log
from operations.certify import VERIFIER
from operations.people import sign_in
from operations.project import Project
from operations.restore_check import open_run_keys
from rules.errors import BadInput, Problem
from rules.evidence.certificate import OUTCOME_TYPES
from rules.evidence.commitment import case_key, tag_of
from rules.evidence.leaf import Leaf, decode, fits
from rules.evidence.opening import Opened, proof_json
from rules.evidence.proof import TlogProof
from rules.evidence.tree import inclusion_proof, leaf_hash, levels

SUBJECT = "subject"
HOW_TO_CHECK = """How to check a proof of what became of your records

1. Keep the proof (proof-....json), verify_proof.py and verify_winnow.py together in one folder.
2. Get the key of the log, winnow.vkey, from where the organisation publishes it, not from who gave you the proof.
3. With Python 3.8 or later, and nothing else, type in that folder:

       python3 -I verify_proof.py PROOF --key winnow.vkey

   with the name of your proof for PROOF. It shows what the log says of each of your records and ends with VERIFIED.
   Anything else means: ask the organisation, or the Information Commissioner's Office (ico.org.uk).

The proof names your case number. Nobody else's records can be read from it. No network is used.
"""
_STAYED = ("kept", "held", "failed")
_TAG = re.compile(rb'"tag":"([0-9a-f]{64})"')


@dataclass(frozen=True)
class Told:
    """What the log says of one record of the person. `outcome` is destroyed, blanked, kept, held, failed…

    `reason` is the code of the decision, or of what kept the record: for the officer to weigh before it is told.
    """

    index: int
    at: str
    run: str
    store: str
    class_name: str
    rule: str
    due_month: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class Proven:
    """What was found about a case number, and the proof file, if one was written.

    `unknown` are runs whose key can't be opened here: nothing can be said about what they did. `left_out` counts the
    entries that the file does not open: those of what was kept or held give a reason, such as a safeguarding concern.
    """

    told: tuple[Told, ...]
    unknown: tuple[str, ...]
    file: Path | None
    left_out: int = 0


@dataclass(frozen=True)
class _Tagged:
    """How one case number is tagged in one run."""

    run: str
    case_number: str
    key: bytes


def prove(
    project: Project,
    case_number: str,
    officer: str,
    passphrase: str,
    recipient: str = SUBJECT,
    out: Path | None = None,
    with_file: bool = True,
    kept_too: bool = False,
) -> Proven:
    """Find what the log says about a case number, log that this was told, and write a proof that opens it alone.

    The proof opens what is gone, or has less in it; what was kept or held only with `kept_too`.

    `recipient` is a code (`subject`, `solicitor`), never a name. The file, readable by its owner only, names the case
    number; it goes to the person and is not kept. Beside it lie the two programs that check it, and how to use them.

    Raises Refused for who is no DPO, BadInput for a wrong passphrase or a recipient that the log can't carry.
    """
    if not fits("slug", recipient):
        raise BadInput(Problem("must be a code without spaces", key="--recipient", mend="Write e.g. subject"))
    if not case_number.strip() or "\0" in case_number:
        raise BadInput(Problem("is not a case number", key="CASE-NUMBER"))
    signatory = sign_in(project, officer, passphrase, "prove")
    run_keys, unknown = open_run_keys(project, signatory, passphrase)
    found = _find(project, _tags(run_keys, case_number))
    runs = sorted({one.run for _, _, one in found})
    common = {"type": "proof-given", "officer": signatory.person.name, "recipient": recipient}
    told = [{**common, "found": True, "run": run} for run in runs] or [{**common, "found": False}]
    first = log.record(project.ledger, told, project.now())
    note = project.sign_log()
    file = None
    opened = [one for one in found if kept_too or decode(one[1]).get("outcome", "failed") not in _STAYED]
    if opened and with_file:
        name = f"proof-{project.today().isoformat()}-{first}.json"
        file = write_whole((out or project.settings.out) / name, _file(project, opened, note).encode())
        os.chmod(file, 0o600)
        for part in (VERIFIER, VERIFIER.with_name("verify_proof.py")):
            write_whole(file.with_name(part.name), part.read_bytes())
        write_whole(file.with_name("how-to-check-a-proof.txt"), HOW_TO_CHECK.encode())
    return Proven(
        tuple(_told(index, decode(data)) for index, data, _ in found), tuple(unknown), file, len(found) - len(opened)
    )


def _tags(run_keys: Mapping[str, bytes], case_number: str) -> dict[bytes, _Tagged]:
    """The tags of a case number in each run. A tag is of one spelling: that of the record."""
    bare = case_number.strip()
    found = {}
    for run, run_key in run_keys.items():
        for spelling in dict.fromkeys((case_number, bare, bare.upper(), bare.lower())):
            key = case_key(run_key, spelling)
            found[tag_of(key, spelling).hex().encode()] = _Tagged(run, spelling, key)
    return found


def _find(project: Project, tags: Mapping[bytes, _Tagged]) -> list[tuple[int, bytes, _Tagged]]:
    found = []
    for index, data in log.read_leaves(project.ledger):
        tag = _TAG.search(data)
        tagged = tags.get(tag[1]) if tag else None
        if tagged is not None:
            leaf = decode(data)
            if leaf["type"] in OUTCOME_TYPES and leaf["run"] == tagged.run:
                found.append((index, data, tagged))
    return found


def _told(index: int, leaf: Leaf) -> Told:
    return Told(
        index,
        at=leaf["at"],
        run=leaf["run"],
        store=leaf["store"],
        class_name=leaf["class"],
        rule=leaf["rule"],
        due_month=leaf["due_month"],
        outcome=leaf.get("outcome", leaf["type"]),
        reason=leaf["reason"],
    )


def _file(project: Project, found: Sequence[tuple[int, bytes, _Tagged]], note: str) -> str:
    size = int(note.split("\n")[1])
    rows = levels([leaf_hash(data) for _, data in log.read_leaves(project.ledger, 0, size)])
    opened = [
        Opened(data, one.case_number, one.key, TlogProof(index, tuple(inclusion_proof(index, rows)), note))
        for index, data, one in found
    ]
    return proof_json(opened)
