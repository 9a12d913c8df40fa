"""Keys on disk that take one another's place. At every moment a key that signs, or opens, lies under its own name.

A new key is made under a name of its own; once ledger and log know of it, it takes the old one's place in one rename.
"""

from __future__ import annotations

import os
from pathlib import Path

from connectors import keys
from connectors.keys import LOG_KEY, LOG_VKEY, RETIRED_VKEY, Random
from rules.evidence.note import NoteKey, NoteSigner

NEXT_LOG_KEY, OLD_LOG_KEY = "log-next.pem", "log-old.pem"
NEXT, OLD = "-next", "-old"


def next_log_key(folder: Path, origin: str, random: Random) -> NoteSigner:
    """Return the key that shall sign next; made at the first call, then the same until it takes over."""
    return keys.log_signer_in(folder / NEXT_LOG_KEY, origin, random)


def retiring_signer(folder: Path, origin: str) -> NoteSigner | None:
    """Return the log's former key while it still signs beside the new one, or None. Raises BadInput."""
    path = folder / OLD_LOG_KEY
    return keys.log_signer_in(path, origin) if path.exists() else None


def log_key_takes_over(folder: Path, key: NoteKey) -> None:
    """Let the next key sign, and the former one beside it; publish both. Called again after a crash, it finishes."""
    old, now, following = folder / OLD_LOG_KEY, folder / LOG_KEY, folder / NEXT_LOG_KEY
    if following.exists():
        old.unlink(missing_ok=True)
        os.link(now, old)
        os.replace(following, now)
    _publish(folder, LOG_VKEY, key.to_text(), first=True)


def retire_log_key(folder: Path, key: NoteKey) -> None:
    """Destroy the former key and move its public half to the retired ones; called again, it finishes."""
    _publish(folder, RETIRED_VKEY, key.to_text())
    lines = (folder / LOG_VKEY).read_text(encoding="utf-8").split()
    left = [line for line in lines if line != key.to_text()]
    _write(folder / LOG_VKEY, left)
    path = folder / OLD_LOG_KEY
    if path.exists():
        path.write_bytes(bytes(path.stat().st_size))  # as far as a file system overwrites in place
        path.unlink()


def vkeys(folder: Path, *names: str) -> list[NoteKey]:
    """Return the public keys in these files of the folder, those that are there. Raises BadInput."""
    found = []
    for name in names or (LOG_VKEY, RETIRED_VKEY):
        path = folder / name
        lines = path.read_text(encoding="utf-8").split() if path.is_file() else []
        found += [NoteKey.from_text(line) for line in lines]
    return found


def take_place(folder: Path, name: str, keep_old: bool = False) -> None:
    """Let the key `<name>-next.pem` take the place of `<name>.pem`; `keep_old` leaves that as `<name>-old.pem`."""
    now = folder / f"{name}.pem"
    if keep_old:
        os.replace(now, folder / f"{name}{OLD}.pem")
    os.replace(folder / f"{name}{NEXT}.pem", now)


def drop_next(folder: Path, name: str) -> None:
    """Remove a new key that never took over."""
    (folder / f"{name}{NEXT}.pem").unlink(missing_ok=True)


def _publish(folder: Path, name: str, line: str, first: bool = False) -> None:
    path = folder / name
    lines = [one for one in (path.read_text(encoding="utf-8").split() if path.is_file() else []) if one != line]
    _write(path, [line, *lines] if first else [*lines, line])


def _write(path: Path, lines: list[str]) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.replace(draft, path)
