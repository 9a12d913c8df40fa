"""The environment is read in one place, and time is told by a clock that can be replaced."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.settings import FixedClock, SystemClock, expand, read_settings
from rules.errors import BadInput


def test_variables_are_expanded_and_every_missing_one_is_named() -> None:
    """`${NAME}` is replaced; all the variables that are not set are named at once."""
    settings = read_settings({"USER_NAME": "winnow", "HOST": "db"})
    assert settings.expand("postgresql://${USER_NAME}@${HOST}/x$y{z}") == "postgresql://winnow@db/x$y{z}"
    with pytest.raises(BadInput) as caught:
        settings.expand("${NOT_B}${NOT_A}${HOST}${NOT_B}")
    assert [problem.what.split()[3] for problem in caught.value.problems] == ["NOT_A", "NOT_B"]


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without variables handed in, those of the process count."""
    monkeypatch.setenv("WINNOW_TEST_VALUE", "here")
    assert expand("${WINNOW_TEST_VALUE}") == "here"


def test_no_secret_is_in_the_repr() -> None:
    """Variables may be passwords, so they are not shown."""
    assert "topsecret" not in repr(read_settings({"DB_PASSWORD": "topsecret"}))


def test_the_passphrase_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    """The passphrase comes from the named file; none named, none given."""
    file = tmp_path / "pass"
    file.write_text("correct horse\nbattery\n", encoding="utf-8")
    assert read_settings({"WINNOW_PASSPHRASE_FILE": str(file)}).passphrase() == "correct horse"
    assert read_settings({}).passphrase() is None


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_an_unusable_passphrase_file_is_bad_input(tmp_path: Path, content: bytes | None) -> None:
    """A missing, empty or garbled passphrase file is refused without its content."""
    file = tmp_path / "pass"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match="WINNOW_PASSPHRASE_FILE"):
        read_settings({"WINNOW_PASSPHRASE_FILE": str(file)}).passphrase()


def test_a_calendar_date_is_that_of_the_zone() -> None:
    """Just before midnight UTC in summer it is tomorrow in London."""
    clock = FixedClock(datetime(2026, 8, 31, 23, 30, tzinfo=UTC))
    assert clock.today("Europe/London") == date(2026, 9, 1)
    assert clock.today("UTC") == date(2026, 8, 31)
    assert clock.now() == datetime(2026, 8, 31, 23, 30, tzinfo=UTC)
    with pytest.raises(BadInput, match="zone"):
        clock.today("Europe/Nowhere")


def test_the_system_clock_is_aware_and_in_utc() -> None:
    """The machine's clock gives aware instants in UTC."""
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.today("UTC") <= SystemClock().now().date()
