"""Clauses, controls and packs: what leads nowhere is a mistake, what nothing carries out is said."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from console.main import run
from operations import coverage as operation
from operations.coverage import POLICIES, coverage, source_packs
from rules.coverage import Status, cover, read_policies
from rules.errors import BadInput
from rules.schedule.parser import parse_schedule
from tests.unit.coverage.source_texts import POLICY_FILES, source_text

PACK = """
schedule: Small
version: "1"
zone: Europe/London
classes:
  note:
    means: A note
    fields: {note_id: key, written_on: trigger}
    rules:
      - {id: notes, keep: 1 year after written_on, then: destroy, because: [P 1]}
    quality:
      - {says: written, readable_date: written_on, because: [P 1]}
"""
CONTROLS = """
controls:
  X1: {title: Notes go, status: enforced, by: {p-small: [notes, note/written]}}
  X2: {title: Kindness, status: planned, needs: a heart}
  X3: {title: The tree grows, status: evidenced, by: {features: [rules.evidence.tree]}}
"""
CLAUSES = """
policies:
  P:
    name: Small
    pack: p-small
    clauses:
      "1": {says: Notes go, controls: [X1, X2]}
      "2": {says: Be kind, controls: [X2]}
      "3": {says: Be good, status: attested, because: nobody can see it}
      "4": {says: Forgotten}
"""


def covered(clauses: str = CLAUSES, controls: str = CONTROLS) -> dict[str, Status]:
    packs = {"p-small": parse_schedule(PACK, "schedule.yaml")}
    found = cover((clauses, "clauses.yaml"), (controls, "controls.yaml"), packs, lambda name: name.startswith("rules."))
    return {item.clause: item.status for item in found.clauses}


def test_a_clause_has_the_status_of_its_strongest_control() -> None:
    """Enforced before planned; attested with a reason; uncovered when nothing is said."""
    assert covered() == {
        "1": Status.ENFORCED,
        "2": Status.PLANNED,
        "3": Status.ATTESTED,
        "4": Status.UNCOVERED,
    }


def test_every_mistake_is_said_at_once_with_its_line() -> None:
    """Unknown controls, packs, names, modules and statuses, and statuses without their reason, are all reported."""
    controls = """
controls:
  X1: {title: Notes go, status: enforced, by: {p-small: [nots]}}
  X2: {title: Kindness, status: planned}
  X3: {title: The tree grows, status: evidenced, by: {features: [nowhere.tree]}}
  X4: {title: Nothing, status: enforced}
  X5: {title: Elsewhere, status: enforced, by: {p-large: [notes]}}
  X6: {title: Odd, status: done}
  X7: {title: Both, status: planned, needs: time, by: {p-small: [notes]}}
"""
    clauses = CLAUSES.replace("[X1, X2]", "[X1, Y9]").replace("pack: p-small", "pack: p-smal")
    with pytest.raises(BadInput) as raised:
        covered(clauses, controls)
    said = [(problem.file, problem.line) for problem in raised.value.problems]
    for line in range(3, 10):
        assert ("controls.yaml", line) in said
    assert ("clauses.yaml", 3) in said
    assert ("clauses.yaml", 7) in said
    assert all(problem.what for problem in raised.value.problems)


def test_a_control_of_another_pack_carries_out_nothing_here() -> None:
    """A clause may not lean on what only the pack of another policy does."""
    packs = {"p-small": parse_schedule(PACK, "schedule.yaml"), "q": parse_schedule(PACK, "schedule.yaml")}
    clauses = CLAUSES.replace("pack: p-small", "pack: q")
    with pytest.raises(BadInput, match="X1 is carried out in other packs, and not in q"):
        cover((clauses, "clauses.yaml"), (CONTROLS, "controls.yaml"), packs, lambda _: True)


def test_no_clause_of_the_five_policies_is_uncovered() -> None:
    """Every clause has a control, or a reason why no record can show it."""
    found = coverage()
    assert found.uncovered == ()
    assert {item.policy for item in found.clauses} == {"S0", "S1", "S2", "S3", "S4"}
    assert len(found.clauses) == sum(found.clause_totals().values())
    assert set(found.control_totals()) <= {"enforced", "evidenced", "attested", "planned"}


def test_every_control_belongs_to_a_clause_or_says_what_it_serves() -> None:
    """Nothing is counted that no policy asks for, but for the two that serve several clauses at once."""
    found = coverage()
    named = {name for item in found.clauses for name, _, _ in item.controls}
    assert {control.id for control in found.controls} - named == {"G5", "G6"}


def test_every_row_of_the_draft_schedule_is_in_some_pack() -> None:
    """R01 to R35 are cited by rules of the packs; R36, the log itself, is kept by the product for good."""
    cited = {
        source
        for schedule in source_packs().values()
        for record_class in schedule.classes
        for because in (rule.because for rule in record_class.rules)
        for source in because
    }
    assert {f"R{number:02d}" for number in range(1, 36)} <= cited


@pytest.mark.parametrize("policy", sorted(POLICY_FILES))
def test_every_line_of_the_source_text_is_a_clause_or_a_heading(policy: str) -> None:
    """No sentence of a source policy is left out of the file of clauses."""
    text = source_text(policy)
    policies, _ = read_policies((POLICIES / "clauses.yaml").read_text(encoding="utf-8"), "clauses.yaml")
    (found,) = [item for item in policies if item.id == policy]
    if policy == "S3":
        numbers = set(re.findall(r"^(\d+\.\d+)\b", text, re.MULTILINE))
        assert numbers == {clause.id for clause in found.clauses} - {"title page"}
        return
    spoken_for: set[int] = set()
    for span in (*(clause.lines for clause in found.clauses), *found.headings):
        first, _, last = span.removeprefix("L").partition("-")
        spoken_for |= set(range(int(first), int(last or first) + 1))
    written = {number for number, line in enumerate(text.splitlines(), 1) if line.strip()}
    assert written - spoken_for == ({1} if policy == "S2" else set()) & written


def test_the_command_shows_all_and_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document with every clause; a table for one policy; a policy that is not there is refused."""
    assert run(["coverage", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["uncovered"] == []
    assert len(shown["controls"]) == 100
    assert len(shown["lint"]) == 11
    assert {item["status"] for item in shown["clauses"]} == {"enforced", "evidenced", "planned", "attested", "none"}
    assert run(["coverage", "--policy", "S4"]) == 0
    table = capsys.readouterr().out
    assert "L16" in table
    assert "S3" not in table
    assert run(["coverage", "--policy", "S9"]) == 2


def test_the_command_ends_with_one_where_a_clause_is_uncovered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clause that loses its controls is named, and the exit status says so."""
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    clauses = folder / "clauses.yaml"
    text = clauses.read_text(encoding="utf-8")
    assert ", controls: [C11]}" in text
    clauses.write_text(text.replace(", controls: [C11]}", "}"), encoding="utf-8")
    monkeypatch.setattr("console.covering.covered", lambda: operation.coverage(folder))
    assert run(["coverage"]) == 1
    assert "Uncovered: S4 L16" in capsys.readouterr().out
