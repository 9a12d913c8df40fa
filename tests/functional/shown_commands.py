"""The commands that a document shows, and a shell that runs them one after another as its reader would.

Each command has a shell of its own that begins where the last one ended (folder and PATH), and a terminal at which what
a person would type is typed beforehand. A question that nobody foresaw finds the end of the input; only one for a
passphrase throws away what was typed before it, so passphrases come from files, and waiting has an end.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.functional.console_runner import Ran

END_OF_INPUT = "\x04"
SECONDS, TOO_LONG = 300, 124


def shown(document: Path) -> list[str]:
    """Return the commands in the console blocks of a document, in their order."""
    blocks = re.findall(r"```console\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


@dataclass
class Shell:
    """A reader's terminal. `state` is the file in which one command hands folder and PATH to the next."""

    folder: Path
    state: Path

    def __call__(self, command: str, typed: str = "", **environment: str) -> Ran:
        """Run a command; `typed` is the line that the reader types when asked."""
        state = self.state
        state.touch()
        script = (
            f'. {state}\n{command}\nended=$?\n{{ declare -p PATH; printf "cd %q\\n" "$PWD"; }} > {state}\nexit $ended'
        )
        # Byte code is kept, because every call is a process of its own.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        person, terminal = os.openpty()
        try:
            os.write(person, f"{typed}\n{END_OF_INPUT}".encode())
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=self.folder,
                env={**kept, "WINNOW_PASSPHRASE_FILE": os.devnull, **environment},
                stdin=terminal,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ran(TOO_LONG, "", f"not ended after {SECONDS} seconds")
        finally:
            os.close(person)
            os.close(terminal)
        return Ran(done.returncode, done.stdout, done.stderr)
