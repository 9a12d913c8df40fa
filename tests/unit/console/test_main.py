"""The table of verbs, help with examples, and what becomes of an error."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from console import main
from console.main import AUDITOR, DPO, HELPER, MANAGEMENT, VERBS, Verb, run
from rules.errors import BadInput, CheckSaidNo, Problem, Refused, StoreUnavailable

PROMISED = {
    "init", "check", "person", "store", "adopt", "sift", "review", "decide", "approve", "hold", "destroy", "confirm",
    "pseudonymise", "report", "verify", "demo",
}  # fmt: skip
EVERY_HELP = """
from console.main import VERBS, load
for name in VERBS:
    command = load(name)
    for one in getattr(command, "commands", {name: command}).values():
        print("Example: winnow " + name in one.help, name, one.name)
"""


def test_every_promised_verb_is_in_the_table() -> None:
    """No verb that was ever promised goes missing from the table."""
    assert set(VERBS) >= PROMISED


def test_help_groups_the_verbs_by_reader(capsys: pytest.CaptureFixture[str]) -> None:
    """Everybody finds their own verbs under their own heading, each with one line."""
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    for reader in (DPO, AUDITOR, MANAGEMENT, HELPER):
        assert reader in said
    assert all(f" {verb} " in said for verb in VERBS)


def test_every_verb_s_help_has_an_example() -> None:
    """Each verb, and each verb of two words, shows how it is called."""
    done = subprocess.run([sys.executable, "-c", EVERY_HELP], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) >= 19
    assert [line for line in lines if not line.startswith("True")] == []


@pytest.fixture
def verb_that_raises(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A verb `fail` that raises whatever stands in `error`."""
    module = SimpleNamespace(error=None)

    def fail() -> None:
        """Fail."""
        raise module.error

    module.fail = fail
    monkeypatch.setitem(VERBS, "fail", Verb(HELPER, "a.module", "fail", "Fail."))
    monkeypatch.setattr(main, "import_module", lambda _name: module)
    return module


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (
            BadInput(
                [Problem("is wrong", "schedule.yaml", 3, "keep"), Problem("is wrong", "schedule.yaml", 4, "then")]
            ),
            2,
        ),
        (CheckSaidNo("it does not hold"), 1),
        (Refused("not you"), 2),
        (StoreUnavailable("store casework is down"), 2),
        (KeyError("C000123 Jane Doe"), 3),
    ],
)
def test_each_error_has_its_status(
    error: Exception, status: int, verb_that_raises: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status says what kind of error it was; there is no traceback and nothing on standard output."""
    verb_that_raises.error = error
    assert run(["fail"]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Error: ")
    assert "Traceback" not in said.err


def test_every_problem_has_its_line(verb_that_raises: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    """Problems are said one to a line: file, line, key, what is wrong, what to write."""
    verb_that_raises.error = BadInput([Problem("is wrong", "s.yaml", 3, "keep", "Write 7 years"), Problem("is empty")])
    run(["fail"])
    assert capsys.readouterr().err.splitlines() == ["Error: s.yaml:3: keep: is wrong. Write 7 years", "Error: is empty"]


def test_an_error_of_ours_repeats_no_foreign_text(
    verb_that_raises: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Invariant 5: of a foreign error its type and place are said; its text may hold a person's name."""
    verb_that_raises.error = ValueError("could not convert 'Jane Doe'")
    assert run(["fail"]) == 3
    said = capsys.readouterr().err
    assert "ValueError at " in said
    assert "Jane" not in said


def test_debug_shows_the_traceback(verb_that_raises: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    """--debug, wherever it stands, shows all of an error to whoever mends it."""
    verb_that_raises.error = ValueError("the cause")
    assert run(["--debug", "fail"]) == run(["fail", "--debug"]) == 3
    assert "the cause" in capsys.readouterr().err


def test_an_error_is_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json an error is a document on standard output, with its status and every problem in parts."""
    assert run(["sift", "--as-of", "yesterday", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["exit_status"] == 2
    assert "YYYY-MM-DD" in told["problems"][0]["what"]


def test_a_misspelt_verb_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """A verb that is none ends with 2 and the verb that was meant."""
    assert run(["aprove"]) == 2
    assert "approve" in capsys.readouterr().err


def test_without_words_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """`winnow` alone shows the help; it has done nothing, so it does not end with 0."""
    assert run([]) == 2
    assert "sift" in capsys.readouterr().out


def test_the_demo_passes_its_status_on(tmp_path: Path) -> None:
    """`winnow demo` ends as the demo's own program does."""
    words = [sys.executable, "-m", "console.main", "demo", "--clients", "0", "--folder", str(tmp_path)]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 2


def test_a_disk_that_fails_is_no_error_of_ours(
    verb_that_raises: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk met anywhere ends with 2, in words, without the name of the file."""
    verb_that_raises.error = OSError(errno.ENOSPC, "No space left", "C000123_letter.txt")
    assert run(["fail"]) == 2
    said = capsys.readouterr().err
    assert "the disk is full, ENOSPC" in said
    assert "C000123" not in said
