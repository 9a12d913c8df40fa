"""Extracts of the invented charity: nobody of the register in them, and nothing written when somebody would be."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from connectors.ledger import releases
from operations.extracting.rows import in_force
from operations.extracting.sources import extracts_holding
from operations.pseudonymise import Extracted, pseudonymise
from rules.errors import BadInput, CheckSaidNo
from rules.privacy.extracts import RedactMany
from rules.privacy.identity import OwnRecord
from rules.privacy.leak_gate import RegisterIndex
from rules.privacy.redaction import Redacted
from tests.integration.operations.charity import (
    AS_OF,
    CANARY,
    ask,
    change,
    copy_of,
    everything_in,
    make_charity,
    project_in,
)

# Names carry N, contacts C, texts T; a text that was redacted is still a text.
IDENTIFYING = re.compile(f"{CANARY}[NC]")


@pytest.fixture(scope="module")
def charity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The charity, made once; tests that change it copy it."""
    return make_charity(tmp_path_factory.mktemp("extracts") / "charity", clients=200)


@pytest.fixture
def folder(charity: Path, tmp_path: Path) -> Path:
    """A charity of the test's own."""
    return copy_of(charity, tmp_path)


def blanks(_case_number: str, _register: RegisterIndex) -> RedactMany:
    """A redactor that leaves nothing of any text."""

    def redact(texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[Redacted]:
        return (Redacted("[TEXT]", {}) for _ in texts)

    return redact


def lets_through(_case_number: str, _register: RegisterIndex) -> RedactMany:
    """A redactor that forgets to do anything."""

    def redact(texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[Redacted]:
        return (Redacted(text, {}) for text, _ in texts)

    return redact


def rows_of(extracted: Extracted) -> list[dict[str, str]]:
    """The rows of an extract as they were written."""
    with extracted.csv.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_supervision_extract_names_nobody(folder: Path) -> None:
    """With the real redactor: no client, no worker, no case number, not even of somebody no longer in the register."""
    case = "C000001"
    worker = str(ask_worker(folder))
    change(
        folder,
        "UPDATE case_records SET text = 'Carried over from file C999999 by " + worker.replace("'", "''") + ".' "
        f"WHERE record_id = (SELECT min(record_id) FROM case_records WHERE case_number = '{case}')",
    )
    extracted = pseudonymise(project_in(folder), "supervision")
    texts = everything_in(folder / "out")
    assert {Path(name).suffix for name in texts} >= {".csv", ".xml"}
    everything = "".join(texts.values())
    assert not IDENTIFYING.search(everything)
    assert "C999999" not in everything
    assert worker.split()[-1] not in everything
    assert not [number for (number,) in ask(folder, "SELECT case_number FROM clients") if str(number) in everything]
    rows = rows_of(extracted)
    assert any("[CLIENT]" in row["summary"] for row in rows)
    assert len(rows) == extracted.counts.written == extracted.counts.read - extracted.counts.restricted
    assert sum(extracted.counts.redactions.values()) > 100


def ask_worker(folder: Path) -> str:
    """The name of the first worker in the workbook."""
    book = openpyxl.load_workbook(folder / "people.xlsx", read_only=True)
    rows = [tuple(cell.value for cell in row) for row in book["Volunteers"].iter_rows()]
    book.close()
    return str(rows[1][rows[0].index("name")])


def test_the_statistics_extract_is_generalised_and_leaves_out_who_may_not_enter(folder: Path) -> None:
    extracted = pseudonymise(project_in(folder), "statistics")
    assert CANARY not in "".join(everything_in(folder / "out").values())
    restricted, on_consent = ask(
        folder,
        "SELECT sum(restricted), sum(lawful_basis = 'consent' AND restricted = 0) FROM clients",
    )[0]
    assert (extracted.counts.restricted, extracted.counts.without_consent) == (restricted, on_consent)
    rows = rows_of(extracted)
    assert len(rows) == extracted.counts.written > 100
    assert all(re.fullmatch("[A-Z2-7]{16}", row["person"]) for row in rows)
    assert not {"case_number", "postcode", "religion", "area"} & rows[0].keys()


def test_a_consent_to_statistics_lets_its_client_in(folder: Path) -> None:
    case = ask(folder, "SELECT min(case_number) FROM clients WHERE lawful_basis = 'consent' AND restricted = 0")[0][0]
    before = pseudonymise(project_in(folder), "statistics").counts.written
    change(
        folder,
        "INSERT INTO consents (consent_id, case_number, why, signed_on) "
        f"VALUES ('Q999999', '{case}', 'For our statistics', '2026-01-05')",
    )
    assert pseudonymise(project_in(folder), "statistics").counts.written == before + 1


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"why": "for the statistics of our funder"}, True),
        ({"why": "for the family doctor"}, False),
        ({"signed_on": "2026-09-02"}, False),
        ({"signed_on": None}, False),
        ({"signed_on": "05/01/2026"}, False),
        ({"withdrawn_on": "2026-03-01"}, False),
        ({"withdrawn_on": "n/k"}, False),
        ({"expires_on": "2026-09-01"}, False),
        ({"expires_on": "2026-09-02"}, True),
        ({"expires_on": ""}, False),
    ],
)
def test_a_consent_in_doubt_is_not_in_force(changed: dict[str, str | None], holds: bool) -> None:
    consent: dict[str, str | None] = {
        "signed_on": "2026-01-05",
        "withdrawn_on": None,
        "expires_on": None,
        "why": "Statistics",
        "extent": None,
    }
    assert in_force({**consent, **changed}, "statistics", AS_OF, ZoneInfo("Europe/London")) is holds


