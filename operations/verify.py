"""The verb `verify`: run the one stand-alone verifier, as an auditor would, in a bare Python of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.certify import VERIFIER


@dataclass(frozen=True)
class Verified:
    """What the verifier said: its exit status (0 all holds, 1 something does not, 2 unusable input) and its words."""

    status: int
    report: str


def verify(
    bundle: Path, keys: Sequence[Path], checkpoint: Path | None = None, certificate: str = "", as_json: bool = False
) -> Verified:
    """Check an evidence bundle against the log's public keys, which come from the auditor and never from the bundle."""
    command = [sys.executable, "-I", str(VERIFIER), str(bundle)]
    command += [word for key in keys for word in ("--key", str(key))]
    command += ["--checkpoint", str(checkpoint)] if checkpoint else []
    command += ["--certificate", certificate] if certificate else []
    command += ["--json"] if as_json else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Verified(done.returncode, done.stdout + done.stderr)
