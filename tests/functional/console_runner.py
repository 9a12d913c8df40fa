"""Calls the installed command `winnow` as people and scripts do, each time in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

WINNOW = Path(sys.executable).with_name("winnow")
PACK = Path(__file__).resolve().parents[2] / "policies" / "demo"
PASSPHRASES = {"Asha Patel": "a passphrase of Asha's", "Tom Reid": "a passphrase of Tom's", "Mia Stone": "one of Mia's"}
DPO, APPROVER, MANAGER = PASSPHRASES
ROLES = {DPO: "dpo", APPROVER: "approver", MANAGER: "manager"}


@dataclass(frozen=True)
class Ran:
    """What one call ended with and wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output; fails when there is more than one, or anything beside it."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Winnow:
    """The command, always for one project folder."""

    folder: Path

    def __call__(self, *words: str | Path, by: str = "", **environment: str) -> Ran:
        """Run a verb; `by` signs with that person's name and passphrase file."""
        signing = ["--by", by, "--passphrase-file", str(self.secret(by))] if by else []
        # Byte code is kept, because every call is a process of its own.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(
            [str(WINNOW), *map(str, words), *signing],
            cwd=self.folder,
            env={**kept, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def done(self, *words: str | Path, by: str = "") -> Ran:
        """Run a verb that must end with 0."""
        ran = self(*words, by=by)
        assert ran.status == 0, ran.err
        return ran

    def secret(self, name: str) -> Path:
        """The file with a person's passphrase; beside the project, not in it."""
        file = self.folder.parent / f"{name.split()[0]}.txt"
        file.write_text(PASSPHRASES[name] + "\n", encoding="utf-8")
        return file


def today() -> date:
    """Today, as the command sees it but for the minutes around midnight."""
    return datetime.now(UTC).date()
