"""The ordinary many: clients in weighted everyday situations, so that statistics have something to count."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from synthetic.bundle import Bundle
from synthetic.casefile import Case, feedback_row
from synthetic.dates import DAY, academic_year_end, add_months, add_years, months_ago, years_ago
from synthetic.people import PAIRS, Person, bulk_turn
from synthetic.scenes_referrals import NOT_TAKEN_UP, RULE, referral
from synthetic.words import COMMENTS, write
from synthetic.world import World

SERVICES = ("counselling",) * 6 + ("mentoring",) * 2 + ("careers",) * 2
WITH_FILES = 150  # only the first so many have documents, paper and hosted items: those stores stay small
CYCLE = 64


def _days(count: int) -> timedelta:
    return timedelta(days=count)


def _birth(world: World, rng: random.Random, ordinal: int, at: date, youngest: int, oldest: int) -> date:
    """Return a date of birth; people of one pair of names get different remainders, so no two share both."""
    born = add_years(at, -youngest) - _days(rng.randrange(1, 365 * (oldest - youngest)))
    earlier = bulk_turn(ordinal) // PAIRS
    return born - _days((born.toordinal() - earlier) % CYCLE)


def _work(case: Case, last: date, rng: random.Random) -> None:
    """Add sessions and records up to the last contact."""
    for number in range(rng.randrange(1, 5)):
        case.session(last - _days(7 * number))
    for number in range(rng.randrange(0, 3)):
        case.summary(last - _days(7 * number), kind="careers_form" if rng.random() < 0.1 else "summary")
    if rng.random() < 0.35:
        case.consent(last - _days(rng.randrange(40, 200)))
    if rng.random() < 0.2:
        case.additional(last - _days(10), rng.choice(("progress_work", "decisions_and_reasons")))
    if rng.random() < 0.7:
        case.referral(last - _days(rng.randrange(210, 300)))


def _files(case: Case, last: date, ordinal: int, rng: random.Random) -> None:
    if ordinal >= WITH_FILES:
        return
    if rng.random() < 0.45:
        case.document(rng.choice(("letter", "form")), last - _days(9), rng.choice(("docx", "pdf", "txt", "eml")))
    if rng.random() < 0.15:
        case.paper(rng.randrange(1, 30), out_since=None)
    if rng.random() < 0.08:
        case.hosted()


def _open(case: Case, ordinal: int, rng: random.Random) -> None:
    today = case.world.as_of
    last = today - _days(rng.randrange(9, 400))
    service = rng.choice(SERVICES)
    born = _birth(case.world, rng, ordinal, last, 12, 78)
    second = "careers" if service == "mentoring" and rng.random() < 0.2 else None
    case.head(
        born=born,
        opened=last - _days(320),
        closed=None,
        contact_on=last,
        status="open",
        service=service,
        second_service=second,
    )
    _work(case, last, rng)
    _files(case, last, ordinal, rng)
    chance = rng.random()
    if chance < 0.12:
        key = case.note(last, "summarised", summary=case.summary(last))
        case.past("session_note", key, "notes-after-summary", last + _days(7))
    elif chance < 0.15:
        case.breach("session_note", case.note(last, "to_summarise"), "notes-after-summary")
    elif chance < 0.3:
        case.note(today - DAY, "to_summarise")
    if service == "careers" and rng.random() < 0.3:
        taken = months_ago(today, 18) - _days(rng.randrange(1, 90))
        case.past("test_result", case.result(taken), "test-results", add_months(taken, 18))


def _closed_lately(case: Case, ordinal: int, rng: random.Random) -> None:
    # Younger than the shortest file period, six years: not due whatever the service or the age.
    closed = case.world.as_of - _days(rng.randrange(20, 2000))
    service = rng.choice(SERVICES)
    born = _birth(case.world, rng, ordinal, closed, 11, 76)
    case.head(
        born=born,
        opened=closed - _days(rng.randrange(310, 600)),
        closed=closed,
        contact_on=closed - _days(rng.randrange(0, 30)),
        service=service,
    )
    last = closed - _days(30)
    _work(case, last, rng)
    _files(case, last, ordinal, rng)
    if closed > case.world.as_of - _days(300) and rng.random() < 0.3:
        case.feedback(closed)


def _due(case: Case, ordinal: int, rng: random.Random) -> None:
    service = rng.choice(SERVICES)
    today = case.world.as_of
    closed = years_ago(today, 7) - _days(rng.randrange(1, 2500))
    born = _birth(case.world, rng, ordinal, closed, 26, 75)
    case.head(born=born, opened=closed - _days(330), closed=closed, contact_on=closed, service=service)
    _work(case, closed - _days(5), rng)
    _files(case, closed, ordinal, rng)
    due = {
        "counselling": add_years(closed, 7),
        "mentoring": add_years(closed, 6),
        "careers": add_years(academic_year_end(closed), 6),
    }
    case.due(due[service])


def _child_waiting(case: Case, ordinal: int, rng: random.Random) -> None:
    # Closed eight years ago at thirteen at most: not yet twenty-two, so the 25th birthday is to come.
    closed = years_ago(case.world.as_of, 8) - _days(rng.randrange(1, 100))
    born = _birth(case.world, rng, ordinal, closed, 10, 12)
    case.head(born=born, opened=closed - _days(330), closed=closed, contact_on=closed)
    _work(case, closed - _days(5), rng)


def _dormant(case: Case, ordinal: int, rng: random.Random) -> None:
    last = months_ago(case.world.as_of, 18) - _days(rng.randrange(1, 900))
    born = _birth(case.world, rng, ordinal, last, 18, 70)
    service = rng.choice(SERVICES)
    case.head(born=born, opened=last - _days(330), closed=None, contact_on=last, status="open", service=service)
    _work(case, last, rng)
    case.expect("dormant", "client", case.number, "dormant", add_months(last, 18))


ORDINARY: tuple[tuple[str, int, Callable[[Case, int, random.Random], None]], ...] = (
    ("ordinary: present client", 36, _open),
    ("ordinary: closed in the last five years", 44, _closed_lately),
    ("ordinary: adult, due", 8, _due),
    ("ordinary: child, waiting for a birthday", 9, _child_waiting),
    ("ordinary: dormant", 3, _dormant),
)
_LABELS = [label for label, weight, _ in ORDINARY for _ in range(weight)]
_BUILD = {label: build for label, _, build in ORDINARY}


def _around(world: World, ordinal: int, who: Person, rng: random.Random) -> Bundle:
    """Return what belongs to no file: anonymous feedback and referrals that led to nothing."""
    bundle = Bundle(world, "ordinary: no file")
    if rng.random() < 0.15:
        received = world.as_of - _days(rng.randrange(5, 1500))
        bundle.add("feedback", feedback_row(bundle, None, received, True, write(rng, COMMENTS[1:4], who, "")))
    if rng.random() < 0.12:
        ended = world.as_of - _days(rng.randrange(5, 330))
        referral(bundle, who, NOT_TAKEN_UP[ordinal % 3], ended)
    elif rng.random() < 0.03:
        ended = months_ago(world.as_of, 12) - _days(rng.randrange(1, 300))
        key = referral(bundle, who, NOT_TAKEN_UP[ordinal % 3], ended)
        bundle.past("referral", key, RULE, add_months(ended, 12))
    return bundle


def ordinary(world: World, ordinal: int) -> Iterator[Bundle]:
    """Yield the bundles of the bulk's `ordinal`th client."""
    rng = world.rng("bulk", ordinal)
    label = rng.choice(_LABELS)
    world.situations[label] += 1
    turn = bulk_turn(ordinal)
    case = Case(world, label, world.person(turn))
    _BUILD[label](case, ordinal, rng)
    yield case
    around = _around(world, ordinal, world.person(turn, household=ordinal), rng)
    if around.rows:
        yield around