def test_an_extract_that_leaks_is_refused_and_nothing_is_written(folder: Path) -> None:
    """The gate stands alone: with a redactor that does nothing, it finds who is left, and tells no value."""
    project = project_in(folder)
    with pytest.raises(CheckSaidNo, match="column summary") as refusal:
        pseudonymise(project, "supervision", redactor=lets_through)
    assert everything_in(folder / "out") == {}
    assert [path.name for path in (folder / "out").glob(".*")] == []
    assert releases.extracts(project.ledger) == []
    assert CANARY not in str(refusal.value)


def test_one_name_in_one_text_is_enough_to_refuse(folder: Path) -> None:
    """A colleague's client, mentioned once, in the note of somebody else."""
    change(
        folder,
        "UPDATE clients SET given_name = 'Ottoline', family_name = 'Quarmby' "
        "WHERE case_number = (SELECT max(case_number) FROM clients)",
    )

    def mentions(_case_number: str, _register: RegisterIndex) -> RedactMany:
        def redact(texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[Redacted]:
            return (Redacted("as Ms Quarmby said" if place == 7 else "[TEXT]", {}) for place, _ in enumerate(texts))

        return redact

    with pytest.raises(CheckSaidNo, match="family name in column actions: 1 rows"):
        pseudonymise(project_in(folder), "supervision", redactor=mentions)
    assert everything_in(folder / "out") == {}


def test_an_extract_that_fails_its_checks_is_not_written(folder: Path) -> None:
    with pytest.raises(CheckSaidNo, match="no dates of birth"):
        pseudonymise(project_in(folder), "statistics", checks=lambda extract: ["no dates of birth"])
    assert everything_in(folder / "out") == {}


def test_a_person_has_one_pseudonym_for_each_purpose_and_key(folder: Path) -> None:
    def people(purpose: str, random: Callable[[int], bytes] = bytes) -> set[str]:
        return {row["person"] for row in rows_of(pseudonymise(project_in(folder, random), purpose, redactor=blanks))}

    first = people("supervision")
    assert people("supervision") == first
    assert not first & people("statistics")
    (folder / "keys" / "pseudonym.key").unlink()
    assert not first & people("supervision", lambda length: b"k" * length)


def test_the_ledger_knows_when_an_extract_dies_and_names_nobody(folder: Path) -> None:
    project = project_in(folder)
    extracted = pseudonymise(project, "supervision", redactor=blanks)
    assert [(one.id, one.purpose, one.destroy_on) for one in releases.extracts(project.ledger)] == [
        ("extract-supervision-2026-09-01", "supervision", date(2026, 10, 1))
    ]
    assert extracted.destroy_on == date(2026, 10, 1)
    inside = str(
        ask(
            folder,
            "SELECT min(r.case_number) FROM case_records r JOIN clients USING (case_number) WHERE restricted = 0",
        )[0][0]
    )
    assert extracts_holding(project, [inside]) == {extracted.id}
    assert extracts_holding(project, ["C999999"]) == set()
    with sqlite3.connect(folder / "ledger.db") as connection:
        assert inside not in "\n".join(connection.iterdump())


def test_files_and_key_are_for_their_owner_alone(folder: Path) -> None:
    extracted = pseudonymise(project_in(folder), "statistics")
    for path in (extracted.csv, extracted.xlsx, folder / "keys" / "pseudonym.key"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_record_without_the_head_of_its_file_enters_no_extract(folder: Path) -> None:
    before = pseudonymise(project_in(folder), "supervision", redactor=blanks)
    change(folder, "INSERT INTO case_records (record_id, case_number, text) VALUES ('K999999', 'C999999', 'Whose?')")
    after = pseudonymise(project_in(folder), "supervision", redactor=blanks)
    assert (before.orphans, after.orphans) == (0, 1)
    assert after.counts.written == before.counts.written


def test_every_mistake_in_the_extracts_file_is_told_at_once_with_its_line(folder: Path) -> None:
    path = folder / "extracts.yaml"
    text = path.read_text(encoding="utf-8")
    for right, wrong in (
        ("from: case_record.kind", "from: case_record.sort"),
        ("case_numbers: [client.case_number]", "case_numbers: [client.linked_case]"),
        ("phones: [client.phone]", "phones: [client.telephone]"),
    ):
        assert right in text
        text = text.replace(right, wrong)
    text = text.replace("status: {from: client.status", "status: {from: complaint.status")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        pseudonymise(project_in(folder), "supervision", redactor=blanks)
    lines = text.splitlines()
    told = [(problem.key, lines[(problem.line or 1) - 1].strip()[:12]) for problem in refused.value.problems]
    assert told == [
        ("extracts.supervision.columns.status.from", "status: {fro"),
        ("extracts.supervision.columns.kind.from", "kind: {from:"),
        ("identifiers.phones", "phones: [cli"),
        ("identifiers.case_numbers", "case_numbers"),
    ]


def test_an_unknown_purpose_is_answered_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(BadInput, match="Choose one of: statistics, supervision"):
        pseudonymise(project_in(folder), "training", redactor=blanks)
