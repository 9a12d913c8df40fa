"""Take a run into one's hands: cooling-off, typed words, lease, and a fence raised against whoever had it before."""

from __future__ import annotations

from connectors.ledger import releases, runs
from connectors.ledger.runs import DESTROY, PLANNED, Run
from operations.destroying.context import MANUAL, Carrying
from rules.errors import BadInput, Problem, Refused


def take(carrying: Carrying, run: Run, confirmation: str) -> None:
    """Check that the run may start now and take its lease. Raises Refused, StoreUnavailable, BadInput.

    Each of its stores' fences goes up: a transaction that the last owner began, and never ended, aborts.
    """
    now = carrying.now()
    if now < run.cooling_off_until:
        raise Refused(f"run {run.id} cools off until {run.cooling_off_until}; nothing was destroyed")
    expected = confirmation_words(carrying, run)
    if confirmation != expected:
        raise Refused(f"type exactly {expected!r} to start; nothing was destroyed")
    named = sorted({store for store, _ in runs.planned_places(carrying.ledger, run.id, PLANNED)})
    unknown = [name for name in named if name not in carrying.stores]
    if unknown:
        raise BadInput([Problem("is named by the run, and is not in stores.yaml", key=name) for name in unknown])
    if not runs.claim(carrying.ledger, run.id, carrying.owner, now, carrying.lease()):
        current = runs.get_run(carrying.ledger, run.id)
        until = current.lease_until[11:16] if current else ""
        wait = f"If it was killed, wait until {until} UTC and type the same again: the run goes on from there"
        raise Refused(f"run {run.id} is in the hands of another process, which may be at work. {wait}")
    for name in named:
        if carrying.stores[name].kind != MANUAL:
            releases.set_epoch(carrying.ledger, name, carrying.stores[name].bump(), now)


def confirmation_words(carrying: Carrying, run: Run) -> str:
    """What a person types to start the run: `destroy <run> <number of records>`."""
    return f"destroy {run.id} {runs.planned_count(carrying.ledger, run.id, DESTROY)}"
