"""One person, written in several ways: when two case numbers, or two names, are to be taken for the same.

Taking two for one keeps a record too long, which a person can mend; taking one for two destroys it. So this errs
towards the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

TITLES = frozenset(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "sir", "jr", "sr", "md", "phd"])

_APOSTROPHES = dict.fromkeys(map(ord, "'`\u00b4\u2018\u2019\u02bc\u2032"))


_DECIMALS = re.compile(r"(?<=\d)\.0+$")
_LEADING_NOUGHTS = re.compile(r"(?<!\d)0+(?=\d)")
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=16_384)
def same_case(text: str) -> str:
    """Return one form for every spelling of a case number: C000123, `c000123 `, C-000123, C123; 123, 0123, 123.0."""
    if text.isascii() and text.isalnum():  # what nearly all of them are: nothing to fold but case and noughts
        return _LEADING_NOUGHTS.sub("", text.lower())
    bare = _DECIMALS.sub("", unicodedata.normalize("NFKC", text).casefold().strip())
    short = _LEADING_NOUGHTS.sub("", bare)
    return "".join(filter(str.isalnum, short)) or bare


def name_words(name: str) -> frozenset[str]:
    """Return the words of a name without case, accents, apostrophes and order; a hyphen parts two words."""
    if name.isascii() and name.isalpha():  # what most parts of a name are: nothing to fold but case
        return frozenset((name.lower(),))
    return frozenset(words_in(name))


def words_in(text: str) -> list[str]:
    """Return the words of a text in their order, folded as the words of a name are."""
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _WORD.findall(text.translate(_APOSTROPHES).casefold())


def name_forms(parts: Sequence[str]) -> frozenset[frozenset[str]]:
    """Return the sets of words by which one person may be entered twice; none for somebody without a name.

    `parts` are as `called` takes them: all of them together are one form, and each of them with the family name is
    another. Titles do not count, and a partial form has two words at least.
    """
    every = [name_words(part) - TITLES for part in parts]
    whole = frozenset[str]().union(*every) or frozenset[str]().union(*map(name_words, parts))
    if len(parts) < 3:
        return frozenset((whole,)) if whole else frozenset()
    partial = (words | every[1] for place, words in enumerate(every) if place != 1)
    return frozenset(form for form in (whole, *(one for one in partial if len(one) > 1)) if form)


def spoken_forms(parts: Sequence[str]) -> frozenset[frozenset[str]]:
    """Return the sets of words by which somebody with these name fields is mentioned in full; none where none tells.

    `parts` are as `called` takes them. A form is a first given name, or the one by which the person is known, with the
    family name: two words at least, each of two letters or more.
    """
    every = [[word for word in words_in(part) if word not in TITLES] for part in parts]
    if len(every) == 1:
        every = [every[0][:1], every[0][-1:]]
    family = every[1] if len(every) > 1 else []
    firsts = [words[0] for place, words in enumerate(every) if place != 1 and words]
    forms = {frozenset((first, *family)) for first in firsts if family}
    return frozenset(form for form in forms if len(form) > 1 and min(map(len, form)) > 1)


def called(parts: Sequence[str], wanted: Mapping[str, frozenset[str]]) -> Iterable[str]:
    """Yield those of the `wanted` names (with their words) by which somebody with these name fields may be called.

    A middle name or a second first name on either side does not part them. `parts` are the given name, the family
    name and what else the person is known as, or the one whole name.
    """
    family = name_words(parts[1]) if len(parts) > 1 else frozenset()
    firsts = [name_words(part) for place, part in enumerate(parts) if place != 1]
    every = family.union(*firsts)
    for name, words in wanted.items():
        fuller = any(len(first | family) > 1 and first | family <= words for first in firsts)
        if words and (words <= every or fuller):
            yield name
