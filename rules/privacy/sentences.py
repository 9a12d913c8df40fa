"""What the neighbouring words say about a word that may be a name."""

from __future__ import annotations

import re

from rules.privacy.folding import Word

_OPENS = re.compile(r"(?:[.!?:;•\n]|^|[-–])[\s\"'“‘(]*$")
_ENDINGS = (("s", ""), ("es", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ly", ""), ("ies", "y"))
_DOES = re.compile(
    r"\s(?:is|was|has|had|said|says|felt|feels|feeling|told|asked|disclosed|reports|reported|came|attended|arrived"
    r"|rang|agreed|wants|wanted|thinks|explained|described|mentioned|seems|seemed|who|cried|became|shared|stated)\b"
    r"|\s?\(\d|['’]s\s"
)
_MET = re.compile(
    r"(?i:\b(?:ask|asking|asked|tell|told|telling|collect|met|meeting|phoned|ring|rang|call|called|email|emailed|text|texted"
    r"|see|saw|seeing|visit|visited|spoke to|spoke with|talked to|shouted at|named|by|dear|hi|hello|mr|mrs|ms|miss"
    r"|study:|client:|name:)\s)$"
)


def acts_like_a_person(text: str, word: Word) -> bool:
    """Say whether a word does, or meets with, what people do: "asking hope to ring", "blessing is worried"."""
    return bool(_DOES.match(text, word.end) or _MET.search(text, max(0, word.start - 14), word.start))


def opens_a_sentence(text: str, word: Word) -> bool:
    """Say whether a word stands first in its sentence or line, where its capital tells nothing."""
    return word.start == 0 or _OPENS.search(text, max(0, word.start - 4), word.start) is not None


def is_ordinary(key: str, ordinary: frozenset[str]) -> bool:
    """Say whether a folded word, or the stem of its inflection, is in a list of ordinary words."""
    stems = {key, *(key[: -len(end)] + new for end, new in _ENDINGS if key.endswith(end))}
    return not stems.isdisjoint(ordinary)
