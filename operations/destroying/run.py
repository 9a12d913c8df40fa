"""Carry out an approved run: intent, one store transaction, outcome; again after a crash, never guessing.

S0 the approval and its commitments are in the log. S1 intents and a signed checkpoint are durable. S2 one
transaction of the store locks the fence, re-checks version and holds, destroys, and leaves a watermark. S3 a
second connection looks for what should be gone. S4 outcomes. On the next start a batch whose intents have
no outcome is resolved by its watermark: there, and it was done; not there, and it is done again or kept.

One process has a run at a time. Who takes it over raises the fence of its stores first, and every write to the
ledger is refused to who no longer has it: a process that slept through its lease can do nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from connectors.ledger import log, proposals, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import DESTROY, PLANNED, PlannedRow, Run
from connectors.stores.base import Batch, PlannedRecord, RecordOutcome, RecordStore
from operations.destroying import leaves
from operations.destroying.batches import cut
from operations.destroying.books import open_books
from operations.destroying.context import MANUAL, TOOL, Carrying
from operations.destroying.judging import (
    DONE,
    HOLD_PLACED,
    KEPT,
    Grounds,
    Standing,
    Verdict,
    file_of,
    judge,
    standing_of,
)
from operations.destroying.naming import NamesRead
from operations.destroying.recheck import HoldsMovedError, versions_in
from operations.destroying.work_lists import settle_held
from rules.errors import Refused
from rules.evidence.certificate import OUTCOME_TYPES
from rules.evidence.leaf import Alike, Leaf
from rules.schedule.actions import takes_row

TRIES = 3
JUDGED_AT_ONCE = 10  # batches; what is judged is at most so old when it is destroyed
INTERRUPTED = "interrupted"
SUPERSEDED = "schedule-superseded"
STILL_THERE = "still-there"


@dataclass
class RunUnderWay:
    """One run in the hands of one process."""

    carrying: Carrying
    run: Run
    names: NamesRead
    standing: Standing = field(init=False)
    rows: list[PlannedRow] = field(init=False)  # what was approved, as it was when this process took the run
    intents: dict[int, int] = field(default_factory=dict)  # the index of each batch's first intent in the log
    appended: list[tuple[int, int]] = field(default_factory=list)  # first and number of the leaves just written

    def __post_init__(self) -> None:
        ledger, run = self.carrying.ledger, self.run
        self.rows = list(runs.iterate_planned(ledger, run.id, (DESTROY,)))
        self.carrying.as_approved(self.rows)
        self.standing = standing_of(self.carrying.schedule, self.rows, self.carrying.again)

    def carry_out(self) -> None:
        """Do everything that can be done now. What waits for people (manual stores) stays open.

        Raises StoreUnavailable or BadInput for a store out of order, Refused once another process has the run:
        whatever is not settled then is settled by the next call.
        """
        if not self._read_log():
            self._open()
        for number in self._begun():
            self._resolve(number)
        settle_held(self.carrying, self.run)
        pending = self._planned(None)
        batches = list(enumerate(cut(pending, self.carrying.order()), start=self.standing.last_batch + 1))
        done = 0
        for start in range(0, len(batches), JUDGED_AT_ONCE):
            together = batches[start : start + JUDGED_AT_ONCE]
            ready, grounds = self._judge([row for _, batch in together for row in batch])
            free = {row.ordinal for row in ready}
            for number, batch in together:
                self._one_batch(number, [row for row in batch if row.ordinal in free], grounds)
                done += len(batch)
                self.carrying.progress("destroy", done, len(pending))
        self._others()

    def wind_up(self) -> None:
        """End a run whose schedule is no longer the adopted one: find out what was done, keep all the rest."""
        self._read_log()
        for number in self._begun():
            self._resolve(number, again=False)
        self._keep([Verdict(row, KEPT, SUPERSEDED) for row in self._planned(None)])
        self._others()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Write to the ledger as the process that has the run. Raises Refused when another has taken it over."""
        self.appended.clear()
        with writing(self.carrying.ledger) as connection:
            if not runs.prolong(connection, self.run.id, self.carrying.owner, self.carrying.lease()):
                raise Refused(f"another process has taken over run {self.run.id}; this one stops")
            yield connection
        for first, count in self.appended:  # committed
            self.carrying.holds.pass_over(first, count)

    def _record(self, connection: Connection, said: Sequence[Leaf | Alike], at: str) -> int:
        first = log.record(connection, said, at)
        self.appended.append((first, len(said)))
        return first

    def _read_log(self) -> bool:
        """Learn from the log where the intents of each batch are; say whether the run was opened.

        Raises Refused where the ledger says otherwise of a record that was begun or settled.
        """
        opened, batches, settled = False, dict[str, int](), set[str]()
        for index, leaf in log.read_decoded(self.carrying.ledger, self.run.approval_leaf):
            if leaf.get("run") == self.run.id:
                opened = opened or leaf["type"] == "run-opened"
                if leaf["type"] == "intent":
                    self.intents.setdefault(leaf["batch"], index)
                    batches[leaf["commitment"]] = leaf["batch"]
                elif leaf["type"] in OUTCOME_TYPES:
                    settled.add(leaf["commitment"])
        for row in self.rows:
            if (row.batch, row.state != PLANNED) != (batches.get(row.commitment), row.commitment in settled):
                raise Refused(
                    f"how far run {self.run.id} has come: the ledger differs from the log; nothing is destroyed"
                )
        return opened

    def _open(self) -> None:
        run, carrying = self.run, self.carrying
        stores = sorted({store for store, _ in runs.planned_places(carrying.ledger, run.id, PLANNED)})
        found = proposals.get(carrying.ledger, run.proposal)
        assert found is not None  # a run is made from a proposal
        opened = {
            "type": "run-opened",
            "run": run.id,
            "proposal": found.hash,
            "schedule": run.schedule_digest,
            "authority": carrying.organisation,
            "tool": TOOL,
            "as_of": run.as_of.isoformat(),
            "stores": stores,
            "manual": [name for name in stores if carrying.stores[name].kind == MANUAL],
        }
        open_books(carrying, run)
        with self._writing() as connection:
            self._record(connection, [opened], carrying.now())

    def _manual(self, row: PlannedRow) -> bool:
        return self.carrying.stores[row.store].kind == MANUAL

    def _begun(self) -> list[int]:
        """Batches whose intents are durable and that have no outcome yet, less those on a work list."""
        open_ones = [row for row in self.rows if row.batch is not None and row.state == PLANNED]
        return sorted({row.batch or 0 for row in open_ones if not self._manual(row)})

    def _resolve(self, number: int, again: bool = True) -> None:
        """Settle a batch that was interrupted: by its watermark, or else by doing it again (or keeping all of it)."""
        rows = self._planned(number)
        store = self.carrying.stores[rows[0].store]
        found = store.watermark(self._batch(number, rows, 0))
        if found is not None:
            self._finish(_in_order(rows), found, recovered=True)
        elif again:
            ready, grounds = self._judge(rows)
            self._destroy(number, ready, grounds, recovered=True)
        else:
            self._keep([Verdict(row, KEPT, SUPERSEDED) for row in rows])

    def _judge(self, rows: Sequence[PlannedRow]) -> tuple[list[PlannedRow], Grounds]:
        """Those of `rows` that may go now, and on what grounds; the others get their outcome at once.

        Fences are read first, then the holds: one that is placed after that is met by a fence, or by the look at
        the ledger inside the store's transaction.
        """
        carrying = self.carrying
        named = sorted({row.store for row in rows if not self._manual(row)})
        epochs = {name: carrying.stores[name].epoch() for name in named}
        grounds = Grounds(epochs, carrying.holds(), carrying.now())
        verdicts = judge(carrying, self.run, self.standing, rows, grounds.holds) if rows else []
        self._keep([one for one in verdicts if one.state != "ready"])
        return [one.row for one in verdicts if one.state == "ready"], grounds

    def _one_batch(self, number: int, batch: Sequence[PlannedRow], grounds: Grounds) -> None:
        """Intent, store, outcome for one batch, less what belongs to a file that is no longer whole in the plan."""
        self._keep([rest for row in batch if (rest := self.standing.rest(row))])
        going = [row._replace(batch=number) for row in batch if self.standing.rest(row) is None]
        if not going:
            return
        self._intend(number, going, grounds)
        if not self._manual(going[0]):
            self._destroy(number, going, grounds)

    def _intend(self, number: int, rows: Sequence[PlannedRow], grounds: Grounds) -> None:
        """S1: the intents are in the log; the checkpoint over them is signed before any store is touched."""
        carrying, run = self.carrying, self.run
        said = leaves.intents(run.id, run.approval_leaf, _in_order(rows), number, grounds.at)
        with self._writing() as connection:
            runs.set_batches(connection, run.id, {row.ordinal: number for row in rows})
            self.intents[number] = self._record(connection, said, carrying.now())
        log.sign_checkpoint(carrying.ledger, carrying.signers)

    def _destroy(self, number: int, rows: Sequence[PlannedRow], grounds: Grounds, recovered: bool = False) -> None:
        """S2 to S4. A fence or hold that moved meanwhile stops the transaction; what may still go is tried again."""
        for _ in range(TRIES):
            if not rows:
                return
            store = self.carrying.stores[rows[0].store]
            outcomes = self._attempt(store, self._batch(number, rows, grounds.epochs[store.alias]), grounds)
            if outcomes is not None:
                self._finish(_in_order(rows), outcomes, recovered)
                return
            rows, grounds = self._judge(rows)
        self._keep([Verdict(row, KEPT, INTERRUPTED) for row in rows])

    def _attempt(self, store: RecordStore, batch: Batch, grounds: Grounds) -> list[RecordOutcome] | None:
        """S2: one transaction of the store, or None when it stopped."""
        carrying = self.carrying

        def same_holds() -> None:
            if carrying.holds() != grounds.holds:
                raise HoldsMovedError

        with self._writing():
            pass  # the run is still ours after its fence was read: who takes it over raises the fence
        log.sign_checkpoint(carrying.ledger, carrying.signers)
        try:
            settled = self._settled(batch)
            recheck = versions_in(store, carrying.stores, carrying.schedule, same_holds, settled, grounds.holds)
            self.names.read(store, batch)
            outcomes = store.destroy(batch, recheck)
        except HoldsMovedError:
            return None
        stopped = all(one.state == KEPT and one.reason == HOLD_PLACED for one in outcomes)
        return None if stopped else outcomes

    def _settled(self, batch: Batch) -> dict[tuple[str, str], str]:
        """The approved versions of records whose file the run has begun to destroy in other stores."""
        begun = self.standing.beyond_asking
        return {(one.class_name, one.key): one.version for one in batch.records if begun(one.file)}

    def _batch(self, number: int, rows: Sequence[PlannedRow], epoch: int) -> Batch:
        """The batch as its store sees it: always in one order, as the watermark speaks of positions."""
        head = log.read_head(self.carrying.ledger)
        schedule = self.carrying.schedule
        records = tuple(
            PlannedRecord(row.class_name, row.key, row.version, row.action, file_of(schedule, row))
            for row in _in_order(rows)
        )
        redact = self.carrying.redact
        return Batch(self.run.id, number, epoch, records, self.intents[number], head.size, head.root, redact)

    def _finish(self, rows: Sequence[PlannedRow], outcomes: Sequence[RecordOutcome], recovered: bool) -> None:
        """S3 and S4: look for what should be gone, then write what became of every record."""
        checked, verified = self._verify(rows, outcomes)
        self._settle(rows, checked, recovered, verified)

    def _settle(
        self,
        rows: Sequence[PlannedRow],
        found: Sequence[RecordOutcome],
        recovered: bool = False,
        verified: Sequence[Leaf] = (),
    ) -> None:
        """S4: outcome leaves and the ledger's outcomes in one transaction, so a record has one outcome or none."""
        run, at = self.run, self.carrying.now()
        pairs = list(zip(rows, found, strict=True))
        said = leaves.outcomes(run.id, run.approval_leaf, pairs, recovered)
        with self._writing() as connection:
            first = self._record(connection, [*verified, *said], at) + len(verified)
            settled = [leaves.settled(row, one, at, first + place) for place, (row, one) in enumerate(pairs)]
            runs.add_outcomes(connection, run.id, settled)
        self.names.settled(pairs)
        for row, one in pairs:
            self.standing.note(row, one.state)

    def _keep(self, verdicts: Sequence[Verdict]) -> None:
        if verdicts:
            outcomes = [RecordOutcome(v.row.class_name, v.row.key, v.state, v.reason, "") for v in verdicts]
            self._settle([verdict.row for verdict in verdicts], outcomes)

    def _verify(
        self, rows: Sequence[PlannedRow], outcomes: Sequence[RecordOutcome]
    ) -> tuple[list[RecordOutcome], list[Leaf]]:
        """S3: a second connection, the reading credential, looks for what should be gone: what it finds has failed.

        So has a field action after which the rules see the same record as before.
        """
        store = self.carrying.stores[rows[0].store]
        known = store.sources()
        done: dict[str, dict[str, PlannedRow]] = {}
        for row, one in zip(rows, outcomes, strict=True):
            if one.state == DONE and row.class_name in known:
                done.setdefault(row.class_name, {})[row.key] = row
        if not done:
            return list(outcomes), []
        look = versions_in(store, self.carrying.stores, self.carrying.schedule)
        with store.reader() as connection:
            left = {
                (name, key)
                for name, planned in done.items()
                for key, version in look(connection, name, list(planned)).items()
                if takes_row(planned[key].action) or version == planned[key].version
            }
        how, checked_by, count = leaves.looked_how(store), leaves.looked_by(store), sum(map(len, done.values()))
        leaf = leaves.verification(self.run.id, store.alias, how, checked_by, count, len(left))
        checked = [
            one._replace(state="failed", reason=STILL_THERE, grade="") if (one.class_name, one.key) in left else one
            for one in outcomes
        ]
        return checked, [leaf]

    def _others(self) -> None:
        """Due records that nobody approved for destruction get the outcome that was decided for them."""
        others = (runs.KEEP, runs.HOLD)
        rows = list(runs.iterate_planned(self.carrying.ledger, self.run.id, others, state=PLANNED))
        if not rows:
            return
        at = self.carrying.now()
        with self._writing() as connection:
            first = self._record(connection, leaves.never_meant(self.run.id, rows), at)
            states = {runs.HOLD: "held", runs.KEEP: KEPT}
            found = [
                runs.Outcome(row.ordinal, states[row.course], row.reason, "none", at, first + place)
                for place, row in enumerate(rows)
            ]
            runs.add_outcomes(connection, self.run.id, found)

    def _planned(self, batch: int | None) -> list[PlannedRow]:
        """What had no outcome when this process took the run: of one batch, or what was in none."""
        return [row for row in self.rows if row.batch == batch and row.state == PLANNED]


def _in_order(rows: Sequence[PlannedRow]) -> list[PlannedRow]:
    """By commitment: the same at every start, and it hides from the log which record of a batch came first."""
    return sorted(rows, key=lambda row: row.commitment)
