"""What an approver signs for: the root over everything planned, so that nothing can be slipped in or altered later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rules.evidence.leaf import Leaf
from rules.evidence.tree import root_of_leaves


class Planned(NamedTuple):
    """One approved record: its commitment in hexadecimal, where it is, and what shall be done to it and why.

    `due_month` is YYYY-MM, or `none` for a rule without a date. Sorts by commitment, which hides the store's order.
    """

    commitment: str
    store: str
    class_name: str
    rule: str
    due_month: str
    action: str

    def to_bytes(self) -> bytes:
        """Return the bytes that stand for this record under the approved root."""
        return "\n".join(self).encode()


def planned_of(leaf: Leaf) -> Planned:
    """Return what an intent, or a kept leaf with an approval, says was planned."""
    names = ("commitment", "store", "class", "rule", "due_month", "action")
    return Planned(*(str(leaf[name]) for name in names))


def plan_root(planned: Iterable[Planned]) -> str:
    """Return in hexadecimal the RFC 6962 root over planned records, sorted: the `root` of approval and confirmation."""
    return root_of_leaves(one.to_bytes() for one in sorted(planned)).hex()
