"""Situations of referrals that led to nothing."""

from __future__ import annotations

from synthetic.bundle import Bundle, Day, iso
from synthetic.dates import DAY, add_months, months_ago
from synthetic.people import Person
from synthetic.scenes import UNREADABLE, Cast, Repertoire

REFERRALS = Repertoire()
RULE = "referral-not-taken-up"
NOT_TAKEN_UP = ("no_show", "declined", "waiting")


def referral(bundle: Bundle, who: Person, outcome: str, outcome_on: Day, *, concern: bool = False) -> str:
    """Add a referral of somebody who never became a client."""
    today = bundle.world.as_of
    row = {
        "referral_id": bundle.world.key("referral"),
        "case_number": None,
        "person_name": who.full,
        "person_dob": iso(today - (8000 + who.turn * 37 % 9000) * DAY),
        "source": ("GP", "school or college", "self")[who.turn % 3],
        "received_on": iso(today - 900 * DAY),
        "outcome": outcome,
        "outcome_on": iso(outcome_on),
        "concern": int(concern),
    }
    return bundle.add("referral", row)


def _planted(cast: Cast, outcome: str, outcome_on: Day, *, concern: bool = False) -> tuple[Bundle, str]:
    bundle = cast.loose()
    return bundle, referral(bundle, cast.person(), outcome, outcome_on, concern=concern)


@REFERRALS.plant("referral not taken up, more than a year ago", copies=6)
def _past(cast: Cast) -> None:
    ended = months_ago(cast.today, 12) - (30 + cast.copy) * DAY
    bundle, key = _planted(cast, NOT_TAKEN_UP[cast.copy % 3], ended)
    bundle.past("referral", key, RULE, add_months(ended, 12))


@REFERRALS.plant("referral not taken up, a year ago today", copies=3)
def _today(cast: Cast) -> None:
    ended = months_ago(cast.today, 12)
    bundle, key = _planted(cast, NOT_TAKEN_UP[cast.copy], ended)
    bundle.past("referral", key, RULE, add_months(ended, 12))


@REFERRALS.plant("referral not taken up, a year ago tomorrow: nothing yet", copies=3)
def _tomorrow(cast: Cast) -> None:
    _planted(cast, NOT_TAKEN_UP[cast.copy], months_ago(cast.today, 12) + DAY)


@REFERRALS.plant("no-show child's referral with a concern: never proposed", copies=3)
def _concern(cast: Cast) -> None:
    _planted(cast, NOT_TAKEN_UP[cast.copy], cast.today - 1500 * DAY, concern=True)


@REFERRALS.plant("referral still open: no finding")
def _open(cast: Cast) -> None:
    _planted(cast, "open", None if cast.copy else cast.today - 600 * DAY)


@REFERRALS.plant("referral not taken up, its outcome date missing or unreadable", copies=6)
def _unreadable(cast: Cast) -> None:
    bundle, key = _planted(cast, NOT_TAKEN_UP[cast.copy % 3], (None, *UNREADABLE)[cast.copy])
    bundle.undatable("referral", key, RULE)


@REFERRALS.plant("an earlier no-show of a present client: its own clock")
def _earlier(cast: Cast) -> None:
    case = cast.open()
    ended = months_ago(cast.today, 12) - 90 * DAY
    case.past("referral", case.referral(ended - 20 * DAY, "no_show", ended), RULE, add_months(ended, 12))


@REFERRALS.plant("a referral that was taken up by a present client: no finding")
def _taken_up(cast: Cast) -> None:
    cast.open().referral(cast.today - 1200 * DAY)
