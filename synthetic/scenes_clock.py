"""Situations of the file's own clock: closing, contact, birthdays, two services, dirty dates, reopening, dormancy."""

from __future__ import annotations

from datetime import date

from synthetic.casefile import Case
from synthetic.dates import (
    DAY,
    academic_year_end,
    add_months,
    add_years,
    birthday,
    born_to_turn,
    leap_day,
    months_ago,
    years_ago,
)
from synthetic.scenes import FORMS, UNREADABLE, Cast, Repertoire, furnish

CLOCK = Repertoire()


@CLOCK.plant("adult counselling, due long ago", copies=5)
def _due_long_ago(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - (300 + 97 * cast.copy) * DAY
    case = cast.closed(closed)
    furnish(case, closed, cast.copy, grave=(None, "suicide", "abuse", "solicitor", "violence")[cast.copy])
    case.due(add_years(closed, 7))


@CLOCK.plant("adult counselling, due today")
def _due_today(cast: Cast) -> None:
    closed = years_ago(cast.today, 7)
    case = cast.closed(closed)
    case.session(closed - 20 * DAY)
    case.due(add_years(closed, 7))


@CLOCK.plant("adult counselling, due yesterday")
def _due_yesterday(cast: Cast) -> None:
    closed = years_ago(cast.today - DAY, 7)
    case = cast.closed(closed)
    case.summary(closed - 20 * DAY)
    case.due(add_years(closed, 7))


@CLOCK.plant("adult counselling, due tomorrow: nothing yet")
def _due_tomorrow(cast: Cast) -> None:
    cast.closed(years_ago(cast.today, 7) + DAY).session(cast.today - 3000 * DAY)


@CLOCK.plant("last contact unrecorded, closing alone counts")
def _no_contact_column(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - 40 * DAY
    cast.closed(closed, contact_on=None).due(add_years(closed, 7))


@CLOCK.plant("contact after closing, both long ago: due from the contact")
def _contact_after_close(cast: Cast) -> None:
    contact = years_ago(cast.today, 7) - 5 * DAY
    case = cast.closed(contact - 90 * DAY, contact_on=contact)
    case.session(contact - 120 * DAY)
    case.due(add_years(contact, 7))


@CLOCK.plant("contact after closing delays")
def _contact_delays(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - 200 * DAY
    cast.closed(closed, contact_on=years_ago(cast.today, 7) + 30 * DAY)


@CLOCK.plant("a later session delays")
def _session_delays(cast: Cast) -> None:
    case = cast.closed(years_ago(cast.today, 8), contact_on=None if cast.copy else years_ago(cast.today, 8))
    case.session(years_ago(cast.today, 3))


@CLOCK.plant("a later letter delays", copies=4)
def _letter_delays(cast: Cast) -> None:
    case = cast.closed(years_ago(cast.today, 8) - 10 * DAY)
    case.document("letter", years_ago(cast.today, 3) - cast.copy * DAY, FORMS[cast.copy])


@CLOCK.plant("a letter of the last day moves the due date", copies=4)
def _letter_moves(cast: Cast) -> None:
    letter = years_ago(cast.today, 7)
    case = cast.closed(letter - 100 * DAY)
    grave = ("allegation", "suicide", "abuse", "solicitor")[cast.copy]
    case.document("letter", letter, FORMS[cast.copy], grave=grave)
    case.due(add_years(letter, 7))


def _minor(cast: Cast, born: date, closed: date, service: str = "counselling") -> Case:
    return cast.closed(closed, born=born, opened=closed - 100 * DAY, service=service)


@CLOCK.plant("turned 18 while a client: seven years after closing")
def _turned_adult(cast: Cast) -> None:
    closed = years_ago(cast.today, 7) - 60 * DAY
    born = add_years(closed, -18) - 70 * DAY
    case = cast.closed(closed, born=born, opened=add_years(born, 16))
    furnish(case, closed, cast.copy)
    case.due(add_years(closed, 7))


@CLOCK.plant("closed on the 18th birthday: an adult")
def _closed_on_birthday(cast: Cast) -> None:
    born = years_ago(cast.today, 26)
    case = _minor(cast, born, birthday(born, 18))
    case.due(max(birthday(born, 25), add_years(birthday(born, 18), 7)))


@CLOCK.plant("child at closing, 25th birthday last month")
def _child_due(cast: Cast) -> None:
    born = years_ago(cast.today - 31 * DAY, 25) - cast.copy * DAY
    case = _minor(cast, born, add_years(born, 14))
    furnish(case, add_years(born, 14), cast.copy)
    case.due(birthday(born, 25))


@CLOCK.plant("child at closing, 25th birthday today")
def _child_today(cast: Cast) -> None:
    born = born_to_turn(25, cast.today)
    _minor(cast, born, add_years(born, 13)).due(birthday(born, 25))


@CLOCK.plant("child at closing, 25th birthday tomorrow: nothing yet")
def _child_tomorrow(cast: Cast) -> None:
    born = born_to_turn(25, cast.today) + DAY
    _minor(cast, born, add_years(born, 13)).session(add_years(born, 13) - 9 * DAY)


@CLOCK.plant("17 at closing: 26th birthday reached")
def _seventeen_due(cast: Cast) -> None:
    born = born_to_turn(26, cast.today) - cast.copy * 40 * DAY
    _minor(cast, born, add_months(born, 17 * 12 + 6)).due(birthday(born, 26))


@CLOCK.plant("17 at closing, the day before the 18th birthday: 26th birthday reached")
def _seventeen_by_a_day(cast: Cast) -> None:
    born = born_to_turn(26, cast.today) - 15 * DAY
    _minor(cast, born, birthday(born, 18) - DAY).due(birthday(born, 26))


@CLOCK.plant("17 at closing: 25th birthday past, 26th tomorrow: nothing yet")
def _seventeen_tomorrow(cast: Cast) -> None:
    born = born_to_turn(26, cast.today) + DAY
    _minor(cast, born, add_months(born, 17 * 12 + 6 - 5 * cast.copy))


@CLOCK.plant("born on 29 February, child at closing: due on 1 March")
def _leap_child(cast: Cast) -> None:
    born = leap_day(years_ago(cast.today, 25) - 2 * DAY)
    _minor(cast, born, add_years(born, 14)).due(birthday(born, 25))


@CLOCK.plant("born on 29 February, closed at 17 on 28 February: 26th birthday is 1 March", copies=1)
def _leap_seventeen(cast: Cast) -> None:
    born = leap_day(years_ago(cast.today, 26) - 2 * DAY)
    _minor(cast, born, date(born.year + 18, 2, 28)).due(birthday(born, 26))


@CLOCK.plant("closed on 29 February: due on 28 February")
def _leap_closing(cast: Cast) -> None:
    closed = leap_day(years_ago(cast.today, 7))
    cast.closed(closed).due(add_years(closed, 7))


@CLOCK.plant("mentoring, adult, due")
def _mentoring(cast: Cast) -> None:
    closed = years_ago(cast.today, 6) - 33 * cast.copy * DAY
    case = cast.closed(closed, service="mentoring")
    furnish(case, closed, cast.copy)
    case.due(add_years(closed, 6))


@CLOCK.plant("mentoring, adult, due tomorrow: nothing yet")
def _mentoring_tomorrow(cast: Cast) -> None:
    cast.closed(years_ago(cast.today, 6) + DAY, service="mentoring")


@CLOCK.plant("mentoring, child at closing, 21st birthday reached")
def _mentoring_child(cast: Cast) -> None:
    born = born_to_turn(21, cast.today) - 20 * cast.copy * DAY
    _minor(cast, born, add_years(born, 13), "mentoring").due(birthday(born, 21))


@CLOCK.plant("mentoring, child at closing, 21st birthday tomorrow: nothing yet")
def _mentoring_child_tomorrow(cast: Cast) -> None:
    born = born_to_turn(21, cast.today) + DAY
    _minor(cast, born, add_years(born, 13), "mentoring")


def _last_academic_year(today: date) -> date:
    """Return the last 31 August whose sixth return is no later than today."""
    end = date(today.year - 5, 8, 31)
    while add_years(end, 6) > today:
        end = date(end.year - 1, 8, 31)
    return end


@CLOCK.plant("careers, last contact on 31 August: due")
def _careers_due(cast: Cast) -> None:
    contact = _last_academic_year(cast.today) - 70 * cast.copy * DAY
    case = cast.closed(contact, service="careers", born=add_years(contact, -17))
    furnish(case, contact, cast.copy)
    case.due(add_years(academic_year_end(contact), 6))


@CLOCK.plant("careers, last contact on 1 September: a year later, nothing yet")
def _careers_not_due(cast: Cast) -> None:
    contact = _last_academic_year(cast.today) + DAY
    cast.closed(contact, service="careers", born=add_years(contact, -17))


@CLOCK.plant("careers, date of birth missing: not needed, due")
def _careers_no_birth(cast: Cast) -> None:
    contact = _last_academic_year(cast.today) - 400 * DAY
    case = cast.closed(contact, service="careers", born=UNREADABLE[2] if cast.copy else None)
    case.due(add_years(academic_year_end(contact), 6))


@CLOCK.plant("careers and counselling: careers over, counselling not")
def _two_services_wait(cast: Cast) -> None:
    contact = years_ago(cast.today, 7) + (1 + cast.copy) * DAY
    cast.closed(contact, service="careers", second_service="counselling")


@CLOCK.plant("careers and counselling: both over, the later counts")
def _two_services_due(cast: Cast) -> None:
    contact = years_ago(cast.today, 7) - 50 * cast.copy * DAY
    services = ("careers", "counselling") if cast.copy else ("counselling", "careers")
    case = cast.closed(contact, service=services[0], second_service=services[1])
    case.session(contact - 7 * DAY)
    case.due(max(add_years(contact, 7), add_years(academic_year_end(contact), 6)))


@CLOCK.plant("mentoring and careers: mentoring over, academic year not")
def _mentoring_careers_wait(cast: Cast) -> None:
    contact = _last_academic_year(cast.today) + DAY
    cast.closed(contact, service="mentoring", second_service="careers")


@CLOCK.plant("mentoring and careers: both over, the academic year counts")
def _mentoring_careers_due(cast: Cast) -> None:
    contact = _last_academic_year(cast.today) - (100 + cast.copy) * DAY
    case = cast.closed(contact, service="mentoring", second_service="careers")
    case.due(add_years(academic_year_end(contact), 6))


@CLOCK.plant("date of birth missing or unreadable", copies=6)
def _birth_unreadable(cast: Cast) -> None:
    born = (None, *UNREADABLE)[cast.copy]
    service = "mentoring" if cast.copy % 2 else "counselling"
    case = cast.closed(years_ago(cast.today, 9), born=born, service=service)
    case.session(years_ago(cast.today, 9) - 30 * DAY)
    case.undatable("client", case.number, case.file_rule)


@CLOCK.plant("date of birth missing, closed lately: undatable all the same")
def _birth_missing_lately(cast: Cast) -> None:
    case = cast.closed(cast.today - 90 * DAY, born=None)
    case.undatable("client", case.number, case.file_rule)


@CLOCK.plant("date of birth missing, careers first, counselling second: undatable")
def _birth_missing_second(cast: Cast) -> None:
    case = cast.closed(years_ago(cast.today, 9), born=None, service="careers", second_service="counselling")
    case.undatable("client", case.number, case.file_rule)


@CLOCK.plant("date of birth missing, still a client: not started")
def _birth_missing_open(cast: Cast) -> None:
    cast.open(born="" if cast.copy else None)


@CLOCK.plant("closing date missing or unreadable", copies=6)
def _closing_unreadable(cast: Cast) -> None:
    case = cast.closed((None, *UNREADABLE)[cast.copy], service="careers" if cast.copy == 3 else "counselling")
    case.document("form", years_ago(cast.today, 9), "txt")
    case.undatable("client", case.number, case.file_rule)


@CLOCK.plant("last contact unreadable", copies=5)
def _contact_unreadable(cast: Cast) -> None:
    case = cast.closed(years_ago(cast.today, 9), contact_on=UNREADABLE[cast.copy])
    case.summary(years_ago(cast.today, 9) - 30 * DAY)
    case.undatable("client", case.number, case.file_rule)


@CLOCK.plant("reopened: open again with an old closing date")
def _reopened(cast: Cast) -> None:
    case = cast.open(closed=years_ago(cast.today, 9), opened=years_ago(cast.today, 10))
    case.session(cast.today - 40 * DAY)


@CLOCK.plant("dormant for years")
def _dormant(cast: Cast) -> None:
    last = cast.today - (1200 + cast.copy) * DAY
    case = cast.open(last)
    case.session(last)
    case.expect("dormant", "client", case.number, "dormant", add_months(last, 18))


@CLOCK.plant("dormant since today")
def _dormant_today(cast: Cast) -> None:
    last = months_ago(cast.today, 18)
    case = cast.open(last, contact_on=None if cast.copy else last)
    case.session(last)
    case.expect("dormant", "client", case.number, "dormant", add_months(last, 18))


@CLOCK.plant("dormant tomorrow: nothing yet")
def _dormant_tomorrow(cast: Cast) -> None:
    cast.open(months_ago(cast.today, 18) + DAY)


@CLOCK.plant("not dormant: a letter is younger than the last contact")
def _not_dormant(cast: Cast) -> None:
    cast.open(cast.today - 1500 * DAY).document("letter", cast.today - 100 * DAY, "eml" if cast.copy else "docx")


@CLOCK.plant("dormant: reopened and then forgotten", copies=1)
def _reopened_dormant(cast: Cast) -> None:
    last = cast.today - 900 * DAY
    case = cast.open(last, closed=years_ago(cast.today, 9), opened=years_ago(cast.today, 10))
    case.expect("dormant", "client", case.number, "dormant", add_months(last, 18))
