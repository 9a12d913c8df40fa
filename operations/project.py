"""A project: a folder with winnow.yaml, from which everything else is found and opened when it is asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from unicodedata import normalize

from connectors import key_changes, keys
from connectors.bundle_file import write_whole
from connectors.ledger import log
from connectors.ledger.base import Ledger, open_ledger
from connectors.schedule_file import load_schedule, read_text
from connectors.settings import Clock, Settings, read_settings
from rules.errors import BadInput, Problem, StoreUnavailable
from rules.evidence.leaf import fits
from rules.evidence.note import NoteSigner, is_key_name
from rules.located import Located, Reading, read_yaml
from rules.schedule.values import Schedule

FILE = "winnow.yaml"
_PATHS = {
    "schedule": "schedule.yaml",
    "stores": "stores.yaml",
    "extracts": "extracts.yaml",
    "statistics": "statistics.yaml",
    "out": "out",
}
_KEYS = ("organisation", "ledger", *_PATHS, "exports", "cooling_off_days", "origin", "anchors")
_LONGEST_COOLING_OFF = 365


@dataclass(frozen=True)
class ProjectSettings:
    """What winnow.yaml says. `ledger` is a URL in which `${NAME}` is not yet replaced; paths are absolute.

    `anchors` is a folder outside the backups of the ledger where checkpoints are kept, or None.
    """

    organisation: str
    ledger: str = field(repr=False)
    schedule: Path
    stores: Path
    extracts: Path
    statistics: Path
    out: Path
    exports: Mapping[str, Path]
    cooling_off_days: int
    origin: str
    anchors: Path | None = None


@dataclass(frozen=True)
class Project:
    """An open project. Time and randomness are its clock and `random`; the schedule and the ledger open when used."""

    folder: Path
    settings: ProjectSettings
    clock: Clock
    environment: Settings = field(repr=False)
    random: Callable[[int], bytes] = field(default=keys.system_random, repr=False)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger. Raises StoreUnavailable when it is missing or fails, BadInput for a URL of another kind."""
        return open_ledger(self.environment.expand(self.settings.ledger), create=False, folder=self.folder)

    @cached_property
    def schedule(self) -> Schedule:
        """The retention schedule. Raises BadInput with every mistake in it."""
        return load_schedule(self.settings.schedule)

    @property
    def schedule_file_digest(self) -> str:
        """The SHA-256 of the schedule file's bytes, in hexadecimal."""
        return hashlib.sha256(self.settings.schedule.read_bytes()).hexdigest()

    @property
    def keys(self) -> Path:
        """The folder of the keys."""
        return self.folder / "keys"

    def now(self) -> str:
        """The present instant as UTC text, to the second."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def today(self) -> date:
        """The present calendar date in the schedule's zone."""
        return self.clock.today(self.schedule.zone)

    def log_signer(self) -> NoteSigner:
        """The signer of the log's checkpoints; its key is made at first use.

        Raises BadInput where a key has signed this log and is gone, or signed it under another name: with another than
        auditors hold nothing could be checked.
        """
        signed = log.latest_checkpoint(self.ledger)
        name = (signed or self.settings.origin).split("\n")[0]
        if name != self.settings.origin:
            raise BadInput(
                Problem("is not the name of this log", file=FILE, key="origin", mend=f"Write origin: {name}")
            )
        if not (self.keys / keys.LOG_KEY).exists() and signed is not None:
            mend = "Bring the folder keys/ back from its backup. Nothing was changed. Only if no copy is left anywhere:"
            mend += " `winnow key lost`."
            raise BadInput(Problem("the key that has signed this log is missing", file=keys.LOG_KEY, mend=mend))
        signer = keys.log_signer(self.keys, self.settings.origin, self.random)
        if signer.key not in key_changes.vkeys(self.keys, keys.LOG_VKEY):
            if signed is None:  # the name was chosen after the key was made
                key_changes.publish_first(self.keys, signer.key)
                return signer
            mend = (
                "Auditors hold that of winnow.vkey: bring the newest keys/ back from its backup. Nothing was changed."
            )
            raise BadInput(Problem("this is another key than that of this log", file=keys.LOG_KEY, mend=mend))
        return signer

    def log_signers(self) -> list[NoteSigner]:
        """The signer of the log, and beside it the former one while a change of keys is under way."""
        retiring = key_changes.retiring_signer(self.keys, self.settings.origin)
        return [self.log_signer(), *([retiring] if retiring else [])]

    def sign_log(self) -> str:
        """Sign a checkpoint over the whole log and return the note. Raises CheckSaidNo where it does not hold.

        It is kept beside the keys as well, unless the one there is not of this ledger: that may be a newer one's.
        """
        note = log.sign_checkpoint(self.ledger, self.log_signers())
        with suppress(OSError, UnicodeDecodeError, BadInput):
            if not self.last_checkpoint.exists() or log.has_signed(self.ledger, self.last_checkpoint.read_text()):
                self.keep_checkpoint(note)
        return note

    @property
    def last_checkpoint(self) -> Path:
        """Where the last checkpoint lies beside the keys: whoever restores the ledger alone leaves it there."""
        return self.keys / keys.LAST_CHECKPOINT

    def keep_checkpoint(self, note: str) -> None:
        """Keep a checkpoint beside the keys, where that folder can be written to."""
        with suppress(StoreUnavailable):
            write_whole(self.last_checkpoint, note.encode())


