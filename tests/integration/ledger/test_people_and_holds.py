"""People, holds, releases and extracts come back as they were stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from connectors.ledger import holds, people, releases
from connectors.ledger.base import Ledger
from connectors.ledger.people import Adoption, Person
from connectors.ledger.releases import Extract, Release
from rules.review.authority import Role
from rules.review.values import Hold
from tests.integration.ledger.conftest import AT, DIGEST

DANA = Person("dana", "Dana Okoro", Role.DPO, "k" * 44, AT, "s" * 44, ("W1", "W2"), ("C7",))


def test_a_person_comes_back_by_slug_and_by_name(ledger: Ledger) -> None:
    people.add_person(ledger, DANA)
    avery = Person("avery", "Avery Lund", Role.APPROVER, "k" * 44, AT)
    people.add_person(ledger, avery)
    assert people.find_person(ledger, "dana") == people.find_person(ledger, "Dana Okoro") == DANA
    assert people.find_person(ledger, "nobody") is None
    assert people.people(ledger) == [avery, DANA]
    assert people.people(ledger, [Role.DPO]) == [DANA]


def test_statements_and_adoptions_keep_their_order(ledger: Ledger) -> None:
    people.add_person(ledger, DANA)
    for number in (1, 2):
        people.add_statement(ledger, "decisions", "p1", "dana", {"count": number}, AT, number)
    people.add_statement(ledger, "approval", "p1", "dana", {}, AT, None)
    assert [one.signed["count"] for one in people.statements(ledger, "p1", "decisions")] == [1, 2]
    adopted = Adoption(DIGEST, "2026-04", date(2026, 8, 20), ("dana",), ("r1",), AT)
    people.add_adoption(ledger, adopted)
    assert people.adoptions(ledger) == people.adoptions(ledger, DIGEST) == [adopted]
    assert people.adoptions(ledger, "b" * 64) == []


def test_a_hold_stands_from_its_placing_until_the_day_of_its_release(ledger: Ledger) -> None:
    hold = Hold("h1", "sar", "REF", "dana", date(2026, 9, 1), date(2027, 1, 1), subject="C1")
    holds.place(ledger, hold, "told by the person")
    holds.place(ledger, replace(hold, id="h2", subject=None, name="A Name"))
    # Placed later than the day asked about: it still wins.
    assert [one.id for one in holds.active_holds(ledger, date(2026, 1, 1))] == ["h1", "h2"]
    assert holds.release(ledger, "h1", date(2026, 10, 1), "dana", "REF-2")
    assert not holds.release(ledger, "h1", date(2026, 11, 1), "dana", "REF-3")
    assert [one.id for one in holds.active_holds(ledger, date(2026, 9, 30))] == ["h1", "h2"]
    assert [one.id for one in holds.active_holds(ledger, date(2026, 10, 1))] == ["h2"]
    assert holds.get(ledger, "h1") == replace(hold, released_on=date(2026, 10, 1))
    assert (holds.reason_of(ledger, "h1"), holds.reason_of(ledger, "h2")) == ("told by the person", "")


def test_everything_ever_published_comes_back_to_be_attacked_together(ledger: Ledger) -> None:
    one = Release("2026-q1", "2026-04-01T00:00:00Z", {"by area": [["Leeds", 12], ["Hull", None]]})
    two = Release("2026-q2", "2026-07-01T00:00:00Z", {})
    for published in (two, one):
        releases.add_release(ledger, published)
    assert releases.releases(ledger) == [one, two]


def test_an_extract_is_found_by_any_of_its_sources_until_it_is_destroyed(ledger: Ledger) -> None:
    made = Extract("e1", "supervision", "out/supervision", AT, date(2026, 12, 1))
    releases.add_extract(ledger, made, [f"{number:064x}" for number in range(1200)])
    wanted = [f"{number:064x}" for number in range(1199, 2500)]
    assert releases.extracts(ledger) == [made]
    assert releases.extracts_with(ledger, wanted) == {"e1"}
    assert releases.extracts_with(ledger, wanted[1:]) == set()
    releases.extract_destroyed(ledger, "e1", AT)
    assert releases.extracts(ledger) == []
    assert releases.extracts(ledger, only_living=False) == [replace(made, destroyed_at=AT)]
    assert releases.extracts_with(ledger, wanted) == set()


def test_the_last_epoch_of_each_store_is_known(ledger: Ledger) -> None:
    for epoch in (1, 2):
        releases.set_epoch(ledger, "casework", epoch, AT)
    releases.set_epoch(ledger, "people", 1, AT)
    assert releases.epochs(ledger) == {"casework": 2, "people": 1}
