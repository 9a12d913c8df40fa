"""Before anything is destroyed, and all the while: are the holds of the ledger those that people signed?

The ledger is a database, and somebody may write to it by hand. In the log are each hold, under the signature of who
placed it, and each release; what a hold covers stands there as a digest.
"""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.ledger import holds, log
from connectors.ledger.base import Ledger, reading
from operations import officers
from operations.officers import Officers
from rules.errors import Refused, WinnowError
from rules.evidence.leaf import Leaf
from rules.review.authority import MAY
from rules.review.holds import covered
from rules.review.values import Hold

TYPES = ("hold", "release", *officers.TYPES)
MEND = (
    "bring the newest ledger back from its backup, and find out who changed it. Where no backup has it right: place the"
    " hold again from its papers (`winnow hold place`), then let go of this name: `winnow hold release {} --reason"
    " replaced`"
)


def require_holds(ledger: Ledger) -> None:
    """Raise Refused unless each hold of the log stands in the ledger, or somebody who may has signed its release.

    Nor may one stand there that nobody signed.
    """
    StandingHolds(ledger)()


class StandingHolds:
    """Gives the holds of the ledger, compared with the log whenever one of the two has changed since it last gave them.

    The log is read on from where it was read to, so asking again costs little.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._size = 0  # how far the log was read
        self._signed: dict[str, Leaf] = {}
        self._released: set[str] = set()
        self._officers = Officers()  # as far as the log was read
        self._compared: tuple[Hold, ...] | None = None

    def __call__(self) -> tuple[Hold, ...]:
        """Return every hold, released ones too. Raises Refused where the ledger differs from the log."""
        with reading(self._ledger) as connection:  # one snapshot of both
            stored = tuple(holds.all_holds(connection))
            if self._read_on(connection) or stored != self._compared:
                _compare(stored, holds.salts(connection), self._signed, self._released)
                self._compared = stored
        return stored

    def unreleased(self) -> dict[str, Leaf]:
        """Return the signed holds that nobody has released, by name: whatever became of them in the ledger."""
        with reading(self._ledger) as connection:
            self._read_on(connection)
        return {name: leaf for name, leaf in self._signed.items() if name not in self._released}

    def pass_over(self, first: int, count: int) -> None:
        """Say that leaves from `first` on are the caller's own, and none a hold: they need not be read."""
        if first == self._size:
            self._size = first + count

    def _read_on(self, connection: Connection) -> bool:
        """Read what the log has more than before; say whether it speaks of holds or people."""
        size, moved = log.read_head(connection).size, False
        for _, leaf in log.read_types(connection, TYPES, self._size):
            moved = True
            if leaf["type"] == "hold":
                self._signed[leaf["hold"]] = leaf
            elif leaf["type"] != "release":
                self._officers.take(leaf)
            elif leaf["role"] in MAY["release"] and self._officers.signed(leaf):
                self._released.add(leaf["hold"])
        self._size = size
        return moved


def _compare(stored: tuple[Hold, ...], salts: dict[str, str], signed: dict[str, Leaf], released: set[str]) -> None:
    named = {one.id: one for one in stored}
    for name, leaf in signed.items():
        hold = named.get(name)
        if name not in released and (
            hold is None or hold.released_on is not None or not _covers(leaf, salts.get(name, ""), hold)
        ):
            raise Refused(
                f"{name}: the ledger differs from the hold that was signed; nothing is destroyed: {MEND.format(name)}"
            )
    for one in stored:
        if one.released_on is None and one.id not in signed:
            raise Refused(
                f"{one.id}: the ledger has a hold that nobody signed; nothing is destroyed: {MEND.format(one.id)}"
            )


def _covers(leaf: Leaf, salt: str, hold: Hold) -> bool:
    """Whether a hold covers what was signed; one of an earlier version did not say it."""
    try:
        return "subject" not in leaf or covered(bytes.fromhex(salt), hold) == leaf["subject"]
    except (ValueError, WinnowError):  # a salt that is none
        return False
