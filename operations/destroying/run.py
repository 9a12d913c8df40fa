"""Carry out an approved run: intent, one store transaction, outcome; again after a crash, never guessing.

S0 the approval and its commitments are in the log. S1 intents and a signed checkpoint are durable. S2 one
transaction of the store locks the fence, re-checks rule and version, destroys, and leaves a watermark. S3 a
second connection looks for what should be gone. S4 outcomes. On the next start a batch whose intents have
no outcome is resolved by its watermark: there, and it was done; not there, and it is done again or kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.ledger import log, proposals, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import DESTROY, PLANNED, PlannedRow, Run
from connectors.stores.base import Batch, PlannedRecord, RecordOutcome
from operations.destroying import leaves
from operations.destroying.batches import cut
from operations.destroying.context import MANUAL, TOOL, Carrying
from operations.destroying.recheck import judged_now, versions_in
from rules.errors import Refused
from rules.evidence.leaf import decode
from rules.review.values import Finding, Kind

TRIES = 3
HOLD_PLACED = "hold-placed"
REST_KEPT = "rest-of-file-kept"


@dataclass
class RunUnderWay:
    """One run in the hands of one process."""

    carrying: Carrying
    run: Run

    def carry_out(self) -> None:
        """Do everything that can be done now. What waits for people (manual stores) stays open."""
        if not self._is_open():
            self._open()
        for number in self._begun():
            self._resolve(number)
        rows = [row for row in self._rows(DESTROY) if row.batch is None]
        epochs = self._epochs(rows)
        ready = self._judge(rows)
        settled_files: set[str] = set()
        first = max((row.batch or 0 for row in self._rows()), default=0) + 1
        for number, batch in enumerate(cut(ready, self.carrying.order()), start=first):
            settled_files |= self._one_batch(number, batch, epochs, settled_files)
            self.carrying.progress("destroy", number - first + 1, len(ready))
        self._others()

    def _is_open(self) -> bool:
        since = log.read_leaves(self.carrying.ledger, self.run.approval_leaf)
        opened = (decode(data) for _, data in since)
        return any(leaf["type"] == "run-opened" and leaf["run"] == self.run.id for leaf in opened)

    def _open(self) -> None:
        run, carrying = self.run, self.carrying
        stores = sorted({row.store for row in self._rows()})
        opened = {
            "type": "run-opened",
            "run": run.id,
            "proposal": self._proposal_hash(),
            "schedule": run.schedule_digest,
            "authority": carrying.organisation,
            "tool": TOOL,
            "as_of": run.as_of.isoformat(),
            "stores": stores,
            "manual": [name for name in stores if carrying.stores[name].kind == MANUAL],
        }
        log.record(carrying.ledger, [opened], carrying.now())

    def _proposal_hash(self) -> str:
        found = proposals.get(self.carrying.ledger, self.run.proposal)
        assert found is not None  # a run is made from a proposal
        return found.hash

    def _begun(self) -> list[int]:
        """Batches whose intents are durable and that have no outcome yet."""
        return sorted({row.batch for row in self._rows(DESTROY) if row.batch is not None and not self._open_work(row)})

    def _open_work(self, row: PlannedRow) -> bool:
        return self.carrying.stores[row.store].kind == MANUAL

    def _resolve(self, number: int) -> None:
        rows = [row for row in self._rows(DESTROY) if row.batch == number]
        store = self.carrying.stores[rows[0].store]
        found = store.watermark(self._batch(number, rows, epoch=0))
        if found is not None:
            self._settle(rows, found, recovered=True)
            return
        present = self._judge(rows)
        if present:
            self._destroy(number, present, store.epoch(), recovered=True)

    def _epochs(self, rows: Iterable[PlannedRow]) -> dict[str, int]:
        """Read every fence before the holds: a hold placed after this moment is met in the store."""
        names = sorted({row.store for row in rows})
        return {name: self.carrying.stores[name].epoch() for name in names if self.carrying.stores[name].kind != MANUAL}

    def _judge(self, rows: Sequence[PlannedRow]) -> list[PlannedRow]:
        """Those of `rows` that are still due and free; the others get their outcome at once."""
        now = judged_now(self.carrying, self.run.as_of, rows) if rows else {}
        torn = self._torn(now.values())
        ready: list[PlannedRow] = []
        for row in rows:
            found = now.get((row.store, row.class_name, row.key))
            if found is None:
                self._keep([row], "kept", "no-longer-due")
            elif found.kind is Kind.HELD:
                self._keep([row], "held", HOLD_PLACED)
            elif (row.rule, row.subject) in torn:
                self._keep([row], "kept", REST_KEPT)
            else:
                ready.append(row)
        return ready

    def _torn(self, now: Iterable[Finding]) -> set[tuple[str, str | None]]:
        """Files of which some record was not approved: a file goes whole, or not at all."""
        approved = {
            (row.store, row.class_name, row.key)
            for row in runs.iterate_planned(self.carrying.ledger, self.run.id, (DESTROY,))
        }
        schedule = self.carrying.schedule
        return {
            (one.rule, one.subject)
            for one in now
            if one.subject is not None
            and not schedule.get(schedule.rule(one.rule).class_name).part_of
            and (one.store, one.class_name, one.key) not in approved
        }

    def _one_batch(self, number: int, batch: list[PlannedRow], epochs: Mapping[str, int], broken: set[str]) -> set[str]:
        """Intent, store, outcome for one batch. Returns the subjects whose file is no longer whole in the plan."""
        going = [row for row in batch if row.subject is None or row.subject not in broken]
        self._keep([row for row in batch if row not in going], "kept", REST_KEPT)
        if not going:
            return set()
        self._intend(number, going)
        store = self.carrying.stores[going[0].store]
        if store.kind == MANUAL:
            return set()
        outcomes = self._destroy(number, going, epochs[going[0].store])
        stayed = {(one.class_name, one.key) for one in outcomes if one.state != "done"}
        return {row.subject for row in going if row.subject is not None and (row.class_name, row.key) in stayed}

    def _intend(self, number: int, rows: Sequence[PlannedRow]) -> None:
        """S1: the intents are in the log, and signed, before any store is touched."""
        carrying, run = self.carrying, self.run
        at = carrying.now()
        with writing(carrying.ledger) as connection:
            runs.set_batches(connection, run.id, {row.ordinal: number for row in rows})
            log.record(connection, [leaves.intent(run.id, run.approval_leaf, row, number, at) for row in rows], at)
        log.sign_checkpoint(carrying.ledger, carrying.signers)

    def _destroy(
        self, number: int, rows: Sequence[PlannedRow], epoch: int, recovered: bool = False
    ) -> list[RecordOutcome]:
        """S2 to S4. A hold placed meanwhile aborts the transaction; who is not held is tried again."""
        store = self.carrying.stores[rows[0].store]
        numbered = [replace(row, batch=number) for row in rows]
        kept: list[RecordOutcome] = []
        for _ in range(TRIES):
            batch = self._batch(number, numbered, epoch)
            outcomes = store.destroy(batch, versions_in(store, self.carrying.schedule))
            if not _all_stopped(outcomes):
                self._settle(numbered, outcomes, recovered)
                self._verify(numbered, outcomes)
                return [*kept, *outcomes]
            epoch = store.epoch()
            ready = self._judge(numbered)
            kept += [_stopped(row) for row in numbered if row not in ready]
            numbered = ready
            if not numbered:
                return kept
        self._keep(numbered, "kept", HOLD_PLACED)
        return [*kept, *(_stopped(row) for row in numbered)]

    def _batch(self, number: int, rows: Sequence[PlannedRow], epoch: int) -> Batch:
        head = log.read_head(self.carrying.ledger)
        records = tuple(PlannedRecord(row.class_name, row.key, row.version, row.action) for row in rows)
        return Batch(self.run.id, number, epoch, records, head.size - len(rows), head.size, head.root)

    def _settle(self, rows: Sequence[PlannedRow], found: Sequence[RecordOutcome], recovered: bool) -> None:
        """S4: outcome leaves and the ledger's outcomes in one transaction, so a record has one outcome or none."""
        carrying, run = self.carrying, self.run
        at = carrying.now()
        pairs = list(zip(rows, found, strict=True))
        with writing(carrying.ledger) as connection:
            said = [leaves.outcome(run.id, run.approval_leaf, row, one, recovered) for row, one in pairs]
            first = log.record(connection, said, at)
            rows_of = [
                runs.Outcome(
                    row.ordinal, one.state, one.reason or row.reason, leaves.slug(one.grade), at, first + place
                )
                for place, (row, one) in enumerate(pairs)
            ]
            runs.add_outcomes(connection, run.id, rows_of)

    def _keep(self, rows: Sequence[PlannedRow], state: str, reason: str) -> None:
        if rows:
            outcomes = [RecordOutcome(row.class_name, row.key, state, reason, "") for row in rows]
            self._settle(rows, outcomes, recovered=False)

    def _verify(self, rows: Sequence[PlannedRow], outcomes: Sequence[RecordOutcome]) -> None:
        """S3: a second connection, the reading credential, looks for what should be gone."""
        carrying = self.carrying
        store = carrying.stores[rows[0].store]
        gone = [row for row, one in zip(rows, outcomes, strict=True) if one.state == "done" and row.action == "destroy"]
        remaining = 0
        recheck = versions_in(store, carrying.schedule)
        with store.reader() as connection:
            for class_name in sorted({row.class_name for row in gone}):
                keys = [row.key for row in gone if row.class_name == class_name]
                remaining += len(recheck(connection, class_name, keys))
        leaf = {
            "type": "verify",
            "run": self.run.id,
            "store": store.alias,
            "method": "query-by-key",
            "credential": "reader",
            "checked": len(gone),
            "remaining": remaining,
        }
        log.record(carrying.ledger, [leaf], carrying.now())

    def _others(self) -> None:
        """Due records that nobody approved for destruction get the outcome that was decided for them."""
        rows = [row for row in self._rows() if row.course != DESTROY]
        if not rows:
            return
        at = self.carrying.now()
        with writing(self.carrying.ledger) as connection:
            first = log.record(connection, [leaves.never_meant(self.run.id, row) for row in rows], at)
            found = [
                runs.Outcome(
                    row.ordinal, "held" if row.course == runs.HOLD else "kept", row.reason, "none", at, first + place
                )
                for place, row in enumerate(rows)
            ]
            runs.add_outcomes(connection, self.run.id, found)

    def _rows(self, *courses: str) -> list[PlannedRow]:
        """Planned rows without an outcome."""
        found = runs.iterate_planned(self.carrying.ledger, self.run.id, courses)
        return [row for row in found if row.state == PLANNED]


