"""A small invented certificate for the tests of its writers."""

from __future__ import annotations

from reports.certificate_data import CertificateData, RuleShown, WorkList
from rules.evidence.backups import Backup
from rules.evidence.certificate import Certificate, Line, Officer

CHECKPOINT = (
    "larch.example/winnow\n1284\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n"
    "— larch.example/winnow pYkh7wq1Z3eF0cQxq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ\n"
)
PROOF = (
    "c2sp.org/tlog-proof@v1\nindex 1283\n" + "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n" * 11 + "\n" + CHECKPOINT
)

LINES = (
    Line("casework", "client", "client-file", "destroyed", "period-over", "row-deleted", 41, 2, "2026-01", "2026-08"),
    Line(
        "casework",
        "session_note",
        "notes-after-summary",
        "destroyed",
        "not-required",
        "row-deleted",
        318,
        0,
        "2025-09",
        "2026-08",
    ),
    Line("casework", "client", "client-file", "held", "claim-possible", "none", 3, 0, "2026-03", "2026-03"),
    Line(
        "documents", "document", "client-file", "destroyed", "period-over", "file-unlinked", 77, 0, "2026-01", "2026-08"
    ),
    Line("documents", "document", "client-file", "failed", "file-changed", "none", 1, 0, "2026-02", "2026-02"),
    Line("paper", "paper", "client-file", "destroyed", "period-over", "work-list", 12, 0, "2026-01", "2026-06"),
)

CERTIFICATE = Certificate(
    certificate="run-2026-0001",
    authority="Larch Counselling & Mentoring",
    tool="winnow-0.1.0",
    as_of="2026-09-01",
    opened_at="2026-09-15T09:00:00Z",
    closed_at="2026-09-15T09:04:12Z",
    first_leaf=402,
    closing_leaf=1283,
    schedule_name="Demo Counselling Service",
    schedule_version="2026-04",
    schedule_hash="a1" * 32,
    schedule_file="b2" * 32,
    adopted_minutes=("2026-04-14",),
    officers=(
        Officer("adopted", "Priya Nair", "trustee", "2026-04-15T10:00:00Z"),
        Officer("recommended", "Sam Okafor", "dpo", "2026-09-08T14:21:00Z"),
        Officer("approved", "Ceri Llŷr-Jones", "service-manager", "2026-09-11T16:02:00Z"),
        Officer("confirmed", "Jo O’Brien", "administrator", "2026-09-15T09:03:00Z"),
    ),
    totals={"due": 452, "destroyed": 448, "kept": 0, "held": 3, "failed": 1, "undatable": 17},
    lines=LINES,
    verifications=(
        {"store": "casework", "method": "looked-up-by-key", "credential": "reader", "checked": 359, "remaining": 0},
        {"store": "documents", "method": "looked-up-by-path", "credential": "reader", "checked": 77, "remaining": 0},
        {"store": "casework", "method": "looked-up-by-key", "credential": "reader", "checked": 9, "remaining": 0},
        {"store": "casework", "method": "residue-overwritten", "credential": "destroyer", "checked": 359}
        | {"remaining": 0},
        {"store": "casework", "method": "absence-search", "credential": "reader", "checked": 448, "remaining": 2},
        {"store": "output-folder", "method": "absence-search", "credential": "reader", "checked": 448, "remaining": 0},
        {"store": "casework", "method": "name-search", "credential": "reader", "checked": 97, "remaining": 3},
    ),
    books=(
        {
            "store": "casework",
            "class": "client",
            "before": 405,
            "created": 1,
            "destroyed": 41,
            "others": 2,
            "outside": 1,
        }
        | {"after": 362},
        {"store": "casework", "class": "session_note", "before": 900, "created": 0, "destroyed": 318, "others": 0}
        | {"outside": 0, "after": 582},
    ),
    backups=(
        Backup("weekly-2026-37", "casework", "2026-09-13", "2026-12-13", False),
        Backup("weekly-2026-30", "casework", "2026-07-26", "2026-09-10", True),
    ),
    state="beyond use",
    until="2026-12-13",
    not_searched=("volunteers-phones", "mailboxes", "backups", "documents-unreadable-files", "names-of-some-people"),
    checkpoint=CHECKPOINT,
)

DATA = CertificateData(
    certificate=CERTIFICATE,
    organisation="Larch Counselling & Mentoring",
    proof=PROOF,
    bundle="larch-evidence-2026.zip",
    key_file="winnow.vkey",
    holds_checked=452,
    holds_checked_at="2026-09-15T09:03:58Z",
    methods={
        "casework": "rows deleted, children first; leftover pages of the database file cleared",
        "documents": "files moved aside, then removed; the disk was not overwritten",
        "paper": "cross-cut shredded by hand; two people signed",
    },
    work_lists=(
        WorkList(
            "paper",
            12,
            "cross-cut-4x15",
            "2026-09-15",
            ("Jo O’Brien", "Ceri Llŷr-Jones"),
            "DIN-66399-P-4",
            "Shred Ltd",
            "4711",
        ),
    ),
    rules=(
        RuleShown(
            "client-file",
            "7 years after the later of closed on and last contact; where status is closed",
            "destroy",
            ("S3 4.4", "Limitation Act 1980 ss.2, 5, 11"),
            "source",
        ),
        RuleShown("notes-after-summary", "7 days after session ended", "destroy", ("S3 4.9",), "general"),
    ),
)
