"""Find test data that lies beside the checkout and is never part of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def shared_data(name: str) -> Path:
    """Return the path of a shared file or folder, such as `redaction/x.jsonl`.

    WINNOW_SHARED_DATA names the folder; by default it is `../shared/data` beside the checkout. The test is skipped
    on a machine that lacks it, and fails instead where CI=true.
    """
    folder = Path(os.environ.get("WINNOW_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    path = folder / name
    if not path.exists():
        reason = f"no shared data {name}: set WINNOW_SHARED_DATA"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
