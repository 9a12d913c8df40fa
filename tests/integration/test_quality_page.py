"""The quality page of a whole charity: every check of every class, and no value of any record."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from connectors.ledger import sifts
from connectors.settings import FixedClock, read_settings
from operations import demo
from operations.quality import QualityGate, check_quality, page_name
from operations.review import write_pack
from operations.sift import sift
from rules.review.values import Kind

CANARY = "ZQX"
LINK = re.compile(r'href="([^"#:]+)"')
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_page_has_every_check_and_no_value_of_any_record(tmp_path: Path) -> None:
    """Where each name, contact and text is a canary and so are dates, none is on the page; the pack leads to it.

    So does the copy of the pack that the demo keeps for show.
    """
    options = demo.DemoOptions(tmp_path / "charity", 1, seed=11, canary=CANARY, as_of=NOON.date())
    project = demo.set_up(options, FixedClock(NOON), read_settings(), lambda _text: None)
    gate = QualityGate()
    done = sift(project, quality=gate)
    page = gate.write(project, done.as_of, done.proposal.id)
    assert page is not None
    assert page.name == page_name(done.proposal.id)
    text = page.read_text(encoding="utf-8")
    assert CANARY not in text
    checks = {(line.class_name, line.says) for line in gate.lines}
    declared = {(item.name, one.id) for item in project.schedule.classes for one in item.expectations}
    assert declared <= checks
    assert all(says in text for _, says in checks)
    keys = {stored.finding.key for stored in sifts.iterate(project.ledger, done.sift, (Kind.PAST_RETENTION, Kind.HELD))}
    assert keys
    assert not any(key in text for key in keys)
    found = sifts.iterate(project.ledger, done.sift, (Kind.QUALITY,))
    told = {(line.class_name, line.says): line.failed for line in gate.lines}
    failed = [(one.finding.class_name, one.finding.key, one.finding.count) for one in found]
    assert any(told.get((name, check)) == count for name, check, count in failed)
    assert f'href="{page.name}"' in write_pack(project).html.read_text(encoding="utf-8")
    demo.keep_for_show(project)
    shown = project.folder / demo.FOR_SHOW
    links = [link for pack in shown.glob("review-pack-*.html") for link in LINK.findall(pack.read_text("utf-8"))]
    assert page.name in links
    assert all((shown / link).is_file() for link in links)

    again, alone = check_quality(project)
    assert set(again.lines) == set(gate.lines)
    assert alone is not None
    assert alone.name == "quality-2026-11-21.html"
