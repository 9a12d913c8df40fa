"""The certificate is a reading of the log, and the bundle carries all of it."""

from __future__ import annotations

import json

import pytest

from rules.errors import BadInput
from rules.evidence.bundle import bundle_files, decode_entries, encode_entries, entries_name
from rules.evidence.certificate import COLUMNS, certificate_of
from rules.evidence.leaf import encode
from rules.evidence.note import open_note
from rules.evidence.proof import TlogProof, check_proof
from tests.unit.evidence.sample import LATER, SCHEDULE, checkpoint_note, sample_files, sample_log, signer, verify

LEAVES = sample_log()
DATA = [encode(leaf) for leaf in LEAVES]
NOTE = checkpoint_note(DATA)
CERTIFICATE = certificate_of(LEAVES, "run-1", NOTE)


def test_it_accounts_for_every_due_record() -> None:
    """Lines by outcome and reason add up to the balance, and the balance to what was due."""
    totals = dict.fromkeys(("destroyed", "kept", "held", "failed"), 0)
    for line in CERTIFICATE.lines:
        totals[COLUMNS[line.outcome]] += line.count
    assert totals == {name: CERTIFICATE.totals[name] for name in totals}
    assert sum(totals.values()) == CERTIFICATE.totals["due"] == 7
    assert CERTIFICATE.totals["undatable"] == 2
    assert [line.recovered for line in CERTIFICATE.lines if line.store == "paper"] == [1]


def test_it_names_officers_rule_backup_and_what_was_not_searched() -> None:
    """Officers with roles, schedule, due months, backups, verifications and gaps are all there."""
    assert [(one.did, one.officer) for one in CERTIFICATE.officers] == [
        ("adopted", "Ben Approver"),
        ("recommended", "Ada Officer"),
        ("approved", "Ben Approver"),
        ("confirmed", "Ben Approver"),
        ("confirmed", "Cy O'Keeper"),
    ]
    assert (CERTIFICATE.schedule_version, CERTIFICATE.adopted_minutes) == ("2026-04", ("2026-10-01",))
    assert (CERTIFICATE.state, CERTIFICATE.until) == ("beyond use", "2026-12-30")
    assert CERTIFICATE.not_searched == ("portable-drives",)
    assert CERTIFICATE.verifications[0]["remaining"] == 0
    line = next(line for line in CERTIFICATE.lines if line.outcome == "destroyed" and line.store == "casework")
    assert (line.count, line.from_month, line.to_month) == (3, "2025-01", "2025-03")
    assert "rightly due" in CERTIFICATE.limits[0]


def test_it_becomes_final_when_the_last_backup_expires() -> None:
    """An expiry leaf turns beyond use into final; without registered backups it says so."""
    expired = [*LEAVES, {"type": "backup-expired", "at": LATER, "set": "weekly-1"}]
    assert certificate_of(expired, "run-1", NOTE).state == "final"
    assert certificate_of([leaf for leaf in LEAVES if leaf["type"] != "backup"], "run-1", NOTE).state == (
        "backups not registered"
    )


def test_no_certificate_without_an_end_or_a_schedule() -> None:
    """A run that was not opened, not closed, or whose schedule is unknown has no certificate."""
    for kind in ("run-opened", "run-closed", "schedule"):
        with pytest.raises(BadInput):
            certificate_of([leaf for leaf in LEAVES if leaf["type"] != kind], "run-1", NOTE)


def test_json_is_stable() -> None:
    """The same log gives the same bytes, and they hold every field."""
    again = certificate_of([dict(leaf) for leaf in LEAVES], "run-1", NOTE)
    assert again.to_json() == CERTIFICATE.to_json()
    assert json.loads(CERTIFICATE.to_json())["checkpoint"] == NOTE


@pytest.mark.parametrize(
    ("number", "name"), [(0, "entries/000"), (999, "entries/999"), (1234067, "entries/x001/x234/067")]
)
def test_names_of_entry_bundles(number: int, name: str) -> None:
    """Entry bundles are named as in tlog-tiles."""
    assert entries_name(number) == name


def test_entry_bundles_round_trip() -> None:
    """Leaves of any length up to the limit come back; cut or overlong ones are refused."""
    leaves = [b"", b"x", b"y" * 65_535]
    data = encode_entries(leaves)
    assert decode_entries(data) == leaves
    assert decode_entries(b"") == []
    for bad in (data[:-1], data + b"\0", b"\0"):
        with pytest.raises(BadInput):
            decode_entries(bad)
    with pytest.raises(BadInput):
        encode_entries([b"z" * 65_536])


def test_a_bundle_holds_proof_and_signed_manifest() -> None:
    """The bundle's proof leads from the closing leaf to the checkpoint; its manifest names every other file."""
    files = sample_files(LEAVES)
    index = CERTIFICATE.closing_leaf
    proof = TlogProof.from_text(files[f"proofs/{index}.tlog-proof"].decode())
    assert check_proof(proof, DATA[index], [signer().key], verify).size == len(LEAVES)
    listed = open_note(files["manifest"].decode(), [signer().key], verify).text.splitlines()[2:]
    assert sorted(line.split(" ", 1)[1] for line in listed) == sorted(set(files) - {"manifest"})


def test_a_bundle_of_other_leaves_is_not_made() -> None:
    """Leaves that the checkpoint does not cover, or none, make no bundle."""
    for leaves in (DATA[:-1], [*DATA[:-1], DATA[0]], []):
        with pytest.raises(BadInput):
            bundle_files(leaves, NOTE, CERTIFICATE, SCHEDULE, b"", "", [signer()])
