"""The form that the review workbook is: sheets, columns and answers that its writer and its reader share."""

from __future__ import annotations

from dataclasses import dataclass

READ_ME, GROUPS, ITEMS, OTHER = "Read me", "Groups", "Items", "Other findings"

# Labels of the Read me sheet; the value stands in the cell to the right.
PACK_ID, PROPOSAL_HASH, ROW_COUNT = "Pack", "Proposal hash", "Rows to decide"

NUMBER, RULE, DIGEST = "No.", "Rule", "Row check"
STORE, CLASS, KEY, DUE_ON = "Store", "Class", "Key", "Due on"
RECORDS, READ_COUNT = "Records", "To read first"
DECISION, REASON, NOTE, REVIEW_AGAIN = "Decision", "Reason for the decision", "Note", "Review again on"

ANSWERS = (DECISION, REASON, NOTE, REVIEW_AGAIN)
ITEM_BOUND = (NUMBER, STORE, CLASS, KEY, RULE, DUE_ON, DIGEST)
GROUP_BOUND = (NUMBER, RULE, RECORDS, READ_COUNT, DIGEST)

DECISIONS = ("destroy", "redact", "keep until", "hold")

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Reason:
    """One reason of the short list: its code in the ledger, its words, the decisions that it can carry."""

    code: str
    words: str
    decisions: tuple[str, ...]


REASONS = (
    Reason("past-period", "Past its period, nothing needs it kept", ("destroy", "redact")),
    Reason("read-nothing-found", "Read by a named person, nothing needs it kept", ("destroy", "redact")),
    Reason("identity-not-needed", "Only the figures are needed, not the person", ("redact",)),
    Reason("still-in-contact", "The person is back or still in contact", ("keep until",)),
    Reason("wrong-date", "A date looks wrong and is to be corrected", ("keep until",)),
    Reason("legal-need", "A law or contract needs it for longer", ("keep until", "hold")),
    Reason("safeguarding", "A safeguarding matter may need it", ("keep until", "hold")),
    Reason("claim-or-complaint", "A complaint, claim or incident may need it", ("keep until", "hold")),
    Reason("request", "A request or order for the records is open", ("keep until", "hold")),
    Reason("other", "Another reason, given in the note", DECISIONS),
)


def reason_for(answer: str) -> Reason | None:
    """Return the reason that a cell names by its words or its code, or None. Case and outer spaces do not matter."""
    folded = answer.strip().casefold()
    return next((reason for reason in REASONS if folded in (reason.code, reason.words.casefold())), None)
