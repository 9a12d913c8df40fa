"""Situations of the members that lengthen a file's life: consents, disclosures, complaints, unsummarised notes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from synthetic.casefile import Case
from synthetic.dates import DAY, add_years, birthday, leap_day, years_ago
from synthetic.scenes import UNREADABLE, Cast, Repertoire, furnish

MEMBERS = Repertoire()


def _over(cast: Cast, extra: int = 0, **more: Any) -> tuple[Case, date]:
    """Return an adult's counselling file whose own clock ran out, and the day it was closed."""
    closed = years_ago(cast.today, 8) - (20 + extra) * DAY
    case = cast.closed(closed, **more)
    case.session(closed - 10 * DAY)
    return case, closed


@MEMBERS.plant("consent withdrawn late keeps the file")
def _withdrawn_late(cast: Cast) -> None:
    case, closed = _over(cast)
    case.consent(closed - 200 * DAY, withdrawn=years_ago(cast.today, 3))


@MEMBERS.plant("consent withdrawn six years ago today: due today")
def _withdrawn_today(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    withdrawn = years_ago(cast.today, 6)
    case.consent(closed - 200 * DAY, withdrawn=withdrawn)
    case.due(add_years(withdrawn, 6))


@MEMBERS.plant("consent withdrawn six years ago tomorrow: nothing yet")
def _withdrawn_tomorrow(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    case.consent(closed - 200 * DAY, withdrawn=years_ago(cast.today, 6) + DAY)


@MEMBERS.plant("consent signed after closing moves the due date", copies=1)
def _signed_late(cast: Cast) -> None:
    case, _ = _over(cast)
    signed = years_ago(cast.today, 6) - 30 * DAY
    case.consent(signed)
    case.due(add_years(signed, 6))


@MEMBERS.plant("consent without a readable signature date keeps the file", copies=6)
def _consent_unreadable(cast: Cast) -> None:
    case, closed = _over(cast)
    case.summary(closed - 30 * DAY)
    case.undatable("consent", case.consent((None, *UNREADABLE)[cast.copy]), "consent-evidence")


@MEMBERS.plant("consent without a date in a file that is not due: does not matter yet")
def _consent_unreadable_later(cast: Cast) -> None:
    case = cast.open() if cast.copy else cast.closed(cast.today - 700 * DAY)
    case.consent(None)


@MEMBERS.plant("disclosure long ago: due with the file")
def _disclosed_long_ago(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    furnish(case, closed, cast.copy)
    case.disclosure(closed - 40 * DAY, grave="abuse" if cast.copy else None)
    case.due(add_years(closed, 7))


@MEMBERS.plant("disclosure after closing keeps the file")
def _disclosed_late(cast: Cast) -> None:
    case, _ = _over(cast)
    case.disclosure(years_ago(cast.today, 4))


@MEMBERS.plant("disclosure six years ago today: due today")
def _disclosed_today(cast: Cast) -> None:
    case, _ = _over(cast, cast.copy)
    disclosed = years_ago(cast.today, 6)
    case.disclosure(disclosed)
    case.due(add_years(disclosed, 6))


@MEMBERS.plant("safeguarding record of a 40-year-old client, the child is young: kept")
def _safeguarding_child_young(cast: Cast) -> None:
    closed = years_ago(cast.today, 8) - 20 * DAY
    case = cast.closed(closed, born=add_years(closed, -40))
    case.disclosure(closed - 15 * DAY, safeguarding=True, child=years_ago(cast.today, 12 + cast.copy))


@MEMBERS.plant("safeguarding record, the child turned 25: due")
def _safeguarding_child_grown(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    child = years_ago(cast.today, 25) - (7 + cast.copy) * DAY
    case.disclosure(closed - 15 * DAY, safeguarding=True, child=child)
    case.due(max(add_years(closed, 7), birthday(child, 25)))


@MEMBERS.plant("safeguarding record, the child turns 25 after tomorrow: nothing yet")
def _safeguarding_child_soon(cast: Cast) -> None:
    case, closed = _over(cast)
    case.disclosure(closed - 15 * DAY, safeguarding=True, child=years_ago(cast.today, 25) + (2 + cast.copy) * DAY)


@MEMBERS.plant("safeguarding record of a child born on 29 February", copies=1)
def _safeguarding_leap_child(cast: Cast) -> None:
    child = leap_day(years_ago(cast.today, 25) - 2 * DAY)
    closed = birthday(child, 25) - timedelta(days=3000)
    case = cast.closed(closed)
    case.disclosure(closed - 15 * DAY, safeguarding=True, child=child)
    case.due(birthday(child, 25))


@MEMBERS.plant("safeguarding record, the child's birthday unknown: kept", copies=3)
def _safeguarding_unknown(cast: Cast) -> None:
    case, closed = _over(cast)
    child = (None, "", "12/01/2026")[cast.copy]
    key = case.disclosure(closed - 15 * DAY, safeguarding=True, child=child)
    case.undatable("disclosure", key, "safeguarding-child")


@MEMBERS.plant("safeguarding record, the child unknown, file not due: does not matter yet")
def _safeguarding_unknown_later(cast: Cast) -> None:
    case = cast.open() if cast.copy else cast.closed(cast.today - 900 * DAY)
    case.disclosure(cast.today - 950 * DAY, safeguarding=True, child=None)


@MEMBERS.plant("an adult client tells of their own childhood: the child is grown, due")
def _historic(cast: Cast) -> None:
    closed = years_ago(cast.today, 8) - (20 + cast.copy) * DAY
    born = add_years(closed, -44)
    case = cast.closed(closed, born=born)
    case.disclosure(closed - 15 * DAY, safeguarding=True, child=born, grave="abuse")
    case.due(add_years(closed, 7))


@MEMBERS.plant("consent withdrawn before the disclosure it was for: no finding of the clock", copies=1)
def _withdrawn_before(cast: Cast) -> None:
    case = cast.open()
    case.consent(cast.today - 300 * DAY, withdrawn=cast.today - 200 * DAY, recipients="social services")
    case.disclosure(cast.today - 190 * DAY)


INCOMPLETE = ("items", "recipient", "reason", "reasoning_ref", "authoriser_id", "disclosed_at", "recorded_at")


@MEMBERS.plant("disclosure register row incomplete, present client", copies=7)
def _incomplete(cast: Cast) -> None:
    case = cast.open()
    missing: dict[str, Any] = {INCOMPLETE[cast.copy]: "" if cast.copy % 2 else None}
    case.breach("disclosure", case.disclosure(cast.today - 60 * DAY, **missing), "disclosure-incomplete")


@MEMBERS.plant("disclosure register row incomplete in a due file: a breach, and due")
def _incomplete_due(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    missing: dict[str, Any] = {"recorded_at" if cast.copy else "authoriser_id": None}
    case.breach("disclosure", case.disclosure(closed - 40 * DAY, **missing), "disclosure-incomplete")
    case.due(add_years(closed, 7))


@MEMBERS.plant("disclosure without a date in a file past its own clock: a breach, undatable, kept")
def _undated_disclosure(cast: Cast) -> None:
    case, _ = _over(cast)
    key = case.disclosure(None if cast.copy else "")
    case.breach("disclosure", key, "disclosure-incomplete")
    case.undatable("disclosure", key, "disclosure-register")


@MEMBERS.plant("disclosure not passed to the manager: no finding", copies=1)
def _not_passed(cast: Cast) -> None:
    cast.open().disclosure(cast.today - 80 * DAY, passed_to_manager_at=None)


@MEMBERS.plant("open complaint keeps the file")
def _complaint_open(cast: Cast) -> None:
    case, _ = _over(cast)
    case.complaint(cast.today - 200 * DAY, None, status="open")


@MEMBERS.plant("complaint closed late keeps the file")
def _complaint_late(cast: Cast) -> None:
    case, closed = _over(cast)
    case.complaint(closed + 30 * DAY, years_ago(cast.today, 6) + (1 + cast.copy) * DAY)


@MEMBERS.plant("complaint closed six years ago: due with the file")
def _complaint_due(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    outcome = years_ago(cast.today, 6) - cast.copy * DAY
    case.complaint(closed + 30 * DAY, outcome, grave="solicitor")
    case.due(add_years(outcome, 6))


@MEMBERS.plant("closed complaint without a readable outcome date keeps the file")
def _complaint_undatable(cast: Cast) -> None:
    case, closed = _over(cast)
    key = case.complaint(closed - 20 * DAY, "31/02/2020" if cast.copy else None)
    case.undatable("complaint", key, "complaint-closed")


@MEMBERS.plant("a note that was never summarised keeps an old file, and is a breach")
def _unsummarised_old(cast: Cast) -> None:
    case, closed = _over(cast)
    case.summary(closed - 30 * DAY)
    key = case.note(closed - 30 * DAY, "to_summarise" if cast.copy else "summarised")
    case.breach("session_note", key, "notes-after-summary")


@MEMBERS.plant("a due file with notes of every disposition, a result, feedback and an earlier referral")
def _everything(cast: Cast) -> None:
    case, closed = _over(cast, cast.copy)
    furnish(case, closed, cast.copy + 2)
    summary = case.summary(closed - 25 * DAY)
    case.note(closed - 25 * DAY, "to_summarise", summary=summary)
    case.note(closed - 24 * DAY, "not_required")
    case.note(closed - 23 * DAY, "retained", reason="drawing belongs to the client")
    case.result(closed - 100 * DAY, feedback_on=closed - 90 * DAY)
    case.feedback(closed + 5 * DAY, grave="allegation" if cast.copy else None)
    case.referral(closed - 700 * DAY, "no_show")
    case.due(add_years(closed, 7))


@MEMBERS.plant("a due file with a note kept without a reason: a breach, and due", copies=1)
def _kept_without_reason_due(cast: Cast) -> None:
    case, closed = _over(cast)
    key = case.note(closed - 23 * DAY, "retained", reason="")
    case.breach("session_note", key, "note-kept-without-reason")
    case.due(add_years(closed, 7))
