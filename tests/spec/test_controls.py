"""What carries out a control of the source policies finds a planted breach, and spares a near miss."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Column, MetaData, Table, Text

from connectors.engines import engine
from connectors.ledger import sifts
from connectors.ledger.base import Ledger, open_ledger
from connectors.settings import read_settings
from connectors.stores.specs import ClassMap, StoreSpec
from connectors.stores.sql import SqlStore
from operations.coverage import coverage, source_packs
from operations.quality import QualityGate
from operations.sifting.found import REVIEW
from operations.sifting.others import SINCE_WHEN
from operations.sifting.run import run_sift
from operations.sifting.session import SiftInputs
from rules.coverage import FEATURES, RUNS, names_in
from rules.review.values import Finding, Kind
from rules.schedule.compile import triggers_of
from rules.schedule.judge import Bench, Contact, Unreadable, follows_head
from rules.schedule.language import Query, Term
from rules.schedule.values import Schedule
from rules.schedule.yardstick import holds
from tests.spec.drawn import rows_of

AS_OF = date(2026, 9, 1)
AT = "2026-09-01T09:00:00Z"
CASES = Path(__file__).parent / "control_cases"
LETTERS = re.compile(r"(\d+) letters\Z")
WORDS = {"found": Kind.CONTROL_BREACH, "breach": Kind.CONTROL_BREACH, "undatable": Kind.UNDATABLE}
WORDS |= {"due": Kind.PAST_RETENTION, "held": Kind.HELD}
EVERY_NTH_ON_POSTGRESQL = 8

Rows = list[dict[str, str | None]]


@dataclass(frozen=True)
class Case:
    """What is planted for one name of one pack: rows by class; `target` is the class whose rows say what is found.

    A name may have several cases, told apart in brackets: `policy-not-signed (nobody)`.
    """

    pack: str
    title: str
    rows: Mapping[str, Rows]
    target: str

    @property
    def name(self) -> str:
        """The id of the rule, control or hold, or `class/words` of a quality check."""
        return self.title.partition(" (")[0]

    @property
    def says(self) -> list[str | None]:
        """What is to be said of each row of the target."""
        return [row["says"] for row in self.rows[self.target]]


PACKS = source_packs()


@cache
def cases() -> tuple[Case, ...]:
    """The cases of every pack, in the order of the files."""
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for name, drawings in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            rows = {class_name: rows_of(drawing) for class_name, drawing in drawings.items()}
            (target,) = [class_name for class_name, drawn in rows.items() if "says" in drawn[0]]
            found.append(Case(path.stem, name, rows, target))
    return tuple(found)


def claimed() -> Iterator[tuple[str, str, str]]:
    """Yield (control, pack, name) for everything that controls.yaml says is carried out by a pack."""
    for control in coverage().controls:
        for pack, names in control.by.items():
            if control.status in RUNS and pack != FEATURES:
                yield from ((control.id, pack, name) for name in names)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """A ledger in memory, for all sifts of this file."""
    return open_ledger("sqlite://")


def narrowed(case: Case) -> Schedule:
    """The pack with what the case asks about alone: its control, or the rules and holds of the planted classes."""
    whole = PACKS[case.pack]
    ours = [item for item in whole.get(case.target).controls if item.id == case.name]
    wanted, found = set(case.rows), set[str]()
    while wanted - found:
        found |= wanted
        for name in found:
            item = whole.get(name)
            parts = tuple(ours) if ours and name == case.target else () if ours else (item.rules, item.holds)
            wanted = wanted | set(mentioned(parts)) | ({item.part_of} if item.part_of else set())
    kept = [item for item in whole.classes if item.name in found]
    if ours:
        kept = [replace(item, rules=(), holds=(), expectations=(), open_when=None, controls=()) for item in kept]
        kept = [replace(item, controls=tuple(ours)) if item.name == case.target else item for item in kept]
    else:
        kept = [replace(item, open_when=None, controls=()) for item in kept]
    return replace(whole, classes=tuple(kept))


def mentioned(value: object) -> Iterator[str]:
    """Yield the classes that conditions ask about, however deep."""
    if isinstance(value, Query):
        yield value.class_name
    if is_dataclass(value):
        for item in fields(value):
            yield from mentioned(getattr(value, item.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from mentioned(part)


def plant(url: str, schedule: Schedule, rows: Mapping[str, Rows]) -> None:
    """Make a table of text columns for every class of the schedule, and fill those for which there are rows."""
    with engine(url).begin() as connection:
        meta = MetaData()
        for item in schedule.classes:
            Table(item.name, meta, *(Column(field.name, Text) for field in item.fields))
        meta.create_all(connection)
        for class_name, drawn in rows.items():
            table = meta.tables[class_name]
            known = {column.name for column in table.columns} | {"says"}
            assert set(drawn[0]) <= known, f"{class_name} has no {set(drawn[0]) - known}"
            for row in drawn:
                cells = {name: _cell(value) for name, value in row.items() if name != "says"}
                connection.execute(table.insert().values(cells))


def _cell(value: str | None) -> str | None:
    many = LETTERS.match(value or "")
    return "x" * int(many[1]) if many else value


def sifted(ledger: Ledger, url: str, case: Case, folder: Path) -> list[Finding]:
    """What the sift finds in the target class of the planted store."""
    schedule = narrowed(case).on(AS_OF)
    plant(url, schedule, case.rows)
    maps = tuple(
        ClassMap(item.name, item.name, {field.name: field.name for field in item.fields}) for item in schedule.classes
    )
    store = SqlStore(StoreSpec("store", "sql", maps, url=url), schedule, folder, read_settings())
    quality = QualityGate() if "/" in case.name else None
    inputs = SiftInputs(schedule, {"store": store}, AS_OF, quality=quality, scan_text=False)
    sift = run_sift(ledger, inputs, AT, lambda: AT)
    found = [stored.finding for stored in sifts.iterate(ledger, sift)]
    return [finding for finding in found if finding.class_name == case.target]


def check(ledger: Ledger, url: str, case: Case, folder: Path) -> None:
    """Compare what the sift says of every planted row with what the case says."""
    found = sifted(ledger, url, case, folder)
    if "/" in case.name:
        (quality,) = [item for item in found if item.kind is Kind.QUALITY and case.name.endswith(f"/{item.rule}")]
        assert quality.count == case.says.count("found")
        return
    said = {(item.key, item.kind) for item in found if item.kind in WORDS.values() and attributed(case, item)}
    rows = [(row[PACKS[case.pack].get(case.target).key], row["says"]) for row in case.rows[case.target]]
    assert said == {(key, WORDS[word]) for key, word in rows if word is not None}


def attributed(case: Case, finding: Finding) -> bool:
    """Whether a finding comes of what the case asks about: a record that goes with its file bears the file's rule."""
    record_class = PACKS[case.pack].get(case.target)
    own = {rule.id for rule in record_class.rules if not follows_head(rule.keep)}
    own |= {control.id for control in record_class.controls}
    return finding.rule == case.name or case.name not in own


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.pack[:2]} {case.title}")
def test_the_sift_finds_the_breach_and_spares_the_near_miss(case: Case, ledger: Ledger, tmp_path: Path) -> None:
    """Rows that break a control are found, rows that nearly do are not."""
    file = tmp_path / "store.db"
    file.touch()
    check(ledger, f"sqlite:///{file}", case, tmp_path)


