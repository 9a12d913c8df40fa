"""Work lists: what people destroy by hand, signed for by two of them, and struck from the manual store's register.

The first signature waits in the ledger and is logged with the second: the log holds pairs over one list, never a
signature over a list that changed since. The register is struck after the outcomes are durable; a crash in
between is made good before the run can close.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import keys
from connectors.ledger import holds, log, people, runs
from connectors.ledger.base import Source, writing
from connectors.ledger.people import Statement
from connectors.ledger.runs import DESTROY, PLANNED, PlannedRow, Run
from connectors.stores.base import PlannedRecord, RecordOutcome
from connectors.stores.manual import ManualStore
from operations.approve import planned_of
from operations.destroying import leaves
from operations.destroying.context import Carrying
from operations.destroying.judging import DONE, GONE, remaining
from rules.errors import Problem, Refused, WinnowError
from rules.evidence.leaf import fits
from rules.evidence.plan import plan_root
from rules.evidence.statement import check_signature, signed_leaf
from rules.review.values import Hold


def open_rows(source: Source, run_id: str, stores: Mapping[str, object], store: str = "") -> list[PlannedRow]:
    """Records of manual stores (of one, when named) whose intents are in the log and that nobody has settled."""
    manual = [alias for alias, one in stores.items() if isinstance(one, ManualStore) and store in ("", alias)]
    found = [row for one in manual for row in runs.iterate_planned(source, run_id, (DESTROY,), one, state=PLANNED)]
    return sorted((row for row in found if row.batch is not None), key=lambda row: row.ordinal)


def still_to_do(carrying: Carrying, run: Run, store: str = "") -> list[PlannedRow]:
    """The open records that may still go now: held ones, and those that changed since the approval, are left out."""
    rows = open_rows(carrying.ledger, run.id, carrying.stores, store)
    carrying.as_approved(rows)
    said = remaining(carrying, run, rows, carrying.holds())
    return [row for row in rows if said[row.ordinal].state == "ready" or said[row.ordinal].reason == GONE]


def settle_held(carrying: Carrying, run: Run) -> tuple[Hold, ...]:
    """Take off the work lists what is held or changed since; return the holds that were looked at.

    What the register no longer shows stays on the list: people say what became of it.
    """
    seen = carrying.holds()
    rows = open_rows(carrying.ledger, run.id, carrying.stores)
    carrying.as_approved(rows)
    said = remaining(carrying, run, rows, seen)
    off = [one for one in said.values() if one.state != "ready" and one.reason != GONE]
    if off:
        found = [RecordOutcome(one.row.class_name, one.row.key, one.state, one.reason, "") for one in off]
        with writing(carrying.ledger) as connection:
            _write(connection, run, [one.row for one in off], found, carrying.now())
    return seen


@dataclass(frozen=True)
class Handwork:
    """How people destroyed what no program can reach, as they sign it.

    `method` and `standard` (the size it was cut to, such as `DIN-66399-P-4`) are codes; `contractor` is a firm's name
    and `receipt` the number of its certificate. `counted` is how many records they, or the contractor, say were
    destroyed; it must be that of the list, and is needed with a contractor. All but the first two may be empty.
    """

    method: str
    done_on: date
    standard: str = ""
    contractor: str = ""
    receipt: str = ""
    counted: int | None = None

    def fields(self) -> dict[str, Any]:
        """As the log has it, without what is empty."""
        said = {
            "method": self.method,
            "standard": self.standard,
            "contractor": self.contractor,
            "receipt": self.receipt,
        }
        return {"done_on": self.done_on.isoformat(), **{name: value for name, value in said.items() if value}}

    def problems(self) -> list[Problem]:
        """What the log could not carry."""
        mends = {"method": "Write e.g. cross-cut-4x15", "standard": "Write e.g. DIN-66399-P-4", "receipt": "Write 4711"}
        wrong = [
            Problem("must be a code without spaces", key=name, mend=mend)
            for name, mend in mends.items()
            if (value := getattr(self, name) or "-" * (name == "method")) and not fits("slug", value)
        ]
        if self.contractor and not fits("name", self.contractor):
            wrong.append(Problem("is not a name that the log can carry", key="contractor"))
        if self.counted is None and (self.contractor or self.receipt):
            mend = "Write how many records the contractor's certificate says were destroyed"
            wrong.append(Problem("is needed with a contractor", key="count", mend=mend))
        return wrong

    def does_not_fit(self, run: Run, zone: str, on_list: int) -> list[Problem]:
        """What can't be true of a run's list of so many records: another count, a day before the run could begin."""
        wrong = []
        if self.counted not in (None, on_list):
            mend = "Find the difference first: `winnow destroy RUN --work-list` shows the list"
            wrong.append(Problem(f"is {self.counted}, but the list has {on_list}", key="count", mend=mend))
        begins = datetime.fromisoformat(run.cooling_off_until).astimezone(ZoneInfo(zone)).date()
        if self.done_on < begins:
            wrong.append(Problem(f"lies before {begins.isoformat()}, when the run could begin", key="done_on"))
        return wrong


def list_fields(run: Run, store: str, rows: Sequence[PlannedRow], how: Handwork) -> dict[str, Any]:
    """What people sign about a work list."""
    root = plan_root(planned_of(row) for row in rows)
    return {"run": run.id, "store": store, "count": len(rows), "root": root, **how.fields()}


def signed_before(source: Source, about: str, root: str) -> list[Statement]:
    """Signatures over the list as it is now. One over a list that changed since counts no more.

    Nor does one that does not hold, or whose key was replaced since: the log is told of it only now.
    """
    same = [one for one in people.statements(source, about, "confirmation") if one.signed.get("root") == root]
    return [one for one in same if _holds(source, one)]


def _holds(source: Source, one: Statement) -> bool:
    who = people.find_person(source, one.person)
    own = who is not None and (one.signed.get("officer"), one.signed.get("key")) == (who.name, who.public_key)
    try:
        check_signature(signed_leaf("confirmation", one.signed, one.at), keys.verify)
    except WinnowError:
        return False
    return own


def sign_list(
    carrying: Carrying, run: Run, rows: Sequence[PlannedRow], mine: Statement, seen: tuple[Hold, ...]
) -> None:
    """Keep a signature; the second person's settles the list. Raises Refused when list or holds moved meanwhile."""
    at, store = carrying.now(), rows[0].store
    with writing(carrying.ledger) as connection:
        runs.lock(connection, run.id)
        before = signed_before(connection, mine.about, mine.signed["root"])
        if any(one.person == mine.person for one in before):
            raise Refused("this person has signed the work list already; a second person must sign it")
        index = None
        if before:
            pair = [signed_leaf("confirmation", one.signed, at) for one in (before[0], mine)]
            index = log.record(connection, pair, at)
        # The log's head is locked now, so no hold is placed beside us.
        same = open_rows(connection, run.id, carrying.stores, store) == list(rows)
        if not same or tuple(holds.all_holds(connection)) != seen:
            raise Refused("the work list or a hold changed at the same moment; look at the list and sign again")
        people.add_statement(connection, "confirmation", mine.about, mine.person, mine.signed, at, index and index + 1)
        if index is not None:
            done = [RecordOutcome(row.class_name, row.key, DONE, "", "work list") for row in rows]
            _write(connection, run, rows, done, at, {"confirmations": [index, index + 1]})


def _write(
    source: Source, run: Run, rows: Sequence[PlannedRow], found: Sequence[RecordOutcome], at: str, more: Any = None
) -> None:
    pairs = list(zip(rows, found, strict=True))
    said = leaves.outcomes(run.id, run.approval_leaf, pairs, False, more)
    with writing(source) as connection:
        first = log.record(connection, said, at)
        settled = [leaves.settled(row, one, at, first + place) for place, (row, one) in enumerate(pairs)]
        runs.add_outcomes(connection, run.id, settled)


def strike(carrying: Carrying, run: Run) -> None:
    """Take what people have destroyed out of the registers. Raises StoreUnavailable, BadInput: it is done later."""
    for alias, store in carrying.stores.items():
        if isinstance(store, ManualStore):
            done = list(runs.iterate_planned(carrying.ledger, run.id, (DESTROY,), alias, state=DONE))
            carrying.as_approved(done)
            records = [PlannedRecord(row.class_name, row.key, row.version, row.action) for row in done]
            if records:
                store.strike(records)
