"""Numbers that free text rarely needs: which kinds a text holds, for counting. The numbers themselves go nowhere.

National Insurance, bank, card, passport and NHS numbers are asked for by form, and by check digit where a form alone
would take dates and telephone numbers for them. Redaction (uk_patterns) is wider: it blanks on suspicion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum


class Sensitive(StrEnum):
    """What a text holds, as readers call it."""

    NI = "National Insurance number"
    BANK = "bank account"
    CARD = "payment card"
    PASSPORT = "passport"
    NHS = "NHS number"


def _by_eleven(digits: str) -> bool:
    """Whether the last of ten digits is the check digit of an NHS number (NHS Data Dictionary: modulus 11)."""
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


def _by_luhn(digits: str) -> bool:
    """Whether a card number's check digit is right (ISO/IEC 7812-1, Luhn)."""
    doubled = (int(digit) * 2 if place % 2 else int(digit) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _any(_digits: str) -> bool:
    return True


_NUMBER = r"(?:\s(?:number|no|num|details))?\.?(?:\s(?:is|was))?\W{0,3}"
_I = re.IGNORECASE
_PATTERNS: tuple[tuple[Sensitive, re.Pattern[str], Callable[[str], bool]], ...] = (
    # QQ is never issued, but examples and inventions carry it.
    (Sensitive.NI, re.compile(r"\b[A-CEGHJ-TW-Z][A-CEGHJ-NPQR-TW-Z][ -]?(?:\d\d[ -]?){3}[A-D]\b", _I), _any),
    (Sensitive.BANK, re.compile(rf"\b(?:sort\s?code|s/c){_NUMBER}\d\d[ -]?\d\d[ -]?\d\d\b", _I), _any),
    (Sensitive.BANK, re.compile(rf"\b(?:account|acct|a/c){_NUMBER}\d{{8}}\b", _I), _any),
    (Sensitive.BANK, re.compile(r"(?<![\d/-])\d\d-\d\d-\d\d\W{1,3}\d{8}\b"), _any),
    (Sensitive.BANK, re.compile(r"\bGB\d\d(?:\s?[A-Z]{4})(?:\s?\d){14}\b", _I), _any),
    (Sensitive.CARD, re.compile(r"(?<![\d-])[2-6](?:[ -]?\d){12,18}(?![\d-])"), _by_luhn),
    (Sensitive.PASSPORT, re.compile(rf"\bpassport{_NUMBER}[A-Z]{{0,2}}\d{{7,9}}\b", _I), _any),
    (Sensitive.NHS, re.compile(rf"\bNHS{_NUMBER}\d{{3}}[ -]?\d{{3}}[ -]?\d{{4}}\b", _I), _any),
    (Sensitive.NHS, re.compile(r"(?<![\d-])\d{3}[ -]\d{3}[ -]\d{4}(?![\d-])"), _by_eleven),
)


def sensitive_in(text: str) -> frozenset[Sensitive]:
    """Return the kinds of number that a text holds; nothing of the text is kept."""
    if not any(sign.isdigit() for sign in text):
        return frozenset()
    return frozenset(kind for kind, pattern, check in _PATTERNS if _found(pattern, check, text))


def _found(pattern: re.Pattern[str], check: Callable[[str], bool], text: str) -> bool:
    return any(check("".join(filter(str.isdigit, match[0]))) for match in pattern.finditer(text))
