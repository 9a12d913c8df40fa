"""Statistics of the invented charity: true where shown, nobody in them, and no second report that tells on one."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.ledger import releases
from operations.publish import Published, publish
from operations.publishing.days import period_of
from operations.publishing.declared import read_declared
from rules.errors import BadInput, CheckSaidNo, WinnowError
from rules.privacy.generalise import age_at, read_date
from rules.privacy.tables import Period
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


@pytest.fixture(scope="module")
def charity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The charity, made once; tests that change it copy it."""
    return make_charity(tmp_path_factory.mktemp("statistics") / "charity")


@pytest.fixture
def folder(charity: Path, tmp_path: Path) -> Path:
    """A charity of the test's own."""
    return copy_of(charity, tmp_path)


def cells(published: Published, table: str) -> dict[tuple[str, str], int | None]:
    """The published cells of one table, None where hidden."""
    with published.csv.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == table]
    return {(row["row"], row["column"]): int(row["count"]) if row["count"] else None for row in rows}


def test_shown_counts_are_those_of_a_plain_query_and_small_ones_are_hidden(folder: Path) -> None:
    published = publish(project_in(folder))
    words = {"counselling": "Counselling", "mentoring": "Mentoring", "careers": "Careers"}
    query = "SELECT service, count(*) FROM clients WHERE restricted = 0 AND outcome = 'improved' GROUP BY service"
    true = {(words[str(service)], "Improved"): count for service, count in ask(folder, query)}
    shown = {key: count for key, count in cells(published, "service-outcome").items() if key in true}
    assert shown.keys() == true.keys()
    assert all(count in (None, true[key]) for key, count in shown.items())
    assert any(count is not None for count in shown.values())
    everything = [count for table in ("service-age", "gender", "area") for count in cells(published, table).values()]
    assert not [count for count in everything if count is not None and 0 < count < 10]
    assert published.hidden > 0


def test_ages_are_whole_years_on_the_day_the_file_was_opened(folder: Path) -> None:
    published = cells(publish(project_in(folder)), "service-age")
    counted: Counter[str] = Counter()
    for born, opened in ask(folder, "SELECT date_of_birth, opened_on FROM clients WHERE restricted = 0"):
        dates = [read_date(str(value), ("%Y-%m-%d",)) for value in (born, opened)]
        age = age_at(dates[0], dates[1]) if dates[0] and dates[1] else -1
        bands = (("Under 18", 0, 17), ("18 to 24", 18, 24), ("35 to 44", 35, 44), ("55 or over", 55, 120))
        counted.update(band for band, low, high in bands if low <= age <= high)
    shown = {band: count for (row, band), count in published.items() if row == "Total" and band in counted}
    assert all(count in (None, counted[band]) for band, count in shown.items())
    assert sum(count is not None for count in shown.values()) >= 3


def test_restricted_people_are_counted_nowhere(folder: Path) -> None:
    restricted = ask(folder, "SELECT count(*) FROM clients WHERE restricted = 1")[0][0]
    published = publish(project_in(folder))
    everybody = ask(folder, "SELECT count(*) FROM clients")[0][0]
    assert (published.restricted, cells(published, "gender")["Total", ""]) == (
        restricted,
        int(str(everybody)) - int(str(restricted)),
    )


def test_no_canary_is_in_any_file_of_the_report_nor_in_the_ledger(folder: Path) -> None:
    project = project_in(folder)
    publish(project)
    texts = everything_in(folder / "out")
    assert {Path(name).suffix for name in texts} >= {".html", ".csv", ".json", ".xml"}
    assert [name for name, text in texts.items() if CANARY in text] == []
    assert CANARY not in json.dumps([release.cells for release in releases.releases(project.ledger)])


def test_the_same_report_again_is_a_release_of_its_own(folder: Path) -> None:
    project = project_in(folder)
    first, second = publish(project), publish(project)
    assert [first.release, second.release] == ["statistics-2026-09-01", "statistics-2026-09-01-2"]
    assert (first.compared_with, second.compared_with) == (0, 1)
    assert first.csv.read_bytes() == second.csv.read_bytes()


