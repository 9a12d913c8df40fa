"""Every row of the draft retention schedule is carried out by a rule of some pack."""

from __future__ import annotations

import re

from operations.coverage import source_packs
from rules.schedule.values import Schedule

ROW = re.compile(r"R\d\d\Z")


def rules_by_row(packs: dict[str, Schedule]) -> dict[str, list[str]]:
    """`pack:rule` by the row that the rule cites."""
    found: dict[str, list[str]] = {}
    for pack, schedule in packs.items():
        for record_class in schedule.classes:
            for rule in record_class.rules:
                for cited in filter(ROW.match, rule.because):
                    found.setdefault(cited, []).append(f"{pack}:{rule.id}")
    return found


def test_every_row_has_a_rule() -> None:
    """R01 to R36, none without a rule that runs, and none that the draft does not have."""
    assert set(rules_by_row(dict(source_packs()))) == {f"R{n:02d}" for n in range(1, 37)}


def test_what_the_draft_orders_reviewed_is_never_destroyed_unread() -> None:
    """Records about children, abuse and allegations, and superseded policies, go only after somebody has read them."""
    for pack, schedule in source_packs().items():
        for record_class in schedule.classes:
            for rule in record_class.rules:
                if {"R14", "R15", "R16", "R17", "R35"} & set(rule.because) and record_class.name != "disclosure":
                    assert rule.then.kind == "review", f"{pack}:{rule.id}"
