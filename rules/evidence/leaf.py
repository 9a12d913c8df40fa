"""Leaves as canonical JSON: sorted ASCII keys, no spaces, strings, whole numbers, booleans and lists of those.

For this subset the bytes are those of RFC 8785. A leaf is canonical exactly when its bytes match the one regular
expression built from the table for its type, so each leaf has one spelling and reading proves writing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from unicodedata import normalize

from rules.errors import BadInput, CheckSaidNo
from rules.evidence.leaf_table import KINDS, TYPES, fields_of

Leaf = Mapping[str, Any]
"""One entry of the log: field name to string, int, bool or list of those. Always has "type" and "at"."""


class Alike(NamedTuple):
    """One of many leaves about records: the fields that it shares with them, and the digests that are its own.

    `shared` is one mapping for all of them; `own` are the values of OWN, as many as the type has.
    """

    shared: Leaf
    own: tuple[str, ...]

    def whole(self) -> dict[str, Any]:
        """Return the leaf in one piece."""
        return {**self.shared, **dict(zip(OWN, self.own, strict=False))}


OWN = ("commitment", "tag", "version")
_DIGESTS = re.compile("[0-9a-f]{64}(?:\n[0-9a-f]{64})*")
_FIRST, _SECOND, _THIRD = (f'"{name}":"' for name in OWN)
_DIGEST_LENGTH = 64
_MOST_KNOWN = 4_096
_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
MAX_LEAF_BYTES = 65_535  # an entry bundle counts a leaf's bytes in a uint16


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Write a mapping of strings, ints, booleans and lists of those as RFC 8785 would. Raises TypeError for others."""
    return _as_json(value).encode()


def encode(leaf: Leaf) -> bytes:
    """Return the bytes of a leaf. Raises BadInput naming type and field (never a value) when the table refuses it."""
    leaf_type = leaf.get("type")
    if not isinstance(leaf_type, str) or leaf_type not in TYPES:
        raise BadInput("a leaf of unknown type")
    try:
        data = canonical_json(leaf)
        if len(data) <= MAX_LEAF_BYTES and _is_canonical(data.decode(), leaf_type) and _has_real_days(leaf, leaf_type):
            return data
    except (CheckSaidNo, TypeError, ValueError):
        pass
    raise BadInput(f"a leaf of type {leaf_type} can't be written: {'; '.join(_wrong_fields(leaf)) or 'too long'}")


def encode_all(leaves: Sequence[Leaf | Alike], at: str) -> list[bytes]:
    """Return the bytes of leaves that lack their time, all of them logged `at`. Raises BadInput as `encode` does.

    What leaves share is checked once, with the first of them; then only their own digests are.
    """
    frames: dict[tuple[int, int], str] = {}
    found = []
    for leaf in leaves:
        if not isinstance(leaf, Alike):
            found.append(encode({**leaf, "at": at}))
            continue
        own = leaf.own
        frame = frames.get((id(leaf.shared), len(own)))
        if frame is None or not _are_digests(own):
            whole = encode({**leaf.whole(), "at": at})
            frames[id(leaf.shared), len(own)] = _frame(whole.decode(), own)
            found.append(whole)
        else:
            found.append((frame % own).encode())
    return found


def _are_digests(own: tuple[str, ...]) -> bool:
    joined = "\n".join(own)
    return len(joined) == len(own) * (_DIGEST_LENGTH + 1) - 1 and _DIGESTS.fullmatch(joined) is not None


def _frame(text: str, own: tuple[str, ...]) -> str:
    """The text of a leaf with places for its own digests, which stand in it in their own order."""
    text = text.replace("%", "%%")
    for name, value in zip(OWN, own, strict=False):
        text = text.replace(f'"{name}":"{value}"', f'"{name}":"%s"')
    return text


def _wrong_fields(leaf: Leaf) -> list[str]:
    fields = fields_of(leaf["type"])
    wrong = [f"{len(set(leaf) - set(fields))} unknown fields"] if set(leaf) - set(fields) else []
    for name, kind in fields.items():
        if name not in leaf and not kind.endswith("?"):
            wrong.append(f"{name}: missing")
        elif name in leaf and not fits(kind, leaf[name]):
            wrong.append(f"{name}: not of the kind {kind.rstrip('?')}")
    return wrong


