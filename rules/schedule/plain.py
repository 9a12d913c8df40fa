"""Rules in plain English, for the people who review and are reviewed."""

from __future__ import annotations

from rules.schedule.values import After, Birthday, FieldRef, Longest, Term, WithHead, ordinal


def in_words(term: Term) -> str:
    """`7 years after the later of closed on and last contact, and until the 25th birthday …`."""
    if isinstance(term, WithHead):
        return f"as long as the file of the {_words(term.head)}"
    if isinstance(term, Longest):
        return "; and ".join(in_words(part) for part in term.terms)
    if isinstance(term, Birthday):
        return _birthday(term)
    return _after(term)


def _birthday(term: Birthday) -> str:
    older = ""
    if term.older_age is not None:
        older = f" ({ordinal(term.older_age)} for somebody who was {term.if_age} at {_words(term.at)})"
    return f"until the {ordinal(term.age)} birthday counted from {_words(term.of)}{older}"


def _after(term: After) -> str:
    names = [_trigger(ref) for ref in term.triggers]
    start = names[0] if len(names) == 1 else f"the latest of {', '.join(names[:-1])} and {names[-1]}"
    year = f"the end of the {term.rounding} of " if term.rounding else ""
    return f"{term.period} after {year}{start}"


def _trigger(ref: FieldRef) -> str:
    return f"{_words(ref.name)} (if any)" if ref.optional and "_" in ref.name else _words(ref.name)


def _words(name: str) -> str:
    return name.replace("_", " ")
