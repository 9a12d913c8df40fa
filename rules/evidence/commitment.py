"""Keyed commitments: a leaf points at a record without naming it, and one record can be proven alone.

Two stages of HMAC-SHA256, so that revealing a record's own key proves that record and says nothing of any other.
Nothing is stored per record: whoever holds the run key can compute all of it again.
"""

from __future__ import annotations

import hmac

from rules.errors import BadInput

KEY_SIZE = 32


def _mac(key: bytes, label: str, *parts: str) -> bytes:
    # HMAC pads short keys with zeros, so k and k + NUL would be one key: the length is fixed.
    if len(key) != KEY_SIZE:
        raise BadInput("a commitment key has 32 bytes")
    if any("\0" in part for part in parts):
        raise BadInput("a store or an id must not hold a NUL character")
    return hmac.digest(key, "\0".join((label, *parts)).encode(), "sha256")


def record_key(run_key: bytes, store: str, record_id: str) -> bytes:
    """Derive the key of one record from the key of the run. Raises BadInput for a key that is not 32 bytes."""
    return _mac(run_key, "k", store, record_id)


def commitment(key: bytes, store: str, record_id: str) -> bytes:
    """Commit to a record under its own `record_key`; this is what intents and outcomes carry, as hexadecimal."""
    return _mac(key, "c", store, record_id)


def commit(run_key: bytes, store: str, record_id: str) -> bytes:
    """Commit to a record straight from the run key: both stages at once."""
    return commitment(record_key(run_key, store, record_id), store, record_id)


def case_key(run_key: bytes, case_number: str) -> bytes:
    """Derive the key of one case number from the key of the run."""
    return _mac(run_key, "t", case_number)


def case_tag(run_key: bytes, case_number: str) -> bytes:
    """Tag every leaf about one case number, so that the holder of the run key can find them."""
    return tag_of(case_key(run_key, case_number), case_number)


def tag_of(key: bytes, case_number: str) -> bytes:
    """Tag a case number under its own `case_key`: what anybody can do to whom that key was given."""
    return _mac(key, "t", case_number)


def version_tag(key: bytes, version: bytes) -> bytes:
    """Commit to a row's version (the digest of the columns a rule read) under the record's own key.

    Dates and flags have so few values that a plain digest of them could be guessed.
    """
    return _mac(key, "v", version.hex())


def subject_tag(key: bytes, subject: str) -> bytes:
    """Tag the subject of a hold under a key that outlives runs (32 bytes, held like a run key)."""
    return _mac(key, "h", subject)


def blinded_digest(key: bytes, data: bytes) -> bytes:
    """Digest data that names records (a list of decisions, a proposal) so that nobody can test guesses against it."""
    if len(key) != KEY_SIZE:
        raise BadInput("a blinding key has 32 bytes")
    return hmac.digest(key, b"d\0" + data, "sha256")
