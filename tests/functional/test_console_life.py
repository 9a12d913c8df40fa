"""A whole year's work at the command line: from an empty folder to evidence that verifies."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from connectors.engines import engine
from rules.review import pack_form as form
from synthetic.charity import generate
from tests.functional.console_runner import APPROVER, DPO, MANAGER, PACK, ROLES, Ran, Winnow, today
from tests.unit.connectors.filling import HEADING_LINE, answer, filled

FIRST_LINE = re.compile(
    r"due (\d+) = destroyed (\d+) \+ kept (\d+) \+ held (\d+) \+ failed (\d+)( \+ waiting (\d+))?; undatable (\d+)"
)


@dataclass
class Life:
    """Everything that was called, by step."""

    winnow: Winnow
    steps: dict[str, Ran] = field(default_factory=dict)

    def step(self, name: str, *words: str | Path, by: str = "") -> Ran:
        """Call a verb and remember what it said."""
        self.steps[name] = self.winnow(*words, by=by)
        return self.steps[name]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The year, worked through once."""
    folder = tmp_path_factory.mktemp("life") / "charity"
    folder.mkdir()
    generate(engine(f"sqlite:///{folder / 'casework.db'}", create=True), folder, seed=3, as_of=today(), clients=120)
    for file in PACK.glob("*.yaml"):
        shutil.copy(file, folder)
    year = Life(Winnow(folder))
    _begin(year)
    _sift(year)
    _decide(year)
    _destroy(year)
    return year


def _begin(life: Life) -> None:
    life.step("init", "init", "--organisation", "Riverside Counselling")
    settings = life.winnow.folder / "winnow.yaml"
    settings.write_text(settings.read_text().replace("cooling_off_days: 7", "cooling_off_days: 0"))
    life.step("check", "check", "--json")
    for name, role in ROLES.items():
        life.step(name, "person", "add", name, "--role", role, "--passphrase-file", life.winnow.secret(name))
    life.step("people", "person", "list", "--json")
    two = [word for name in (DPO, APPROVER) for word in ("--by", name, "--passphrase-file", life.winnow.secret(name))]
    accept = ("--accept", "disclosure-register")
    life.step("adopt", "adopt", "--minute", today().isoformat(), *two, *accept, "--json")
    life.step("prepare", "store", "prepare", "--yes")
    life.step(
        "hold", "hold", "place", "--case", "C000001", "--kind", "sar", "--authority", "SAR-1", "--json", by=MANAGER
    )
    life.step("holds", "hold", "list")


def _sift(life: Life) -> None:
    life.step("sift", "sift")
    life.step("review", "review", "--json")


def _decide(life: Life) -> None:
    pack = Path(life.steps["review"].json["xlsx"])
    answers = _answers(pack, "counselling-file")
    life.step("from pack", "decide", "--from", filled(pack, pack.with_name("filled.xlsx"), answers), "--json", by=DPO)
    life.step("again", "decide", "--rule", "enquiry", "--choice", "destroy", "--reason", "period-over", by=DPO)
    life.step("own", "approve", by=DPO)
    life.step("approve", "approve", "--json", by=APPROVER)


def _answers(pack: Path, rule: str) -> list[tuple[str, int, dict[str, object]]]:
    """Destroy whatever one rule found in the workbook, but for the records that must be read first."""
    sheet: Any = load_workbook(pack)[form.GROUPS]
    headings = [cell.value for cell in sheet[HEADING_LINE]]
    found = []
    for line, row in enumerate(sheet.iter_rows(min_row=HEADING_LINE + 1, values_only=True), start=HEADING_LINE + 1):
        if row[headings.index(form.RULE)] == rule:
            found.append((form.GROUPS, line, answer("destroy", "period-over")))
    assert found
    return found


def _destroy(life: Life) -> None:
    approved = life.steps["approve"].json
    run = approved["run"]
    life.step("wrong words", "destroy", run, "--confirm", "destroy all")
    life.step("no words", "destroy", run)
    life.step("destroy", "destroy", run, "--confirm", approved["confirmation"], "--json")
    life.step("work list", "destroy", run, "--work-list", "--json")
    for store in life.steps["destroy"].json["waiting"]:
        said = ("confirm", run, "--store", store, "--method", "cross-cut-4x15", "--done-on", today().isoformat())
        life.step(f"first {store}", *said, "--json", by=APPROVER)
        life.step(f"twice {store}", *said, by=APPROVER)
        life.step("closed", *said, "--json", by=MANAGER)
    files = life.steps["closed"].json["files"]
    life.step("verify", "verify", files["bundle"], "--key", files["key"])
    forged = life.winnow.folder / "forged.vkey"
    forged.write_text(Path(files["key"]).read_text().replace("riverside", "upstream"))
    life.step("forged", "verify", files["bundle"], "--key", forged)


