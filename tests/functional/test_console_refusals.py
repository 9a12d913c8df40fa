"""Bad input at the command line: everything wrong is said at once, in sentences, and nothing is changed."""

from __future__ import annotations

import hashlib
import os
import pty
import shutil
import sqlite3
from pathlib import Path
from select import select

import pytest

from tests.functional.console_runner import APPROVER, DPO, PASSPHRASES, WINNOW, Winnow

PATIENCE = 60  # seconds
SCHEDULE = """\
schedule: A Small Service
version: 2026-04
zone: Europe/London
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", closed_on: trigger, status: state}
    rules:
      - id: client-file
        applies_to: status = 'closed'
        keep: 7 years after closed_on
        then: destroy
        because: [S3 4.4]
        confidence: policy
"""
STORES = """\
stores:
  casework:
    kind: sql
    url: sqlite:///casework.db
    classes:
      client: {table: clients}
"""
ROWS = [("C1", "2015-03-31", "closed"), ("C2", "2015-04-30", "closed"), ("C3", None, "closed"), ("C4", "", "open")]
MISTAKES = """\
schedule: A Small Service
version: 2026-04
zone: Europe/Londres
classes:
  client:
    means: The head of a client's file
    fields: {case_number: "key, subject", closed_on: triggers, status: state}
    colour: blue
    rules:
      - id: client-file
        applies_to: status == 'closed'
        keep: seven years after closed_on
        then: shred
        because: [S3 4.4]
        confidence: certain
      - id: client-file
        keep: 7 years after opened_on
        then: destroy
        because: []
  note:
    means: Notes
    part_of: clients
    fields: {note_id: key, case_number: subject, written_on: trigger}
    rules:
      - id: notes
        keep: 7 days after written_on
        then: destroy
        because: [S3 4.9]
        confidence: policy
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Winnow:
    """A small project with an approved run, whose cooling-off time is the usual seven days."""
    folder = tmp_path_factory.mktemp("small") / "project"
    folder.mkdir()
    casework = sqlite3.connect(folder / "casework.db")
    casework.execute("CREATE TABLE clients (case_number TEXT PRIMARY KEY, closed_on TEXT, status TEXT)")
    casework.executemany("INSERT INTO clients VALUES (?, ?, ?)", ROWS)
    casework.commit()
    casework.close()
    (folder / "schedule.yaml").write_text(SCHEDULE)
    (folder / "stores.yaml").write_text(STORES)
    winnow = Winnow(folder)
    winnow.done("init", "--organisation", "A Small Service")
    for name, role in ((DPO, "dpo"), (APPROVER, "approver")):
        winnow.done("person", "add", name, "--role", role, "--passphrase-file", winnow.secret(name))
    winnow.done("adopt", "--minute", "2026-01-05", by=DPO)
    winnow.done("store", "prepare", "--yes")
    winnow.done("sift", "--no-quality")
    winnow.done("decide", "--rule", "client-file", "--choice", "destroy", "--reason", "period-over", by=DPO)
    return winnow


@pytest.fixture
def winnow(made: Winnow, tmp_path: Path) -> Winnow:
    """A copy of the small project, to spoil."""
    shutil.copytree(made.folder, tmp_path / "project")
    return Winnow(tmp_path / "project")


def state(winnow: Winnow) -> dict[str, str]:
    """The bytes of the stores and of the ledger's rows, digested."""
    ledger = sqlite3.connect(winnow.folder / "ledger.db")
    rows = "\n".join(ledger.iterdump())
    ledger.close()
    store = (winnow.folder / "casework.db").read_bytes()
    return {"ledger": hashlib.sha256(rows.encode()).hexdigest(), "store": hashlib.sha256(store).hexdigest()}


