"""What verbs look up before they act: the people known, the newest proposal, the runs."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.ledger import people, proposals, runs
from connectors.ledger.people import Person
from connectors.ledger.runs import Run
from operations.project import Project
from rules.errors import BadInput, Problem


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


def open_runs(project: Project) -> Sequence[Run]:
    """Return the runs that are not closed, oldest first."""
    return runs.runs(project.ledger, (runs.APPROVED, runs.RUNNING))
