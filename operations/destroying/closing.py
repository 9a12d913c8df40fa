"""Close a run whose every record has its outcome: what can still be proved of it, the closing leaf, and forgetting.

Traces are cleared, records counted again and every store searched before the run is closed; all of it can be done
again after a crash. What was found is logged in one transaction with the closing leaf.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.ledger import census, log, purge, runs
from connectors.ledger.base import writing
from connectors.ledger.runs import DESTROY, PlannedRow, Run
from operations.destroying import absence
from operations.destroying.absence import Absence
from operations.destroying.books import Book, balance
from operations.destroying.context import MANUAL, Carrying
from operations.destroying.gone import gone_people
from operations.destroying.leaves import verification
from operations.destroying.naming import NamesRead, access, look_for_names, name_leaves, unlooked_for
from operations.packs import PACK, filled_in
from rules.errors import Refused
from rules.evidence.certificate import ABSENCE, COLUMNS, OUTCOME_TYPES
from rules.evidence.leaf import Leaf
from rules.review.mentions import Mentions

DONE = "done"


@dataclass(frozen=True)
class Closed:
    """Whether a run is closed, and what was found now of identifiers and of names; None where nothing was searched."""

    done: bool = True
    absence: Absence | None = None
    names: Absence | None = None


@dataclass(frozen=True)
class Proofs:
    """What was done and found when a run was about to be closed."""

    leaves: list[Leaf]
    books: list[Book]
    absence: Absence
    names: Absence | None
    not_searched: tuple[str, ...]


def close_if_done(carrying: Carrying, run: Run, names: NamesRead) -> Closed:
    """Close the run if nothing of it is open. Doing it twice changes nothing.

    `names` are looked for now, or if need be before the run is closed: later nobody knows them any more.
    """
    current = runs.get_run(carrying.ledger, run.id)
    assert current is not None
    found = Closed()
    if current.state != runs.CLOSED:
        if runs.without_outcome(carrying.ledger, run.id):
            return Closed(False, None, look_for_names(carrying, run, names, _skipped(carrying, run)))
        proofs = _prove(carrying, run, names)
        at = carrying.now()
        with writing(carrying.ledger) as connection:
            if runs.lock(connection, run.id).state != runs.CLOSED:  # the second of two who come at once does nothing
                log.record(connection, [*proofs.leaves, _closing(carrying, run, proofs.not_searched)], at)
                for book in proofs.books:
                    census.end(connection, run.id, book.place, book.newest, book.gone)
                runs.close_run(connection, run.id, at)
                found = Closed(True, proofs.absence, proofs.names)
    log.sign_checkpoint(carrying.ledger, carrying.signers)
    purge.purge_closed(carrying.ledger, run.id, gone_people(carrying, run))
    purge.compact(carrying.ledger)
    return found


def _prove(carrying: Carrying, run: Run, names: NamesRead) -> Proofs:
    rows = [row for row in runs.iterate_planned(carrying.ledger, run.id, (DESTROY,)) if row.state == DONE]
    cleared = _clear(carrying, run, rows)
    gone = gone_people(carrying, run)
    whole = [row for row in rows if row.action == "destroy"]
    found, named = _search(carrying, run, whole, gone, names)
    books = list(balance(carrying, run))
    looked = [
        verification(run.id, place, ABSENCE, access(carrying, place), found.looked_for, found.found_in(place))
        for place in found.searched
    ]
    counted = [book.leaf for book in books if book.leaf]
    looked += name_leaves(carrying, run, named) if named else []
    missed = {*found.not_searched, *unlooked_for(carrying, run, whole, named)}
    return Proofs([*cleared, *looked, *counted], books, found, named, tuple(sorted(missed)))


def _clear(carrying: Carrying, run: Run, rows: list[PlannedRow]) -> list[Leaf]:
    """Clear traces store by store; of how many records some may remain."""
    leaves = []
    for alias, count in sorted(Counter(row.store for row in rows).items()):
        residue = carrying.stores[alias].clear_residue()
        if residue is not None:
            left = 0 if residue.cleared else count
            leaves.append(verification(run.id, alias, residue.method, "destroyer", count, left))
    return leaves


def _search(
    carrying: Carrying, run: Run, rows: list[PlannedRow], gone: frozenset[str], names: NamesRead
) -> tuple[Absence, Absence | None]:
    """Look for identifiers and for the names that are known, in one walk through everything."""
    heads = {item.name for item in carrying.schedule.classes if not item.part_of}
    people = {row.subject for row in rows if row.class_name in heads and row.subject is not None}
    wanted = {row.key for row in rows} | people | gone
    if not wanted:
        manual = [alias for alias, store in carrying.stores.items() if store.kind == MANUAL]
        return Absence(0, (), (), tuple(sorted([*manual, absence.BACKUPS]))), None
    both: list[absence.Wanted] = [Mentions(wanted)]
    known = names.take()
    both += [known] if known else []
    found = absence.search(carrying.stores, carrying.schedule, both, carrying.folders, _skipped(carrying, run))
    return found[0], found[1] if known else None


def _skipped(carrying: Carrying, run: Run) -> list[str]:
    """Beginnings of the names of files that go in a moment anyhow: packs, unless somebody has filled one in."""
    packs = carrying.folders[absence.OUT].glob(f"{PACK}*")
    return [f"{PACK}{run.proposal}", *(path.name for path in packs if not filled_in(path))]


def _closing(carrying: Carrying, run: Run, not_searched: Sequence[str]) -> Leaf:
    """Counts as the log itself has them, so that they cannot differ from its entries.

    Raises Refused where they are not those that were approved: the run stays open, and nothing is certified.
    """
    totals = dict.fromkeys(("destroyed", "kept", "held", "failed"), 0)
    opened, last, undatable, due, approved = 0, 0, 0, 0, 0
    begun = ended = rested = 0  # intents, outcomes of these, and what was approved and kept without an intent
    for index, leaf in log.read_decoded(carrying.ledger, run.approval_leaf):
        if leaf.get("run") != run.id:
            continue
        if leaf["type"] == "run-opened":
            opened = last = index
        elif leaf["type"] == "approval":
            undatable, due, approved = leaf["undatable"], leaf["due"], leaf["count"]
        elif leaf["type"] in OUTCOME_TYPES or leaf["type"] == "intent":
            last = index
        if leaf["type"] in OUTCOME_TYPES:
            totals[COLUMNS[leaf.get("outcome", "failed")]] += 1
            ended += leaf["batch"] > 0
            rested += leaf["batch"] == 0 and "approval" in leaf
        begun += leaf["type"] == "intent"
    if (begun, begun + rested, sum(totals.values())) != (ended, approved, due):
        raise Refused(f"what became of {run.id}: the ledger differs from what was approved; the run is not closed")
    return {
        "type": "run-closed",
        "run": run.id,
        **totals,
        "due": sum(totals.values()),
        "undatable": undatable,
        "first": opened,
        "last": last,
        "not_searched": list(not_searched),
    }
