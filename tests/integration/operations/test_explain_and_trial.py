"""Explaining what was found, and trying what another choice would do, without keeping anything."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.ledger import sifts
from operations.explain import explain_finding, explain_rule
from operations.explained_file import in_words_of
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
    found = explain_rule(charity.project, "notes-after-summary").found
    assert found == sum(row.n for row in done.counts if row.rule == "notes-after-summary" and row.kind in DUE)


DUE = (Kind.PAST_RETENTION, Kind.HELD)


def test_every_finding_can_be_explained_and_names_nobody(sifted: tuple[Charity, Sifted]) -> None:
    """Each kind of finding gets sentences; a held one says so, a due one says when its time ran out."""
    charity, done = sifted
    seen = set()
    for stored in sifts.iterate(charity.project.ledger, done.sift):
        if stored.finding.kind not in seen:
            told = explain_finding(charity.project, stored.ordinal)
            assert told.sentences[0].startswith(f"As of {in_words_of(AS_OF)} this ")
            assert any("It is held" in said for said in told.sentences) is (stored.finding.kind is Kind.HELD)
            seen.add(stored.finding.kind)
    assert seen >= {Kind.PAST_RETENTION, Kind.HELD, Kind.UNDATABLE, Kind.CONTROL_BREACH}


def test_a_finding_is_judged_again_as_of_its_own_day_and_says_the_same(sifted: tuple[Charity, Sifted]) -> None:
    """Each due, held or undatable record gets the outcome that the sift gave it, from the stores as they are."""
    charity, done = sifted
    seen = set()
    for stored in sifts.iterate(charity.project.ledger, done.sift, (*DUE, Kind.UNDATABLE)):
        what = stored.finding.kind, stored.finding.rule
        if what not in seen:
            told = explain_finding(charity.project, stored.ordinal).now
            assert told is not None
            assert (told.outcome, told.as_of, told.there) == (stored.finding.kind.value, AS_OF, True)
            if stored.finding.kind in DUE:
                assert (told.rule, told.due_on) == (stored.finding.rule, stored.finding.due_on)
            assert bool(told.holds) or stored.finding.kind is not Kind.HELD
            seen.add(what)
    assert {rule for kind, rule in seen if kind is Kind.HELD}


def test_a_finding_can_be_asked_about_any_day(sifted: tuple[Charity, Sifted]) -> None:
    """Long before its time had run out it was not due, and its rule says until when; the other rules do not apply."""
    charity, done = sifted
    due = (Kind.PAST_RETENTION,)
    stored = next(one for one in sifts.iterate(charity.project.ledger, done.sift, due, "counselling-file"))
    assert stored.finding.due_on is not None
    before = stored.finding.due_on.replace(year=stored.finding.due_on.year - 1, day=1)
    told = explain_finding(charity.project, stored.ordinal, as_of=before).now
    assert told is not None
    assert told.outcome == ""
    assert any(said.startswith("counselling-file: runs out on ") for said in told.answers)
    assert any(said.startswith("Not applicable: ") for said in told.answers)
    assert told.sentences[-2].endswith("it is not due.")


def test_a_rule_is_counted_as_of_any_day_without_a_sift_being_kept(sifted: tuple[Charity, Sifted]) -> None:
    """The count is that of a whole sift of that day, held records among them and told apart."""
    charity, done = sifted
    later = date(2030, 1, 1)
    told = explain_rule(charity.project, "counselling-file", later)
    whole = try_sift(charity.project, charity.project.schedule, later).due.values()
    assert (told.found, told.as_of) == (sum(rule == "counselling-file" for _, rule, _ in whole), later)
    assert told.held == sum(rule == "counselling-file" and kind is Kind.HELD for kind, rule, _ in whole)
    latest = sifts.latest_sift(charity.project.ledger)
    assert latest is not None
    assert latest.id == done.sift


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
