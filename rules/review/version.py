"""The version of a record: a digest of the columns that the rules read (design 4.6)."""

from __future__ import annotations

import hashlib
import json

from rules.review.values import Record

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def version_of(record: Record) -> str:
    """SHA-256, hex, over the canonical JSON of the record's subject, dates, flags and link, and its seal if any."""
    read = [record.class_name, record.key, record.subject, dict(record.dates), dict(record.flags), record.linked]
    read += [record.seal] if record.seal is not None else []
    return hashlib.sha256(_canonical(read).encode("utf-8", "surrogatepass")).hexdigest()
