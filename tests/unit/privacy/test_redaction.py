"""The redaction plan: folding keeps offsets, the own record is found in every form, patterns are British."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.privacy.folding import fold, words
from rules.privacy.identity import OwnRecord, Person
from rules.privacy.ordinary_words import NAMES_THAT_ARE_WORDS
from rules.privacy.own_record import compile_record, one_edit
from rules.privacy.redaction import LABEL, Kind, Span, ages_beside, further_mentions, merge, replace
from rules.privacy.uk_names import forms_of, given_names, nickname_table
from rules.privacy.uk_patterns import find_identifiers, is_protected

NICKNAMES = nickname_table([("robert", "bobby")])
OWN = OwnRecord(
    people=(
        Person(given="Robert", family="O'Brien-Clarke", known_as="Robbie"),
        Person(given="Hope", family="Marlowe", kind=Kind.PERSON),
        Person(given="Zoë", family="Łukasik", kind=Kind.PERSON),
    ),
    case_numbers=("DC-00417",),
    phones=("020 7946 0991",),
    emails=("rob.clarke7@example.org",),
    postcodes=("MK3 4DX",),
    addresses=("130 Station Street",),
    towns=("Reading",),
)
MATCHER = compile_record(OWN, NICKNAMES, NAMES_THAT_ARE_WORDS, frozenset({"robber", "market"}))


def redacted(text: str) -> str:
    return replace(text, merge(text, [*MATCHER.find(text), *find_identifiers(text)])).text


@given(st.text())
def test_folding_never_moves_a_character(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert all(text[word.start : word.end] for word in words(text))


@pytest.mark.parametrize(
    "mention",
    [
        "Robert O'Brien-Clarke",
        "robert o’brien-clarke",
        "O'BRIEN-CLARKE, Robert",
        "Robert's",
        "ROBERT",
        "Bob",
        "Rob",
        "Bobby",
        "robbie",
        "Mr O'Brien",
        "Clarke",
        "R. O'Brien",
        "Robert C",
        "RO",
        "R.O.",
        "R. O.",
        "Robret",
        "Robret OBrien",
        "Rob\u0301ert",
        "Ro\u200bbert",
        "robert46",
        "@robertclarke",
        "Zoe Lukasik",
        "ZOË",
        "zoe lukasik",
        "Hope",
        "hope marlowe",
        "dc 00417",
        "DC/00417",
        "02079460991",
        "+44 20 7946 0991",
        "(020) 7946-0991",
        "rob.clarke7@example.org",
        "mk34dx",
        "130 station st",
        "130 Station Str.",
        "Station Street",
        "Reading",
    ],
)
def test_every_form_of_the_records_own_words_goes(mention: str) -> None:
    """Possessives, short forms, initials, slips, accents, handles, case, order and spacing: none survives."""
    text = f"We spoke with {mention} again about work and sleep."
    rest = LABEL.sub("", redacted(text))
    assert not [word.key for word in words(rest) if word.key not in fold("we spoke with mr again about work and sleep")]


@pytest.mark.parametrize(
    "kept",
    [
        "There is hope, and reading helps.",
        "PHQ-9 was 14, GAD-7 was 11 and CORE-10 was 12.",
        "Mood 4/10 for three weeks; 50mg sertraline, ten minutes late on Thursday.",
        "The market robber was on television.",
        "She came at 3.30pm and will return in 6 weeks.",
    ],
)
def test_ordinary_and_clinical_words_stay(kept: str) -> None:
    assert redacted(kept) == kept


@pytest.mark.parametrize(
    ("passage", "kind"),
    [
        ("AB 12 34 56 C", Kind.ID),
        ("ab123456c", Kind.ID),
        ("943 476 5919", Kind.ID),
        ("9434765919", Kind.ID),
        ("09-11-34", Kind.ID),
        ("73632401", Kind.ID),
        ("001314395342", Kind.ID),
        ("GG27 DJT", Kind.ID),
        ("YC-57931", Kind.ID),
        ("07700 900123", Kind.PHONE),
        ("0044 161 496 0123", Kind.PHONE),
        ("EX18 9WP", Kind.POSTCODE),
        ("e16 7dl", Kind.POSTCODE),
        ("a.b@mail.example.org", Kind.EMAIL),
        ("ann (at) example.org", Kind.EMAIL),
        ("https://example.org/ann", Kind.LINK),
        ("14/03/1999", Kind.DATE),
        ("2022-12-17", Kind.DATE),
        ("18th of December 2022", Kind.DATE),
        ("Thursday 24 November", Kind.DATE),
        ("March 2021", Kind.DATE),
        ("Flat 15, 158 Meadow Ave", Kind.ADDRESS),
        ("8a manor road", Kind.ADDRESS),
        ("Moorside Primary School", Kind.ORGANISATION),
        ("St Mary's Hospital", Kind.ORGANISATION),
        ("Moorside surgery", Kind.ORGANISATION),
        ("fourteen-year-old", Kind.AGE),
    ],
)
def test_british_identifiers_are_found_by_form(passage: str, kind: Kind) -> None:
    text = f"We noted {passage} and went on."
    spans = merge(text, find_identifiers(text))
    assert [(text[span.start : span.end], span.kind) for span in spans] == [(passage, kind)]


def test_the_stores_own_case_numbers_are_found_by_the_scheme_handed_in() -> None:
    text = "See zz9 for more."
    assert find_identifiers(text, case_number=r"\bzz\d\b") == [Span(4, 7, Kind.ID)]
    assert find_identifiers(text) == []


def test_titles_and_relatives_point_to_unknown_people() -> None:
    text = "Mrs Okonkwo rang; her brother Tobenna and G. Winter came."
    shown = replace(text, merge(text, find_identifiers(text))).text
    assert shown == "Mrs [PERSON] rang; her brother [PERSON] and [PERSON] came."


def test_parts_of_one_name_become_one_label_and_are_counted_once() -> None:
    result = replace(
        "Wells, Brandon J. came", merge("Wells, Brandon J. came", [Span(0, 5, Kind.CLIENT), Span(7, 14, Kind.CLIENT)])
    )
    assert result.text == "[CLIENT] came"
    assert result.counts == {Kind.CLIENT: 1}


def test_half_a_word_is_never_left_standing() -> None:
    text = "xBrandonWells, 90"
    assert replace(text, merge(text, [Span(1, 8, Kind.PERSON)])).text == "[PERSON], 90"


def test_overlaps_take_the_kind_of_the_greater_precedence() -> None:
    assert merge("Luton Brandon", [Span(0, 13, Kind.PLACE), Span(6, 13, Kind.CLIENT)]) == [Span(0, 13, Kind.CLIENT)]


def test_a_person_found_once_is_found_again_in_lower_case() -> None:
    text = "Malcolm Reyes came. Later malcolm rang."
    again = further_mentions(text, [Span(0, 13, Kind.PERSON)], frozenset())
    assert Span(26, 33, Kind.PERSON) in again


def test_an_age_beside_a_person_goes() -> None:
    text = "Wells (68) is well; Wells is 91 and glad."
    people = [Span(0, 5, Kind.CLIENT), Span(20, 25, Kind.CLIENT)]
    assert [text[span.start : span.end] for span in ages_beside(text, people)] == ["68", "91"]


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [("tucker", "ticker", True), ("alex", "aelx", True), ("anna", "ann", True), ("mark", "mrka", False)],
)
def test_one_edit_is_an_insertion_deletion_substitution_or_swap(first: str, second: str, near: bool) -> None:
    assert one_edit(first, second) is near
    assert one_edit(second, first) is near


def test_short_forms_work_both_ways() -> None:
    assert {"bob", "bobby"} <= forms_of("Robert", NICKNAMES)
    assert {"robert", "rob"} <= forms_of("bob", NICKNAMES)


def test_listed_given_names_need_a_capital_when_they_are_words() -> None:
    names = given_names(NICKNAMES, frozenset())
    text = "imran rang. Will Harper came; will they return?"
    assert [text[span.start : span.end] for span in names.find(text)] == ["imran", "Will Harper"]


@pytest.mark.parametrize(
    ("passage", "protected"), [("PHQ-9", True), ("GAD 7", True), ("Sertraline 50mg", True), ("Beckett", False)]
)
def test_clinical_terms_are_protected(passage: str, protected: bool) -> None:
    assert is_protected(passage) is protected
