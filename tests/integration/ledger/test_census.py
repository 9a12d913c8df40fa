"""The counts with which books begin: one for each run, one that is the last, and none keeps what was destroyed."""

from __future__ import annotations

from dataclasses import replace

from connectors.ledger import census
from connectors.ledger.base import Ledger
from connectors.stores.census import digests_of

SALT = "ab" * 32
PLACE = ("casework", "client")
BEGAN = census.Census(*PLACE, "2026-09-01T00:00:00Z", 0, SALT, 3, digests_of("ABC", SALT))


def test_two_runs_at_a_time_keep_apart_what_each_destroyed(ledger: Ledger) -> None:
    """The digests of what one run destroyed leave another's count, which remembers how many they were."""
    for run in ("run-a", "run-b"):
        census.begin(ledger, run, BEGAN)
        census.begin(ledger, run, replace(BEGAN, count=9))
    assert census.places(ledger, "run-a") == [PLACE]
    newest = replace(BEGAN, count=2, digests=digests_of("BC", SALT))
    census.end(ledger, "run-a", PLACE, newest, digests_of("A", SALT))
    assert census.find(ledger, *PLACE, "run-b") == replace(newest, count=3, removed=1)
    assert census.find(ledger, *PLACE) == newest
    assert census.find(ledger, *PLACE, "run-a") is None


def test_a_store_that_cannot_be_counted_at_the_end_forgets_all_the_same(ledger: Ledger) -> None:
    """Without a new count the old one stays the last, less what the run destroyed."""
    census.begin(ledger, "run-a", BEGAN)
    census.end(ledger, "run-a", PLACE, None, digests_of("AB", SALT))
    assert census.find(ledger, *PLACE) == replace(BEGAN, digests=digests_of("C", SALT), removed=2)


def test_a_count_without_digests_comes_back_as_it_was(ledger: Ledger) -> None:
    """Of a class too large to keep its keys, the number is kept."""
    many = replace(BEGAN, count=5_000_000, digests=None)
    census.keep(ledger, many)
    census.begin(ledger, "run-a", BEGAN)
    assert census.find(ledger, *PLACE, "run-a") == many
