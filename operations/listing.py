"""What verbs look up before they act: the people known, the newest proposal, how a run stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.ledger import people, proposals, runs
from connectors.ledger.people import Person
from operations.project import Project
from rules.errors import BadInput, Problem


@dataclass(frozen=True)
class Standing:
    """How a run stands: how many records share a state and a reason, and how many have no outcome yet.

    `changed` of those that are done stay, with less in them: kept, in the balance.
    """

    counts: Mapping[tuple[str, str], int]
    waiting: int
    undatable: int
    changed: int = 0

    @property
    def first_line(self) -> str:
        """The line that always adds up; what waits for people is named until the run is closed."""
        totals = dict.fromkeys(("done", "kept", "held", "failed"), 0)
        for (state, _), count in self.counts.items():
            totals[state] += count
        due = sum(totals.values()) + self.waiting
        waiting = f" + waiting {self.waiting}" if self.waiting else ""
        return (
            f"due {due} = destroyed {totals['done'] - self.changed} + kept {totals['kept'] + self.changed}"
            f" + held {totals['held']}"
            f" + failed {totals['failed']}{waiting}; undatable {self.undatable}"
        )


def everybody(project: Project) -> Sequence[Person]:
    """Return everybody who can sign, in the order in which they were added."""
    return people.people(project.ledger)


def proposal_or_newest(project: Project, proposal_id: str = "") -> str:
    """Return the id given, or that of the newest sift's proposal. Raises BadInput when there is none yet."""
    if proposal_id:
        return proposal_id
    newest = proposals.latest(project.ledger)
    if newest is None:
        raise BadInput(Problem("there is no proposal yet", key="proposal", mend="Run `winnow sift`."))
    return newest.id


def standing_of(project: Project, run_id: str) -> Standing:
    """Return how a run stands: its outcomes with their reasons, and the undatable of its approval."""
    counts: dict[tuple[str, str], int] = {}
    after = 0
    while page := runs.outcomes(project.ledger, run_id, after):
        for one in page:
            counts[one.state, one.reason] = counts.get((one.state, one.reason), 0) + 1
        after = page[-1].ordinal
    approvals = people.statements(project.ledger, run_id, "approval")
    undatable = sum(int(one.signed["undatable"]) for one in approvals)
    waiting, changed = runs.without_outcome(project.ledger, run_id), runs.changed_count(project.ledger, run_id)
    return Standing(counts, waiting, undatable, changed)
