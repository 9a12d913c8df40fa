"""Carry out an approved run, or what a crash left of one. Started by people; never on a schedule of its own."""

from __future__ import annotations

from prefect import flow

from flows.wiring import project_at, publish_counts, step
from operations.destroy import confirmation_for, destroy


@step
def carry_out_run(project: str, run: str) -> dict[str, int]:
    """Destroy what is approved, cooled off, still due and not held; returns outcomes by state."""
    opened = project_at(project)
    return dict(destroy(opened, run, confirmation_for(opened, run)).outcomes)


@flow(name="destroy-approved-run", persist_result=False)
def destroy_approved_run(run: str, project: str = ".") -> None:
    """Carry out one run by its id."""
    publish_counts("destruction", f"Outcomes of {run}", carry_out_run(project, run))
