"""How many examples Hypothesis tries: few and always the same in continuous integration, more elsewhere."""

from __future__ import annotations

import os

from hypothesis import settings

CI = os.environ.get("CI", "").lower() == "true"


def examples(few: int) -> settings:
    """Settings with `few` examples in continuous integration; WINNOW_EXAMPLES multiplies them elsewhere."""
    factor = 1 if CI else int(os.environ.get("WINNOW_EXAMPLES", "1"))
    return settings(max_examples=few * factor, derandomize=CI, deadline=None, database=None)