def test_a_second_report_that_differs_by_one_client_is_refused_and_nothing_is_written(folder: Path) -> None:
    publish(project_in(folder))
    before = everything_in(folder / "out")
    columns = "status, opened_on, date_of_birth, service, outcome, gender, ethnicity, referral_source, area"
    change(
        folder,
        f"INSERT INTO clients (case_number, {columns}, restricted, case_study) SELECT 'C999999', {columns}, 0, 0 "
        "FROM clients WHERE service = 'counselling' AND outcome = 'improved' LIMIT 1",
    )
    later = project_in(folder, day=date(2026, 10, 1))
    with pytest.raises(CheckSaidNo, match="subtracting an earlier release") as refusal:
        publish(later)
    assert everything_in(folder / "out") == before
    assert len(releases.releases(later.ledger)) == 1
    assert CANARY not in str(refusal.value)


def test_a_report_of_separate_days_can_follow_another(folder: Path) -> None:
    """A quarter counts those whose file was opened in it, and shares no day with the next."""
    plan = folder / "statistics.yaml"
    text = plan.read_text(encoding="utf-8").replace(
        "period: {covers: everybody}", "period: {covers: last quarter, of: opened_on}"
    )
    plan.write_text(text, encoding="utf-8")
    spring = publish(project_in(folder), as_of=date(2026, 4, 2))
    summer = publish(project_in(folder), as_of=AS_OF)
    assert spring.period == Period(date(2026, 1, 1), date(2026, 3, 31))
    query = "SELECT count(*) FROM clients WHERE restricted = 0 AND opened_on BETWEEN '2026-01-01' AND '2026-03-31'"
    assert cells(spring, "gender")["Total", ""] in (None, ask(folder, query)[0][0])
    assert summer.compared_with == 0


@pytest.mark.parametrize(
    ("covers", "as_of", "first", "last"),
    [
        ("last quarter", date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
        ("last quarter", date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
        ("last calendar year", date(2026, 1, 1), date(2025, 1, 1), date(2025, 12, 31)),
        ("last financial year", date(2026, 3, 31), date(2024, 4, 1), date(2025, 3, 31)),
        ("last academic year", date(2026, 9, 1), date(2025, 9, 1), date(2026, 8, 31)),
        ("everybody", date(2026, 9, 1), None, date(2026, 9, 1)),
    ],
)
def test_a_release_covers_days_that_are_over(covers: str, as_of: date, first: date | None, last: date) -> None:
    assert period_of(covers, as_of) == Period(first, last)


def test_every_mistake_in_the_plan_is_told_at_once_with_its_line(folder: Path) -> None:
    plan = folder / "statistics.yaml"
    text = plan.read_text(encoding="utf-8")
    for right, wrong in (
        ("restricted: client.restricted", "restricted: client.restrictions"),
        ("covers: everybody", "covers: last week"),
        ("unit: case_number", "unit: gender"),
        ("column: area", "column: town"),
        ("age(date_of_birth, opened_on)", "age(birthday, opened_on)"),
        ("35 to 44,", "34 to 44,"),
        ("2021/22,", "2021/23,"),
    ):
        assert right in text
        text = text.replace(right, wrong)
    plan.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_declared(plan, project_in(folder).schedule)
    lines = text.splitlines()
    told = {
        (problem.key, lines[(problem.line or 1) - 1].strip().partition(":")[0]) for problem in refused.value.problems
    }
    assert told == {
        ("restricted", "restricted"),
        ("period.covers", "period"),
        ("populations.clients.unit", "unit"),
        ("dimensions.area.column", "column"),
        ("dimensions.age.column", "column"),
        ("dimensions.age.categories", "categories"),
        ("dimensions.opened.categories", "categories"),
    }


def test_a_store_that_is_gone_stops_the_report_and_nothing_is_written(folder: Path) -> None:
    (folder / "casework.db").unlink()
    with pytest.raises(WinnowError):
        publish(project_in(folder))
    assert everything_in(folder / "out") == {}
