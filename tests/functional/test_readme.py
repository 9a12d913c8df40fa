"""The commands of the README and of two guides, typed one after another as they stand: each of them works.

What differs from a reader's year: the demo is smaller and called without make (make itself is only asked what it would
do, because it may be running these tests); "your own stores" are an invented charity's; nobody waits for a week. One
reader tries the demo and checks its evidence while another works through a year with their own stores.
"""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook

from connectors.engines import engine
from rules.review import pack_form as form
from synthetic.charity import generate
from tests.functional.console_runner import PASSPHRASES, Ran, today
from tests.functional.shown_commands import Shell, shown
from tests.unit.connectors.filling import HEADING_LINE, answer, filled
from tests.unit.house.tree import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.slow]

README, DPO, AUDITOR = ROOT / "README.md", ROOT / "docs" / "dpo.md", ROOT / "docs" / "auditor.md"
HELPER = ROOT / "docs" / "technical-helper.md"
Command = tuple[Path, str]
OF_README = [(README, line) for line in shown(README)]
_OWN = next(place for place, (_, line) in enumerate(OF_README) if "winnow init" in line)
DEMO = [*OF_README[:_OWN], *((AUDITOR, line) for line in shown(AUDITOR))]
OWN = [*OF_README[_OWN:], *((DPO, line) for line in shown(DPO))]
COMMANDS = [*DEMO, *OWN]
INSTEAD = {
    "make demo": f"make --dry-run -C {ROOT} demo && .venv/bin/winnow demo --clients 40",
    "make test": f"make --dry-run -C {ROOT} test",
}
# The documents' examples, and what Winnow says when it names the reader's own.
PACK = "out/review-pack-proposal-2026-09-01-1.xlsx"
NAMED = {
    "proposal-2026-09-01-1": r"frozen as (proposal-[\d-]+\d)",
    "run-2026-09-01-1": r"Approved as (run-[\d-]+\d)",
    "WORDS": r"it asks for the words: (.+)",
}
# What the table of the README says in words.
OUTPUT = [
    *("review-pack-*.html", "review-pack-*.xlsx", "certificate-*.html", "certificate-*.pdf"),
    *("extract-statistics-*", "extract-supervision-*"),
    *("statistical-report-*.html", "statistical-report-*.xlsx", "statistical-report-*.csv"),
]


@dataclass
class Reader:
    """Somebody who types what the documents show; `mine` is what they have for each example, ids before days."""

    root: Path
    mine: dict[str, str] = field(default_factory=dict)
    ran: list[Ran] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay out what the README takes for granted: a checkout with its environment."""
        self.checkout, self.project = self.root / "checkout", self.root / "my-charity"
        self.checkout.mkdir()
        (self.checkout / ".venv").symlink_to(sys.prefix)
        for name in ("policies", "verifier"):
            (self.checkout / name).symlink_to(ROOT / name)
        self.shell = Shell(self.checkout, self.root / "state.sh")
        now, later = today().isoformat(), (today() + timedelta(days=90)).isoformat()
        self.mine = {**dict.fromkeys(NAMED, ""), "2026-12-01": later, "2026-09-09": now, "2026-09-01": now}

    def follows(self, file: Path, line: str) -> None:
        """Do what the document says beside the command, and type the command."""
        command = INSTEAD.get(line, line)
        if file == AUDITOR:
            command = f"cd {_received(self.checkout / 'demo' / 'out', self.root / 'auditor')} && {line}"
        else:
            for example, own in self.mine.items():
                command = command.replace(example, own)
        if PACK in line:
            _fill_in(self.project / "out" / f"review-pack-{self.mine['proposal-2026-09-01-1']}.xlsx")
        done = self.shell(command, self._typed(line), **self._signing(line))
        self.ran.append(done)
        if line.startswith("cp policies/demo/"):
            _bring_stores(self.project)
        for example, said in NAMED.items():
            self.mine[example] = "".join(re.findall(said, done.out)) or self.mine[example]

    def _typed(self, line: str) -> str:
        """Answer what a verb asks at a terminal."""
        if line == "winnow store prepare":
            return "y"
        return self.mine["WORDS"] if line.startswith("winnow destroy") else ""

    def _signing(self, line: str) -> dict[str, str]:
        """Name the passphrase file of whoever signs."""
        found = re.search(r'(?:--by|person add) "([^"]+)"', line)
        if found is None:
            return {}
        file = self.root / f"{found[1].split()[0]}.txt"
        file.write_text(PASSPHRASES[found[1]] + "\n", encoding="utf-8")
        return {"WINNOW_PASSPHRASE_FILE": str(file)}


def _bring_stores(project: Path) -> None:
    """Put the reader's stores where stores.yaml says, and shorten the week to nothing."""
    generate(engine(f"sqlite:///{project / 'casework.db'}", create=True), project, seed=3, as_of=today(), clients=120)
    settings = project / "winnow.yaml"
    settings.write_text(settings.read_text().replace("cooling_off_days: 7", "cooling_off_days: 0"))


