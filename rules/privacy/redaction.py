"""The redaction plan: spans with kinds, merged, then replaced by labels such as [CLIENT] or [DATE].

Finders (patterns, the own record, the register, a language model) only add spans; their union is what
goes. Redacted text stays personal data in the organisation's hands (UK GDPR Art 4(5)): call it pseudonymised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.privacy.folding import words


class Kind(StrEnum):
    """What a blanked passage was. The order is the order of precedence where two kinds overlap."""

    CLIENT = "CLIENT"
    PERSON = "PERSON"
    EMAIL = "EMAIL"
    LINK = "LINK"
    PHONE = "PHONE"
    ID = "ID"
    ADDRESS = "ADDRESS"
    POSTCODE = "POSTCODE"
    ORGANISATION = "ORGANISATION"
    DATE = "DATE"
    AGE = "AGE"
    PLACE = "PLACE"

    @property
    def label(self) -> str:
        """The text that stands in the place of what was blanked."""
        return f"[{self.value}]"


LABEL = re.compile(r"\[(?:" + "|".join(kind.value for kind in Kind) + r")\]")
"""Finds the labels in redacted text, so that a client named Place does not fail the gate for ever."""

_RANK = {kind: rank for rank, kind in enumerate(Kind)}
_PEOPLE = frozenset({Kind.CLIENT, Kind.PERSON})
_BETWEEN_NAMES = re.compile(r"[ \t]*,?[ \t]?(?:[A-Z]\.?[ \t]?)?-?[ \t]?|(?<=\b[A-Z])\.[ \t]?")
_INITIAL_AFTER = re.compile(r"[ \t](?:[B-HJ-Z]\b\.?|[AI]\.)(?![\w'’])")
_INITIAL_BEFORE = re.compile(r"(?<![\w'’.])(?:[A-Z]\.[ \t]?|[B-HJ-Z][ \t]){1,3}$")


_AGE_AFTER = re.compile(
    r"(?:\s?\((?:aged?\s)?(\d{1,3})\)|(?:,|\s(?:is|was|turned|turns)(?:\s(?:now|only|just))?)\s(\d{1,3})(?!\s?[%/:.]?\d)"
    r"(?!\s(?:minutes|hours|days|weeks|months|sessions|times|miles|o'clock)))"
)


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A passage to blank: offsets into the text, half open, and what it is."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Redacted:
    """A text with its identifiers replaced, and how many passages of each kind went."""

    text: str
    counts: Mapping[Kind, int]


def merge(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return disjoint spans in order: snapped to whole words, grown over initials, overlaps united."""
    snapped = _snap(text, [span for span in spans if span.start < span.end])
    grown = sorted(_grow(text, span) if span.kind in _PEOPLE else span for span in snapped)
    merged: list[Span] = []
    for span in grown:
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            kind = min(last.kind, span.kind, key=_RANK.__getitem__)
            merged[-1] = Span(last.start, max(last.end, span.end), kind)
        elif merged and _one_name(text, merged[-1], span):
            merged[-1] = Span(merged[-1].start, span.end, merged[-1].kind)
        else:
            merged.append(span)
    return merged


def replace(text: str, spans: Sequence[Span]) -> Redacted:
    """Replace disjoint, ordered spans (as `merge` gives them) by their labels."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], span.kind.label]
        at = span.end
    return Redacted("".join([*parts, text[at:]]), dict(Counter(span.kind for span in spans)))


def further_mentions(text: str, spans: Iterable[Span], ordinary: frozenset[str]) -> list[Span]:
    """Find again, in any case, the words of people already found in this text.

    A name that is also an ordinary word, or shorter than three letters, is found again only with a capital.
    """
    names: dict[str, Kind] = {}
    for span in sorted(spans, key=lambda span: -_RANK[span.kind]):
        if span.kind in _PEOPLE:
            names |= {word.key: span.kind for word in words(text[span.start : span.end]) if _name_like(word.key)}
    return [
        Span(word.start, word.end, names[word.key])
        for word in words(text)
        if word.key in names and (word.capital or (word.key not in ordinary and len(word.key) > 3))
    ]


def ages_beside(text: str, spans: Iterable[Span]) -> list[Span]:
    """Find ages that stand beside people already found: `[CLIENT] (68)`, `[PERSON] is 14 and`."""
    matches = (_AGE_AFTER.match(text, span.end) for span in spans if span.kind in _PEOPLE)
    return [Span(*match.span(match.lastindex or 0), Kind.AGE) for match in matches if match]


def _name_like(key: str) -> bool:
    return len(key) > 2 and key.isalpha() and key not in _NOT_NAMES


_NOT_NAMES = frozenset({"the", "and", "mrs", "miss", "for", "her", "his", "with", "from", "our", "their", "said"})


def _snap(text: str, spans: Sequence[Span]) -> list[Span]:
    """Widen each span to the words it touches: half a name blanked is a name shown."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for word in words(text):
        for at in range(word.start, word.end):
            starts[at], ends[at + 1] = word.start, word.end
    return [Span(starts.get(span.start, span.start), ends.get(span.end, span.end), span.kind) for span in spans]


def _grow(text: str, span: Span) -> Span:
    """Take in the initials beside a name: `B. Wells`, `Brandon W`."""
    after = _INITIAL_AFTER.match(text, span.end)
    before = _INITIAL_BEFORE.search(text, max(0, span.start - 9), span.start)
    return Span(before.start() if before else span.start, after.end() if after else span.end, span.kind)


def _one_name(text: str, first: Span, second: Span) -> bool:
    """Say whether two passages are parts of one name (`Wells, Brandon`, `Brandon J. Wells`)."""
    if first.kind not in _PEOPLE or second.kind not in _PEOPLE or second.start - first.end > 6:
        return False
    return _BETWEEN_NAMES.fullmatch(text, first.end, second.start) is not None
