"""Ctrl-C and its like: the verb ends in order, says what stands and what to do, and shows no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from console import main, proving
from console.main import HELPER, VERBS, Verb, run
from console.stopping import STOPPED, StoppedError, said_of_stop, stoppable

CHANGING = ("decide", "approve", "adopt", "hold", "destroy", "confirm", "prove", "restore-check", "key", "person",
            "watch", "backup", "store", "demo", "report", "pseudonymise")  # fmt: skip
TWICE = """
import os, signal
from console.stopping import StoppedError, stoppable
try:
    with stoppable():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            print("cleaned up", flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            print("too late")
except StoppedError:
    print("not ended")
"""

# Begun by the command under test, it stops that command as soon as it runs itself.
ENDLESS = """
import os, pathlib, signal, time
pathlib.Path(__file__).with_name("pid").write_text(str(os.getpid()))
os.kill(os.getppid(), signal.SIGINT)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """A machine that runs the tests in the background may have them ignore these signals; here they count."""
    ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ours}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_stop_a_verb_ends_in_words(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A verb that is stopped ends with 130 and one plain sentence, and the handlers are as they were."""

    def slow() -> None:
        """Be stopped."""
        os.kill(os.getpid(), number)

    monkeypatch.setitem(VERBS, "destroy", Verb(HELPER, "console.slow", "slow", "Be stopped."))
    monkeypatch.setitem(sys.modules, "console.slow", SimpleNamespace(slow=slow))
    before = signal.getsignal(number)
    assert run(["destroy"]) == STOPPED
    assert capsys.readouterr().err == f"{said_of_stop('destroy')}\n"
    assert signal.getsignal(number) is before
    assert main.VERBS is VERBS


def test_every_verb_that_changes_something_says_what_stands() -> None:
    """Nobody who stops such a verb is told that nothing was changed, or left without what to do next."""
    for verb in CHANGING:
        assert "Nothing was changed." not in said_of_stop(verb), verb
        assert "again" in said_of_stop(verb), verb


def test_impatience_does_not_spoil_the_clean_up() -> None:
    """The second signal leaves the clean-up alone; one that comes after that ends the process at once."""
    done = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "cleaned up\n")


def test_a_stopped_demo_ends_the_process_that_it_had_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo's own process does not live on when the command is stopped."""
    (tmp_path / "endless.py").write_text(ENDLESS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(proving, "DEMO", "endless")
    assert run(["demo", "--folder", str(tmp_path / "demo")]) == STOPPED
    assert capsys.readouterr().err == f"{said_of_stop('demo')}\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_no_ordinary_handler_swallows_a_stop() -> None:
    """What catches every Exception does not catch a stop."""
    with pytest.raises(StoppedError), stoppable(), suppress(Exception):
        os.kill(os.getpid(), signal.SIGINT)
