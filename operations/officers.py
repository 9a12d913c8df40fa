"""Whose keys the log has made known: from the first adoption on, only those for which an officer has signed.

Who can write to the ledger by hand can append an entry that looks right, and the next checkpoint is signed over it.
A person's key therefore counts only with the signature of somebody whose key counted before.
"""

from __future__ import annotations

from connectors import keys
from connectors.ledger import log
from connectors.ledger.base import Source
from rules.errors import WinnowError
from rules.evidence.leaf import Leaf
from rules.evidence.statement import check_signature
from rules.review.authority import MAY

TYPES = ("adoption", "vouching", "key")
NOBODY = ("", "")


class Officers:
    """The name and role that belong to each key, as far as the log was read: see `take`."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        self._vouched: dict[str, tuple[str, str]] = {}
        self._adopted = False

    def of(self, key: str) -> tuple[str, str]:
        """Return name and role of whose key this is, in base 64; NOBODY for one unknown, revoked or unvouched for."""
        return self._known.get(key, NOBODY)

    def signed(self, leaf: Leaf) -> bool:
        """Whether a signed leaf bears the signature of the officer that it names, by a key that counts now."""
        try:
            check_signature(leaf, keys.verify)
        except WinnowError:
            return False
        return self.of(leaf["key"]) == (leaf["officer"], leaf["role"])

    def take(self, leaf: Leaf) -> None:
        """Take the next leaf of TYPES, in the order of the log."""
        if leaf["type"] == "adoption":
            self._adopted = True
        elif leaf["type"] == "vouching":
            who = (leaf["vouched"], leaf["vouched_role"])
            themselves = who == (leaf["officer"], leaf["role"])
            if self.signed(leaf) and (themselves or leaf["role"] in MAY["vouch"]):
                self._vouched[leaf["vouched_key"]] = who
        elif leaf["purpose"] == "officer" and "key" in leaf:
            who = (leaf.get("officer", ""), leaf.get("role", ""))
            counts = leaf["event"] in ("added", "rotated")
            counts = counts and (not self._adopted or self._vouched.get(leaf["key"]) == who)
            self._known[leaf["key"]] = who if counts else NOBODY


def officers_of(source: Source, before: int | None = None) -> Officers:
    """Read whose keys count in the log, or counted before the entry of an index."""
    found = Officers()
    for index, leaf in log.read_types(source, TYPES):
        if before is not None and index >= before:
            break  # the rest of the log need not be read
        found.take(leaf)
    return found
