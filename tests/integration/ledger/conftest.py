"""A ledger of each engine, and findings to put in it."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.ledger import sifts
from connectors.ledger.base import Ledger, open_ledger
from rules.review.values import Finding, Kind

AT = "2026-09-01T09:00:00Z"
DIGEST = "a" * 64


@pytest.fixture
def ledger(every_engine_url: str) -> Ledger:
    """An empty ledger, in SQLite, in PostgreSQL and in MariaDB."""
    return open_ledger(every_engine_url)


def due(key: str, kind: Kind = Kind.PAST_RETENTION, subject: str | None = "C1", **more: str) -> Finding:
    """A finding about one record, with facts by keyword."""
    return Finding(
        kind=kind,
        store="casework",
        class_name="session_note",
        key=key,
        rule="notes-after-summary",
        subject=subject,
        due_on=date(2026, 8, 17),
        version="ab" * 32,
        reason="7 days after the session ended",
        facts=more,
    )


def sifted(ledger: Ledger, *findings: Finding, finished: bool = True, scope: str = "") -> int:
    """A sift with these findings."""
    sift = sifts.new_sift(ledger, date(2026, 9, 1), DIGEST, "2026-04", AT, scope)
    sifts.add_findings(ledger, sift, findings)
    if finished:
        sifts.finish_sift(ledger, sift, AT, {"rows": len(findings)})
    return sift
