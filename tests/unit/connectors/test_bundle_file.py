"""Files that are written whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.bundle_file import write_whole
from rules.errors import StoreUnavailable


def test_a_file_replaces_the_one_before_it_and_leaves_no_draft(tmp_path: Path) -> None:
    """Whoever looks sees the old content or the new."""
    for content in (b"old", b"new"):
        write_whole(tmp_path / "out" / "page.html", content)
    assert [(file.name, file.read_bytes()) for file in (tmp_path / "out").iterdir()] == [("page.html", b"new")]


def test_a_disk_that_refuses_is_said_by_a_code(tmp_path: Path) -> None:
    """What can't be written now may be written tomorrow; no draft stays behind."""
    (tmp_path / "page.html").mkdir()
    with pytest.raises(
        StoreUnavailable, match=r"page.html can't be written now \(a folder is where a file should be, EISDIR\)"
    ):
        write_whole(tmp_path / "page.html", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
