"""Signs of a restore, by the plain comparison of marks, fences and checkpoints with the log."""

from __future__ import annotations

from typing import Any

import pytest

from rules.evidence.backups import registered, standings, state_of
from rules.evidence.leaf import encode
from rules.evidence.restores import (
    BY_CHECKPOINT,
    BY_CONTENT,
    BY_EPOCH,
    BY_WATERMARK,
    LOG,
    Found,
    LogRead,
    Mark,
    Sign,
    new_signs,
    read_log,
    sign_of_log,
    sign_of_store,
    sizes_of,
)
from tests.unit.evidence.sample import LATER, sample_log

LEAVES = sample_log()
DATA = [encode(leaf) for leaf in LEAVES]
WHOLE = len(DATA)


def after(*more: dict[str, Any], sizes: tuple[int, ...] = ()) -> LogRead:
    """The sample log with further leaves, read once."""
    data = [*DATA, *(encode({"at": LATER, **leaf}) for leaf in more)]
    return read_log(enumerate(data), sizes)


def done(batch: int) -> dict[str, Any]:
    """The outcome of a record that went with a batch of the casework store."""
    leaf = next(leaf for leaf in LEAVES if leaf["type"] == "done" and leaf["store"] == "casework")
    return {**leaf, "batch": batch, "at": LATER}


def mark(batch: int, size: int = 5, root: str = "", run: str = "run-1") -> Mark:
    """A mark that names the log at a size: truly, unless another root is given."""
    return Mark(run, batch, 0, size, root or after(sizes=(size,)).roots.get(size, "00" * 32))


def found(*batches: int, epoch: int = 1, came_back: bool = False) -> Found:
    """What a store says that bears the marks of these batches."""
    return Found(tuple(mark(batch) for batch in batches), epoch, came_back)


def test_a_store_without_a_mark_that_the_log_calls_for_is_older() -> None:
    """The sign names the last entry that the store does not know of; with all its marks there is none."""
    read = after(done(1), done(2))
    assert sign_of_store("casework", found(0, 1, 2), 1, read) is None
    assert sign_of_store("casework", found(0, 1), 1, read) == Sign("casework", BY_WATERMARK, WHOLE + 1, WHOLE + 2)
    assert sign_of_store("documents", found(), 0, read) is None


def test_a_lower_fence_and_a_file_put_back_tell_as_well() -> None:
    """The fence that the ledger knows must have been reached; a file that a destruction replaced must not be there."""
    assert sign_of_store("casework", found(0, epoch=2), 3, after()) == Sign("casework", BY_EPOCH, 3, WHOLE)
    assert sign_of_store("casework", found(0, came_back=True), 1, after()) == Sign("casework", BY_CONTENT, 0, WHOLE)


def test_what_was_looked_through_is_no_sign_any_more() -> None:
    """After a look through a store only what was done since must have left its mark."""
    looked = {"type": "restore-checked", "store": "casework", "officer": "Ann Ash", "looked": 9, "back": 0}
    assert sign_of_store("casework", found(came_back=True), 1, after(done(1), looked)) is None
    read = after(done(1), looked, done(2))
    sign = sign_of_store("casework", found(), 1, read)
    assert sign == Sign("casework", BY_WATERMARK, WHOLE + 2, WHOLE + 3)
    told = {"type": "restore", "store": "casework", "found_by": "watermark", "watermark": 3, "head": 9}
    assert after(looked, told).met == {"casework": Sign("casework", "watermark", 3, 9)}
    assert after(told, looked).met == {}
    assert [one.store for one in new_signs([Sign(LOG, "x", 1, 1)], after(told))] == [LOG]


@pytest.mark.parametrize(("size", "root"), [(WHOLE + 1, ""), (3, "11" * 32), (0, "22" * 32)])
def test_a_log_that_a_mark_or_checkpoint_knows_otherwise_came_back(size: int, root: str) -> None:
    """A longer log, or another root at a size, is a sign, by a store or by a checkpoint kept outside."""
    one = mark(0, size, root)
    read = after(sizes=(size, 5))
    assert sign_of_log([one, mark(1)], [], read) == Sign(LOG, BY_WATERMARK, size, WHOLE)
    assert sign_of_log([mark(1)], [(size, one.log_root)], read) == Sign(LOG, BY_CHECKPOINT, size, WHOLE)
    assert sign_of_log([mark(1)], [(5, mark(1).log_root)], read) is None


def test_what_a_lost_stretch_of_the_log_had_is_known_to_be_lost() -> None:
    """Once the log tells that it was restored, marks of the stretch it lacks are no sign; later ones are."""
    lost = {"type": "restore", "store": LOG, "found_by": "watermark", "watermark": WHOLE + 9, "head": WHOLE}
    read = after(lost, sizes=(WHOLE + 5, WHOLE + 10))
    assert sign_of_log([mark(0, WHOLE + 5, "33" * 32)], [(WHOLE + 9, "44" * 32)], read) is None
    assert sign_of_log([mark(0, WHOLE + 10, "55" * 32)], [], read) is not None
    assert sizes_of({"casework": found(0)}, [(7, "")]) == {5, 7}


def test_a_backup_counts_until_it_is_said_to_be_gone() -> None:
    """Sets are read with their end; a run is beyond use, then final; one without a set is neither."""
    (standing,) = standings(LEAVES)
    assert (standing.run, standing.state, standing.unregistered != ()) == ("run-1", "beyond use", True)
    gone = [*LEAVES, {"type": "backup-expired", "at": LATER, "set": "weekly-1"}]
    assert [one.expired for one in registered(gone)] == [True]
    assert standings(gone)[0].state == "final"
    assert state_of(()) == ("backups not registered", "")
