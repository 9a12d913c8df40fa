"""The plain-English page of the auditor's pack: every step, its people and its entries, in order."""

from __future__ import annotations

import html
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


def test_what_people_did_by_hand_is_told_apart_with_who_signed() -> None:
    """A batch of a manual store is marked, and each signature has its entry, its words and its day."""
    apart = [{**leaf, "batch": 2} if leaf.get("store") == "paper" and "batch" in leaf else leaf for leaf in LEAVES]
    text = text_of(journal_html(DATA, apart))
    signed = [leaf for leaf in LEAVES if leaf["type"] == "confirmation"]
    assert signed
    assert f"{signed[0]['store']} (by hand)" in text
    told = html.unescape(text[text.index("People destroyed by hand") : text.index("left alone")])
    assert [leaf["officer"] for leaf in signed if leaf["officer"] not in told] == []


def test_entries_that_people_signed_stand_on_the_page_as_the_log_has_them() -> None:
    """An auditor with a browser sees each of them; none is about a single record."""
    shown = html.unescape(re.findall("<pre>(.*?)</pre>", journal_html(DATA, LEAVES), re.DOTALL)[-1])
    told = [line.split(" ", 1) for line in shown.strip().split("\n")]
    assert all(encode(LEAVES[int(number)]).decode() == leaf for number, leaf in told)
    kinds = {LEAVES[int(number)]["type"] for number, _ in told}
    assert {"schedule", "adoption", "decisions", "approval", "run-opened", "confirmation", "run-closed"} <= kinds
    assert not kinds & {"intent", "done", "kept", "failed"}


def test_a_run_without_cooling_off_time_says_so() -> None:
    """An approval after which the run could begin at once is not passed over."""
    hasty = [{**leaf, "not_before": leaf["signed_at"]} if leaf["type"] == "approval" else leaf for leaf in LEAVES]
    assert "no cooling-off time" in text_of(journal_html(DATA, hasty))
    assert "no cooling-off time" not in text_of(journal_html(DATA, LEAVES))


def test_a_run_of_which_nothing_came_to_a_batch_has_a_page() -> None:
    """Without intents the journal is empty and the rest still told."""
    bare = [leaf for leaf in LEAVES if leaf["type"] != "intent"]
    text = text_of(journal_html(replace(DATA), bare))
    assert "left alone" in text
