"""Situations of content with a shorter clock of its own, and of faults in the keeping of records."""

from __future__ import annotations

from datetime import date

from synthetic.casefile import Case, feedback_row
from synthetic.dates import DAY, academic_year_end, add_months, months_ago, years_ago
from synthetic.scenes import UNREADABLE, Cast, Repertoire
from synthetic.words import COMMENTS, fill

CONTENT = Repertoire()
AFTER_SUMMARY = "notes-after-summary"
NOT_REQUIRED = "notes-not-required"


def _summarised(case: Case, on: date, disposition: str = "summarised", grave: str | None = None) -> str:
    return case.note(on, disposition, summary=case.summary(on + DAY if on < case.world.as_of else on), grave=grave)


@CONTENT.plant("note summarised, ten days old: past", copies=4)
def _note_past(cast: Cast) -> None:
    case = cast.open() if cast.copy < 3 else cast.closed(cast.today - 5 * DAY)
    on = cast.today - (10 + 30 * (cast.copy % 3)) * DAY
    disposition = "to_summarise" if cast.copy % 2 else "summarised"
    key = _summarised(case, on, disposition, grave="suicide" if cast.copy == 1 else None)
    case.past("session_note", key, AFTER_SUMMARY, on + 7 * DAY)


@CONTENT.plant("note summarised, seven days old: past today")
def _note_today(cast: Cast) -> None:
    case, on = cast.open(), cast.today - 7 * DAY
    case.past("session_note", _summarised(case, on), AFTER_SUMMARY, cast.today)


@CONTENT.plant("note summarised, six days old: nothing yet")
def _note_fresh(cast: Cast) -> None:
    _summarised(cast.open(), cast.today - 6 * DAY, "to_summarise" if cast.copy else "summarised")


@CONTENT.plant("note without a summary, ten days old: a breach")
def _note_without(cast: Cast) -> None:
    case = cast.open()
    key = case.note(cast.today - 10 * DAY, "summarised" if cast.copy else "to_summarise")
    case.breach("session_note", key, AFTER_SUMMARY)


@CONTENT.plant("note without a summary, three days old: nothing yet")
def _note_waiting(cast: Cast) -> None:
    cast.open().note(cast.today - 3 * DAY, "to_summarise")


@CONTENT.plant("note whose summary has no author: a breach")
def _summary_no_author(cast: Cast) -> None:
    case = cast.open()
    summary = case.summary(cast.today - 19 * DAY, author="" if cast.copy else None)
    case.fault("case_record", "author present")
    case.breach("session_note", case.note(cast.today - 20 * DAY, "summarised", summary=summary), AFTER_SUMMARY)


@CONTENT.plant("note whose summary has no readable date: a breach")
def _summary_no_date(cast: Cast) -> None:
    case = cast.open()
    summary = case.summary("31/02/2020" if cast.copy else None)
    case.fault("case_record", "dated_on readable")
    case.breach("session_note", case.note(cast.today - 20 * DAY, "summarised", summary=summary), AFTER_SUMMARY)


@CONTENT.plant("note not required, five days old: past")
def _not_required(cast: Cast) -> None:
    case, on = cast.open(), cast.today - 5 * DAY
    key = case.note(on, "not_required", grave="violence" if cast.copy else None)
    case.past("session_note", key, NOT_REQUIRED, on + 2 * DAY)


@CONTENT.plant("note not required, two days old: past today")
def _not_required_today(cast: Cast) -> None:
    case, on = cast.open(), cast.today - 2 * DAY
    case.past("session_note", case.note(on, "not_required"), NOT_REQUIRED, on + 2 * DAY)


@CONTENT.plant("note not required, of yesterday: nothing yet")
def _not_required_fresh(cast: Cast) -> None:
    cast.open().note(cast.today - DAY, "not_required")


@CONTENT.plant("note kept for a stated reason: no finding")
def _retained(cast: Cast) -> None:
    cast.open().note(cast.today - 50 * DAY, "retained", reason="drawing made by the client, to be given back")


@CONTENT.plant("note kept without a reason: a breach")
def _retained_no_reason(cast: Cast) -> None:
    case = cast.open()
    key = case.note(cast.today - 50 * DAY, "retained", reason="" if cast.copy else None)
    case.breach("session_note", key, "note-kept-without-reason")


@CONTENT.plant("note whose own date is missing or unreadable", copies=6)
def _note_unreadable(cast: Cast) -> None:
    case, on = cast.open(), cast.today - 30 * DAY
    ended = (None, *UNREADABLE)[cast.copy]
    if cast.copy % 2:
        key = case.note(on, "not_required", ended=ended)
        case.undatable("session_note", key, NOT_REQUIRED)
    else:
        key = case.note(on, "summarised", summary=case.summary(on), ended=ended)
        case.undatable("session_note", key, AFTER_SUMMARY)


@CONTENT.plant("note kept for a reason, its date unreadable: no finding", copies=1)
def _retained_unreadable(cast: Cast) -> None:
    cast.open().note(cast.today - 30 * DAY, "retained", reason="asked for by the client", ended="0000-00-00")


@CONTENT.plant("notes on which a disclosure rests: kept with it")
def _note_disclosure(cast: Cast) -> None:
    case = cast.open()
    _summarised(case, cast.today - 40 * DAY)
    case.note(cast.today - 30 * DAY, "not_required")
    case.disclosure(cast.today - 39 * DAY)


@CONTENT.plant("notes of a case with an open complaint: kept with it")
def _note_complaint(cast: Cast) -> None:
    case = cast.open()
    _summarised(case, cast.today - 40 * DAY)
    case.note(cast.today - 30 * DAY, "not_required")
    case.complaint(cast.today - 20 * DAY, None, status="open")


