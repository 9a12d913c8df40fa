"""The plain-English page of the auditor's pack: every step, its people and its entries, in order."""

from __future__ import annotations

import re
from dataclasses import replace

from reports.auditor_journal import journal_html
from reports.certificate_data import CertificateData
from rules.evidence.certificate import certificate_of
from rules.evidence.leaf import encode
from tests.unit.evidence.sample import checkpoint_note, sample_log
from tests.unit.reports.html import main_of, well_formed

LEAVES = sample_log()
CERTIFICATE = certificate_of(LEAVES, "run-1", checkpoint_note([encode(leaf) for leaf in LEAVES]))
DATA = CertificateData(CERTIFICATE, "Larch <Counselling>", "proof", "b.zip", "k.vkey")


def text_of(page: str) -> str:
    """The page's text with single spaces."""
    return " ".join(re.sub("<[^>]+>", " ", main_of(page)).split())


def test_the_page_is_well_formed_and_hostile_names_stay_texts() -> None:
    """Headings are in order, tables have captions, and nothing in a name is markup."""
    page = journal_html(DATA, LEAVES)
    well_formed(page)
    assert "Larch &lt;Counselling&gt;" in page


def test_every_step_is_told_with_people_and_entries() -> None:
    """Policy, proposal, recommendation, approval, holds, batches and what was left alone, in this order."""
    text = text_of(journal_html(DATA, LEAVES))
    steps = ["policy was adopted", "were proposed", "Somebody recommended", "Somebody else approved", "5. Holds"]
    places = [text.index(step) for step in [*steps, "batch by batch", "left alone", "Afterwards"]]
    assert places == sorted(places)
    decided = [one.officer for one in CERTIFICATE.officers if one.did != "confirmed"]
    assert [name for name in decided if name not in text] == []
    assert CERTIFICATE.schedule_version in text
    assert "destroyed" in text


def test_a_run_of_which_nothing_came_to_a_batch_has_a_page() -> None:
    """Without intents the journal is empty and the rest still told."""
    bare = [leaf for leaf in LEAVES if leaf["type"] != "intent"]
    text = text_of(journal_html(replace(DATA), bare))
    assert "left alone" in text