@pytest.mark.postgres
@pytest.mark.parametrize("case", cases()[::EVERY_NTH_ON_POSTGRESQL], ids=lambda case: f"{case.pack[:2]} {case.title}")
def test_postgresql_finds_the_same(case: Case, ledger: Ledger, fresh_postgres: str, tmp_path: Path) -> None:
    """A PostgreSQL store gives the same answers."""
    check(ledger, fresh_postgres, case, tmp_path)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.pack[:2]} {case.title}")
def test_the_plain_python_yardstick_says_the_same(case: Case) -> None:
    """A control judged row by row, without any database, finds the same rows."""
    schedule = PACKS[case.pack].on(AS_OF)
    record_class = schedule.get(case.target)
    bench = Bench(schedule, AS_OF)
    rows = {name: [{k: _cell(v) for k, v in row.items()} for row in drawn] for name, drawn in case.rows.items()}
    for control in record_class.controls:
        if control.id == case.name:
            flagged = [
                r for r in rows[case.target] if holds(control.flag_when, r, lambda n: rows.get(n, ()), bench.zone)
            ]
            late = [row for row in flagged if control.after is None or _over(bench, control.after, row)]
            assert [row["says"] for row in late] == ["found"] * case.says.count("found")


def _over(bench: Bench, term: Term, row: Mapping[str, str | None]) -> bool:
    try:
        due_on = bench.runs_out(term, {name: row.get(name) for name, _ in triggers_of(term)}, Contact())
    except Unreadable:
        return True  # for how long cannot be told, and the sift says so
    return due_on is not None and due_on <= bench.as_of


