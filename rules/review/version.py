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
    Where other stores have a say, a second digest follows, of what the record's own store says alone.
    """
    _, class_name, key, subject, dates, flags, linked, _, seal, beyond = record
    if beyond:
        own_dates = {name: text for name, text in dates.items() if name not in beyond}
        own_flags = {name: answer for name, answer in flags.items() if name not in beyond}
        whole, own = record._replace(beyond=frozenset()), record._replace(dates=own_dates, flags=own_flags)
        return f"{version_of(whole)}.{version_of(own._replace(beyond=frozenset()))}"
    read = (class_name, key, subject, linked, seal, *dates, None, *dates.values(), *flags, None, *flags.values())
    # A list of texts and three words needs no more of an encoder, and this runs once for every record found.
    listed = ",".join([quoted(value) if value.__class__ is str else _WORDS[value] for value in read])
    return sha256(f"[{listed}]".encode()).hexdigest()


def own_part(version: str) -> str:
    """What a version says of the record's own store, whatever other stores answer."""
    return version.partition(".")[2] or version