@CONTENT.plant("note of a case whose complaint is closed: past", copies=1)
def _note_complaint_closed(cast: Cast) -> None:
    case, on = cast.open(), cast.today - 40 * DAY
    case.complaint(cast.today - 300 * DAY, cast.today - 250 * DAY)
    case.past("session_note", _summarised(case, on), AFTER_SUMMARY, on + 7 * DAY)


@CONTENT.plant("note without a summary on which a disclosure rests: still a breach", copies=1)
def _note_disclosure_breach(cast: Cast) -> None:
    case = cast.open()
    case.disclosure(cast.today - 39 * DAY)
    case.breach("session_note", case.note(cast.today - 40 * DAY, "to_summarise"), AFTER_SUMMARY)


@CONTENT.plant("test result of a present client, eighteen months past")
def _result_past(cast: Cast) -> None:
    case = cast.open(service="careers")
    taken = months_ago(cast.today, 18) - 45 * DAY
    case.past("test_result", case.result(taken), "test-results", add_months(taken, 18))


@CONTENT.plant("test result, eighteen months past today")
def _result_today(cast: Cast) -> None:
    case, taken = cast.open(), months_ago(cast.today, 18)
    case.past("test_result", case.result(taken), "test-results", add_months(taken, 18))


@CONTENT.plant("test result, eighteen months past tomorrow: nothing yet")
def _result_tomorrow(cast: Cast) -> None:
    cast.open().result(months_ago(cast.today, 18) + DAY)


@CONTENT.plant("test result of 31 August: due on the last day of February")
def _result_august(cast: Cast) -> None:
    taken = academic_year_end(months_ago(cast.today, 18) + DAY)
    case, taken = cast.open(service="careers"), taken.replace(year=taken.year - 1)
    case.past("test_result", case.result(taken), "test-results", add_months(taken, 18))


@CONTENT.plant("test result with later feedback: the feedback counts")
def _result_feedback(cast: Cast) -> None:
    case, taken = cast.open(), months_ago(cast.today, 18) - 100 * DAY
    later = months_ago(cast.today, 18) + (20 if cast.copy else -20) * DAY
    key = case.result(taken, feedback_on=later)
    if not cast.copy:
        case.past("test_result", key, "test-results", add_months(later, 18))


@CONTENT.plant("test result without a readable date", copies=7)
def _result_unreadable(cast: Cast) -> None:
    case = cast.open() if cast.copy % 2 else cast.closed(cast.today - 400 * DAY)
    # On SQLite the last one is truly an integer.
    case.undatable("test_result", case.result((None, *UNREADABLE, 1700000000)[cast.copy]), "test-results")


@CONTENT.plant("feedback with a case number, a year past")
def _feedback_past(cast: Cast) -> None:
    case, received = cast.open(), months_ago(cast.today, 12) - 60 * DAY
    key = case.feedback(received, chosen=bool(cast.copy), grave="abuse" if cast.copy else None)
    case.past("feedback", key, "feedback-identifiable", add_months(received, 12))


@CONTENT.plant("feedback with a case number, a year past today")
def _feedback_today(cast: Cast) -> None:
    case, received = cast.closed(cast.today - 380 * DAY), months_ago(cast.today, 12)
    case.past("feedback", case.feedback(received), "feedback-identifiable", add_months(received, 12))


@CONTENT.plant("feedback with a case number, a year past tomorrow: nothing yet")
def _feedback_tomorrow(cast: Cast) -> None:
    cast.open().feedback(months_ago(cast.today, 12) + DAY)


@CONTENT.plant("feedback without a case number, old: no finding", copies=4)
def _feedback_anonymous(cast: Cast) -> None:
    loose, who = cast.loose(), cast.person()
    text = fill(cast.world.rng("feedback", cast.copy), COMMENTS[cast.copy % 4], who, "")
    loose.add("feedback", feedback_row(loose, None, years_ago(cast.today, 3) + cast.copy * DAY, True, text))


@CONTENT.plant("additional record made for none of the five purposes: a breach", copies=3)
def _bad_purpose(cast: Cast) -> None:
    case = cast.open()
    key = case.additional(cast.today - 70 * DAY, ("background", None, "")[cast.copy])
    case.breach("additional_record", key, "additional-record-purpose")


@CONTENT.plant("additional records, one of each purpose", copies=1)
def _good_purposes(cast: Cast) -> None:
    case = cast.open()
    for purpose in (
        "progress_work",
        "supervisor_support",
        "significant_agreement",
        "referral_agreement",
        "decisions_and_reasons",
    ):
        case.additional(cast.today - 70 * DAY, purpose)


@CONTENT.plant("additional record without an author")
def _additional_no_author(cast: Cast) -> None:
    case = cast.open()
    case.additional(cast.today - 70 * DAY, author="" if cast.copy else None)
    case.fault("additional_record", "author present")


@CONTENT.plant("case record without an author")
def _record_no_author(cast: Cast) -> None:
    case = cast.open()
    case.summary(cast.today - 70 * DAY, author="" if cast.copy else None)
    case.fault("case_record", "author present")


@CONTENT.plant("case record dated in the future")
def _record_future(cast: Cast) -> None:
    case = cast.open()
    case.summary(cast.today + (1 + 300 * cast.copy) * DAY)
    case.fault("case_record", "not dated in the future")


@CONTENT.plant("case record of today: no fault", copies=1)
def _record_today(cast: Cast) -> None:
    cast.open().summary(cast.today)


@CONTENT.plant("case record without a readable date", copies=6)
def _record_unreadable(cast: Cast) -> None:
    case = cast.open()
    case.summary((None, *UNREADABLE)[cast.copy])
    case.fault("case_record", "dated_on readable")
