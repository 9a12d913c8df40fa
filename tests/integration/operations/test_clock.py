"""The machine's clock set far ahead, and back: the log's times never decrease, and what happened stays visible."""

from __future__ import annotations

from datetime import timedelta

import pytest

from operations.destroy import confirmation_for, destroy
from operations.watch import watch
from rules.errors import Refused
from tests.integration.operations import destroying_world
from tests.integration.operations.conftest import at, leaves
from tests.integration.operations.destroying_world import APPROVED, COOLED, World
from tests.integration.operations.test_restores import only_sqlite

approved, world = destroying_world.approved, destroying_world.world
pytestmark = only_sqlite
AHEAD = "days that the log's time is ahead of this machine's clock"


def test_a_clock_that_was_far_ahead_once_shortens_no_cooling_off_and_is_told(world: World) -> None:
    """Set right again, the clock alone counts; the watch says by how many days the log runs ahead, and all goes on."""
    early = at(world.project, APPROVED + timedelta(hours=1))
    assert watch(early).overdue[AHEAD] == 0
    watch(at(world.project, APPROVED + timedelta(days=400)))
    with pytest.raises(Refused, match="cools off"):
        destroy(early, world.run, confirmation_for(early, world.run))
    assert watch(early).overdue[AHEAD] == 400
    assert world.destroy().outcomes == {"done": 10}
    times = [leaf["at"] for leaf in leaves(at(world.project, COOLED))]
    assert times == sorted(times)
