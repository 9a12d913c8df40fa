"""The names of the people whose records a run destroys: read just before, looked for just after, in memory only.

Nothing of them is logged or kept but how many were looked for, where, and how many records and files bear one. They are
gone with the process that has read them: what another process destroyed is known by its identifiers alone, and the run
then says so (`unlooked_for`). A name may be somebody else's, so nothing is ever proposed on the strength of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from connectors.ledger import log, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import PlannedRow, Run
from connectors.stores.base import Batch, RecordOutcome, RecordStore
from connectors.stores.searching import names_of
from operations.destroying.absence import Absence, search
from operations.destroying.context import Carrying
from operations.destroying.leaves import looked_by, verification
from rules.errors import BadInput, StoreUnavailable
from rules.evidence.certificate import NAMES
from rules.evidence.leaf import Leaf, decode
from rules.review.mentions import Names
from rules.schedule.actions import takes_row
from rules.schedule.values import Role, Schedule

SOME = "names-of-some-people"
_Place = tuple[str, str, str]


class NamesRead:
    """What one process has read of names; it says nothing of them when it is shown."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._read: dict[_Place, tuple[str, ...]] = {}
        self._gone: list[tuple[str, ...]] = []

    def read(self, store: RecordStore, batch: Batch) -> None:
        """Read the names in records of a batch that is about to go; where they can't be read they are not known."""
        keys: dict[str, list[str]] = {}
        for one in batch.records:
            if is_named(self._schedule, one.class_name) and takes_row(one.action):
                keys.setdefault(one.class_name, []).append(one.key)
        for class_name, wanted in keys.items():
            try:
                found = names_of(store, self._schedule, class_name, wanted)
            except (StoreUnavailable, BadInput):
                continue
            self._read |= {(store.alias, class_name, key): parts for key, parts in found.items()}

    def settled(self, pairs: Iterable[tuple[PlannedRow, RecordOutcome]]) -> None:
        """Keep the names of what has gone, forget those of what stays."""
        for row, one in pairs:
            parts = self._read.pop((row.store, row.class_name, row.key), None)
            if parts is not None and one.state == "done":
                self._gone.append(parts)

    def take(self) -> Names | None:
        """The names to look for, once; None where there are none."""
        gone, self._gone = self._gone, []
        wanted = Names(gone)
        return wanted if wanted.count else None


def is_named(schedule: Schedule, class_name: str) -> bool:
    """Whether records of the class say what a person is called."""
    return bool(schedule.get(class_name).with_role(Role.NAME))


def look_for_names(carrying: Carrying, run: Run, names: NamesRead, skipped: Sequence[str]) -> Absence | None:
    """Look for the names while they are known, and log how many records bear one; None where none is known."""
    wanted = names.take()
    if wanted is None:
        return None
    (found,) = search(carrying.stores, carrying.schedule, [wanted], carrying.folders, skipped)
    with writing(carrying.ledger) as connection:
        if runs.lock(connection, run.id).state != runs.CLOSED:
            log.record(connection, name_leaves(carrying, run, found), carrying.now())
    log.sign_checkpoint(carrying.ledger, carrying.signers)
    return found


def name_leaves(carrying: Carrying, run: Run, found: Absence) -> list[Leaf]:
    """What the log says of a search for names: how many, where, and how many records and files bear one."""
    return [
        verification(run.id, place, NAMES, access(carrying, place), found.looked_for, found.found_in(place))
        for place in found.searched
    ]


def access(carrying: Carrying, place: str) -> str:
    """With which access a store or folder was searched."""
    store = carrying.stores.get(place)
    return looked_by(store) if store else "reader"


def unlooked_for(carrying: Carrying, run: Run, rows: Sequence[PlannedRow], now: Absence | None) -> list[str]:
    """Codes of whose names were not looked for, or where not, among the people whose records (`rows`) went.

    `now` is the search of this process that is not logged yet.
    """
    named = sum(is_named(carrying.schedule, row.class_name) for row in rows)
    if not named:
        return []
    looked = _logged(carrying, run)
    looked.update(dict.fromkeys(now.searched, now.looked_for) if now else {})
    most = max(looked.values(), default=0)
    places = [*carrying.stores, *(name for name, folder in carrying.folders.items() if folder.is_dir())]
    if not most:
        return ["names"]
    some = [SOME] if most < named else []
    return [*some, *(f"{place}-names" for place in places if looked.get(place, 0) < most)]


def _logged(carrying: Carrying, run: Run) -> Counter[str]:
    """By place, how many names earlier processes have looked for."""
    found: Counter[str] = Counter()
    for _, data in log.read_leaves(carrying.ledger, run.approval_leaf):
        if NAMES.encode() not in data:
            continue
        leaf = decode(data)
        if leaf.get("run") == run.id and leaf.get("method") == NAMES:
            found[leaf["store"]] += leaf["checked"]
    return found
