"""What a leaf of the destruction log may say: one closed table of types, their fields, and each field's shape.

No field takes free text, so no field can take a client's name. The stand-alone verifier carries its own copy of
this table; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

_DAY = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_SLUG = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

# Each shape is a regular expression over the JSON value as it is written. None admits a quote, a backslash or
# a control character, so each value has exactly one spelling. Counts stay below 10**15, hence below 2**53.
KINDS: Mapping[str, str] = {
    "slug": f'"{_SLUG}"',
    "digest": '"[0-9a-f]{64}"',
    "instant": f'"{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"',
    "date": f'"{_DAY}"',
    "month": '"(?:[0-9]{4}-(?:0[1-9]|1[0-2])|none)"',
    "count": "(?:0|[1-9][0-9]{0,14})",
    "flag": "(?:true|false)",
    "name": r'"[^\W_][\w .,&/()\'’-]{0,98}"',  # of an officer, the organisation or the schedule; never of a client
    "key": '"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="',  # the last letters leave no stray bits
    "signature": '"[A-Za-z0-9+/]{85}[AQgw]=="',
    "gone": '"(?:destroyed|blanked|redacted|truncated|generalised|kept-metadata)"',
    "stayed": '"(?:kept|unlinked|held)"',
}

_SIGNED = {"officer": "name", "role": "slug", "signed_at": "instant", "key": "key", "signature": "signature"}
_RECORD = {
    "run": "slug",
    "store": "slug",
    "class": "slug",
    "batch": "count",
    "commitment": "digest",
    "tag": "digest",
    "rule": "slug",
    "due_month": "month",
}
_OUTCOME = {**_RECORD, "reason": "slug", "grade": "slug", "recovered": "flag"}

# `?` after a kind: the field may be left out. `[]`: a list of that kind. Every leaf also has "type" and "at".
TYPES: Mapping[str, Mapping[str, str]] = {
    # What the organisation decided, signed by people.
    "schedule": {"name": "name", "version": "slug", "hash": "digest", "file": "digest"},
    "adoption": {"schedule": "digest", "version": "slug", "minute": "date", "accepted": "slug[]", **_SIGNED},
    "decisions": {"proposal": "digest", "decisions": "digest", "count": "count", **_SIGNED},
    "approval": {
        "run": "slug",
        "proposal": "digest",
        "schedule": "digest",
        "decisions": "digest[]",
        "count": "count",
        "root": "digest",
        "due": "count",
        "undatable": "count",
        "not_before": "instant",
        **_SIGNED,
    },
    "hold": {"hold": "slug", "scope": "slug", "subject": "digest?", "reason": "slug", **_SIGNED},
    "release": {"hold": "slug", "reason": "slug", **_SIGNED},
    # For whose key an officer answers: from the first adoption on, no key of a person counts without it.
    "vouching": {"vouched": "name", "vouched_role": "slug", "vouched_key": "key", **_SIGNED},
    "confirmation": {
        "run": "slug",
        "store": "slug",
        "count": "count",
        "root": "digest",
        "method": "slug",
        "done_on": "date",
        "standard": "slug?",  # the size it was cut to
        "contractor": "name?",
        "receipt": "slug?",  # the number of the contractor's certificate
        **_SIGNED,
    },
    # What the machine did.
    "run-opened": {
        "run": "slug",
        "proposal": "digest",
        "schedule": "digest",
        "authority": "name",
        "tool": "slug",
        "as_of": "date",
        "stores": "slug[]",
        "manual": "slug[]",
    },
    "intent": {
        **_RECORD,
        "action": "slug",
        "approval": "count",
        "holds_checked_at": "instant",
        "version": "digest",
    },
    "done": {**_OUTCOME, "outcome": "gone", "confirmations": "count[]?"},
    "kept": {**_OUTCOME, "outcome": "stayed", "action": "slug", "approval": "count?"},
    "failed": dict(_OUTCOME),
    "verify": {
        "run": "slug",
        "store": "slug",
        "method": "slug",
        "credential": "slug",
        "checked": "count",
        "remaining": "count",
    },
    "books": {
        "run": "slug",
        "store": "slug",
        "class": "slug",
        "before": "count",
        "created": "count",
        "destroyed": "count",
        "others": "count",  # by other runs meanwhile
        "outside": "count",  # and by none
        "after": "count",
    },
    "run-closed": {
        "run": "slug",
        "due": "count",
        "destroyed": "count",
        "kept": "count",
        "held": "count",
        "failed": "count",
        "undatable": "count",
        "first": "count",
        "last": "count",
        "not_searched": "slug[]",
    },
    # What happens around it.
    "backup": {"set": "slug", "store": "slug", "taken": "date", "expires": "date"},
    "backup-expired": {"set": "slug"},
    "restore": {"store": "slug", "found_by": "slug", "watermark": "count", "head": "count"},
    "restore-checked": {"store": "slug", "officer": "name", "looked": "count", "back": "count"},
    "key": {
        "event": "slug",
        "purpose": "slug",
        "officer": "name?",
        "role": "slug?",
        "key": "key?",
        "run": "slug?",
        "by": "name?",
    },
    "heartbeat": {"tool": "slug"},
    "proof-given": {"officer": "name", "recipient": "slug", "found": "flag", "run": "slug?"},
}

SIGNED_TYPES = frozenset(name for name, fields in TYPES.items() if "signature" in fields)
COMMON: Mapping[str, str] = {"type": "slug", "at": "instant"}


def fields_of(leaf_type: str) -> Mapping[str, str]:
    """Return every field of a known leaf type with its kind, in the order in which canonical JSON writes them."""
    return dict(sorted({**COMMON, **TYPES[leaf_type]}.items()))
