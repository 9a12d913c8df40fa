"""Keys on disk that take one another's place. At every moment a key that signs, or opens, lies under its own name.

A new key is made under a name of its own; once ledger and log know of it, it takes the old one's place in one rename.
"""

from __future__ import annotations

import os
from pathlib import Path

from connectors import keys
from connectors.keys import LOG_KEY, LOG_VKEY, RETIRED_VKEY, Random
from rules.errors import BadInput, Problem
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


def publish_first(folder: Path, key: NoteKey) -> None:
    """Write the public half of a key that has not signed yet, alone."""
    _write(folder / LOG_VKEY, [key.to_text()])


def is_under_way(folder: Path) -> bool:
    """Say whether a next key was made and has not taken over: the change was interrupted."""
    return (folder / NEXT_LOG_KEY).exists()


def log_key_takes_over(folder: Path, key: NoteKey) -> None:
    """Let the next key sign, and the former one beside it; publish both. Called again after a crash, it finishes."""
    old, now, following = folder / OLD_LOG_KEY, folder / LOG_KEY, folder / NEXT_LOG_KEY
    _publish(folder, LOG_VKEY, key.to_text(), first=True)  # before it signs: nobody need ask whose signature that is
    if following.exists():
        old.unlink(missing_ok=True)
        os.link(now, old)
        os.replace(following, now)


def giving_way(folder: Path, key: NoteKey) -> list[NoteKey]:
    """Return the public keys that signed until now, less `key` and a former one that still signs. Raises BadInput."""
    retiring = retiring_signer(folder, key.name)
    stay = {key, retiring.key} if retiring else {key}
    return [one for one in vkeys(folder, LOG_VKEY) if one not in stay]


def lost_log_key_gives_way(folder: Path, key: NoteKey) -> None:
    """Let the next key sign in the place of one that is lost; what that one signed is checked with the retired keys.

    A former key that still signs beside the lost one stays. Called again after a crash, it finishes.
    """
    retiring = retiring_signer(folder, key.name)
    for lost in giving_way(folder, key):
        _publish(folder, RETIRED_VKEY, lost.to_text())
    _write(folder / LOG_VKEY, [key.to_text(), *([retiring.key.to_text()] if retiring else [])])
    os.replace(folder / NEXT_LOG_KEY, folder / LOG_KEY)


def retire_log_key(folder: Path, key: NoteKey) -> None:
    """Destroy the former key and move its public half to the retired ones; called again, it finishes."""
    _publish(folder, RETIRED_VKEY, key.to_text())
    _write(folder / LOG_VKEY, [line for line in _lines(folder / LOG_VKEY) if line != key.to_text()])
    path = folder / OLD_LOG_KEY
    if path.exists():
        path.write_bytes(bytes(path.stat().st_size))  # as far as a file system overwrites in place
        path.unlink()


def vkeys(folder: Path, *names: str) -> list[NoteKey]:
    """Return the public keys in these files of the folder, those that are there. Raises BadInput."""
    return [NoteKey.from_text(line) for name in names or (LOG_VKEY, RETIRED_VKEY) for line in _lines(folder / name)]


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
    lines = [one for one in _lines(path) if one != line]
    _write(path, [line, *lines] if first else [*lines, line])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError):
        mend = "A copy lies in `out`, in each evidence bundle's company, and with the auditor."
        raise BadInput(Problem("this public key cannot be read", file=path.name, mend=mend)) from None


def _write(path: Path, lines: list[str]) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.replace(draft, path)
