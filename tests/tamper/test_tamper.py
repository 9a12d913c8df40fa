"""A small share of `make tamper`: no forged bundle is accepted, and the forgers are real ones."""

from __future__ import annotations

import random

import pytest

from tests.tamper import __main__ as tamper
from tests.tamper.edits import EDITS
from tests.tamper.forgers import ACCEPTED, FORGERS, REFUSED, SAME, Held, accepted, forge_fork, hurried, make_case

CASE = make_case()


def test_none_of_some_thousand_forgeries_is_accepted() -> None:
    """Every forger with every edit is refused, and hardly any edit leaves the content as it was."""
    counts = tamper.tamper(4_000, 7, 1, every_bit=False)
    assert {(target, edit) for target, edit, _ in counts} == {(target, edit) for target in FORGERS for edit in EDITS}
    by_verdict = {verdict: sum(n for key, n in counts.items() if key[2] == verdict) for verdict in (REFUSED, SAME)}
    assert sum(counts.values()) == sum(by_verdict.values()) == 4_000
    assert by_verdict[REFUSED] > 3_600
    assert " 0 accepted" in tamper.report(counts).splitlines()[-1]


def test_flipped_bits_of_a_zip_change_nothing_or_are_refused() -> None:
    """A flipped bit of the zip is refused, unless every file still has the same name and bytes."""
    tamper.start()
    counts = tamper.flip(range(3, 8 * len(CASE.zipped), 13))
    assert not [key for key in counts if key[2] == ACCEPTED]
    assert counts["every bit of one bundle", "bit", REFUSED] > 10 * counts["every bit of one bundle", "bit", SAME]


def test_the_sound_bundle_is_accepted_with_every_checkpoint_held() -> None:
    """What the forgers start from is sound, in a hurry and at leisure, under each checkpoint ever signed."""
    assert accepted(Held(CASE.files), [])
    with hurried():
        assert all(accepted(Held(CASE.files), [note]) for note in CASE.checkpoints)


def test_without_a_checkpoint_a_fork_can_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key's holder can write a log anew that holds in itself: only the checkpoint held outside betrays it."""
    with hurried():
        assert {forge_fork(CASE, "truncate", random.Random(number)) for number in range(40)} == {REFUSED}
        monkeypatch.setattr("tests.tamper.forgers.accepted", lambda bundle, _: accepted(bundle, []))
        assert ACCEPTED in {forge_fork(CASE, "truncate", random.Random(number)) for number in range(40)}
