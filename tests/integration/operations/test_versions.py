"""Two versions of the schedule compared over the stores: files, and adopted versions that the project has kept."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from operations.adopt import adopt
from operations.kept import kept_schedule
from operations.project import Project, open_project
from operations.versions import diff
from rules.errors import BadInput
from tests.integration.operations.conftest import AS_OF, MANAGER, SCHEDULE, new_project, passphrase


def fill(project: Project) -> None:
    """Two closed clients, of whom one has been closed for seven years, the other for six."""
    with sqlite3.connect(project.folder / "casework.db") as database:
        rows = [("C1", "2019-01-10", "closed"), ("C2", "2020-01-10", "closed")]
        database.executemany("INSERT INTO clients VALUES (?, ?, ?)", rows)
    database.close()


def changed(project: Project, old: str = "keep: 7 years", new: str = "keep: 6 years") -> Project:
    """The project after somebody has changed its schedule file."""
    assert old in SCHEDULE
    project.settings.schedule.write_text(SCHEDULE.replace(old, new), encoding="utf-8")
    return open_project(project.folder, project.clock, project.environment, project.random)


def test_the_adopted_version_is_kept_and_compared_with_the_file_as_it_stands(project: Project) -> None:
    """With nothing named, the words and the records of what adopting the file would change."""
    fill(project)
    adopted = project.schedule.digest
    found = diff(changed(project), as_of=AS_OF)
    assert found.old.digest == adopted
    assert [change.name for change in found.changes] == ["client-file"]
    assert found.records is not None
    assert [(one.change, one.key, one.due_on, one.held) for one in found.records.records] == [
        ("becomes due", "C2", date(2026, 1, 10), False)
    ]


def test_a_version_is_named_by_file_by_its_own_name_or_by_the_beginning_of_its_digest(
    project: Project, tmp_path: Path
) -> None:
    """All three lead to the same comparison; without records no store is asked."""
    digest = project.schedule.digest
    file = tmp_path / "last-year.yaml"
    file.write_text(SCHEDULE, encoding="utf-8")
    now = changed(project)
    for named in (str(file), "2026-04", digest[:8]):
        found = diff(now, named, in_records=False)
        assert (found.old.digest, found.records, len(found.changes)) == (digest, None, 1)


def test_two_adopted_versions_of_one_name_must_be_told_apart_by_digest(project: Project) -> None:
    """What is not clear is asked back, with what there is."""
    first = project.schedule.digest
    now = changed(project)
    adopt(now, {MANAGER: passphrase(MANAGER)}, date(2026, 8, 25), ["client-file"])
    with pytest.raises(BadInput, match="several adopted versions are called '2026-04'"):
        diff(now, "2026-04")
    assert diff(now, first[:12], in_records=False).new.digest == now.schedule.digest
    with pytest.raises(BadInput, match=rf"no file and no adopted version '2025-01'.*{first[:12]}"):
        diff(now, "2025-01")


def test_a_copy_that_is_missing_or_was_changed_is_not_compared(project: Project, tmp_path: Path) -> None:
    """A kept version is what was adopted, or it is nothing."""
    digest = project.schedule.digest
    now = changed(project)
    copy = kept_schedule(project, digest)
    copy.write_text(copy.read_text().replace("7 days", "9 days"))
    with pytest.raises(BadInput, match="no longer what was adopted"):
        diff(now)
    copy.unlink()
    with pytest.raises(BadInput, match="no copy of this adopted version was kept"):
        diff(now)
    with pytest.raises(BadInput, match="no schedule has been adopted yet"):
        diff(new_project(tmp_path / "fresh"))


def test_a_version_that_does_not_fit_the_stores_is_still_compared_in_words(project: Project, tmp_path: Path) -> None:
    """It is said why the records could not be asked."""
    file = tmp_path / "older.yaml"
    file.write_text(SCHEDULE[: SCHEDULE.index("  session_note:")], encoding="utf-8")
    found = diff(project, str(file), as_of=AS_OF)
    assert [change.sentence for change in found.changes] == [
        "New class session_note. Notes made during a session. Fields: note_id, case_number, session_ended, author_id."
        " Rules: notes."
    ]
    assert found.records is None
    assert "session_note" in str(found.why_not[0])
