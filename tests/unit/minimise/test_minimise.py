"""What is advised for a column, by what is known about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.minimise import LONG, ColumnEvidence, Proposal, Reads, Use, UseKind, advise
from rules.privacy.sensitive import Sensitive
from rules.schedule.actions import parse_action
from rules.schedule.values import Role

RULE = Use(UseKind.RULE, "client-file")
BIRTHDAY_RULE = Use(UseKind.RULE, "counselling-file")
BANDS = Use(UseKind.STATISTICS, "service-age", Reads.AGE_BAND)
EXTRACT_BAND = Use(UseKind.EXTRACT, "supervision", Reads.AGE_BAND)
TABLE = Use(UseKind.STATISTICS, "gender")
LEFT_OUT = Use(UseKind.EXTRACT, "statistics", Reads.LEFT_OUT)
SEARCHED = Use(UseKind.EXTRACT, "supervision", Reads.SEARCHED_FOR)
SCAN = Use(UseKind.WINNOW, "scans for safeguarding before anything is destroyed")


def column(*roles: Role, filled: int = 100, used_by: tuple[Use, ...] = ()) -> ColumnEvidence:
    """A column of the clients, of whom there are a hundred."""
    return ColumnEvidence(
        "casework", "client", "clients.x", roles=frozenset(roles), rows=100, filled=filled, used_by=used_by
    )


TEXT = replace(column(Role.FREE_TEXT, used_by=(SCAN,)), scanned=100, longest=900)


@pytest.mark.parametrize(
    ("evidence", "proposal"),
    [
        (column(), Proposal.DROP),
        (column(Role.EXCESS, filled=3), Proposal.DROP),
        (column(Role.EXCESS, filled=0), Proposal.DROP),
        (column(Role.EXCESS, used_by=(LEFT_OUT, SEARCHED)), Proposal.DROP),
        (column(Role.EXCESS, used_by=(TABLE,)), Proposal.BLANK),
        (column(Role.EXCESS, used_by=(RULE, LEFT_OUT)), Proposal.BLANK),
        (replace(column(), class_name=""), Proposal.CLAIM),
        (replace(column(), class_name="", rows=None, filled=0), Proposal.CLAIM),
        (replace(TEXT, sensitive={Sensitive.NI: 1}), Proposal.REDACT),
        (replace(TEXT, sensitive={Sensitive.NI: 1}, long=4), Proposal.REDACT),
        (replace(TEXT, sensitive={Sensitive.NI: 0}), Proposal.KEEP),
        (replace(column(Role.EVIDENCE), sensitive={Sensitive.BANK: 2}, scanned=100), Proposal.REDACT),
        (replace(TEXT, long=4), Proposal.TRUNCATE),
        (replace(TEXT, long=4, document=True), Proposal.KEEP),
        (column(Role.BIRTHDAY, used_by=(BANDS, EXTRACT_BAND)), Proposal.GENERALISE),
        (column(Role.BIRTHDAY, used_by=(BANDS, BIRTHDAY_RULE)), Proposal.KEEP),
        (column(Role.BIRTHDAY), Proposal.LOOK),
        (
            column(Role.STATISTIC, used_by=(Use(UseKind.EXTRACT, "statistics", Reads.PERIOD),)),
            Proposal.GENERALISE,
        ),
        (column(Role.DETAIL, used_by=(Use(UseKind.EXTRACT, "statistics", Reads.AREA),)), Proposal.KEEP),
        (column(Role.STATISTIC), Proposal.LOOK),
        (column(Role.STATISTIC, used_by=(TABLE,)), Proposal.KEEP),
        (column(Role.EVIDENCE, filled=4), Proposal.LOOK),
        (column(Role.EVIDENCE, filled=5), Proposal.KEEP),
        (column(Role.EVIDENCE, filled=4, used_by=(RULE,)), Proposal.KEEP),
        (column(Role.EVIDENCE, filled=0), Proposal.LOOK),
        (column(Role.DETAIL, filled=2), Proposal.KEEP),
        (replace(column(Role.EVIDENCE, filled=0), rows=0), Proposal.KEEP),
        (column(Role.KEY, used_by=(Use(UseKind.WINNOW, "tells records apart"),)), Proposal.KEEP),
    ],
)
def test_the_table_of_advice(evidence: ColumnEvidence, proposal: Proposal) -> None:
    """Purpose, filling, uses and texts decide; a rule's birthday is never blurred, contact details go with the file."""
    assert advise(evidence).proposal is proposal


