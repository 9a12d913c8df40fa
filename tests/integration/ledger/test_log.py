"""The log is only ever appended to, by one writer at a time, and nothing is signed that was not read back."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, update

from connectors.keys import verify
from connectors.ledger import log, purge
from connectors.ledger.base import Ledger, attended, open_ledger, writing
from connectors.ledger.tables import head, leaf
from rules.errors import CheckSaidNo, StoreUnavailable
from rules.evidence.checkpoint import open_checkpoint, peek_checkpoint
from rules.evidence.leaf import decode
from rules.evidence.note import NoteKey, NoteSigner
from rules.evidence.tree import root_of_leaves

ORIGIN = "winnow.example.org/demo"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def signer() -> NoteSigner:
    return NoteSigner(NoteKey(ORIGIN, PRIVATE.public_key().public_bytes_raw()), PRIVATE.sign)


def test_leaves_come_back_in_order_under_the_root_of_rfc_6962(ledger: Ledger) -> None:
    leaves = [f"leaf {n}".encode() for n in range(2_345)]
    assert log.append(ledger, leaves[:1]) == 0
    assert log.append(ledger, leaves[1:1200]) == 1
    assert log.append(ledger, leaves[1200:]) == 1200
    assert [data for _, data in log.read_leaves(ledger)] == leaves
    assert list(log.read_leaves(ledger, 10, 12)) == [(10, leaves[10]), (11, leaves[11])]
    assert log.read_head(ledger).root == root_of_leaves(leaves).hex()


WORKERS, TURNS, LEAVES = 16, 8, 3


def _append_some(url: str, worker: int, all_there: Barrier) -> tuple[list[int], list[str]]:
    ledger = open_ledger(url)
    own = NoteSigner(NoteKey(ORIGIN, PRIVATE.public_key().public_bytes_raw()), PRIVATE.sign)
    all_there.wait(120)
    firsts, notes = [], []
    for turn in range(TURNS):
        firsts.append(log.append(ledger, [f"{worker} {turn} {part}".encode() for part in range(LEAVES)]))
        if turn % 4 == worker % 4:
            notes.append(log.sign_checkpoint(ledger, [own]))
    return firsts, notes


def test_sixteen_processes_append_at_once_without_gap_fork_or_double(every_engine_url: str) -> None:
    """Every leaf lies in the log once, whole appends together, under the right root; each checkpoint is a prefix."""
    ledger = open_ledger(every_engine_url)
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with context.Manager() as manager, ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        got = list(pool.map(_append_some, *zip(*_work(every_engine_url, manager.Barrier(WORKERS)), strict=True)))
    leaves = [data for _, data in log.read_leaves(ledger)]
    firsts = [first for own, _ in got for first in own]
    assert sorted(firsts) == list(range(0, WORKERS * TURNS * LEAVES, LEAVES))
    for worker, (own, _) in enumerate(got):
        assert own == sorted(own)
        for turn, first in enumerate(own):
            assert leaves[first : first + LEAVES] == [f"{worker} {turn} {part}".encode() for part in range(LEAVES)]
    assert log.read_head(ledger).root == root_of_leaves(leaves).hex()
    signed = log.checkpoints(ledger)
    assert {note for _, notes in got for note in notes} == {note for _, note in signed}
    assert all(peek_checkpoint(note).root == root_of_leaves(leaves[:size]) for size, note in signed)


def _work(url: str, all_there: Barrier) -> list[tuple[str, int, Barrier]]:
    return [(url, worker, all_there) for worker in range(WORKERS)]


def test_what_is_decided_and_the_leaf_that_says_so_are_one_transaction(ledger: Ledger) -> None:
    def half() -> None:
        with writing(ledger) as connection:
            log.append(connection, [b"never"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert log.read_head(ledger).size == 0
    assert list(log.read_leaves(ledger)) == []


def test_times_in_the_log_never_decrease_even_when_a_clock_does(ledger: Ledger) -> None:
    log.record(ledger, [{"type": "heartbeat", "tool": "winnow-0.1"}], "2026-09-01T10:00:00Z")
    log.record(ledger, [{"type": "heartbeat", "tool": "winnow-0.1"}], "2026-09-01T09:59:00Z")
    times = [decode(data)["at"] for _, data in log.read_leaves(ledger)]
    assert times == ["2026-09-01T10:00:00Z"] * 2


def test_a_checkpoint_is_signed_over_what_the_database_gives_back(ledger: Ledger, signer: NoteSigner) -> None:
    log.append(ledger, [b"one", b"two"])
    note = log.sign_checkpoint(ledger, [signer])
    assert log.sign_checkpoint(ledger, [signer]) == note
    log.append(ledger, [b"three"])
    newer = log.sign_checkpoint(ledger, [signer])
    signed = open_checkpoint(newer, [signer.key], verify)
    assert (signed.size, signed.root) == (3, root_of_leaves([b"one", b"two", b"three"]))
    assert log.checkpoints(ledger) == [(2, note), (3, newer)]
    assert log.latest_checkpoint(ledger) == newer


def test_a_bit_that_flipped_on_its_way_to_the_disk_is_not_signed_for(ledger: Ledger, signer: NoteSigner) -> None:
    log.append(ledger, [b"one"])
    log.sign_checkpoint(ledger, [signer])
    log.append(ledger, [b"two"])
    with writing(ledger) as connection:
        connection.execute(update(leaf).where(leaf.c.idx == 1).values(bytes=b"twp"))
    with pytest.raises(CheckSaidNo):
        log.sign_checkpoint(ledger, [signer])
    assert [size for size, _ in log.checkpoints(ledger)] == [1]


def test_a_log_that_was_cut_below_its_checkpoint_is_not_signed(ledger: Ledger, signer: NoteSigner) -> None:
    log.append(ledger, [b"one"])
    short = log.read_head(ledger)
    log.append(ledger, [b"two"])
    log.sign_checkpoint(ledger, [signer])
    with writing(ledger) as connection:
        connection.execute(delete(leaf).where(leaf.c.idx == 1))
        connection.execute(update(head).values(size=1, root=short.root, compact_range=short.edge.to_text()))
    with pytest.raises(CheckSaidNo):
        log.sign_checkpoint(ledger, [signer])


def test_a_lost_leaf_and_a_forked_index_are_noticed(ledger: Ledger) -> None:
    log.append(ledger, [b"one", b"two", b"three"])
    with pytest.raises(StoreUnavailable), writing(ledger) as connection:
        connection.execute(insert(leaf).values(idx=1, bytes=b"fork"))
    with writing(ledger) as connection:
        connection.execute(delete(leaf).where(leaf.c.idx == 1))
    with pytest.raises(CheckSaidNo):
        list(log.read_leaves(ledger))


def test_a_ledger_that_can_t_be_opened_any_more_is_unavailable_in_words(tmp_path: Path) -> None:
    """Connections of the driver's own fail as all others do: with a code, and without a word of the database's."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    (tmp_path / "ledger.db").unlink()
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(StoreUnavailable, match=r"the ledger failed: it can't be opened.*SQLITE_CANTOPEN"):
        purge.compact(ledger)
    with pytest.raises(StoreUnavailable, match="SQLITE_CANTOPEN"), attended(ledger):
        pass
