"""The version of a record: a digest of the columns that the rules read (design 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted

from rules.review.values import Record

_WORDS: Mapping[object, str] = {None: "null", True: "true", False: "false"}


def version_of(record: Record) -> str:
    """SHA-256, hex, over the canonical JSON of the record's class, key, subject, link, seal, dates and flags.

    Dates and flags stand in the order in which the schedule names them; a changed schedule needs a new sift anyway.
    """
    _, class_name, key, subject, dates, flags, linked, _, seal = record
    read = (class_name, key, subject, linked, seal, *dates, None, *dates.values(), *flags, None, *flags.values())
    # A list of texts and three words needs no more of an encoder, and this runs once for every record found.
    listed = ",".join([quoted(value) if value.__class__ is str else _WORDS[value] for value in read])
    return sha256(f"[{listed}]".encode()).hexdigest()
