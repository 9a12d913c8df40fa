"""Patterns of UK identifiers, dates, ages, addresses and named organisations in free text.

Every pattern names the passage to blank in group 1 or, without a group, as a whole. Numbers are blanked without a
check digit test: a mistyped NHS number points to a person too. Weekdays, durations and scores (`4/10`) stay.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rules.privacy.folding import fold
from rules.privacy.ordinary_words import CALENDAR_WORDS, PROTECTED_TERMS, TITLES_AND_RELATIVES
from rules.privacy.redaction import Kind, Span

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s+(?:the\s+)?)?"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
_UNIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_NUMBER_WORD = (
    r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
    rf"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]{_UNIT})?|{_UNIT})"
)
_AGE = rf"(?:\d{{1,3}}|{_NUMBER_WORD})"
_STREET = (
    r"(?:street|str|st|road|rd|avenue|ave|lane|ln|close|cl|drive|dr|crescent|cres|terrace|terr|gardens|gdns|grove|gr"
    r"|place|pl|court|ct|square|sq|way|walk|hill|rise|row|mews|park|parade|green|gate|view|vale|croft|mount|fold|quay|wharf"
    r"|common|approach|broadway|circus|end|estate|wynd|brae|loan|lodge|house)"
)
_SURE_STREET = r"(?:Street|Road|Avenue|Lane|Crescent|Terrace|Gardens|Grove|Mews)"
_DWELLING = r"(?:(?:flat|apartment|apt|unit|room|house)\s+\w{1,4},?\s+)"
_NOT_IN_STREET = (
    r"(?!(?:the|a|of|in|at|to|from|for|on|and|minutes?|hours?|days?|weeks?|sessions?|years?|mg|this|that|my|her|his"
    r"|their)\b)"
)
_BODY = (
    r"(?:School|Academy|College|University|Surgery|Practice|Medical\sCentre|Health\sCentre|Hospital|Nursery|Hospice|Church"
    r"|Chapel|Mosque|Gurdwara|Synagogue|Temple|Prison|Infirmary|Clinic|Youth\sClub|Children'?s\sHome|Care\sHome|Library|Sixth\sForm|Primary\sSchool|Primary|Comprehensive|Grammar|Infants|Juniors)"
)
_CAP = r"[A-Z][\w'’.&-]*"
_NAME = r"[A-Z][\w'’-]+"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Rev|Reverend|Sir|Dame|Lady|Lord|Aunt|Auntie|Aunty|Uncle|Nurse)"
_RELATIVE = (
    r"(?:mum|mam|mother|dad|father|brother|sister|son|daughter|husband|wife|partner|boyfriend|girlfriend|friend|uncle|aunt"
    r"|auntie|nan|nana|gran|grandma|grandad|cousin|niece|nephew|stepdad|stepmum|carer|neighbour|ex|tutor|teacher|mentor"
    r"|counsellor|supervisor|manager|worker)"
)

_I = re.IGNORECASE
# With a digit in them: skipped at once for a text without one.
_WITH_DIGITS: tuple[tuple[Kind, str, int], ...] = (
    (Kind.ID, r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?(?:\d[ -]?){6}[A-D]\b", _I),
    (Kind.ID, r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?(?:\d\d[ ]?){2}\d\d\b", 0),
    (Kind.ID, r"\b\d{2}[A-FMNPWY]\d{5}\b", 0),
    (Kind.ID, r"(?<![\d-])\d{3}[ .-]\d{3}[ .-]\d{4}(?![\d-])", 0),
    (Kind.ID, r"(?<![\d/-])\d{2}-\d{2}-\d{2}(?![\d/-])", 0),
    (Kind.ID, r"(?<!\d)\d(?:[ ]?\d){7,18}(?!\d)", 0),
    (Kind.ID, r"\b(?:sort\s?code|s/c)\W{0,3}(\d\d[ -]?\d\d[ -]?\d\d)\b", _I),
    (
        Kind.ID,
        r"\b(?:account|acct|a/c|certificate|cert|passport|licence|reference|ref|case|crime|utr|uln|upn|chi|dbs)"
        r"(?:\s(?:number|no|num))?\W{0,3}((?=[\w/-]*\d)[\w/-]{5,})",
        _I,
    ),
    (Kind.ID, r"\bGB\d{2}(?:\s?[A-Z0-9]{4}){3,5}(?:\s?[A-Z0-9]{1,2})?\b", _I),
    (Kind.ID, r"(?<!\d)(?:\d{4}[ -]){3}\d{4}(?!\d)", 0),
    (Kind.ID, r"\b[A-Z9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}\b", _I),
    (Kind.ID, r"\b[A-HJ-PR-Y]{2}\d{2}[ -]?[A-HJ-PR-Z]{3}\b", _I),
    (Kind.ID, r"\b(?:[A-HJ-Y]\d{1,3}[ ]?[A-Z]{3}|[A-Z]{3}[ ]?\d{1,3}[ ]?[A-HJ-Y])\b(?!-)", 0),
    (Kind.ID, r"\b[A-Z]{1,4}[-/]?\d{5,}[A-Z]?\b", _I),
    (Kind.ID, r"\b[A-Z]{1,4} \d{5,}[A-Z]?\b", 0),
    (Kind.ID, r"\b\d{2,}/\d{4,}/\d{2}\b", 0),
    (Kind.PHONE, r"(?<![\w+])(?:\+\s?[1-9]|00\s?44|00[ -][1-9])\d{0,2}(?:[\s().-]{0,3}\d){8,12}(?!\d)", 0),
    (Kind.PHONE, r"(?<!\w)\(?0(?:[\s().-]{0,2}\d){9,10}(?!\d)(?:\s*(?:ext|extension|x)\.?\s*\d{1,5})?", _I),
    (Kind.POSTCODE, r"\b(?:GIR\s?0AA|[A-Z]{1,2}\d[A-Z\d]?\s?\d(?![ap]m\b)[A-Z]{2})\b", _I),
    (Kind.DATE, r"(?<![\d/.-])(?:\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2}))(?![\d/-])", 0),
    (
        Kind.DATE,
        rf"\b{_WEEKDAY}(?:the\s+)?{_ORDINAL}(?:\s+of)?[\s-]+{_MONTH}(?:,?[\s-]+(?:\d{{4}}|['’]?\d{{2}})\b)?",
        _I,
    ),
    (
        Kind.DATE,
        rf"\b{_WEEKDAY}{_MONTH}\s+(?:the\s+)?{_ORDINAL}\b(?!\s?(?:sessions|weeks|minutes))(?:,?\s+\d{{4}})?",
        _I,
    ),
    (Kind.DATE, rf"\b{_MONTH},?\s+(?:of\s+)?(?:19|20)\d\d\b", _I),
    (Kind.DATE, r"\b(?:born|dob|d\.o\.b\.?)\W{1,3}(?:in\s+)?((?:19|20)\d\d)\b", _I),
    (
        Kind.AGE,
        r"\b(?:turned|turning|turns|(?:he|she|they|who)\s(?:is|was|are|were)(?:\sonly|\snow|\sjust)?)\s(\d{1,2})\b(?!\s?(?:weeks|days|minutes|hours|months|%|/|:|\.))",
        _I,
    ),
    (Kind.AGE, r"\b(\d{1,2}(?:st|nd|rd|th))\sbirthday\b", _I),
    (
        Kind.ADDRESS,
        rf"\b{_DWELLING}?\d{{1,4}}[a-z]?(?:\s?-\s?\d{{1,4}})?,?\s+(?:{_NOT_IN_STREET}[a-z'’.-]+\s+){{1,3}}?{_STREET}\b\.?",
        _I,
    ),
    (Kind.ADDRESS, r"\b(?:P\.?O\.?\s?Box)\s+\d+\b", _I),
)
_ANYWHERE: tuple[tuple[Kind, str, int], ...] = (
    (Kind.AGE, rf"\baged?\W{{1,2}}({_AGE})\b", _I),
    (Kind.AGE, rf"\b({_AGE}[- ](?:years?|yrs?)[- ]old|\d{{1,3}}\s?(?:yo|y/o))\b", _I),
    (Kind.ADDRESS, rf"\b(?!The\b)[A-Z][a-z'’-]+(?:\s[A-Z][a-z'’-]+)?\s{_SURE_STREET}\b", 0),
    (Kind.ADDRESS, r"\b[A-Z][a-z'’-]+(?:\s[A-Z][a-z'’-]+)?\s(?:Cottage|Farm|Lodge|Manor|House)(?=,)", 0),
    (
        Kind.ORGANISATION,
        rf"\b(?!(?:The|Her|His|Their|My|At|Our|A|This|High|Primary|Secondary)\s)(?:{_CAP}\s(?:(?:of|the|and|&|with)\s)*){{1,5}}{_BODY}\b",
        0,
    ),
    (
        Kind.ORGANISATION,
        r"(?<=[a-z,]\s)(?:[A-Z][a-z'’-]+\s){1,3}(?:surgery|school|college|academy|hospital|clinic|nursery|church|mosque)\b",
        0,
    ),
    (Kind.ORGANISATION, rf"\bHM[PY](?:OI)?\s{_CAP}", 0),
    (Kind.PERSON, rf"\b{_TITLE}\.?\s((?:[A-Z]\.?\s)?{_NAME}(?:\s{_NAME})?)", 0),
    (Kind.PERSON, r"(?<![\w'’.])[A-Z]\.\s?(?:[A-Z]\.\s?)?[A-Z][a-z]*['’]?[A-Z]?[a-z-]+\b", 0),
    (Kind.PERSON, rf"\b(?i:{_RELATIVE})(?:,|\sis\scalled|\scalled|\snamed)?\s([A-Z][a-z'’-]+(?:\s[A-Z][\w'’-]+)?)", 0),
)
_WITH_AT: tuple[tuple[Kind, str, int], ...] = (
    (Kind.EMAIL, r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}", 0),
    (Kind.LINK, r"(?<![\w@.])@\w{3,30}\b", 0),
)
_AT_IN_WORDS = (
    (Kind.EMAIL, r"\b[\w.+-]{1,64}\s?[(\[]\s?at\s?[)\]]\s?[\w-]+(?:\s?(?:\.|[(\[]\s?dot\s?[)\]])\s?[\w-]+){1,4}", _I),
    (Kind.LINK, r"\b(?:https?://|www\.)[^\s<>\"]+", _I),
)


@lru_cache(maxsize=16)
def _compiled(group: str, case_number: str = "") -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    given = {
        "digits": _WITH_DIGITS,
        "at": _WITH_AT,
        "any": (*_ANYWHERE, *_AT_IN_WORDS),
        "case": ((Kind.ID, case_number, _I),),
    }
    return tuple((kind, re.compile(pattern, flags)) for kind, pattern, flags in given[group])


def find_identifiers(text: str, *, case_number: str = "") -> list[Span]:
    """Return a span for each identifier, date, age, address or named body found by its form.

    `case_number` is the store's own scheme as a regular expression (without one, only the general form of codes).
    """
    groups = [_compiled("any")]
    if any(char.isdigit() for char in text):
        groups.append(_compiled("digits"))
    if "@" in text:
        groups.append(_compiled("at"))
    if case_number:
        groups.append(_compiled("case", case_number))
    spans = []
    for kind, pattern in (pair for group in groups for pair in group):
        for match in pattern.finditer(text):
            start, end = match.span(1 if pattern.groups and match.group(1) is not None else 0)
            if kind is not Kind.PERSON or not _not_a_name(text[start:end]):
                spans.append(Span(start, end, kind))
    return spans


def is_protected(passage: str) -> bool:
    """Say whether a passage holds nothing but clinical terms, numbers and signs, such as `PHQ-9`."""
    bare = "".join(char for char in fold(passage) if char.isalnum())
    pieces = re.findall(r"[a-z&]+\d*|\d+", fold(passage))
    return bare in PROTECTED_TERMS or all(piece.isdigit() or piece in PROTECTED_TERMS for piece in pieces)


def _not_a_name(passage: str) -> bool:
    first = fold(passage).split()[0].strip(".,'’")
    return first in CALENDAR_WORDS or first in TITLES_AND_RELATIVES or is_protected(passage)
