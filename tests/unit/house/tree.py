"""The files of the checkout, without what tools leave behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("rules", "connectors", "reports", "operations", "synthetic", "flows", "console")
# Other people's words: the licence's own text.
NOT_OURS = frozenset({"LICENCE"})


def files() -> list[Path]:
    """Return every file that is, or is about to be, part of the project."""
    if not (ROOT / ".git").exists():  # an unpacked archive: all that is not hidden
        parts = ((path, path.relative_to(ROOT).parts) for path in ROOT.rglob("*") if path.is_file())
        hidden = {"__pycache__", "demo", "htmlcov", *NOT_OURS}
        return sorted(p for p, names in parts if names[0][0] != "." and not hidden & {names[0], names[-2:][0]})
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found = {ROOT / name for name in listed.stdout.split("\0") if name and name not in NOT_OURS}
    return sorted(path for path in found if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path, relative to the checkout, and the text of every text file."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every Python module in these top-level folders (all when none is named)."""
    for path, text in texts():
        if path.endswith(".py") and (not folders or path.split("/", 1)[0] in folders):
            yield path, text
