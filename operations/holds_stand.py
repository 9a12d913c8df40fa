"""Before anything is destroyed: does every hold that the log knows still stand in the ledger, over what it stood over?

The ledger is a database, and somebody may write to it by hand. In the log are each hold, under the signature of who
placed it, and each release; what a hold covers stands there as a digest.
"""

from __future__ import annotations

from connectors import keys
from connectors.ledger import holds, log
from connectors.ledger.base import Ledger
from rules.errors import Refused, WinnowError
from rules.evidence.leaf import Leaf
from rules.evidence.statement import check_signature
from rules.review.authority import MAY
from rules.review.holds import covered
from rules.review.values import Hold


def require_holds(ledger: Ledger) -> None:
    """Raise Refused unless each hold of the log stands in the ledger, or somebody who may has signed its release."""
    size = log.read_head(ledger).size
    stored, salts = {one.id: one for one in holds.all_holds(ledger)}, holds.salts(ledger)
    for name, leaf in _standing(ledger, size).items():
        hold = stored.get(name)
        if hold is None or hold.released_on is not None or not _covers(leaf, salts.get(name, ""), hold):
            mend = "bring the ledger back from a backup, and find out who changed it"
            raise Refused(f"{name}: the ledger differs from the hold that was signed; nothing was destroyed: {mend}")


def _covers(leaf: Leaf, salt: str, hold: Hold) -> bool:
    """Whether a hold covers what was signed; one of an earlier version did not say it."""
    try:
        return "subject" not in leaf or covered(bytes.fromhex(salt), hold) == leaf["subject"]
    except (ValueError, WinnowError):  # a salt that is none
        return False


def _standing(ledger: Ledger, size: int) -> dict[str, Leaf]:
    """The holds among the first `size` leaves that nobody has released to this moment."""
    found: dict[str, Leaf] = {}
    officers: dict[str, tuple[str, str]] = {}  # by key, as far as the log has come
    for index, leaf in log.read_types(ledger, {"hold", "release", "key"}):
        if leaf["type"] == "key" and leaf["purpose"] == "officer" and "key" in leaf:
            valid = leaf["event"] in ("added", "rotated")
            officers[leaf["key"]] = (leaf.get("officer", ""), leaf.get("role", "")) if valid else ("", "")
        elif leaf["type"] == "hold" and index < size:
            found[leaf["hold"]] = leaf
        elif leaf["type"] == "release" and _by_officer(leaf, officers):
            found.pop(leaf["hold"], None)
    return found


def _by_officer(release: Leaf, officers: dict[str, tuple[str, str]]) -> bool:
    """Whether a release is signed with the key that this officer had when it was logged."""
    try:
        check_signature(release, keys.verify)
    except WinnowError:
        return False
    known = officers.get(release["key"]) == (release["officer"], release["role"])
    return known and release["role"] in MAY["release"]
