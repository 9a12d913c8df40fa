"""Extracts: declared treatments only, restricted records out, rows in an order that tells nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from reports.extracts import cover_lines, write_csv, write_workbook
from rules.errors import BadInput
from rules.privacy.extract_policy import ExtractPolicy, parse_extracts
from rules.privacy.extracts import LABEL, Extract, build_extract, gate_columns
from rules.privacy.generalise import NOT_KNOWN
from rules.privacy.identity import OwnRecord, Person
from rules.privacy.leak_gate import RegisterIndex, find_leaks
from rules.privacy.redaction import Kind, Redacted

KEY = bytes(range(32))
AS_OF = date(2026, 9, 1)
POLICY_FILE = Path(__file__).parents[3] / "policies" / "demo" / "extracts.yaml"


def client(number: int, **more: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "client.case_number": f"DC-{number:05d}",
        "client.given_name": "Brandon",
        "client.family_name": "London",
        "client.date_of_birth": "1990-05-05",
        "client.opened_on": "2024-02-03",
        "client.closed_on": None,
        "client.status": "open",
        "client.service": "counselling",
        "client.area": "Camden",
        "client.postcode": "NW1 4CC",
        "client.restricted": 0,
        "client.lawful_basis": "legitimate interests",
    }
    return plain | {f"client.{column}": value for column, value in more.items()}


@pytest.fixture(scope="module")
def policy() -> ExtractPolicy:
    return parse_extracts(yaml.safe_load(POLICY_FILE.read_text(encoding="utf-8")))


def statistics(policy: ExtractPolicy, records: list[dict[str, object]]) -> Extract:
    return build_extract(policy.extract("statistics"), policy, records, key=KEY, redact_many=None, as_of=AS_OF)


def test_statistics_hold_no_identifier_and_pass_the_gate(policy: ExtractPolicy) -> None:
    """A client named London is no leak in a column that declares London as a region."""
    extract = statistics(policy, [client(number) for number in range(3)])
    register = RegisterIndex(policy.own_record(client(number)) for number in range(3))
    assert find_leaks(extract.rows, gate_columns(extract.spec, policy), register, extract.own) == []
    row = dict(zip(extract.columns, extract.rows[0], strict=True))
    assert row["age"] == "35 to 44"
    assert row["opened"] == "2024-Q1"
    assert row["region"] == "London"
    assert row["closed"] == NOT_KNOWN
    assert "postcode" not in row


def test_restricted_records_enter_no_extract_and_are_counted(policy: ExtractPolicy) -> None:
    records = [client(1), client(2, restricted=1), client(3, restricted="?"), client(4, restricted=None)]
    counts = statistics(policy, records).counts
    assert (counts.read, counts.written, counts.restricted) == (4, 2, 2)


def test_without_consent_in_force_nobody_enters_whose_basis_is_consent(policy: ExtractPolicy) -> None:
    given = [None, 0, "0", "unreadable", 1, "yes"]
    records = [client(number, lawful_basis="consent", consents_in_force=value) for number, value in enumerate(given)]
    counts = statistics(policy, records).counts
    assert (counts.written, counts.without_consent) == (2, 4)


def test_a_value_outside_the_declared_categories_is_not_shown(policy: ExtractPolicy) -> None:
    extract = statistics(policy, [client(1, service="Brandon London's counselling")])
    assert extract.counts.outside_categories == 1
    assert NOT_KNOWN in extract.rows[0]
    assert "Brandon" not in "".join(extract.rows[0])


def test_rows_come_in_the_order_of_pseudonyms_with_their_own_records(policy: ExtractPolicy) -> None:
    records = [client(number, given_name=f"Name{number}") for number in range(40)]
    extract = statistics(policy, records)
    assert list(extract.rows) == sorted(extract.rows)
    assert [own.case_numbers[0] for own in extract.own] != [f"DC-{number:05d}" for number in range(40)]
    again = dict(zip((own.case_numbers for own in extract.own), extract.rows, strict=True))
    assert again == dict(
        zip((own.case_numbers for own in extract.own), statistics(policy, records[::-1]).rows, strict=True)
    )


def test_the_smallest_group_of_like_rows_is_told(policy: ExtractPolicy) -> None:
    assert statistics(policy, [client(1), client(2), client(3, area="Leeds")]).smallest_class == 1
    assert statistics(policy, [client(1), client(2)]).smallest_class == 2
    assert statistics(policy, []).smallest_class == 0


def test_supervision_redacts_each_free_text_with_its_own_record(policy: ExtractPolicy) -> None:
    seen: list[tuple[str, OwnRecord]] = []

    def redact_many(texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[Redacted]:
        for text, own in texts:
            seen.append((text, own))
            yield Redacted(text.replace("Brandon", "[CLIENT]"), {Kind.CLIENT: 1})

    records = [
        client(number) | {"case_record.text": f"Brandon {number}", "case_record.action_points": "None agreed."}
        for number in range(5)
    ]
    spec = policy.extract("supervision")
    extract = build_extract(spec, policy, records, key=KEY, redact_many=redact_many, as_of=AS_OF)
    assert len(seen) == 10
    assert seen[0][1].people == (Person(given="Brandon", family="London"),)
    assert all(own.case_numbers[0].endswith(row[5][-1]) for own, row in zip(extract.own, extract.rows, strict=True))
    assert extract.counts.redactions == {Kind.CLIENT: 10}


def test_the_same_client_can_not_be_joined_across_extracts(policy: ExtractPolicy) -> None:
    spec = policy.extract("supervision")
    silent = [client(1) | {"case_record.text": "", "case_record.action_points": ""}]
    blank = build_extract(
        spec, policy, silent, key=KEY, redact_many=lambda texts: (Redacted(t, {}) for t, _ in texts), as_of=AS_OF
    )
    assert blank.rows[0][0] != statistics(policy, [client(1)]).rows[0][0]


@pytest.mark.parametrize(
    ("first_due", "expected"),
    [
        (None, date(2026, 11, 30)),
        (date(2027, 1, 1), date(2026, 11, 30)),
        (date(2026, 9, 20), date(2026, 9, 20)),
        (date(2026, 1, 1), AS_OF),
    ],
)
def test_an_extract_dies_with_its_first_source_record(
    policy: ExtractPolicy, first_due: date | None, expected: date
) -> None:
    assert policy.extract("statistics").destroy_by(AS_OF, first_due) == expected


def test_every_mistake_of_a_policy_is_told_at_once() -> None:
    columns: dict[str, Any] = {
        "who": {"from": "client.given_name", "as": "keep", "categories": ["Ann"]},
        "note": {"from": "client.note", "as": "free_text"},
        "odd": {"from": "client.odd", "as": "hash"},
        "bare": {"from": "bare", "as": "month"},
        "open": {"from": "client.status", "as": "keep"},
    }
    body = {"purpose": "statistics", "destroy_after_days": "soon", "records": "client", "extra": 1, "columns": columns}
    loaded = {"identifiers": {"given": ["client.given_name"], "shoe": "x"}, "extracts": {"bad": body}}
    with pytest.raises(BadInput) as caught:
        parse_extracts(loaded, file="extracts.yaml")
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {
        "identifiers.shoe",
        "extracts.bad.recipients",
        "extracts.bad.extra",
        "extracts.bad.destroy_after_days",
        "extracts.bad.columns.who",
        "extracts.bad.columns.note",
        "extracts.bad.columns.odd.as",
        "extracts.bad.columns.bare.from",
        "extracts.bad.columns.open.categories",
    }


@pytest.mark.parametrize("loaded", [None, [], {"extracts": 3}, {"identifiers": {}, "extracts": {"x": None}}])
def test_a_policy_of_another_shape_is_bad_input(loaded: object) -> None:
    with pytest.raises(BadInput):
        parse_extracts(loaded)


def test_an_unknown_extract_is_bad_input(policy: ExtractPolicy) -> None:
    with pytest.raises(BadInput, match="statistics, supervision"):
        policy.extract("gossip")


def test_the_documents_say_what_they_are_and_when_they_die(policy: ExtractPolicy, tmp_path: Path) -> None:
    extract = statistics(policy, [client(1)])
    write_csv(tmp_path / "x.csv", extract)
    write_workbook(tmp_path / "x.xlsx", extract, destroy_by=date(2026, 11, 30))
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as read:
        assert list(csv.reader(read)) == [list(extract.columns), list(extract.rows[0])]
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    cover = {str(name.value): value.value for name, value in book["Cover"].iter_rows(max_col=2)}
    assert cover["What this is"] == LABEL
    assert cover["Must be destroyed by"] == "30 November 2026"
    assert [list(row) for row in book["Extract"].iter_rows(values_only=True)] == [
        list(extract.columns),
        list(extract.rows[0]),
    ]
    assert cover_lines(extract, destroy_by=AS_OF)[0] == ("Extract", "statistics")


def test_no_cell_can_run_as_a_formula_and_long_texts_fit(policy: ExtractPolicy, tmp_path: Path) -> None:
    spec = policy.extract("supervision")
    record = [client(1) | {"case_record.text": "=1+1", "case_record.action_points": "y" * 40_000}]
    extract = build_extract(
        spec, policy, record, key=KEY, redact_many=lambda texts: (Redacted(t, {}) for t, _ in texts), as_of=AS_OF
    )
    write_csv(tmp_path / "x.csv", extract)
    write_workbook(tmp_path / "x.xlsx", extract, destroy_by=AS_OF)
    assert "'=1+1" in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "x.xlsx")["Extract"].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value in ("=1+1", "'=1+1")] == ["s"]
    assert any(str(cell.value).endswith("in the CSV file)") for cell in cells)
