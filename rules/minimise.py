"""Is every column needed? From counts and uses to an advice, in plain English, with what it would cost.

Data minimisation, UK GDPR Art 5(1)(c): adequate, relevant and limited to what is necessary. Nothing here holds a
value of a record; nothing here changes a store: people decide, and the owner of the system carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.privacy.sensitive import Sensitive
from rules.schedule.values import Role

LONG = 2_000
"""Letters after which a text is asked whether all of it is essential."""

RARELY = 0.05


class UseKind(StrEnum):
    """What reads a column."""

    RULE = "rule"
    CONTROL = "control"
    HOLD = "automatic hold"
    QUALITY = "quality check"
    STATISTICS = "statistics table"
    EXTRACT = "extract"
    WINNOW = "Winnow"


class Reads(StrEnum):
    """How a use reads a column: how much of it, if anything, would be missed."""

    EXACTLY = "as it stands"
    AGE_BAND = "age band"
    PERIOD = "month, quarter or year"
    AREA = "area"
    REDACTED = "redacted text"
    LEFT_OUT = "left out"
    SEARCHED_FOR = "searched for in free text"
    BLANKS = "blanked"
    REDUCES = "made smaller"


_NOT_MISSED = frozenset({Reads.LEFT_OUT, Reads.SEARCHED_FOR, Reads.BLANKS, Reads.REDUCES})
_COARSE: Mapping[Reads, str] = {
    Reads.AGE_BAND: "the month and year of birth",
    Reads.PERIOD: "the month and year",
    Reads.AREA: "the area",
}


_COARSE_FORM: Mapping[Reads, str] = {Reads.AGE_BAND: "month", Reads.PERIOD: "month", Reads.AREA: "area"}


@dataclass(frozen=True, order=True)
class Use:
    """One thing that reads a column: its kind, its name, and how."""

    kind: UseKind
    name: str
    reads: Reads = Reads.EXACTLY

    def __str__(self) -> str:
        if self.kind is UseKind.WINNOW:
            return f"Winnow: {self.name}"
        return f"{self.kind} {self.name}" + ("" if self.reads is Reads.EXACTLY else f" ({self.reads})")


@dataclass(frozen=True)
class ColumnEvidence:
    """What is known about one column: where it lies, why it is held, how full it is, and what reads it. No values.

    `column` is its place in the store; `class_name` is empty where no class claims it, `rows` None where nobody
    counted. `sensitive` counts texts by the kinds of number they hold, of `scanned` texts; `longest` is in
    letters, `long` the number of texts over 2,000. `document`: the text is a whole document, which may be long.
    `name` is the field of the schedule, by which a rule can name it.
    """

    store: str
    class_name: str
    column: str
    roles: frozenset[Role] = frozenset()
    rows: int | None = 0
    filled: int = 0
    used_by: tuple[Use, ...] = ()
    sensitive: Mapping[Sensitive, int] = field(default_factory=dict)
    scanned: int = 0
    longest: int = 0
    long: int = 0
    document: bool = False
    name: str = ""

    @property
    def share_filled(self) -> float:
        """The part of the records that hold something here, from 0 to 1."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def share_long(self) -> float:
        """The part of the texts that are over 2,000 letters long, from 0 to 1."""
        return self.long / self.filled if self.filled else 0.0

    @property
    def missed_by(self) -> tuple[Use, ...]:
        """The uses that read something of the column."""
        return tuple(use for use in self.used_by if use.reads not in _NOT_MISSED)

    @property
    def purposes(self) -> str:
        """The purposes that the schedule declares, as readers see them."""
        return ", ".join(sorted(role.value for role in self.roles - {Role.EXCESS}))


class Proposal(StrEnum):
    """What is advised, riskiest first."""

    REDACT = "redact"
    DROP = "drop"
    BLANK = "blank"
    CLAIM = "claim or drop"
    GENERALISE = "generalise"
    TRUNCATE = "truncate"
    LOOK = "look at it"
    KEEP = "keep"

    @property
    def rank(self) -> int:
        """0 for the riskiest."""
        return list(Proposal).index(self)


