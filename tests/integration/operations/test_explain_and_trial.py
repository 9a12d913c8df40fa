"""Explaining what was found, and trying what another choice would do, without keeping anything."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.ledger import sifts
from operations.explain import explain_finding, explain_rule
from operations.sift import Sifted, sift
from operations.trial import forecast, try_sift, what_if
from rules.errors import BadInput
from rules.review.values import Kind
from tests.acceptance.charity import AS_OF, Charity, set_up


@pytest.fixture(scope="module")
def sifted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Charity, Sifted]:
    """A small charity after its sift."""
    charity = set_up(tmp_path_factory.mktemp("explained") / "demo", clients=1)
    return charity, sift(charity.project, AS_OF)


def test_a_rule_is_explained_in_words_sources_sql_and_a_count(sifted: tuple[Charity, Sifted]) -> None:
    """The words name period, condition and clause; the SQL is the store's own; the count is the sift's."""
    charity, done = sifted
    told = explain_rule(charity.project, "notes-after-summary", AS_OF)
    assert told.keeps == "7 days after session ended"
    assert told.conditions["only if"].startswith("there is a case record for which its record id is this record's")
    assert "S3 4.9" in told.because
    assert "session_notes" in told.sql["casework"]
    assert told.found == sum(row.n for row in done.counts if row.rule == "notes-after-summary" and row.kind in DUE)


DUE = (Kind.PAST_RETENTION, Kind.HELD)


def test_every_finding_can_be_explained_and_names_nobody(sifted: tuple[Charity, Sifted]) -> None:
    """Each kind of finding gets sentences; a held one says so, a due one says when its time ran out."""
    charity, done = sifted
    seen = set()
    for stored in sifts.iterate(charity.project.ledger, done.sift):
        if stored.finding.kind not in seen:
            told = explain_finding(charity.project, stored.ordinal)
            assert told.sentences[0].startswith(f"As of {AS_OF.isoformat()} this ")
            assert any("It is held" in said for said in told.sentences) is (stored.finding.kind is Kind.HELD)
            seen.add(stored.finding.kind)
    assert seen >= {Kind.PAST_RETENTION, Kind.HELD, Kind.UNDATABLE, Kind.CONTROL_BREACH}


def test_an_unknown_rule_or_finding_is_refused_with_what_there_is(sifted: tuple[Charity, Sifted]) -> None:
    """Nothing is guessed."""
    charity, _ = sifted
    with pytest.raises(BadInput, match="Rules: careers-file, "):
        explain_rule(charity.project, "counseling-file")
    with pytest.raises(BadInput, match="there is no finding 999999"):
        explain_finding(charity.project, 999_999)


def test_what_if_agrees_with_sifting_under_the_other_schedule(sifted: tuple[Charity, Sifted]) -> None:
    """A shorter period only adds, a longer one only takes away, and each count is that of a whole sift."""
    charity, done = sifted
    shorter = what_if(charity.project, {"counselling.keep": "6 years"}, AS_OF)
    longer = what_if(charity.project, {"counselling.keep": "8 years"}, AS_OF)
    due = sum(done.by_kind()[kind] for kind in DUE)
    assert shorter.due_now == longer.due_now == due
    assert sum(shorter.becomes_due.values()) > 0
    assert not shorter.stops_being_due
    assert sum(longer.stops_being_due.values()) > 0
    assert longer.due_then == due - sum(longer.stops_being_due.values()) + sum(longer.becomes_due.values())


def test_the_forecast_counts_each_month_what_a_sift_on_its_last_day_would_add(sifted: tuple[Charity, Sifted]) -> None:
    """Five years of months, and their sum is what falls due after today by the end of the fifth year."""
    charity, _ = sifted
    months = forecast(charity.project, AS_OF)
    assert [months[0][0], months[-1][0], len(months)] == ["2026-11", "2031-11", 61]
    later = try_sift(charity.project, charity.project.schedule, date(2031, 11, 21))
    expected = Counter(due.strftime("%Y-%m") for _, _, due in later.due.values() if due and due > AS_OF)
    assert dict(expected) == {month: count for month, count in months if count}


def test_trying_keeps_nothing(sifted: tuple[Charity, Sifted], tmp_path: Path) -> None:
    """The ledger has the same sifts and findings after a trial as before."""
    charity, done = sifted
    before = sifts.counts(charity.project.ledger, done.sift)
    what_if(charity.project, {"dbs.keep": "1 month"}, AS_OF)
    latest = sifts.latest_sift(charity.project.ledger)
    assert latest is not None
    assert latest.id == done.sift
    assert sifts.counts(charity.project.ledger, done.sift) == before
