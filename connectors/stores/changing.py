"""What a field becomes: values made shorter, coarser or redacted, the same in every kind of store."""

from __future__ import annotations

from datetime import date

from connectors.stores import plan
from connectors.stores.base import Batch
from rules.schedule.actions import REDACTED, Action, generalised, has_form
from rules.schedule.language import Form

_FORMS: dict[str, Form] = {
    "year": "year",
    "month": "month",
    "area": "area",
    "outward code": "outward code",
}


class Cannot(Exception):
    """A value that can't be changed as the plan says; the record is kept for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def changed(action: Action, held: str | None, batch: Batch, class_name: str, key: str) -> str | date | None:
    """Return what a value becomes; itself where it is as it should be already. Raises Cannot."""
    if action.kind in ("blank", "keep only"):
        return None
    if held is None or not held.strip(" "):
        return held
    trimmed = held.strip(" ")
    if action.kind == "truncate":
        return held if len(trimmed) <= int(action.to) else trimmed[: int(action.to)]
    if action.kind == "redact":
        if has_form(trimmed, "redacted"):
            return held
        assert batch.redact is not None  # a run that redacts hands its redactor over
        return REDACTED + batch.redact(class_name, key, held)
    if has_form(trimmed, _FORMS[action.to]):
        return held
    coarse = generalised(trimmed, action.to)
    if coarse is None:
        raise Cannot(plan.UNREADABLE)
    return coarse
