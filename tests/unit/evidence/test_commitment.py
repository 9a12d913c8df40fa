"""Commitments name nobody, prove one record alone, and depend on every part."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from rules.errors import BadInput
from rules.evidence import commitment as c
from rules.evidence.plan import Planned, plan_root
from rules.evidence.tree import leaf_hash, root

KEY = bytes(range(32))


def test_two_stages_by_hand() -> None:
    """The commitment is HMAC under a record key that is HMAC under the run key, with NUL between the parts."""
    record = hmac.new(KEY, b"k\0casework\0C1", sha256).digest()
    assert c.record_key(KEY, "casework", "C1") == record
    expected = hmac.new(record, b"c\0casework\0C1", sha256).digest()
    assert c.commit(KEY, "casework", "C1") == c.commitment(record, "casework", "C1") == expected
    stage = hmac.new(KEY, b"t\0C1", sha256).digest()
    assert c.case_tag(KEY, "C1") == hmac.new(stage, b"t\0C1", sha256).digest()


def test_every_part_counts() -> None:
    """Another run, store, id or purpose gives another value; parts do not run into each other."""
    values = [c.commit(KEY, "ab", "c"), c.commit(KEY, "a", "bc"), c.commit(bytes(32), "ab", "c")]
    values += [c.case_tag(KEY, "c"), c.subject_tag(KEY, "c"), c.version_tag(KEY, b"c"), c.blinded_digest(KEY, b"c")]
    values += [c.record_key(KEY, "ab", "c"), c.case_key(KEY, "c")]
    assert len(set(values)) == len(values)


def test_keys_of_another_length_and_nul_are_refused() -> None:
    """A key that is not 32 bytes, or a NUL in an id, is bad input."""
    for key in (KEY[:31], KEY + b"\0", b""):
        with pytest.raises(BadInput):
            c.commit(key, "a", "b")
        with pytest.raises(BadInput):
            c.blinded_digest(key, b"")
    with pytest.raises(BadInput):
        c.commit(KEY, "a\0b", "c")


def test_plan_root_depends_on_content_and_not_on_order() -> None:
    """The approved root is over the sorted records and changes with any field of any record."""
    one = Planned("00" * 32, "s", "client", "r", "2026-01", "destroy")
    two = Planned("11" * 32, "s", "client", "r", "2026-01", "destroy")
    assert plan_root([one, two]) == plan_root([two, one]) == root([leaf_hash(x.to_bytes()) for x in (one, two)]).hex()
    others = [
        Planned("00" * 32, "s", "client", "r", "2026-01", "redact"),
        Planned("00" * 32, "s", "client", "q", "none", "x"),
    ]
    assert len({plan_root(plan) for plan in ([one, two], [one], [], [others[0], two], [others[1], two])}) == 5
