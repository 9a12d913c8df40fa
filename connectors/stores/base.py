"""What every kind of store offers: one canonical selectable per class to read, and one way to destroy.

Stores that are not databases (workbooks, exports, folders, registers of paper) are read into a private
SQLite database that lives only as long as the reader, so the same compiled SELECT serves all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, FromClause, Select

from connectors.stores.residue import Residue
from rules.errors import Problem
from rules.evidence.restores import Mark


@dataclass(frozen=True)
class ClassSource:
    """The canonical selectable of one class: its table and, by field name of the schedule, its columns.

    Every field of the class has a column; one that the store declares absent is a NULL of type text. Only
    records with a key of their own are in `table`: those that share one are left out and counted.
    `native_dates` are the fields whose column has a date or time type (their values cannot be unreadable).
    `left_out` selects the subjects of the others, where the class has one and the store can have such records.
    `seal` is a digest of the whole record, for stores where what the rules read says nothing of its content.
    """

    table: FromClause
    columns: Mapping[str, ColumnElement[object]]
    native_dates: frozenset[str] = frozenset()
    seal: ColumnElement[object] | None = None
    left_out: Select[Any] | None = None


@dataclass(frozen=True)
class Unclaimed:
    """A table, column, sheet or file that no class of the schedule claims."""

    key: str


class PlannedRecord(NamedTuple):
    """One approved record: where it is, its version when it was judged, and what to do with it.

    Records of one `file` (any name for it that says nothing) go together in a store, or none of them does.
    """

    class_name: str
    key: str
    version: str
    action: str  # as `rules.schedule.actions` spells it
    file: str = ""


Redact = Callable[[str, str, str], str]
"""From class, key and free text to the text with every identifier found replaced."""


@dataclass(frozen=True)
class Batch:
    """The records of one run that one store transaction destroys. `epoch` is the fence the run started under.

    `redact` rewrites free text where the plan orders it.
    """

    run: str
    number: int
    epoch: int
    records: tuple[PlannedRecord, ...]
    intent_index: int
    log_size: int
    log_root: str
    redact: Redact | None = field(default=None, repr=False, compare=False)


class RecordOutcome(NamedTuple):
    """What became of one planned record, with a reason code and an honest grade.

    `state` is `done`, `kept`, `failed`, or `open` (on a work list until people confirm).
    """

    class_name: str
    key: str
    state: str
    reason: str
    grade: str


# Handed to the store: the present versions of these records, read on the given connection. A record that
# is no longer due, or no longer there, is absent from the answer.
Recheck = Callable[[Connection, str, Sequence[str]], Mapping[str, str]]


class RecordStore(Protocol):
    """A connected store. Reading and destroying use separate credentials where the store has them."""

    alias: str
    kind: str
    reads_apart: bool  # whether reading has an account of its own, so that looking is independent of destroying
    marks_tell: bool  # whether its mark alone tells what a batch did; else the records are asked, by their keys

    def problems(self) -> list[Problem]:
        """Everything that stops this store from being read: unreachable, vanished tables or columns."""

    def reader(self) -> AbstractContextManager[Connection]:
        """Open a connection on which `sources` can be selected; closes without writing."""

    def sources(self) -> Mapping[str, ClassSource]:
        """The classes of this store and their selectables. Raises BadInput for a vanished table or column."""

    def unclaimed(self) -> list[Unclaimed]:
        """Tables, columns, sheets and files that no class claims."""

    def duplicates(self) -> Mapping[str, int]:
        """For each class, how many records share their key with another or have none (they are in no selectable)."""

    def unreadable(self) -> Mapping[str, int]:
        """For each class, how many rows or files could not be read at all (they are in no selectable either)."""

    def texts(self, class_name: str, keys: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield (key, free text) of these records, read in place; a document that holds no text yields nothing."""

    def prepare_statements(self) -> list[str]:
        """The DDL or the steps that `winnow store prepare` will carry out; empty when nothing is needed."""

    def prepare(self) -> None:
        """Make the fence and watermark (two small tables, or a sub-folder)."""

    def epoch(self) -> int:
        """The present fence epoch. Raises BadInput when the store was never prepared."""

    def bump(self) -> int:
        """Raise the fence epoch (a hold was placed): every destroying transaction begun earlier aborts."""

    def destroy(self, batch: Batch, recheck: Recheck) -> list[RecordOutcome]:
        """Carry out one batch in one transaction (fence, re-check, children first, counts, watermark).

        Raises StoreUnavailable for what may be over tomorrow; whatever `recheck` raises passes, and nothing is done.
        """

    def clear_residue(self) -> Residue | None:
        """After the last batch of a run: overwrite what is left of deleted rows; None where there is nothing to do.

        Never raises: what could not be done is in the answer. A second time does no harm.
        """

    def watermark(self, batch: Batch) -> list[RecordOutcome] | None:
        """The outcomes that `batch` left behind, or None when it never committed.

        The store keeps positions in the plan, never keys; stores of files finish or undo what a killed
        process left half done before they answer.
        """

    def marks(self) -> list[Mark]:
        """The watermark of every batch that the store still knows of. One that was never prepared has none."""

    def came_back(self) -> bool:
        """Whether the store is, byte for byte, what a batch of ours has replaced (a file put back from a copy)."""
