"""Situations of who the client is: death, holds, couples, restriction, siblings, one person with two numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from synthetic.casefile import Case
from synthetic.dates import DAY, add_months, add_years, months_ago, years_ago
from synthetic.people import STAFF
from synthetic.scenes import Cast, Repertoire, furnish

PEOPLE = Repertoire()


@PEOPLE.plant("death recorded, same clock: due")
def _dead_due(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - 80 * DAY
    case = cast.closed(closed, date_of_death=closed + 200 * DAY)
    furnish(case, closed, cast.copy)
    case.due(add_years(closed, 7))


@PEOPLE.plant("death recorded, same clock: not due")
def _dead_not_due(cast: Cast) -> None:
    closed = cast.today - 800 * DAY
    cast.closed(closed, date_of_death=closed + 5 * DAY).session(closed - 30 * DAY)


@PEOPLE.plant("hold on one person whose file is due")
def _held(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - 100 * DAY
    case = cast.closed(closed)
    furnish(case, closed, cast.copy, grave="violence" if cast.copy else "solicitor")
    case.due(add_years(closed, 7), "held")
    case.hold(("litigation", "coroner")[cast.copy], cast.situation)


@PEOPLE.plant("hold on a client whose file is not due")
def _held_not_due(cast: Cast) -> None:
    closed = cast.today - 500 * DAY
    case = cast.closed(closed)
    case.session(closed - 3 * DAY)
    case.hold("sar", cast.situation)


@PEOPLE.plant("hold on a present client keeps a test result too", copies=1)
def _held_result(cast: Cast) -> None:
    case = cast.open()
    taken = months_ago(cast.today, 18) - 60 * DAY
    key = case.result(taken)
    case.expect("held", "test_result", key, "test-results", add_months(taken, 18))
    case.hold("litigation", cast.situation)


def _couple(cast: Cast, years: int) -> tuple[Case, Case]:
    household = cast.world.number("household")
    closed = years_ago(cast.today, 7) - 120 * DAY
    first = cast.closed(closed, who=cast.person(household))
    second = cast.closed(closed if years == 7 else cast.today - 365 * DAY, who=cast.person(household), **_home(first))
    first.rows["client"][0]["linked_case"] = second.number
    second.rows["client"][0]["linked_case"] = first.number
    first.session(closed - 30 * DAY)
    first.document("letter", closed - 20 * DAY, "docx")
    second.session(closed - 30 * DAY)
    return first, second


def _home(case: Case) -> dict[str, Any]:
    row = case.rows["client"][0]
    return {column: row[column] for column in ("address", "area", "postcode")}


@PEOPLE.plant("couple, both due, hold on one of them keeps both")
def _couple_held(cast: Cast) -> None:
    first, second = _couple(cast, 7)
    due = add_years(years_ago(cast.today, 7) - 120 * DAY, 7)
    first.due(due, "held")
    second.due(due, "held")
    (second if cast.copy else first).hold("litigation", cast.situation)


@PEOPLE.plant("couple, one due, hold on the other who is not", copies=1)
def _couple_other_held(cast: Cast) -> None:
    first, second = _couple(cast, 1)
    first.due(add_years(years_ago(cast.today, 7) - 120 * DAY, 7), "held")
    second.hold("sar", cast.situation)


@PEOPLE.plant("couple, both due, no hold", copies=1)
def _couple_free(cast: Cast) -> None:
    due = add_years(years_ago(cast.today, 7) - 120 * DAY, 7)
    for case in _couple(cast, 7):
        case.due(due)


@PEOPLE.plant("paper file in the hands of somebody who left")
def _holder_left(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - 30 * DAY if cast.copy else cast.today - 600 * DAY
    case = cast.closed(closed)
    # The first volunteer after the staff is one who ended years ago.
    case.paper(3, out_since=closed - 100 * DAY, holder=f"P{len(STAFF) + 1:04d}")
    if cast.copy:
        case.due(add_years(closed, 7))


@PEOPLE.plant("restricted under Article 18")
def _restricted(cast: Cast) -> None:
    case = cast.closed(cast.today - 400 * DAY, restricted=1) if cast.copy else cast.open(restricted=1)
    case.summary(cast.today - 420 * DAY)


@PEOPLE.plant("volunteered as a case study")
def _case_study(cast: Cast) -> None:
    case = cast.closed(cast.today - 300 * DAY, case_study=1) if cast.copy else cast.open(case_study=1)
    case.summary(cast.today - 320 * DAY)
    case.consent(cast.today - 310 * DAY)


@PEOPLE.plant("siblings under one roof: one due, one present client")
def _siblings(cast: Cast) -> None:
    household = cast.world.number("household")
    closed = years_ago(cast.today, 7) - 210 * DAY
    elder = cast.closed(closed, who=cast.person(household))
    elder.document("letter", closed - 15 * DAY, "pdf")
    younger = cast.open(who=cast.person(household), **_home(elder))
    younger.session(cast.today - 30 * DAY)
    elder.due(add_years(closed, 7))


@PEOPLE.plant("one person under two case numbers")
def _duplicate(cast: Cast) -> None:
    who = cast.person()
    born = cast.born_adult(years_ago(cast.today, 9))
    closed = years_ago(cast.today, 7) - 150 * DAY
    first = cast.closed(closed, who=who, born=born)
    given, *canary = who.given.split(" ")
    written = replace(who, given=" ".join((given.upper(), *canary))) if cast.copy else who
    cast.open(who=written, born=born)
    for number in range(2):
        cast.bundles[number].fault("client", "one person, one case number")
        cast.bundles[number].fault("client", "one case number for each person")
    first.due(add_years(closed, 7))
    first.grave.update(first.keys())


@PEOPLE.plant("two people of one name, born on different days", copies=1)
def _namesakes(cast: Cast) -> None:
    who = cast.person()
    born = cast.born_adult(cast.today)
    cast.open(who=who, born=born)
    cast.open(who=who, born=born - DAY)


@PEOPLE.plant("twins: one family name, one birthday", copies=1)
def _twins(cast: Cast) -> None:
    household = cast.world.number("household")
    born = cast.born_adult(cast.today)
    first = cast.open(who=cast.person(household), born=born)
    cast.open(who=cast.person(household), born=born, **_home(first))


@PEOPLE.plant("date of birth impossible")
def _implausible(cast: Cast) -> None:
    case = cast.open(born=cast.today + 300 * DAY if cast.copy else "1893-05-06")
    case.fault("client", "date_of_birth plausible")
