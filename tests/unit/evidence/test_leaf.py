"""Leaves have one spelling each, hold nothing that the table does not name, and carry people's signatures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.leaf import OWN, Alike, decode, decode_all, encode, encode_all
from rules.evidence.leaf_table import SIGNED_TYPES, TYPES, fields_of
from rules.evidence.statement import check_signature, sign_statement, signed_leaf, statement_bytes, statement_of
from tests.unit.evidence.sample import AT, private_key, sample_log, signed, verify

LEAVES = sample_log()
HEARTBEAT = {"type": "heartbeat", "at": AT, "tool": "winnow-0.1.0"}
EXAMPLES: dict[str, Any] = {
    "slug": "a",
    "digest": "0" * 64,
    "instant": AT,
    "date": "2026-02-28",
    "month": "none",
    "count": 0,
    "flag": True,
    "name": "Zoë O'Neil-Smith",
    "key": "A" * 43 + "=",
    "signature": "A" * 86 + "==",
    "gone": "blanked",
    "stayed": "unlinked",
}


def example(leaf_type: str, whole: bool) -> dict[str, Any]:
    """Return a leaf of a type, with its optional fields or without."""
    leaf: dict[str, Any] = {}
    for name, kind in fields_of(leaf_type).items():
        base = kind.rstrip("?")
        if whole or base == kind:
            one = EXAMPLES[base.removesuffix("[]")]
            leaf[name] = [one, one] if base.endswith("[]") else one
    return {**leaf, "type": leaf_type}


@pytest.mark.parametrize("leaf_type", sorted(TYPES))
def test_every_type_round_trips(leaf_type: str) -> None:
    """Every type of leaf is written as sorted compact JSON and read back, with and without optional fields."""
    for whole in (True, False):
        leaf = example(leaf_type, whole)
        data = encode(leaf)
        assert decode(data) == leaf
        assert data == json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("leaf_type", sorted(TYPES))
def test_missing_and_added_fields_are_refused(leaf_type: str) -> None:
    """A leaf that lacks a field, or has one more, can be neither written nor read."""
    leaf = example(leaf_type, False)
    for name in leaf:
        less = {key: value for key, value in leaf.items() if key != name}
        assert_refused(less)
    assert_refused({**leaf, "note": "free text"})


def assert_refused(leaf: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        encode(leaf)
    with pytest.raises(CheckSaidNo):
        decode(json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "2026-02-30T00:00:00Z"),
        ("at", "2026-02-03T24:00:00Z"),
        ("at", "2026-02-03 00:00:00"),
        ("at", 1),
        ("minute", "2026-13-01"),
        ("minute", "2025-02-29"),
        ("schedule", "A" * 64),
        ("schedule", "0" * 63),
        ("accepted", "r1"),
        ("accepted", [1]),
        ("accepted", [["r1"]]),
        ("accepted", ["a b"]),
        ("role", ""),
        ("role", "x" * 65),
        ("role", "a\n"),
        ("officer", 'a"b'),
        ("officer", "Zoe\u0308"),
        ("officer", "a\u0000"),
        ("officer", "x" * 100),
        ("key", "A" * 42 + "B="),
        ("signature", "A" * 85 + "B=="),
        ("version", 1.5),
        ("version", None),
        ("version", True),
        ("version", {}),
    ],
)
def test_misshapen_values_are_refused(name: str, value: object) -> None:
    """No value of a wrong shape is written or read: no floats, nulls, odd dates, open lists or spare bits."""
    leaf = next(leaf for leaf in LEAVES if leaf["type"] == "adoption")
    assert_refused({**leaf, name: value})


@pytest.mark.parametrize("value", [-1, 1.0, True, "1", 10**15, None])
def test_counts_are_plain_numbers(value: object) -> None:
    """A count is a whole number from 0 to below 10**15 and nothing that looks like one."""
    leaf = next(leaf for leaf in LEAVES if leaf["type"] == "books")
    assert_refused({**leaf, "before": value})


def test_errors_never_repeat_a_value() -> None:
    """What was refused is named by type and field, never by value."""
    with pytest.raises(BadInput) as caught:
        encode({**HEARTBEAT, "tool": "Mrs Canary", "Canary": 1} | {"at": "Canary"})
    assert "Mrs" not in str(caught.value)
    assert "tool" in str(caught.value)
    with pytest.raises(BadInput, match="unknown type"):
        encode({"type": ["x"]})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"\xff",
        b'{"at":"2026-11-01T10:00:00Z","tool":"w","type":"heartbeat"} ',
        b'{"at": "2026-11-01T10:00:00Z","tool":"w","type":"heartbeat"}',
        b'{"tool":"w","at":"2026-11-01T10:00:00Z","type":"heartbeat"}',
        b'{"at":"2026-11-01T10:00:00Z","tool":"w","tool":"w","type":"heartbeat"}',
        b'{"at":"2026-11-01T10:00:00Z","tool":"\\u0077","type":"heartbeat"}',
        b'{"at":"2026-11-01T10:00:00Z","tool":"w","type":"heartbeat"}\n',
        b'{"at":"2026-11-01T10:00:00Z","tool":"w","type":"heartbeats"}',
        '{"at":"2026-11-01T10:00:00Z","tool":"\u0661","type":"heartbeat"}'.encode(),
    ],
)
def test_only_canonical_bytes_are_read(data: bytes) -> None:
    """Other spaces, orders, escapes, digits, doubled keys or types are not a leaf."""
    with pytest.raises(CheckSaidNo):
        decode(data)


def test_no_flipped_bit_reads_as_the_same_leaf() -> None:
    """No flipped bit leaves a leaf that reads the same."""
    for leaf in LEAVES:
        data = encode(leaf)
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
            try:
                assert decode(changed) != leaf
            except CheckSaidNo:
                continue


def test_signatures_are_checked_from_the_leaf_alone() -> None:
    """A signed leaf carries all that is needed to check its officer's signature; any changed field breaks it."""
    for leaf in LEAVES:
        if leaf["type"] in SIGNED_TYPES:
            check_signature(leaf, verify)
            for name in leaf:
                if name in ("officer", "role"):
                    with pytest.raises(CheckSaidNo):
                        check_signature({**leaf, name: "Other"}, verify)
            check_signature({**leaf, "at": "2027-01-01T00:00:00Z"}, verify)  # the log's time is not the officer's word


