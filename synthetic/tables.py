"""The invented casework database: eleven tables of records and one left over, as SQLAlchemy Core definitions.

Dates are text on every engine: real casework systems grew that way, and dirty dates must fit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy.types import UserDefinedType

METADATA = MetaData()


class Untyped(UserDefinedType[Any]):
    """A column declared without a type: SQLite then keeps an integer an integer beside text dates."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return no type name at all."""
        return ""


def _key(name: str) -> Column[Any]:
    return Column(name, String(12), primary_key=True)


def _text(*names: str, size: int = 60) -> list[Column[Any]]:
    return [Column(name, String(size)) for name in names]


def _dates(*names: str) -> list[Column[Any]]:
    return _text(*names, size=20)


def _flags(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def _long(*names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names]


def _case(*, required: bool = True) -> Column[Any]:
    return Column("case_number", String(12), ForeignKey("clients.case_number"), nullable=not required, index=True)


CLIENTS = Table(
    "clients",
    METADATA,
    _key("case_number"),
    *_text("given_name", "family_name", "known_as", size=80),
    *_dates("date_of_birth", "date_of_death"),
    Column("status", String(10), nullable=False),
    *_dates("opened_on", "closed_on", "last_contact_on"),
    *_text("service", "second_service", "outcome", "gender", "ethnicity", "referral_source", "area"),
    *_text("counsellor_id", "lawful_basis"),
    *_flags("restricted", "case_study"),
    *_text("email", "phone", "address", "postcode", "religion", "ni_number", size=120),
    *_text("linked_case", size=12),
    *_text("legacy_ref"),
)
REFERRALS = Table(
    "referrals",
    METADATA,
    _key("referral_id"),
    _case(required=False),
    *_text("person_name", size=160),
    *_dates("person_dob"),
    *_text("source"),
    *_dates("received_on"),
    *_text("outcome"),
    *_dates("outcome_on"),
    *_flags("concern"),
)
SESSIONS = Table(
    "sessions", METADATA, _key("session_id"), _case(), *_text("worker_id"), *_dates("started_at", "ended_at")
)
CASE_RECORDS = Table(
    "case_records",
    METADATA,
    _key("record_id"),
    _case(),
    *_text("kind"),
    *_dates("dated_on", "created_at"),
    *_text("author_id"),
    *_long("others_present", "action_points", "text"),
)
SESSION_NOTES = Table(
    "session_notes",
    METADATA,
    _key("note_id"),
    Column("session_id", String(12), ForeignKey("sessions.session_id", ondelete="CASCADE"), nullable=False, index=True),
    _case(),
    *_dates("session_ended"),
    *_text("disposition"),
    *_long("required_reason"),
    Column("summary_id", String(12), ForeignKey("case_records.record_id"), index=True),
    *_text("author_id"),
    *_long("body"),
)
ADDITIONAL_RECORDS = Table(
    "additional_records",
    METADATA,
    _key("record_id"),
    _case(),
    *_text("purpose_code"),
    *_dates("dated_on"),
    *_text("author_id"),
    *_long("text"),
)
CONSENTS = Table(
    "consents",
    METADATA,
    _key("consent_id"),
    _case(),
    *_long("why", "extent", "recipients", "consequence_give", "consequence_withhold"),
    *_text("form"),
    *_dates("signed_on", "withdrawn_on", "expires_on"),
)
DISCLOSURES = Table(
    "disclosures",
    METADATA,
    _key("disclosure_id"),
    _case(),
    *_long("items", "recipient", "reason", "reasoning_ref"),
    *_text("basis_code"),
    *_flags("safeguarding"),
    *_dates("child_dob"),
    *_text("authoriser_id"),
    *_dates("disclosed_at", "recorded_at", "passed_to_manager_at"),
)
COMPLAINTS = Table(
    "complaints",
    METADATA,
    _key("complaint_id"),
    _case(),
    *_dates("received_on"),
    *_text("status"),
    *_dates("outcome_on"),
    *_long("details"),
)
TEST_RESULTS = Table(
    "test_results",
    METADATA,
    _key("result_id"),
    _case(),
    *_text("instrument"),
    Column("taken_on", String(20).with_variant(Untyped(), "sqlite")),
    *_dates("feedback_on"),
    *_long("raw_answers"),
    Column("score", Integer),
)
FEEDBACK = Table(
    "feedback",
    METADATA,
    _key("feedback_id"),
    _case(required=False),
    *_dates("received_on"),
    *_flags("anonymity_offered", "anonymity_chosen"),
    Column("score", Integer),
    *_long("comment"),
)
LEFTOVER = Table(
    "tmp_import_2019", METADATA, Column("id", Integer, primary_key=True, autoincrement=False), *_long("payload")
)

# Parents before children, so that a batch can be inserted in this order.
IN_ORDER: tuple[tuple[str, Table], ...] = (
    ("client", CLIENTS),
    ("referral", REFERRALS),
    ("session", SESSIONS),
    ("case_record", CASE_RECORDS),
    ("session_note", SESSION_NOTES),
    ("additional_record", ADDITIONAL_RECORDS),
    ("consent", CONSENTS),
    ("disclosure", DISCLOSURES),
    ("complaint", COMPLAINTS),
    ("test_result", TEST_RESULTS),
    ("feedback", FEEDBACK),
)

# Letter that each class's keys begin with; clients get C and six digits, the rest seven.
KEY_OF: dict[str, tuple[str, str]] = {
    "client": ("case_number", "C"),
    "referral": ("referral_id", "R"),
    "session": ("session_id", "S"),
    "case_record": ("record_id", "K"),
    "session_note": ("note_id", "N"),
    "additional_record": ("record_id", "A"),
    "consent": ("consent_id", "G"),
    "disclosure": ("disclosure_id", "D"),
    "complaint": ("complaint_id", "L"),
    "test_result": ("result_id", "T"),
    "feedback": ("feedback_id", "F"),
}
