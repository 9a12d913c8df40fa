"""Once a schedule has been adopted, a key counts only with the signature of an officer whose key counted before."""

from __future__ import annotations

from typing import Any

import pytest

from rules.evidence.base64text import to_base64
from tests.unit.evidence.sample import LATER, Leaves, person, private_key, sample_log, signed
from tests.unit.verifier.test_verify import Run, check, rewritten

__all__ = ["check"]
LOG = sample_log()
ADA, BEN, EVE, FAY, GIL = "Ada Officer", "Ben Approver", "Eve Approver", "Fay Officer", "Gil Counsellor"


def vouched(by: str, whose: str, role: str = "approver", key: str = "", at: str = LATER) -> dict[str, Any]:
    """An officer's word for the key of a person, or of the name `key`."""
    public = private_key(key or whose).public_key().public_bytes_raw()
    fields = {"vouched": whose, "vouched_role": role, "vouched_key": to_base64(public)}
    return signed("vouching", by, fields, at)


def added(whose: str, role: str = "approver", event: str = "added", key: str = "") -> dict[str, Any]:
    """The entry of a person's key, or of that of the name `key`."""
    return {**person(key or whose), "officer": whose, "role": role, "event": event, "at": LATER}


COUNSELLOR = [vouched(ADA, GIL, "counsellor"), added(GIL, "counsellor")]
GOOD: dict[str, Leaves] = {
    "another's word": [vouched(ADA, EVE), added(EVE)],
    "one's own word for one's next key": [vouched(ADA, ADA, "dpo", "next"), added(ADA, "dpo", "rotated", "next")],
    "the word of who came by one": [vouched(ADA, EVE), added(EVE), vouched(EVE, FAY, "dpo"), added(FAY, "dpo")],
}
BAD: dict[str, tuple[Leaves, str]] = {
    "nobody's word": ([added(EVE)], "no officer has signed for the key of Eve Approver"),
    "a key put in another's place": ([added(BEN, event="rotated", key="mine")], "no officer has signed for the key"),
    "a stranger's word": ([vouched(EVE, EVE), added(EVE)], "not signed with a key of Eve Approver"),
    "a word for another role": ([vouched(ADA, EVE, "dpo"), added(EVE)], "no officer has signed for the key"),
    "a word for another person": ([vouched(ADA, FAY, key=EVE), added(EVE)], "no officer has signed"),
    "a word that came later": ([added(EVE), vouched(ADA, EVE)], "no officer has signed for the key"),
    "a counsellor's word": ([*COUNSELLOR, vouched(GIL, EVE), added(EVE)], "the role counsellor may not sign it"),
    "a counsellor's word for themselves as approver": (
        [*COUNSELLOR, vouched(GIL, GIL, "approver", "next"), added(GIL, "approver", "rotated", "next")],
        "the role counsellor may not sign it",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_key_counts_on_an_officer_s_word(check: Run, name: str) -> None:
    """A new person, or a person's next key, stands where an officer has signed for it."""
    assert check(rewritten([*LOG, *GOOD[name]]))[0] == 0


@pytest.mark.parametrize("name", BAD)
def test_a_key_without_an_officer_s_word_is_refused(check: Run, name: str) -> None:
    """Who can write to the log, and has its key, can make nobody an officer."""
    leaves, said = BAD[name]
    status, text = check(rewritten([*LOG, *leaves]))
    assert status == 1
    assert said in text