def test_a_missing_date_is_told_with_the_breach(ledger: Ledger, tmp_path: Path) -> None:
    """Nobody is said to be late of whom nobody knows when they began; nor does the blank hide the breach."""
    file = tmp_path / "store.db"
    file.touch()
    (case,) = [one for one in cases() if one.title == "policy-not-signed (begun when nobody knows)"]
    (found,) = sifted(ledger, f"sqlite:///{file}", case, tmp_path)
    assert (found.key, found.kind, found.due_on) == ("V", Kind.CONTROL_BREACH, None)
    assert found.reason.endswith(SINCE_WHEN)


def test_a_member_that_its_rule_orders_reviewed_is_read_first_when_its_file_goes(
    ledger: Ledger, tmp_path: Path
) -> None:
    """A concern about a child goes with the client's file only after somebody has read it; an illegal act as usual."""
    rows: dict[str, Rows] = {
        "client": [{"case_number": "C1", "status": "closed", "closed_on": "1990-01-01", "date_of_birth": "1950-01-01"}],
        "incident": [
            {"incident_id": "I1", "case_number": "C1", "kind": "child_concern", "raised_on": "1989-01-01",
             "child_dob": "1980-01-01", "closed_on": "1990-01-01", "says": "due"},
            {"incident_id": "I2", "case_number": "C1", "kind": "illegal_act", "raised_on": "1989-01-01"},
        ],
    }  # fmt: skip
    file = tmp_path / "store.db"
    file.touch()
    found = sifted(ledger, f"sqlite:///{file}", Case("s3-professional-help", "concern", rows, "incident"), tmp_path)
    assert {item.key: item.read_first for item in found} == {"I1": (REVIEW,), "I2": ()}


def test_every_name_that_carries_out_a_control_has_a_case() -> None:
    """Nothing is called enforced or evidenced by a pack without a planted breach and a near miss, each at least one."""
    planted: dict[tuple[str, str], list[str | None]] = {}
    for case in cases():
        planted.setdefault((case.pack, case.name), []).extend(case.says)
    assert {(pack, name) for _, pack, name in claimed()} - set(planted) == set()
    for (pack, name), said in planted.items():
        near_miss = "due" if "held" in said else None
        assert near_miss in said, f"{pack} {name} has no near miss"
        assert set(said) - {near_miss}, f"{pack} {name} plants nothing"
        assert name in names_in(PACKS[pack])


def test_at_least_sixty_controls_are_carried_out_by_packs() -> None:
    """Of a hundred controls more than sixty run as rules of a pack; the count says how many do."""
    assert len(coverage().controls) == 100
    by_control = [name for name, _ in groupby(claimed(), key=lambda row: row[0])]
    assert len(by_control) == len(set(by_control)) == 91