@dataclass(frozen=True)
class Advice:
    """What to do with a column, why, and what each report, extract and rule would lose by it."""

    evidence: ColumnEvidence
    proposal: Proposal
    reason: str
    losses: tuple[str, ...] = ()

    @property
    def risk(self) -> tuple[int, int]:
        """Sorts the riskiest first: by proposal, then by how many records it is about."""
        about = sum(self.evidence.sensitive.values()) or self.evidence.filled
        return self.proposal.rank, -about


_Found = tuple[Proposal, str] | None


def advise(evidence: ColumnEvidence) -> Advice:
    """Return the advice on a column: the first of the rules below that has something to say."""
    for rule in _RULES:
        found = rule(evidence)
        if found is not None:
            proposal, reason = found
            return Advice(evidence, proposal, f"{reason}{_by_rule(evidence, proposal)}", _losses(evidence, proposal))
    return Advice(evidence, Proposal.KEEP, _why_kept(evidence))


def _by_rule(column: ColumnEvidence, proposal: Proposal) -> str:
    """How a rule of the schedule would do it; nothing where none can."""
    forms = {_COARSE_FORM[use.reads] for use in column.missed_by if use.reads in _COARSE_FORM}
    said = {
        Proposal.BLANK: f"blank {column.name}",
        Proposal.REDACT: f"redact {column.name}",
        Proposal.TRUNCATE: f"truncate {column.name} to {LONG} characters",
        Proposal.GENERALISE: f"generalise {column.name} to {min(forms, default='month')}",
    }
    if not column.name or column.document or proposal not in said:
        return ""
    only = " (postcodes only)" if "area" in forms else ""
    return f" A rule can do it after a time: `then: {said[proposal]}`{only}."


def _unclaimed(column: ColumnEvidence) -> _Found:
    if column.class_name:
        return None
    reason = "No class of the schedule claims it, so no rule ever lets it go. Give it a class, a purpose and a period,"
    return Proposal.CLAIM, f"{reason} or drop it."


def _without_purpose(column: ColumnEvidence) -> _Found:
    if column.roles - {Role.EXCESS}:
        return None
    if not column.filled:
        return Proposal.DROP, "The schedule names no purpose, and nothing is in it. Drop it before somebody fills it."
    reason = f"The schedule names no purpose, and {_records(column.filled)} something in it."
    if column.missed_by:
        return Proposal.BLANK, f"{reason} Something reads it, so blank what is there and leave the column."
    return Proposal.DROP, f"{reason} Nothing needs it: drop it, in the schedule too."


def _sensitive(column: ColumnEvidence) -> _Found:
    found = {kind: count for kind, count in sorted(column.sensitive.items()) if count}
    if not found:
        return None
    said = ", ".join(f"{kind} in {count:,}" for kind, count in found.items())
    reason = f"Of {column.scanned:,} texts, some seem to hold numbers that free text does not need: {said}."
    return Proposal.REDACT, f"{reason} Move what is needed to its own place and redact the rest."


def _empty(column: ColumnEvidence) -> _Found:
    if not column.rows or column.filled or column.missed_by:
        return None
    return Proposal.LOOK, f"Held as {column.purposes}, but empty in every record, and nothing reads it."


def _coarse(column: ColumnEvidence) -> _Found:
    uses, held_for_more = column.missed_by, column.roles - {Role.BIRTHDAY, Role.STATISTIC, Role.TRIGGER, Role.PURPOSE}
    if not uses or held_for_more or not column.filled or not all(use.reads in _COARSE for use in uses):
        return None
    enough = " and ".join(sorted({_COARSE[use.reads] for use in uses}))
    return Proposal.GENERALISE, f"Only ever used more coarsely, and no rule reads it: {enough} would do."


