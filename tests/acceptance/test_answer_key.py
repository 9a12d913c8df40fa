"""The sift of the whole charity against the key of what was planted: nothing missing, nothing extra."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.ledger import sifts
from operations.quality import QualityGate
from operations.review import write_pack
from operations.sift import sift
from rules.review.values import Finding
from tests.acceptance.charity import AS_OF, Charity, set_up

Row = tuple[str, str, str, str, str, str | None, int | None]


def planted(charity: Charity) -> Counter[Row]:
    """The answer key: what the generator wrote down while planting."""
    lines = (charity.folder / "answer_key.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "kind" in row]
    names = ("kind", "store", "class", "key", "rule", "due_on", "count")
    return Counter(tuple(row[name] for name in names) for row in rows)


def found_row(finding: Finding) -> Row:
    due_on = finding.due_on.isoformat() if finding.due_on else None
    place = (finding.kind.value, finding.store, finding.class_name, finding.key)
    return (*place, finding.rule, due_on, finding.count)


def sifted(charity: Charity, as_of: date = AS_OF) -> Counter[Row]:
    """What the sift finds."""
    result = sift(charity.project, as_of, quality=QualityGate())
    return Counter(found_row(stored.finding) for stored in sifts.iterate(charity.project.ledger, result.sift))


@pytest.mark.parametrize("as_of", [AS_OF, date(2028, 2, 29), date(2027, 8, 31)], ids=str)
def test_the_sift_finds_exactly_what_was_planted_on_sqlite(tmp_path: Path, as_of: date) -> None:
    """Every planted situation is found with its rule and date, and nothing else is, leap day included."""
    charity = set_up(tmp_path / "demo", as_of=as_of)
    expected, found = planted(charity), sifted(charity, as_of)
    assert sum(expected.values()) > 400
    assert expected - found == Counter()
    assert found - expected == Counter()


@pytest.mark.postgres
def test_the_sift_finds_exactly_what_was_planted_on_postgresql(tmp_path: Path, fresh_postgres: str) -> None:
    """The same key holds when the casework store is a PostgreSQL database."""
    charity = set_up(tmp_path / "demo", database=fresh_postgres)
    assert sifted(charity) == planted(charity)


def test_every_text_that_touches_a_risk_asks_for_a_reader(tmp_path: Path) -> None:
    """No due record with a planted risk word goes into the pack without somebody having to read it first."""
    charity = set_up(tmp_path / "demo")
    result = sift(charity.project, AS_OF)
    wanted = json.loads((charity.folder / "answer_key.json").read_text(encoding="utf-8"))["read_first"]
    flagged = {
        (item.finding.store, item.finding.class_name, item.finding.key)
        for item in sifts.iterate(charity.project.ledger, result.sift)
        if item.finding.read_first
    }
    assert wanted
    assert {tuple(place) for place in wanted} <= flagged


def test_the_review_pack_is_written_from_the_frozen_proposal(tmp_path: Path) -> None:
    """The pack's first line adds up to what the sift found due."""
    charity = set_up(tmp_path / "demo")
    result = sift(charity.project, AS_OF)
    written = write_pack(charity.project, result.proposal.id)
    kinds = result.by_kind()
    due = sum(count for kind, count in kinds.items() if kind.value in ("past_retention", "held"))
    assert written.header.first_line.startswith(f"due {due} = destroyed 0 + ")
    assert written.html.stat().st_size > 0
    assert written.xlsx.stat().st_size > 0
