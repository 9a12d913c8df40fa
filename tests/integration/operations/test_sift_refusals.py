"""A sift that cannot be right is refused before it keeps anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.sift import sift
from operations.stores import check
from rules.errors import BadInput
from tests.acceptance.charity import set_up


def test_a_rule_that_asks_about_a_class_of_no_store_is_told_before_anything_is_sifted(tmp_path: Path) -> None:
    """`check` and `sift` name the rule and the class that it asks about."""
    charity = set_up(tmp_path / "demo", clients=1)
    stores = charity.folder / "stores.yaml"
    text = stores.read_text(encoding="utf-8").replace("      complaint: {table: complaints}\n", "")
    stores.write_text(text, encoding="utf-8")
    told = {problem.what for problem in check(charity.project)}
    expected = {
        "notes-after-summary asks about complaint, which no store holds",
        "notes-not-required asks about complaint, which no store holds",
    }
    assert told == expected
    with pytest.raises(BadInput, match="notes-not-required asks about complaint"):
        sift(charity.project)