def _long(column: ColumnEvidence) -> _Found:
    if column.document or not column.long:
        return None
    how_many = f"{column.long:,} of {column.filled:,} texts ({column.share_long:.1%})"
    reason = f"{how_many} are longer than {LONG:,} characters. Let their authors shorten them to what is essential:"
    return Proposal.TRUNCATE, f"{reason} a program can only cut them off."


def _unused(column: ColumnEvidence) -> _Found:
    if not column.rows or column.missed_by or Role.DETAIL in column.roles:
        return None
    if column.roles == {Role.STATISTIC}:
        return Proposal.LOOK, "Held for statistics only, and no declared table or extract uses it."
    if column.roles == {Role.BIRTHDAY}:
        return Proposal.LOOK, "A date of birth that no birthday rule, table or extract reads."
    if column.share_filled < RARELY:
        reason = f"Held as {column.purposes}, but nothing reads it and {column.share_filled:.1%} have it."
        return Proposal.LOOK, f"{reason} Is it still asked for?"
    return None


_RULES: tuple[Callable[[ColumnEvidence], _Found], ...] = (
    _unclaimed,
    _without_purpose,
    _sensitive,
    _empty,
    _coarse,
    _long,
    _unused,
)


def _why_kept(column: ColumnEvidence) -> str:
    if not column.rows:
        return "No record is held."
    if Role.DETAIL in column.roles:
        return "For reaching the person; it goes with the file."
    held = "part of the record" if column.roles == {Role.PURPOSE} else column.purposes
    if column.missed_by:
        return f"Needed as {held}."
    return f"Held as {held}: people read it, no rule, table or extract does."


def _records(count: int) -> str:
    return "1 record has" if count == 1 else f"{count:,} records have"


_LOST_WITHOUT: Mapping[UseKind, str] = {
    UseKind.RULE: "can no longer judge its records: they would be kept",
    UseKind.CONTROL: "no longer sees what it checks",
    UseKind.HOLD: "no longer holds anybody by it",
    UseKind.QUALITY: "no longer checks it",
    UseKind.STATISTICS: "counts everybody as not known in this breakdown",
    UseKind.EXTRACT: "has an empty column",
}
_LOST_ANYHOW: Mapping[Reads, str] = {
    Reads.LEFT_OUT: "nothing; it leaves the column out",
    Reads.BLANKS: "nothing; it blanks the column",
    Reads.REDUCES: "nothing; it makes less of the column itself",
    Reads.SEARCHED_FOR: "no longer searches free text for these very values; their general form it still finds",
}
_LOST_IN_PART: Mapping[tuple[Proposal, Reads], str] = {
    (Proposal.GENERALISE, Reads.AGE_BAND): "an age may be out by one for up to a month before a birthday",
    (Proposal.GENERALISE, Reads.PERIOD): "nothing",
    (Proposal.GENERALISE, Reads.AREA): "nothing",
    (Proposal.REDACT, Reads.REDACTED): "nothing; it redacts the text itself",
    (Proposal.REDACT, Reads.EXACTLY): "nothing but the numbers",
    (Proposal.TRUNCATE, Reads.REDACTED): "whatever is cut",
    (Proposal.TRUNCATE, Reads.EXACTLY): "whatever is cut",
}
_NOTHING = "Nothing that Winnow knows of: no rule, table or extract reads it."


def _losses(column: ColumnEvidence, proposal: Proposal) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_loss(use, proposal) for use in column.used_by))
    return found or (_NOTHING,)


def _loss(use: Use, proposal: Proposal) -> str:
    whole = _LOST_ANYHOW.get(use.reads) or _LOST_WITHOUT.get(use.kind, "does this no longer")
    lost = _LOST_IN_PART.get((proposal, use.reads), whole)
    who = f"Winnow ({use.name})" if use.kind is UseKind.WINNOW else f"{use.kind.capitalize()} {use.name}"
    return f"{who}: {lost}."
