"""A database in which no table may be added: marks lie beside stores.yaml, and after a crash the records are asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from connectors.engines import engine
from connectors.settings import read_settings
from connectors.stores.marks_beside import MarksBeside
from connectors.stores.specs import StoreSpec
from connectors.stores.sql import SqlStore
from rules.errors import BadInput, StoreUnavailable
from tests.integration.stores.conftest import MAPS, SCHEDULE, Rechecker, Said, batch_of, rows

CLIENTS = "SELECT count(*) FROM clients"


class Cut(Exception):
    """The process ends here."""


@pytest.fixture
def store(small_url: str, tmp_path: Path) -> SqlStore:
    """The small service with its marks in a folder."""
    spec = StoreSpec("small", "sql", MAPS, url=small_url, marks="folder")
    made = SqlStore(spec, SCHEDULE, tmp_path, read_settings({}))
    with pytest.raises(BadInput, match="never prepared"):
        made.epoch()
    made.prepare()
    assert made.prepare_statements() == []
    return made


def cut(monkeypatch: pytest.MonkeyPatch, name: str, after: bool) -> None:
    """End the process before or after a mark is written."""
    real = getattr(MarksBeside, name)

    def ending(self: MarksBeside, *given: object) -> None:
        if after:
            real(self, *given)
        raise Cut

    monkeypatch.setattr(MarksBeside, name, ending)


def test_no_table_is_made_and_a_batch_is_done_once(store: SqlStore, small_url: str, carry_out: Said) -> None:
    """The same batch again gives the same answer, and the mark of it is known."""
    batch = batch_of(store, "client C1", "session 1", "session 2", "note 10")
    before = rows(small_url, CLIENTS)[0][0]
    first = carry_out(store, batch)
    assert set(first.values()) == {"done row deleted"}
    assert carry_out(store, batch) == first
    assert rows(small_url, CLIENTS) == [(int(str(before)) - 1,)]
    assert [(one.run, one.batch) for one in store.marks()] == [("run-1", 1)]
    with engine(small_url).connect() as connection:
        assert not [name for name in inspect(connection).get_table_names() if name.startswith("winnow")]


def test_a_hold_that_raises_the_fence_stops_a_batch_begun_earlier(store: SqlStore, carry_out: Said) -> None:
    """The fence lies in the folder and does what a fence in the store does."""
    batch = batch_of(store, "client C1", "session 1", "session 2", "note 10")
    assert store.bump() == 2
    assert set(carry_out(store, batch).values()) == {"kept hold-placed"}


@pytest.mark.parametrize("records", [("client C1", "session 1", "session 2", "note 10"), ("note 10: blank text",)])
@pytest.mark.parametrize(("name", "after", "done"), [("write", True, False), ("committed", False, True)])
def test_a_crash_about_the_commit_is_settled_by_asking_the_records(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, records: tuple[str, ...], name: str, after: bool, done: bool
) -> None:
    """Before the commit nothing was done, after it everything, whatever the mark had come to say."""
    batch = batch_of(store, *records)
    with monkeypatch.context() as patch:
        cut(patch, name, after)
        with pytest.raises(Cut):
            store.destroy(batch, Rechecker(store))
    found = store.watermark(batch)
    assert (found is not None) == done
    again = store.destroy(batch, Rechecker(store))
    assert {one.state for one in again} == {"done"}
    assert store.watermark(batch) == again


def test_a_folder_that_can_not_be_written_stops_the_store(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error that may pass; nothing is committed before its mark is on the disk."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    batch = batch_of(store, "note 10")
    monkeypatch.setattr("connectors.stores.state.write_atomically", full)
    with pytest.raises(StoreUnavailable, match="marks of store small"):
        store.destroy(batch, Rechecker(store))
    monkeypatch.undo()
    assert store.watermark(batch) is None