def _fill_in(pack: Path) -> None:
    """Decide in the workbook that all counselling files are destroyed."""
    sheet: Any = load_workbook(pack)[form.GROUPS]
    rule = [cell.value for cell in sheet[HEADING_LINE]].index(form.RULE)
    rows = enumerate(sheet.iter_rows(min_row=HEADING_LINE + 1, values_only=True), start=HEADING_LINE + 1)
    lines = [line for line, row in rows if row[rule] == "counselling-file"]
    assert lines
    filled(pack, pack, [(form.GROUPS, line, answer("destroy", "period-over")) for line in lines])


def _received(out: Path, folder: Path) -> Path:
    """Lay out the three things that an auditor has: bundle, key, and the program, here from the bundle."""
    folder.mkdir(exist_ok=True)
    (bundle,) = out.glob("evidence-*.zip")
    shutil.copy(bundle, folder / "evidence-run-2026-09-01-1.zip")
    shutil.copy(out / "winnow.vkey", folder)
    with zipfile.ZipFile(bundle) as opened:
        (folder / "verify_winnow.py").write_bytes(opened.read("verify_winnow.py"))
    return folder


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reader, Reader]:
    """Whoever tries the demo, and whoever has stores of their own, after all their commands."""
    demo, own = Reader(tmp_path_factory.mktemp("demo")), Reader(tmp_path_factory.mktemp("own"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_read_all, (demo, own), (DEMO, OWN)))
    return demo, own


def _read_all(reader: Reader, commands: Sequence[Command]) -> None:
    for file, line in commands:
        reader.follows(file, line)


def test_there_are_commands_to_try() -> None:
    """The README and both guides show commands."""
    assert {file for file, _ in COMMANDS} == {README, DPO, AUDITOR}
    assert min(len(DEMO), len(OWN)) > 10


@pytest.mark.parametrize("place", range(len(COMMANDS)), ids=[f"{file.stem}: {line}" for file, line in COMMANDS])
def test_every_command_works_as_it_is_shown(readers: tuple[Reader, Reader], place: int) -> None:
    """A command that a document shows ends with 0 and without an error, typed in its turn."""
    demo, own = readers
    ran = [*demo.ran, *own.ran][place]
    assert (ran.status, "Traceback" in ran.err) == (0, False), ran.out + ran.err


def test_the_demo_leaves_what_the_readme_lists(readers: tuple[Reader, Reader]) -> None:
    """Every file of the README's table lies in demo/out/."""
    table = README.read_text(encoding="utf-8").partition("| file | what it is |")[2].partition("\n\n")[0]
    named = re.findall(r"`([^`]+)`", "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| ")))
    wanted = [name.replace("…", "*") for name in named] + OUTPUT
    assert len(named) >= 3
    assert [name for name in wanted if not [*(readers[0].checkout / "demo" / "out").glob(name)]] == []


@pytest.mark.parametrize("file", [README, HELPER], ids=lambda file: str(file.stem))
def test_scheduling_names_what_is_deployed(file: Path) -> None:
    """The Prefect commands shown name pools, deployments and variables of prefect.yaml, and no others."""
    text, written = file.read_text(encoding="utf-8"), (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    deployments = {each["name"]: each for each in yaml.safe_load(written)["deployments"]}
    pools = re.findall(r"work-pool create ([\w-]+)|worker start --pool ([\w-]+)", text)
    assert {first or second for first, second in pools} == {each["work_pool"]["name"] for each in deployments.values()}
    for flow, name in re.findall(r"deployment run ([\w-]+)/([\w-]+)", text):
        assert flow == name
        assert name in deployments
    assert set(re.findall(r"\$(WINNOW_\w+)", written)) <= set(re.findall(r"WINNOW_\w+", text))
