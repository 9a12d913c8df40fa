"""The redactor with real Presidio and spaCy: no socket, no canary, and floors measured on labelled notes."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.redactor import Redactor
from rules.errors import BadInput
from rules.privacy.identity import OwnRecord, Person
from rules.privacy.leak_gate import GateColumn, RegisterIndex, find_leaks
from rules.privacy.redaction import Kind
from tests.shared_data import shared_data

OWN = OwnRecord(
    people=(Person(given="Quintessa", family="Zabłocka-Thrupp", known_as="Queenie"),),
    case_numbers=("DC-00417",),
    phones=("020 7946 0991",),
    emails=("q.thrupp7@example.org",),
    postcodes=("NR3 4OO",),
    addresses=("17 Mafeking Street",),
)
OTHER = OwnRecord(people=(Person(given="Ferelith", family="Oddsocks"),), phones=("07700 900321",))
REGISTER = RegisterIndex([OWN, OTHER])
NOTES = [
    "Quintessa Zabłocka-Thrupp came late; Quintessa's bus was full. Call 020 79460991 or q.thrupp7@example.org.",
    "quintessa zablocka-thrupp rang. QZ agreed to wait; Q. Thrupp too. Ms Thrup wrote from @queeniethrupp.",
    "Quintesa did better than last week. Mrs ZABLOCKA said so. Queenie lives at 17 mafeking st, nr3 4oo.",
    "Case dc/00417: her sister Ferelith Oddsocks rang on +44 7700 900321. ODDSOCKS, Ferelith will call again.",
]
CANARIES = ("quintes", "zab", "thrup", "queenie", "ferelith", "oddsocks", "mafeking", "7946", "900321", "00417", "4oo")


class _NoNetwork(Exception):
    """Somebody asked for the network."""


@pytest.fixture(scope="module")
def redactor() -> Iterator[Redactor]:
    """A redactor built and used with sockets forbidden."""

    def forbidden(*_: object, **__: object) -> None:
        raise _NoNetwork

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", forbidden)
        patch.setattr(socket, "getaddrinfo", forbidden)
        yield Redactor(case_number=r"\bDC-\d{5}\b", register=REGISTER)


def test_no_canary_survives_in_any_form(redactor: Redactor, caplog: pytest.LogCaptureFixture) -> None:
    """Possessive, nickname, lower case, initials, slips, accents, handle, phone, postcode: none, and none in a log."""
    with caplog.at_level(logging.DEBUG):
        shown = [redacted.text for redacted in redactor.redact_many((text, OWN) for text in NOTES)]
    for text in (*shown, caplog.text):
        assert [canary for canary in CANARIES if canary in text.lower()] == []
    assert "QZ" not in shown[1]
    assert [
        (leak.row, leak.kind) for leak in find_leaks([[text] for text in shown], [GateColumn("t", True)], REGISTER)
    ] == []


def test_what_is_not_an_identifier_stays(redactor: Redactor) -> None:
    text = "PHQ-9 was 14 and GAD-7 was 11; CORE-10 fell. Mood 4/10 for three weeks on sertraline 50mg. CBT on Thursday."
    assert redactor.redact(text, OWN).text == text


def test_counts_tell_how_many_passages_of_each_kind_went(redactor: Redactor) -> None:
    redacted = redactor.redact("Quintessa rang 020 7946 0991, then 07700 900321 on 14/03/2025.", OWN)
    assert redacted.text == "[CLIENT] rang [PHONE], then [PHONE] on [DATE]."
    assert redacted.counts == {Kind.CLIENT: 1, Kind.PHONE: 2, Kind.DATE: 1}


def test_neighbouring_passages_of_one_kind_stay_apart(redactor: Redactor) -> None:
    redacted = redactor.redact("a@example.org b@example.org c@example.org", OwnRecord())
    assert redacted.text == "[EMAIL] [EMAIL] [EMAIL]"
    assert redacted.counts == {Kind.EMAIL: 3}


def test_nothing_of_one_record_is_left_for_the_next(redactor: Redactor) -> None:
    plain = "The word marrowfat came up."
    own = OwnRecord(people=(Person(given="Marrowfat"),))
    assert redactor.redact(plain, own).text == "The word [CLIENT] came up."
    assert redactor.redact(plain, OwnRecord()).text == plain


def test_an_unknown_person_is_found_by_the_model(redactor: Redactor) -> None:
    assert "Hargreaves" not in redactor.redact("Spoke with Jonathan Hargreaves about housing.", OwnRecord()).text


@pytest.mark.parametrize("text", ["", " ", "\n\n", "x"])
def test_empty_texts_come_back_as_they_are(redactor: Redactor, text: str) -> None:
    assert redactor.redact(text, OWN).text == text


def test_american_recognisers_are_absent_and_british_ones_present(redactor: Redactor) -> None:
    names = {type(recognizer).__name__ for recognizer in redactor._analyzer.get_recognizers("en")}
    assert {"UkNinoRecognizer", "UkPostcodeRecognizer", "NhsRecognizer"} <= names
    assert not [name for name in names if name.startswith("Us")]


def test_a_model_that_is_not_installed_is_bad_input_and_never_downloaded() -> None:
    with pytest.raises(BadInput, match="not installed"):
        Redactor(model="en_core_web_nowhere")


def test_labelled_notes_lose_their_identifiers(redactor: Redactor) -> None:
    """On invented notes whose register holds the client, fewer than 5 % keep any form of the client's name."""
    with shared_data("redaction/uk_counselling_styleA_400.jsonl").open(encoding="utf-8") as lines:
        notes: list[dict[str, Any]] = [json.loads(line) for line, _ in zip(lines, range(100), strict=False)]
    mentions = covered = leaking = redacted = rightly = 0
    for note, (text, spans) in zip(
        notes, redactor.find_many((n["text"], _own(n["register"])) for n in notes), strict=True
    ):
        gone = {at for span in spans for at in range(span.start, span.end) if text[at].isalnum()}
        gold = {at for label in note["spans"] for at in range(label["start"], label["end"]) if text[at].isalnum()}
        client = [s for s in note["spans"] if (s["type"], s["subject"]) == ("PERSON", "client")]
        whole = [_alnum(text, label) <= gone for label in client]
        mentions, covered, leaking = mentions + len(whole), covered + sum(whole), leaking + (not all(whole))
        redacted, rightly = redacted + len(gone), rightly + len(gone & gold)
    assert covered / mentions > 0.985
    assert leaking / len(notes) < 0.05
    assert rightly / redacted > 0.93


def _own(register: dict[str, Any]) -> OwnRecord:
    client, address = register["client"], register["address"]
    return OwnRecord(
        people=(Person(given=client["given"], family=client["surname"], middle=client["middle"]),),
        case_numbers=(register["case_no"],),
        phones=(register["mobile"], register["landline"]),
        emails=(register["email"],),
        postcodes=(address["postcode"],),
        addresses=(address["line1"],),
        towns=(address["town"],),
        codes=(register["nhs"], register["nino"]),
    )


def _alnum(text: str, label: dict[str, Any]) -> set[int]:
    return {at for at in range(label["start"], label["end"]) if text[at].isalnum()}