REFUSED = ("own", "wrong words", "no words")


def test_every_step_of_the_year_is_done(life: Life) -> None:
    """Whatever is asked for properly ends with 0 and says nothing on standard error."""
    for name, ran in life.steps.items():
        if name not in (*REFUSED, "forged") and not name.startswith("twice"):
            assert (ran.status, ran.err) == (0, ""), name


def test_what_is_not_allowed_ends_with_2(life: Life) -> None:
    """The recommender as approver, wrong words, no words, and one person signing twice are refused in one sentence."""
    refused = [ran for name, ran in life.steps.items() if name in REFUSED or name.startswith("twice")]
    assert len(refused) >= 4
    assert {ran.status for ran in refused} == {2}
    assert all(ran.err.startswith("Error: ") and "Traceback" not in ran.err for ran in refused)


def test_the_sift_begins_with_the_line_that_adds_up(life: Life) -> None:
    """The first line of a sift is due N = destroyed + kept + held + failed; undatable M, and it adds up."""
    found = FIRST_LINE.match(life.steps["sift"].out)
    assert found is not None
    due, destroyed, kept, held, failed = (int(found[place]) for place in range(1, 6))
    assert (destroyed, failed) == (0, 0)
    assert due == kept + held > 100
    assert life.steps["review"].json["first_line"] == found[0]
    assert "proposal-" in life.steps["sift"].out


def test_people_and_adoption_are_told(life: Life) -> None:
    """Everybody who was added is listed with their role; the adoption names its people and what they accepted."""
    assert {one["name"]: one["role"] for one in life.steps["people"].json["people"]} == ROLES
    adopted = life.steps["adopt"].json
    assert (adopted["accepted"], len(adopted["people"])) == (["disclosure-register"], 2)


def test_store_prepare_shows_what_it_does_first(life: Life) -> None:
    """The two small tables are printed as DDL before they are made."""
    assert "CREATE TABLE winnow_fence" in life.steps["prepare"].out
    assert "CREATE TABLE winnow_watermark" in life.steps["prepare"].out


def test_a_hold_is_placed_and_listed(life: Life) -> None:
    """A hold raises the fence of every prepared store, and stands in the list without its reason."""
    placed = life.steps["hold"].json
    assert placed["not_fenced"] == []
    assert "casework" in placed["fenced"]
    assert placed["hold"] in life.steps["holds"].out
    assert "case C000001" in life.steps["holds"].out


def test_the_workbook_decides_for_a_group(life: Life) -> None:
    """A filled-in workbook decides whatever its rule found, but for records that must be read first."""
    assert life.steps["from pack"].json["decided"] > 10
    assert "left out, hence kept" in life.steps["again"].out or "decided and signed" in life.steps["again"].out


def test_the_run_adds_up_and_closes(life: Life) -> None:
    """A run's first line adds up while work lists are open, and when two people have signed each of them."""
    for name in ("destroy", "closed"):
        found = FIRST_LINE.fullmatch(life.steps[name].json["first_line"])
        assert found is not None
        due, destroyed, kept, held, failed = (int(found[place]) for place in range(1, 6))
        assert due == destroyed + kept + held + failed + int(found[7] or 0)
        assert destroyed > 10
    assert sum(life.steps["destroy"].json["waiting"].values()) == len(life.steps["work list"].json["work_list"]) > 0
    assert not life.steps["destroy"].json["closed"]
    assert life.steps["closed"].json["closed"]
    assert all(Path(file).is_file() for file in life.steps["closed"].json["files"].values())


def test_the_evidence_verifies_and_a_forged_key_does_not(life: Life) -> None:
    """`verify` ends with 0 for the evidence, and not with 0 for a key of somebody else's name."""
    assert "VERIFIED" in life.steps["verify"].out
    assert life.steps["forged"].status in (1, 2)


def test_nobody_s_secret_is_shown(life: Life) -> None:
    """No passphrase and no case number reaches the words of any verb, but the case that was asked to be held."""
    said = "".join(ran.out + ran.err for name, ran in life.steps.items() if name not in ("hold", "holds", "work list"))
    assert "passphrase of Asha" not in said
    assert not re.search(r"\bC\d{6}\b", said)
