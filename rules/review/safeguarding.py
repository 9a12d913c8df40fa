"""Words in free text for which a named person reads the file before anything is destroyed.

A reviewed lexicon with a plain negation check: a hit asks for a reader, it decides nothing. Only the topic
leaves the place where the text is read, never the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NEGATED = re.compile(r"\b(no|not|never|denie[sd]|without|nor)\b[^.;!?]{0,25}\Z", re.IGNORECASE)

_TOPICS: Mapping[str, str] = {
    "abuse": r"abus(e|ed|es|ive|ing)|molest\w*|groom(ed|ing)|neglect(ed)?|exploitation|rap(e|ed)|incest",
    "suicide and self-harm": r"suicid\w*|self[- ]harm\w*|overdos\w*|end(ing)? (my|his|her|their) (own )?life"
    r"|kill(ing)? (my|him|her|them)sel(f|ves)|cut(s|ting)? (my|him|her|them)sel(f|ves)",
    "violence": r"violen(t|ce)|assault\w*|stabb\w*|strangl\w*|beat(en|ing)? (me|him|her|them)|domestic abuse",
    "allegation against staff": r"allegation\w*|misconduct|inappropriate (touch\w*|relationship|behaviour)",
    "threatened claim": r"solicitor\w*|su(e|ing) (you|us|the service|them)|compensation|legal action|ombudsman",
}
_PATTERNS = {topic: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for topic, pattern in _TOPICS.items()}


def topics_in(text: str) -> tuple[str, ...]:
    """The topics that `text` touches and does not plainly deny, in the order of the lexicon."""
    return tuple(
        topic for topic, pattern in _PATTERNS.items() if any(_meant(text, hit) for hit in pattern.finditer(text))
    )


def _meant(text: str, hit: re.Match[str]) -> bool:
    return _NEGATED.search(text[max(0, hit.start() - 60) : hit.start()]) is None
