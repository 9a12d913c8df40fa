"""Whether a store or the ledger came back from a backup: asked every night, and before anything is destroyed.

No passphrase is needed for this: stores, log and the checkpoints kept outside are compared with each other. Which
records came back only the data-protection officer can find out (`winnow restore-check`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors import key_changes, keys
from connectors.ledger import log, releases
from connectors.stores.base import RecordStore
from operations.destroying.context import MANUAL
from operations.project import Project
from operations.stores import stores_of
from rules.errors import BadInput, CheckSaidNo, Problem, Refused, StoreUnavailable, WinnowError
from rules.evidence.checkpoint import open_checkpoint
from rules.evidence.leaf import Leaf
from rules.evidence.proof import FIRST_LINE
from rules.evidence.restores import (
    BY_CONTENT,
    BY_EPOCH,
    BY_WATERMARK,
    LOG,
    Found,
    LogRead,
    Sign,
    read_log,
    sign_of_log,
    sign_of_store,
    sizes_of,
)

KEPT, MAPPING = "*.checkpoint", "stores.yaml"
_HOW = {
    BY_WATERMARK: "it lacks the mark that a destruction left in it (log entry {watermark})",
    BY_EPOCH: "its fence is lower than the {watermark} that it had reached",
    BY_CONTENT: "it is a copy that a destruction had replaced",
}


@dataclass(frozen=True)
class Looked:
    """One look at everything: the log as read, every sign of a restore that nobody has looked through yet.

    `fresh` are those of which the log does not tell yet. `unreachable` are stores, or the folder of the kept
    checkpoints, that could not be asked; `marks_of` names the runs whose marks each store bears.
    """

    log: LogRead
    signs: tuple[Sign, ...]
    fresh: tuple[Sign, ...]
    unreachable: tuple[str, ...]
    marks_of: Mapping[str, frozenset[str]]

    @property
    def mapped(self) -> bool:
        """Whether stores.yaml could be read."""
        return MAPPING not in self.unreachable


def look(project: Project, more: Sequence[Path] = ()) -> Looked:
    """Compare stores, log and kept checkpoints (the last one, those of the folder `anchors`, the files in `more`).

    Raises CheckSaidNo when the log does not give its own root, or a kept checkpoint is not this log's; BadInput for a
    file in `more` that can't be read.
    """
    kept, unreachable = _kept_checkpoints(project, more)
    known = releases.epochs(project.ledger)
    stores = _stores(project, unreachable)
    founds = _ask(stores, unreachable)
    # The log after the stores: a destruction under way can only have made it longer.
    head = log.read_head(project.ledger)
    read = read_log(log.read_leaves(project.ledger, 0, head.size), sizes_of(founds, kept))
    if (read.size, read.edge.root().hex()) != (head.size, head.root):
        raise CheckSaidNo("the destruction log does not give its own root: it was changed or restored")
    fresh = []
    sign = sign_of_log([mark for found in founds.values() for mark in found.marks], kept, read)
    if sign is not None:
        fresh.append(sign)
    for alias in sorted(founds):
        if alias not in read.met and sign_of_store(alias, founds[alias], known.get(alias, 0), read):
            again = _ask({alias: stores[alias]}, unreachable)  # what was done while we read has left its mark now
            one = sign_of_store(alias, again[alias], known.get(alias, 0), read) if alias in again else None
            fresh += [one] if one else []
    runs = {alias: frozenset(mark.run for mark in found.marks) for alias, found in founds.items()}
    return Looked(read, (*read.met.values(), *fresh), tuple(fresh), tuple(unreachable), runs)


def tell_log(project: Project, signs: Iterable[Sign]) -> None:
    """Append a leaf for each store that came back. A log that came back itself must not be continued: see `refuse`."""
    leaves = [restore_leaf(sign) for sign in signs if sign.store != LOG]
    if leaves:
        log.record(project.ledger, leaves, project.now())


def restore_leaf(sign: Sign) -> Leaf:
    """What the log says of a restore."""
    said = {"store": sign.store, "found_by": sign.found_by, "watermark": sign.watermark, "head": sign.head}
    return {"type": "restore", **said}


def require_no_restore(project: Project) -> None:
    """Raise Refused while a store or the ledger is known to have come back and nobody has looked it through."""
    looked = look(project)
    if looked.signs:
        if all(sign.store != LOG for sign in looked.fresh):
            tell_log(project, looked.fresh)
            project.sign_log()
        raise Refused(f"{said_of(looked.signs)} Nothing was destroyed")


def said_of(signs: Iterable[Sign]) -> str:
    """What a person reads about restores: what came back, how that shows, and what to do."""
    said = []
    for sign in signs:
        if sign.store == LOG:
            said.append(
                f"the ledger was restored from a backup: by the {sign.found_by} the log had {sign.watermark} entries,"
                f" and it has other ones or only {sign.head}. Stop, and bring back the newest copy of the ledger. Only"
                " if there is none: `winnow restore-check --log-is-lost`."
            )
        else:
            how = _HOW[sign.found_by].format(watermark=sign.watermark)
            said.append(
                f"store {sign.store} was restored from a backup: {how}. What had been destroyed may be back: the DPO"
                " runs `winnow restore-check`."
            )
    return " ".join(said)


def _stores(project: Project, unreachable: list[str]) -> Mapping[str, RecordStore]:
    try:
        return {alias: store for alias, store in stores_of(project).items() if store.kind != MANUAL}
    except WinnowError:  # a mistake in stores.yaml stops destruction by itself; the log is still looked at
        unreachable.append(MAPPING)
        return {}


def _ask(stores: Mapping[str, RecordStore], unreachable: list[str]) -> dict[str, Found]:
    founds = {}
    for alias, store in stores.items():
        try:
            founds[alias] = Found(tuple(store.marks()), _epoch(store), store.came_back())
        except (StoreUnavailable, BadInput):
            unreachable.append(alias)
    return founds


def _epoch(store: RecordStore) -> int:
    try:
        return store.epoch()
    except BadInput:  # never prepared, or restored to the time before it was
        return 0


def _kept_checkpoints(project: Project, more: Sequence[Path]) -> tuple[list[tuple[int, str]], list[str]]:
    """Size and root of every checkpoint kept outside the ledger, its signature checked; and what can't be reached."""
    folder = project.settings.anchors
    unreachable = []
    paths: list[Path] = []
    if folder is not None:
        if folder.is_dir():
            paths = sorted(folder.glob(KEPT))
        else:
            unreachable.append("anchors")
    if project.last_checkpoint.is_file():
        paths.append(project.last_checkpoint)
    trusted = key_changes.vkeys(project.keys)
    kept = []
    for path in (*paths, *more):
        try:
            text = path.read_text(encoding="utf-8-sig").strip() + "\n"  # typed or scanned: no last newline
            note = text.partition("\n\n")[2] if text.startswith(FIRST_LINE) else text
            checkpoint = open_checkpoint(note, trusted, keys.verify)
        except (OSError, UnicodeDecodeError, BadInput):
            raise BadInput(Problem("is not a checkpoint that can be read", file=str(path))) from None
        except CheckSaidNo:
            raise CheckSaidNo(f"{path.name}: this checkpoint is not signed by this log's key") from None
        kept.append((checkpoint.size, checkpoint.root.hex()))
    return kept, unreachable