def decode(data: bytes) -> dict[str, Any]:
    """Read the bytes of a leaf. Raises CheckSaidNo for any bytes that `encode` would not have written."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise CheckSaidNo("a leaf is not UTF-8") from None
    leaf_type = text.rpartition('"type":"')[2].partition('"')[0]
    if leaf_type not in TYPES or not _is_canonical(text, leaf_type):
        raise CheckSaidNo("a leaf is not canonical")
    leaf: dict[str, Any] = json.loads(text)
    if not _has_real_days(leaf, leaf_type):
        raise CheckSaidNo("a leaf is not canonical")
    return leaf


def decode_all(leaves: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield leaves read from their bytes. Raises CheckSaidNo as `decode` does.

    Of leaves that differ in their digests alone, the rest is read once: the same text is canonical each time.
    """
    known: dict[tuple[str, str, str], dict[str, Any]] = {}
    for data in leaves:
        try:
            parts = _parts(data.decode())
        except UnicodeDecodeError:
            parts = None
        if parts is None:
            yield decode(data)
            continue
        around, own = parts
        frame = known.get(around)
        if frame is None:
            if len(known) == _MOST_KNOWN:
                known.clear()
            frame = known[around] = decode(data)
        yield {**frame, **dict(zip(OWN, own, strict=False))}


def _parts(text: str) -> tuple[tuple[str, str, str], tuple[str, ...]] | None:
    """Cut the text of a leaf about a record into what stands around its digests, and these; None for any other."""
    first = text.find(_FIRST) + len(_FIRST)
    second = text.find(_SECOND, first) + len(_SECOND)
    if first < len(_FIRST) or second < len(_SECOND):
        return None
    one, two = text[first : first + _DIGEST_LENGTH], text[second : second + _DIGEST_LENGTH]
    own: tuple[str, ...] = (one, two)
    rest = text[second + _DIGEST_LENGTH :]
    third = rest.rfind(_THIRD) + len(_THIRD)
    if third >= len(_THIRD):
        own = (one, two, rest[third : third + _DIGEST_LENGTH])
        rest = f"{rest[:third]} {rest[third + _DIGEST_LENGTH :]}"
    if not _are_digests(own):
        return None
    return (text[:first], text[first + _DIGEST_LENGTH : second], rest), own


def _is_canonical(text: str, leaf_type: str) -> bool:
    return pattern(leaf_type).fullmatch(text) is not None and (text.isascii() or normalize("NFC", text) == text)


def _has_real_days(leaf: Leaf, leaf_type: str) -> bool:
    return all(_is_day(leaf[name][:10]) for name in _day_fields(leaf_type))


@cache
def pattern(leaf_type: str) -> re.Pattern[str]:
    """Return the expression that matches exactly the canonical bytes, as text, of leaves of one known type."""
    parts: list[str] = []
    required_seen = False  # "at" is in every leaf, so whatever is left out has a neighbour to lend its comma
    for name, kind in fields_of(leaf_type).items():
        shape = f'"type":"{leaf_type}"' if name == "type" else f'"{name}":{_shape(kind)}'
        if kind.endswith("?"):
            parts.append(f"(?:,{shape})?" if required_seen else f"(?:{shape},)?")
        else:
            parts.append(f",{shape}" if required_seen else shape)
            required_seen = True
    return re.compile(r"\{" + "".join(parts) + r"\}")


def _shape(kind: str) -> str:
    base = kind.rstrip("?")
    if base.endswith("[]"):
        one = KINDS[base[:-2]]
        return rf"\[(?:{one}(?:,{one})*)?\]"
    return KINDS[base]


@cache
def _kind_pattern(kind: str) -> re.Pattern[str]:
    return re.compile(_shape(kind))


def fits(kind: str, value: object) -> bool:
    """Say whether a value has the shape of a kind of the table, real calendar days included."""
    items = value if isinstance(value, list) else [value]
    if isinstance(value, list) != kind.rstrip("?").endswith("[]") or not all(
        isinstance(item, str | int) for item in items
    ):
        return False
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if not _kind_pattern(kind).fullmatch(text) or normalize("NFC", text) != text:
        return False
    return kind not in ("date", "instant") or _is_day(str(value)[:10])


@cache
def _day_fields(leaf_type: str) -> tuple[str, ...]:
    return tuple(name for name, kind in fields_of(leaf_type).items() if kind in ("date", "instant"))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
