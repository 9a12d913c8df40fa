"""Keys and file names of other people's systems, on a terminal."""

from __future__ import annotations

import pytest

from console.screen import complain, harmless, say, table

HOSTILE = "a\x1b]0;title\x07\x1b[2Jb\u202egnp.exe\u2066\x9b31m\x00"


def test_nothing_that_is_said_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and signs that turn the direction of writing are spelt out, in lines, errors and tables."""
    say(HOSTILE)
    complain(HOSTILE)
    table("Keys", ["key", "what"], [[HOSTILE, "[red]not markup[/red]"]])
    shown = "".join(capsys.readouterr())
    assert not set(shown) & set("\x1b\x07\u202e\u2066\x9b\x00")
    assert "[red]not markup[/red]" in shown


def test_words_stay_as_they_are() -> None:
    """Accents, other scripts, line breaks and tabs are no danger."""
    assert harmless("Zoë Łukasz 李\n\tO\u2019Brien") == "Zoë Łukasz 李\n\tO\u2019Brien"
