"""The quality page: counts with words and bars, the worst first; nothing on it but figures and the schedule's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from reports.quality import QualityLine, QualityPage, parts_of, quality_html
from tests.unit.reports.html import main_of, well_formed

LINE = QualityLine(
    "casework", "client", "birthday plausible", "date of birth is a day", ("UK GDPR Art 5(1)(d)",), 3, 40
)
PAGE = QualityPage(
    "Demo Charity",
    "Demo",
    "2026-04",
    date(2026, 9, 1),
    (
        replace(LINE, says="key present", means="every record has its key", because=(), failed=0),
        LINE,
        replace(LINE, class_name="case_record", says="one record per key", failed=0, looked_at=0, impossible=True),
        replace(LINE, class_name="session_note", failed=0, looked_at=1_234_567),
    ),
)


def test_the_page_is_well_formed_and_asks_nobody_for_anything() -> None:
    """Every element is closed, one main heading, every table captioned; no script, no address."""
    page = quality_html(PAGE)
    well_formed(page)
    assert "<script" not in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "src=" not in page


def test_the_page_says_how_many_of_how_many_failed_and_which_share() -> None:
    """In figures, with a bar that a screen reader skips because the share stands beside it."""
    page = main_of(quality_html(PAGE))
    assert '<td class="number">40</td><td class="number">3</td><td class="number">7.5 %</td>' in page
    assert 'aria-hidden="true"><rect width="7.50" height="10">' in page
    assert "1,234,567 records" in page
    assert "4 checks" in page
    assert "1 found records that fail; 1 could not be carried out" in page
    assert "Could not be carried out" in page


def test_the_worst_class_and_the_worst_check_come_first() -> None:
    """Failing checks before those that hold."""
    parts = parts_of(PAGE.lines)
    assert [part.class_name for part in parts] == ["case_record", "client", "session_note"]
    assert [line.says for line in parts[1].lines] == ["birthday plausible", "key present"]


@pytest.mark.parametrize(
    ("failed", "looked_at", "percent"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1_000_000, "0.1 %"), (999_999, 1_000_000, "99.9 %"), (7, 7, "100 %")],
)
def test_a_share_never_hides_a_failing_record_nor_one_that_holds(failed: int, looked_at: int, percent: str) -> None:
    """Nought and a hundred are said only where they are exact."""
    assert replace(LINE, failed=failed, looked_at=looked_at).percent == percent


def test_words_of_a_schedule_stay_words() -> None:
    """Markup in the name of a check is shown, not obeyed."""
    page = quality_html(replace(PAGE, lines=(replace(LINE, says="<b>x</b>", means="<script>"),)))
    assert "<b>x</b>" not in page
    assert "<script>" not in page