def test_what_is_kept_costs_nothing_and_says_why() -> None:
    """No losses are listed where nothing changes."""
    advice = advise(column(Role.DETAIL))
    assert (advice.losses, advice.reason) == ((), "For reaching the person; it goes with the file.")


def test_every_use_says_what_it_would_lose() -> None:
    """One line for each rule, table and extract that reads the column, those that lose nothing too."""
    advice = advise(column(Role.EXCESS, used_by=(RULE, TABLE, LEFT_OUT, SEARCHED)))
    assert advice.losses == (
        "Rule client-file: can no longer judge its records: they would be kept.",
        "Statistics table gender: counts everybody as not known in this breakdown.",
        "Extract statistics: nothing; it leaves the column out.",
        "Extract supervision: no longer searches free text for these very values; their general form it still finds.",
    )


def test_a_column_that_nothing_reads_costs_nothing() -> None:
    """That Winnow knows of no use is said, and not more."""
    assert advise(column(Role.EXCESS)).losses == ("Nothing that Winnow knows of: no rule, table or extract reads it.",)


def test_a_blurred_birthday_says_how_wrong_an_age_may_be() -> None:
    """Generalising is not free: the loss is told."""
    advice = advise(column(Role.BIRTHDAY, used_by=(BANDS,)))
    assert "the month and year of birth would do" in advice.reason
    assert advice.losses == (
        "Statistics table service-age: an age may be out by one for up to a month before a birthday.",
    )


def test_numbers_in_free_text_are_counted_by_kind() -> None:
    """The reason gives counts by kind and the number of texts looked at."""
    evidence = replace(TEXT, sensitive={Sensitive.NI: 3, Sensitive.CARD: 1200})
    assert "Of 100 texts" in advise(evidence).reason
    assert "National Insurance number in 3, payment card in 1,200" in advise(evidence).reason


def test_the_riskiest_comes_first() -> None:
    """Advice sorts by proposal, then by how many records it is about."""
    drop, more = advise(column(Role.EXCESS, filled=3)), advise(column(Role.EXCESS, filled=30))
    redact = advise(replace(TEXT, sensitive={Sensitive.NI: 1}))
    keep = advise(column(Role.DETAIL))
    assert sorted([keep, drop, redact, more], key=lambda one: one.risk) == [redact, more, drop, keep]


def test_long_texts_are_for_their_authors_to_shorten() -> None:
    """A long text is for its authors first: a program can only cut it off."""
    advice = advise(replace(TEXT, long=4))
    assert f"4 of 100 texts (4.0%) are longer than {LONG:,} characters" in advice.reason
    assert advice.reason.endswith("a program can only cut them off.")


@pytest.mark.parametrize(
    ("evidence", "then"),
    [
        (column(Role.EXCESS, used_by=(TABLE,)), "blank faith"),
        (replace(TEXT, sensitive={Sensitive.NI: 1}), "redact faith"),
        (replace(TEXT, long=4), f"truncate faith to {LONG} characters"),
        (column(Role.BIRTHDAY, used_by=(BANDS, EXTRACT_BAND)), "generalise faith to month"),
    ],
)
def test_the_rule_that_would_do_it_is_named(evidence: ColumnEvidence, then: str) -> None:
    """The advice ends with what a schedule would say, for the very field, in a spelling that a schedule accepts."""
    reason = advise(replace(evidence, name="faith")).reason
    assert f"`then: {then}`" in reason
    assert str(parse_action(then)) == then


def test_what_a_rule_does_to_a_column_is_no_reason_to_keep_it() -> None:
    """A rule that blanks a column or makes less of it does not need it."""
    acts = [Use(UseKind.RULE, "r", reads) for reads in (Reads.BLANKS, Reads.REDUCES)]
    assert advise(column(Role.EXCESS, used_by=tuple(acts))).proposal is Proposal.DROP
