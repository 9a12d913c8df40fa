"""A small invented review pack for the tests of its writers and its reader."""

from __future__ import annotations

from datetime import date

from reports.pack_data import PackFinding, PackGroup, PackHeader, PackItem, ReviewPack, item_digest

HEADER = PackHeader(
    pack_id="pack-2026-09-01-7f3a",
    proposal_id="proposal-3",
    proposal_hash="5f" * 32,
    organisation="Larch Counselling & Mentoring",
    schedule_name="Demo Counselling Service",
    schedule_version="2026-04",
    schedule_hash="a1" * 32,
    as_of=date(2026, 9, 1),
    prepared_at="2026-09-01T08:30:00+00:00",
    destroys_itself_on=date(2026, 12, 1),
    due=7,
    held=1,
    undatable=2,
)

NOTES = PackGroup(
    number=1,
    rule="notes-after-summary",
    kind="past_retention",
    action="destroy",
    reason="The note has a dated and authored summary, and seven days have passed since the session.",
    clauses=("S3 4.9",),
    legal_basis=("UK GDPR Art 5(1)(e)",),
    confidence="policy",
    count=2,
    earliest_due=date(2026, 8, 20),
    latest_due=date(2026, 8, 31),
    risk_rank=2,
)
FILES = PackGroup(
    number=2,
    rule="client-file",
    kind="past_retention",
    action="destroy",
    reason="Seven years have passed since the last contact, and the client is over 25.",
    clauses=("S3 4.4", "S0 5b"),
    legal_basis=("Limitation Act 1980 ss.2, 5, 11", "UK GDPR Art 5(1)(e)"),
    confidence="general",
    count=4,
    earliest_due=date(2026, 1, 31),
    latest_due=date(2026, 8, 31),
    risk_rank=1,
    flagged=2,
)


def item(ordinal: int, group: PackGroup, key: str, **more: object) -> PackItem:
    """Make an item of `group` in the casework store, with the digest that belongs to it."""
    due = date(2026, 8, 31)
    digest = item_digest(HEADER, group.rule, ordinal, "casework", "client", key, due.isoformat())
    return PackItem(ordinal, group.number, "casework", "client", key, "C-0042", due, digest, **more)  # type: ignore[arg-type]


ITEMS = (
    item(1, NOTES, "N-100", triggers=(("session_ended", "2026-08-24 15:00:00"),)),
    item(2, NOTES, "N-101", triggers=(("session_ended", "2026-08-24 16:00:00"),)),
    item(
        3,
        FILES,
        "C-0042",
        triggers=(("closed_on", "2019-08-31"), ("last_contact_on", "2019-06-02")),
        age_at_close=17,
        last_contact=date(2019, 8, 31),
        linked=("C-0043",),
        read_first=("the person has died",),
        review_again_on=date(2027, 9, 1),
    ),
    item(4, FILES, "C-0051", holds=("complaint",), age_at_close=44, last_contact=date(2019, 8, 30)),
    item(5, FILES, "C-0060", age_at_close=31, last_contact=date(2019, 8, 30)),
    item(6, FILES, "=cmd|' /C calc'!A0 <script>alert(1)</script> \x07\u202e_x0041_ ", age_at_close=29),
)

FINDINGS = (
    PackFinding("held", "casework", "client", "C-0007", "client-file", "past its period", "C-0007", holds=("sar",)),
    PackFinding("undatable", "casework", "client", "C-0008", "client-file", "closed_on is missing", "C-0008"),
    PackFinding("undatable", "enquiries", "enquiry", "E-12", "enquiry", "handled_on cannot be read"),
    PackFinding("dormant", "casework", "client", "C-0009", "dormant", "no contact", "C-0009", date(2025, 3, 31)),
    PackFinding("quality", "casework", "case_record", "author present", "author present", "no author", count=12),
    PackFinding("beyond_minimum", "casework", "client", "clients.religion", "no-purpose", "no purpose", count=1234),
    PackFinding("unclaimed", "casework", "", "tmp_import_2019", "unclaimed", "no class claims the table"),
)

PACK = ReviewPack(HEADER, (NOTES, FILES), ITEMS, FINDINGS, (("2026-10", 14), ("2026-11", 3)))