def open_project(
    folder: Path, clock: Clock, environment: Settings | None = None, random: Callable[[int], bytes] = keys.system_random
) -> Project:
    """Read winnow.yaml in `folder`. Raises BadInput with every problem in it: file, line, key and what to write."""
    path = folder / FILE
    if not path.is_file():
        mend = "Run `winnow init`, or name the project folder with --project."
        raise BadInput(Problem("there is no project here", file=str(path), mend=mend))
    at, reading = read_yaml(read_text(path), FILE)
    settings = _read(at, reading, folder.absolute())
    if reading.problems:
        raise BadInput(reading.problems)
    return Project(folder.absolute(), settings, clock, environment or read_settings(), random)


def _read(at: Located, reading: Reading, folder: Path) -> ProjectSettings:
    reading.known(at, _KEYS)
    organisation, ledger = reading.need_text(at, "organisation"), reading.need_text(at, "ledger")
    if organisation.text and not fits("name", organisation.text):
        reading.wrong(organisation, "is not a name that the log can carry", "Use letters, digits, spaces and . , & ' -")
    if ledger.text and "://" not in ledger.text:
        reading.wrong(ledger, "is not a database URL", "Write sqlite:///ledger.db, postgresql://… or mariadb://…")
    origin = Located(origin_of(organisation.text), at.line, "origin")
    if "origin" in at.mapping:
        origin = reading.need_text(at, "origin")
    if origin.text and not is_key_name(origin.text):
        reading.wrong(origin, "must hold no spaces and no plus signs", f"Write {origin_of(organisation.text)}")
    paths = {name: folder / _text(at, reading, name, default) for name, default in _PATHS.items()}
    anchors = _text(at, reading, "anchors", "")
    return ProjectSettings(
        exports=_exports(at, reading, folder),
        organisation=organisation.text,
        ledger=ledger.text,
        cooling_off_days=_days(at, reading),
        origin=origin.text,
        anchors=folder / anchors if anchors else None,
        **paths,
    )


def _text(at: Located, reading: Reading, name: str, default: str) -> str:
    found = at.mapping.get(name)
    if found is None:
        return default
    if not found.text:
        reading.wrong(found, "must be a path", f"Write {name}: {default}")
    return found.text or default


def _exports(at: Located, reading: Reading, folder: Path) -> dict[str, Path]:
    """The folders in which people keep exports, by a name that the log can carry."""
    found = at.mapping.get("exports")
    if found is None:
        return {}
    if not found.items or not all(item.text for item in found.items):
        reading.wrong(found, "must be a list of folders", "Write exports: [exports]")
    paths = [folder / item.text for item in found.items]
    return {f"export-folder-{number}-{slug_of(path.name[:20])}": path for number, path in enumerate(paths, 1)}


def _days(at: Located, reading: Reading) -> int:
    found = at.mapping.get("cooling_off_days")
    if found is None:
        return 7
    if not re.fullmatch(r"\d{1,3}", found.text, re.ASCII) or int(found.text) > _LONGEST_COOLING_OFF:
        reading.wrong(found, "must be a number of days from 0 to 365", "Write cooling_off_days: 7")
        return 7
    return int(found.text)


def slug_of(name: str) -> str:
    """Return a name as a slug of ASCII letters, digits and hyphens; `x` when nothing of it remains."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "x"


def origin_of(organisation: str) -> str:
    """Return the name under which the organisation's log signs, unless winnow.yaml gives another."""
    return f"winnow.example.org/{slug_of(organisation)}"
