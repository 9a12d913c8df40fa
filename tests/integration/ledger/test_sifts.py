"""Findings come out of the ledger as they went in, in their order."""

from __future__ import annotations

import tracemalloc
from datetime import date

import pytest

from connectors.ledger import sifts
from connectors.ledger.base import Ledger
from rules.errors import StoreUnavailable
from rules.review.values import Finding, Kind
from tests.integration.ledger.conftest import AT, due, sifted


def test_a_finding_comes_back_exactly_as_it_went_in(ledger: Ledger) -> None:
    whole = Finding(
        kind=Kind.HELD,
        store="casework",
        class_name="client",
        key="Zoë’s 'key'; DROP",
        rule="client-file",
        subject="C1",
        due_on=date(2024, 2, 29),
        count=3,
        action="blank case_number, comment",
        version="ab" * 32,
        reason="7 years after closed_on",
        facts={"author": "W3", "linked": "C9"},
        read_first=("a recorded death", "a disclosure"),
    )
    bare = Finding(Kind.UNCLAIMED, "casework", "", "tmp_import_2019", "unclaimed")
    sift = sifted(ledger, whole, bare)
    assert [stored.finding for stored in sifts.iterate(ledger, sift)] == [whole, bare]
    assert sifts.by_ordinal(ledger, sift, [2, 7]) == {2: bare}


def test_pages_join_up_and_kinds_and_rules_narrow_them(ledger: Ledger) -> None:
    sift = sifted(ledger, *(due(str(n)) for n in range(25)), due("h", Kind.HELD), due("d", Kind.DORMANT))
    first = sifts.findings(ledger, sift, limit=10)
    second = sifts.findings(ledger, sift, after=first[-1].ordinal, limit=100)
    assert [stored.ordinal for stored in first + second] == list(range(1, 28))
    assert [item.finding.key for item in sifts.findings(ledger, sift, kinds=[Kind.HELD, Kind.DORMANT])] == ["h", "d"]
    assert sifts.findings(ledger, sift, rule="another") == []


def test_later_findings_are_numbered_after_earlier_ones(ledger: Ledger) -> None:
    sift = sifted(ledger, due("1"), finished=False)
    assert sifts.add_findings(ledger, sift, [due("2"), due("3")]) == 2
    assert [stored.ordinal for stored in sifts.iterate(ledger, sift)] == [1, 2, 3]


def test_only_findings_that_settle_a_record_count_as_having_one(ledger: Ledger) -> None:
    kinds = [Kind.PAST_RETENTION, Kind.HELD, Kind.UNDATABLE, Kind.DORMANT, Kind.CONTROL_BREACH]
    sift = sifted(ledger, *(due(kind.value, kind) for kind in kinds))
    asked = [kind.value for kind in kinds] + [f"other {n}" for n in range(1200)]
    found = sifts.with_finding(ledger, sift, "casework", "session_note", asked)
    assert found == {"past_retention", "held", "undatable"}
    assert sifts.with_finding(ledger, sift, "elsewhere", "session_note", asked) == set()


def test_a_record_is_never_in_two_findings_that_settle_it(ledger: Ledger) -> None:
    sift = sifted(ledger, due("1"), due("1", Kind.CONTROL_BREACH))
    with pytest.raises(StoreUnavailable) as caught:
        sifts.add_findings(ledger, sift, [due("2"), due("1", Kind.HELD)])
    assert "C1" not in str(caught.value)
    assert len(list(sifts.iterate(ledger, sift))) == 2


def test_counts_group_by_kind_store_class_rule_and_action(ledger: Ledger) -> None:
    sift = sifted(ledger, due("1"), due("2"), due("3", Kind.HELD))
    past, held = sorted(sifts.counts(ledger, sift), key=lambda count: -count.n)
    assert (past.kind, past.n, past.earliest, past.latest) == (
        Kind.PAST_RETENTION,
        2,
        date(2026, 8, 17),
        date(2026, 8, 17),
    )
    assert (held.kind, held.n, held.action) == (Kind.HELD, 1, "destroy")


def test_the_latest_sift_is_the_newest_finished_one_of_its_scope(ledger: Ledger) -> None:
    assert sifts.latest_sift(ledger) is None
    whole = sifted(ledger, due("1"))
    sifted(ledger, due("1"), scope="notes")
    sifted(ledger, due("1"), finished=False)
    latest = sifts.latest_sift(ledger)
    assert latest is not None
    assert (latest.id, latest.facts, latest.as_of, latest.finished_at) == (whole, {"rows": 1}, date(2026, 9, 1), AT)


def test_memory_does_not_grow_with_the_number_of_findings(ledger: Ledger) -> None:
    def peak(sift: int, many: int) -> int:
        tracemalloc.start()
        sifts.add_findings(ledger, sift, (due(f"{sift}-{n}") for n in range(many)))
        for _ in sifts.iterate(ledger, sift):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(sifted(ledger, finished=False), 100)  # fills the caches of the libraries
    small, large = (peak(sifted(ledger, finished=False), many) for many in (5_200, 13_000))
    assert large < 1.3 * small