def test_a_statement_of_one_kind_is_none_of_another() -> None:
    """The same fields signed as one kind of statement do not pass as another."""
    fields = {"hold": "h1", "reason": "litigation"}
    release = signed("release", "Ada Officer", fields)
    with pytest.raises(BadInput):
        statement_bytes("hold", {name: release[name] for name in release if name not in ("type", "at", "signature")})
    assert statement_of(release).startswith(b"winnow-statement-v1\nrelease\n{")


def test_incomplete_statements_are_refused() -> None:
    """A statement with a missing, unknown or misshapen field is refused before anybody signs it, by field."""
    private = private_key("x")
    public = private.public_key().public_bytes_raw()
    for fields in ({"hold": "h"}, {"hold": "h", "reason": "r", "extra": 1}, {"hold": "h h"}):
        with pytest.raises(BadInput, match="release"):
            sign_statement("release", fields, public, private.sign)
    with pytest.raises(BadInput):
        statement_bytes("intent", {})
    with pytest.raises(BadInput):
        signed_leaf("release", {"hold": "h"}, AT)


def test_leaves_that_share_their_fields_are_written_and_read_as_each_alone() -> None:
    """Writing and reading many leaves at once gives what doing it one by one gives, whatever they share."""
    shared: dict[tuple[object, ...], dict[str, Any]] = {}
    given: list[Any] = []
    for leaf in [*LEAVES, *LEAVES]:
        own = tuple(leaf[name] for name in OWN if name in leaf)
        rest = {name: value for name, value in leaf.items() if name not in (*OWN, "at")}
        kind = tuple(map(str, rest.values()))
        less = {name: value for name, value in leaf.items() if name != "at"}
        given.append(Alike(shared.setdefault(kind, rest), own) if "commitment" in leaf else less)
    written = encode_all(given, AT)
    assert any(isinstance(one, Alike) for one in given)
    assert written == [encode({**(one.whole() if isinstance(one, Alike) else one), "at": AT}) for one in given]
    assert list(decode_all(written)) == [decode(data) for data in written]


@pytest.mark.parametrize("wrong", ["0" * 63, "A" * 64, "0" * 64 + "\n" + "0" * 64, "", "Mrs Canary", '0" ,"x":"' * 8])
def test_digests_of_leaves_that_share_their_fields_are_each_checked(wrong: str) -> None:
    """A digest of a wrong shape is refused in the second leaf of a kind as in the first, on writing and on reading."""
    leaf = next(leaf for leaf in LEAVES if leaf["type"] == "intent")
    good = Alike({name: value for name, value in leaf.items() if name not in (*OWN, "at")}, ("0" * 64,) * 3)
    whole = encode_all([good], AT)[0]
    for place in range(3):
        own = list(good.own)
        own[place] = wrong
        for many in ([good._replace(own=tuple(own))], [good, good._replace(own=tuple(own))]):
            with pytest.raises(BadInput):
                encode_all(many, AT)
        name = OWN[place].encode()
        forged = whole.replace(b'"%b":"%b"' % (name, b"0" * 64), b'"%b":"%b"' % (name, wrong.encode()))
        assert forged != whole
        with pytest.raises(CheckSaidNo):
            list(decode_all([whole, forged]))


def test_only_the_same_text_passes_for_known() -> None:
    """A leaf that differs from a known one in more than its digests is read on its own, and refused if it must be."""
    leaf = next(leaf for leaf in LEAVES if leaf["type"] == "intent")
    whole = encode(leaf)
    for old, new in ((b'"batch":', b'"batch":0'), (b'"tag":', b'"tag" :'), (b'"run"', b'"Run"'), (b"}", b',"x":"y"}')):
        with pytest.raises(CheckSaidNo):
            list(decode_all([whole, whole.replace(old, new)]))
