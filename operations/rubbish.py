"""Long work over many small records: let Python's collector of cycles look seldom meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 50_000  # new objects that outlive their page before the collector looks


@contextmanager
def little_rubbish() -> Iterator[None]:
    """Let the collector of cycles look seldom: a page of records is many small things that die without its help."""
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
