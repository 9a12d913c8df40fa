"""The form that the review workbook is: sheets, columns and answers that its writer and its reader share."""

from __future__ import annotations

from rules.review.values import REASONS, Choice

READ_ME, GROUPS, ITEMS, OTHER = "Read me", "Groups", "Items", "Other findings"

# Labels of the Read me sheet; the value stands in the cell to the right.
PACK_ID, PROPOSAL_HASH, ROW_COUNT = "Pack", "Proposal hash", "Rows to decide"

NUMBER, RULE, DIGEST = "No.", "Rule", "Row check"
STORE, CLASS, KEY, DUE_ON = "Store", "Class", "Key", "Due on"
RECORDS, READ_COUNT = "Records", "To decide one by one"
DECISION, REASON, NOTE, REVIEW_AGAIN = "Decision", "Reason for the decision", "Note", "Review again on"

ANSWERS = (DECISION, REASON, NOTE, REVIEW_AGAIN)
ITEM_BOUND = (NUMBER, STORE, CLASS, KEY, RULE, DUE_ON, DIGEST)
GROUP_BOUND = (NUMBER, RULE, RECORDS, READ_COUNT, DIGEST)

DECISIONS = tuple(choice.value for choice in Choice)

LONGEST_NOTE = 2000


def choice_for(answer: str) -> Choice | None:
    """Return the decision that a cell names, or None. Case and outer spaces do not matter."""
    folded = " ".join(answer.split()).casefold()
    return next((choice for choice in Choice if choice.value == folded), None)


def reason_code(answer: str) -> str | None:
    """Return the code of the reason that a cell names by its words or its code, or None."""
    folded = " ".join(answer.split()).casefold()
    return next((code for code, words in REASONS.items() if folded in (code, words.casefold())), None)
