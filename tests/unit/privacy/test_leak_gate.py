"""The gate: whatever the register knows is found wherever it stands, and told without its value."""

from __future__ import annotations

import pytest

from rules.privacy.identity import OwnRecord, Person
from rules.privacy.leak_gate import GateColumn, Leak, LeakKind, RegisterIndex, find_leaks

BRANDON = OwnRecord(
    people=(Person(given="Brandon", family="Wells", known_as="Bran", aliases=("Brand Newman",)),),
    case_numbers=("DC-00417",),
    phones=("020 7946 0991",),
    emails=("b.wells@example.org",),
    postcodes=("MK3 4DX",),
    addresses=("130 Station Street",),
    codes=("QQ 12 34 56 C",),
)
OTHERS = (
    OwnRecord(people=(Person(given="Jack", family="London"),)),
    OwnRecord(people=(Person(given="Mei", family="Li"),)),
    OwnRecord(people=(Person(given="Siân", family="O'Dowd"),)),
    OwnRecord(people=(Person(given="Will", family="Place"),)),
)
REGISTER = RegisterIndex([BRANDON, *OTHERS])
COLUMNS = (
    GateColumn("person"),
    GateColumn("region", categories=frozenset({"London"})),
    GateColumn("text", free_text=True),
)


NOBODY = OwnRecord()


def kinds(text: str, own: OwnRecord = NOBODY) -> set[LeakKind]:
    return {leak.kind for leak in find_leaks([("AAAA", "London", text)], COLUMNS, REGISTER, [own])}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("saw brandon wells today", LeakKind.FULL_NAME),
        ("WELLS, BRANDON", LeakKind.FULL_NAME),
        ("brandonwells46 on the forum", LeakKind.FULL_NAME),
        ("xxbrandonwellsxx", LeakKind.FULL_NAME),
        ("mei li came", LeakKind.FULL_NAME),
        ("brand newman", LeakKind.FULL_NAME),
        ("bran wells", LeakKind.FULL_NAME),
        ("Mr Wells's", LeakKind.FAMILY_NAME),
        ("ODowd", LeakKind.FAMILY_NAME),
        ("O’Dowd", LeakKind.FAMILY_NAME),
        ("from London", LeakKind.FAMILY_NAME),
        ("Jack said", LeakKind.GIVEN_NAME),
        ("Sian said", LeakKind.GIVEN_NAME),
        ("Bra\u0301ndon said", LeakKind.GIVEN_NAME),
        ("ring 0207 946 0991", LeakKind.PHONE),
        ("ring +44(0)2079460991 now", LeakKind.PHONE),
        ("B.WELLS@example.org", LeakKind.EMAIL),
        ("at mk34dx", LeakKind.POSTCODE),
        ("at 130 station st.", LeakKind.ADDRESS),
        ("see dc00417", LeakKind.CASE_NUMBER),
        ("qq123456c", LeakKind.CODE),
    ],
)
def test_each_kind_of_identifier_is_found_in_free_text(text: str, kind: LeakKind) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "they will rest in place",
        "wells of hope",
        "milic",
        "branding well",
        "[PLACE] and [CLIENT]",
        "1020794609912 items",
    ],
)
def test_labels_ordinary_words_and_pieces_of_words_pass(text: str) -> None:
    assert kinds(text) == set()


def test_a_client_named_place_is_not_hidden_by_a_label() -> None:
    assert kinds("[PERSON] Place") == {LeakKind.FAMILY_NAME}


def test_the_rows_own_given_name_is_found_in_any_case_and_column() -> None:
    assert kinds("brandon said") == set()
    assert kinds("brandon said", BRANDON) == {LeakKind.GIVEN_NAME}
    rows = [("Brandon", "London", "")]
    assert find_leaks(rows, COLUMNS, REGISTER, [BRANDON]) == [Leak(LeakKind.GIVEN_NAME, 1, "person")]


def test_a_declared_category_is_no_leak_where_it_is_declared_and_one_elsewhere() -> None:
    """A client named London does not stop statistics by region, but London in another column stops them."""
    assert find_leaks([("AAAA", "London", "")], COLUMNS, REGISTER) == []
    assert find_leaks([("London", "London", "")], COLUMNS, REGISTER) == [Leak(LeakKind.FAMILY_NAME, 1, "person")]
    assert find_leaks([("AAAA", "London Wells", "")], COLUMNS, REGISTER) == [Leak(LeakKind.FAMILY_NAME, 1, "region")]


def test_a_leak_tells_kind_row_and_column_and_never_the_value() -> None:
    rows = [("AAAA", "London", "quiet"), ("BBBB", "London", "Brandon Wells")]
    leaks = find_leaks(rows, COLUMNS, REGISTER)
    assert {(leak.row, leak.column) for leak in leaks} == {(2, "text")}
    assert "rand" not in repr(leaks).lower()


def test_an_empty_register_finds_nothing() -> None:
    assert find_leaks([("A", "London", "Brandon Wells")], COLUMNS, RegisterIndex([])) == []


def test_what_the_gate_refuses_can_be_blanked_first() -> None:
    text = "Met Jack London at 130 Station Street."
    assert {text[span.start : span.end] for span in REGISTER.spans(text)} >= {"Jack London", "130 Station Street"}


def test_a_large_register_finds_one_name_among_many() -> None:
    many = [OwnRecord(people=(Person(given=f"Given{n:x}", family=f"Fam{n:x}q"),)) for n in range(20_000)]
    index = RegisterIndex(many)
    assert list(index.find("a given4e1f famq", free_text=False)) == []
    assert LeakKind.FULL_NAME in {kind for kind, _, _ in index.find("x given4e1f fam4e1fq y", free_text=False)}