def at_a_terminal(winnow: Winnow, words: list[str], typed: list[str]) -> tuple[int, str]:
    """Run a verb at a pseudo-terminal and type lines when it asks; returns its status and what was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(winnow.folder)
        os.execv(WINNOW, [str(WINNOW), *words])
    shown, waiting = "", list(typed)
    try:
        while select([terminal], [], [], PATIENCE)[0]:
            shown += os.read(terminal, 4096).decode()
            # The space after the colon is written last, when the terminal has stopped showing what is typed.
            if waiting and shown.endswith(": "):
                os.write(terminal, (waiting.pop(0) + "\n").encode())
    except OSError:  # Linux says so when the child has closed its end
        pass
    os.close(terminal)  # hangs up on a child that still waits
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def test_ten_mistakes_are_said_at_once(winnow: Winnow) -> None:
    """A schedule with ten different mistakes gets ten lines, each with file, line and key, in words and in JSON."""
    (winnow.folder / "schedule.yaml").write_text(MISTAKES)
    ran = winnow("check")
    assert ran.status == 2
    said = [line for line in ran.err.splitlines() if line.startswith("Error: schedule.yaml:")]
    assert len(said) >= 10
    problems = winnow("check", "--json").json["error"]["problems"]
    assert len({(one["line"], one["key"]) for one in problems}) >= 10
    assert all(one["line"] and one["key"] and one["what"] for one in problems)


def test_ten_mistakes_reach_standard_error_only(winnow: Winnow) -> None:
    """Without --json nothing is written to standard output when a verb refuses."""
    (winnow.folder / "schedule.yaml").write_text(MISTAKES)
    assert winnow("sift").out == ""


@pytest.mark.parametrize("words", [["check"], ["sift", "--no-quality"]])
def test_a_store_that_is_down_is_named(winnow: Winnow, words: list[str]) -> None:
    """A store that is not there ends with 2 and its alias, in one sentence."""
    (winnow.folder / "casework.db").unlink()
    ran = winnow(*words)
    assert ran.status == 2
    assert "casework" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_vanished_column_is_named(winnow: Winnow) -> None:
    """A column that the schedule reads and the store has no longer is said with the line of stores.yaml."""
    casework = sqlite3.connect(winnow.folder / "casework.db")
    casework.execute("ALTER TABLE clients RENAME COLUMN closed_on TO ended_on")
    casework.commit()
    casework.close()
    for words in (["check"], ["sift", "--no-quality"]):
        ran = winnow(*words)
        assert ran.status == 2
        assert "closed_on" in ran.err
        assert "stores.yaml:" in ran.err


def test_an_unreadable_workbook_changes_nothing(winnow: Winnow) -> None:
    """A decision file that is no workbook is refused by its name, and the ledger stays as it was."""
    (winnow.folder / "pack.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    before = state(winnow)
    ran = winnow("decide", "--from", "pack.xlsx", by=DPO)
    assert (ran.status, ran.out) == (2, "")
    assert "pack.xlsx" in ran.err
    assert state(winnow) == before


def test_a_wrong_passphrase_changes_nothing(winnow: Winnow) -> None:
    """A passphrase that does not open the key is refused without repeating it."""
    wrong = winnow.folder / "wrong.txt"
    wrong.write_text("not the passphrase at all\n")
    before = state(winnow)
    ran = winnow("approve", "--by", APPROVER, "--passphrase-file", wrong)
    assert (ran.status, ran.out) == (2, "")
    assert "passphrase" in ran.err
    assert "not the passphrase at all" not in ran.err
    assert state(winnow) == before


def test_nobody_to_ask_is_said(winnow: Winnow) -> None:
    """Without a terminal and without a file, a verb that signs says how to hand the passphrase over."""
    ran = winnow("approve", "--by", APPROVER)
    assert ran.status == 2
    assert "--passphrase-file" in ran.err


def test_the_passphrase_may_come_from_the_environment_s_file(winnow: Winnow) -> None:
    """WINNOW_PASSPHRASE_FILE serves where no file is named; the cooling-off time then holds the run back.

    Seven days pass between approval and destruction, whatever words are typed.
    """
    secret = str(winnow.secret(APPROVER))
    approved = winnow("approve", "--by", APPROVER, "--json", WINNOW_PASSPHRASE_FILE=secret)
    assert (approved.status, approved.err) == (0, "")
    before = state(winnow)
    run = approved.json
    ran = winnow("destroy", run["run"], "--confirm", run["confirmation"], "--json")
    assert ran.status == 2
    assert "cools off" in ran.err
    assert "cools off" in ran.json["error"]["problems"][0]["what"]
    assert state(winnow) == before


def test_usage_errors_end_with_2(winnow: Winnow) -> None:
    """A wrong option, a verb that is none, a day that is none and a code that is none end with 2, in JSON as well."""
    for words in (
        ["sift", "--colour", "blue"],
        ["sfit"],
        ["sift", "--as-of", "2026-02-30"],
        ["decide", "--rule", "client-file", "--choice", "destroy", "--reason", "because", "--by", DPO],
        ["decide", "--by", DPO],
        ["hold", "place", "--kind", "sar"],
    ):
        ran = winnow(*words, "--json")
        assert ran.status == 2, words
        assert ran.json["error"]["problems"][0]["what"]
        assert "Traceback" not in ran.err


def test_a_folder_without_a_project_is_said(tmp_path: Path) -> None:
    """Outside a project a verb names the file that it looked for and what to do."""
    (tmp_path / "empty").mkdir()
    ran = Winnow(tmp_path / "empty")("check")
    assert ran.status == 2
    assert "winnow init" in ran.err


def test_init_leaves_an_existing_project_alone(winnow: Winnow) -> None:
    """A second `init` in the same folder is refused and changes no file."""
    before = {file: file.read_bytes() for file in winnow.folder.glob("*.yaml")}
    assert winnow("init", "--organisation", "Another").status == 2
    assert {file: file.read_bytes() for file in winnow.folder.glob("*.yaml")} == before


def test_passphrases_are_asked_for_at_a_terminal(winnow: Winnow) -> None:
    """A new passphrase is asked for twice, that of who vouches once, and neither is shown on standard output."""
    typed = [PASSPHRASES["Mia Stone"]] * 2 + [PASSPHRASES[DPO]]
    ran, shown = at_a_terminal(winnow, ["person", "add", "Mia Stone", "--role", "manager", "--by", DPO], typed)
    assert ran == 0
    assert "Passphrase of Mia Stone" in shown
    assert not any(secret in shown for secret in typed)