def _outcome(row: PlannedRow, one: RecordOutcome, at: str, leaf: int) -> runs.Outcome:
    return runs.Outcome(row.ordinal, one.state, one.reason or row.reason, leaves.slug(one.grade), at, leaf)


def _all_stopped(outcomes: Sequence[RecordOutcome]) -> bool:
    return bool(outcomes) and all(one.state == "kept" and one.reason == HOLD_PLACED for one in outcomes)


def _stopped(row: PlannedRow) -> RecordOutcome:
    return RecordOutcome(row.class_name, row.key, "kept", HOLD_PLACED, "")


def take(carrying: Carrying, run: Run, confirmation: str) -> Run:
    """Check that the run may start now and take its lease. Raises Refused."""
    if run.state == runs.CLOSED:
        raise Refused(f"run {run.id} is closed")
    now = carrying.now()
    if now < run.cooling_off_until:
        raise Refused(f"run {run.id} cools off until {run.cooling_off_until}; nothing was destroyed")
    expected = confirmation_words(carrying, run)
    if confirmation != expected:
        raise Refused(f"type exactly {expected!r} to start; nothing was destroyed")
    if not runs.claim(carrying.ledger, run.id, carrying.owner, now, carrying.lease()):
        raise Refused(f"run {run.id} is in the hands of another process until its lease is over")
    return run


def confirmation_words(carrying: Carrying, run: Run) -> str:
    """What a person types to start the run: `destroy <run> <number of records>`."""
    count = sum(1 for _ in runs.iterate_planned(carrying.ledger, run.id, (DESTROY,)))
    return f"destroy {run.id} {count}"
