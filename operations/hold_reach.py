"""How far holds reach in the stores, and what of them had gone though nobody has written it yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack

from connectors.ledger import holds
from connectors.ledger.gone import Begun
from connectors.stores.base import RecordStore
from connectors.stores.counting import count_columns
from connectors.stores.strangers import subjects
from operations.destroying.context import MANUAL
from operations.destroying.recheck import versions_in
from operations.project import Project
from operations.sifting import held
from operations.sifting.session import Sifting, SiftInputs, open_sifting
from operations.stores import stores_of
from rules.review.holds import Match, Reach
from rules.review.spelling import same_case
from rules.review.values import Hold


def measure(project: Project, measured: Sequence[Hold]) -> dict[str, Reach]:
    """Ask the stores how far these holds reach, and keep it. Raises StoreUnavailable, BadInput."""
    if not measured:
        return {}
    found: dict[str, Reach] = {}
    with ExitStack() as stack:
        sifting = _open(project, stack)
        for hold, match in held.match_all(sifting.of_class, sifting.inputs.schedule, measured):
            found[hold.id] = Reach(*_reach(sifting, hold, match), project.today())
    for hold_id, reach in found.items():
        holds.set_reach(project.ledger, hold_id, reach)
    return found


def measure_standing(project: Project) -> dict[str, Reach]:
    """Measure every standing hold of which only the stores can tell how far it reaches: by name, condition, class."""
    standing = holds.active_holds(project.ledger, project.today())
    return measure(project, [hold for hold in standing if hold.name or (hold.class_name and not hold.key)])


def _open(project: Project, stack: ExitStack) -> Sifting:
    today = project.today()
    return open_sifting(SiftInputs(project.schedule.on(today), stores_of(project), today, scan_text=False), stack)


def _reach(sifting: Sifting, hold: Hold, match: Match) -> tuple[int, int | None]:
    """What a hold reaches, and out of how many where that says something."""
    if hold.subject:
        return _records_of(sifting, hold.subject), None
    if hold.class_name and hold.key is not None:
        record_class = sifting.inputs.schedule.get(hold.class_name)
        readers = [reader for reader in sifting.of_class(hold.class_name) if reader.alias == hold.store]
        return sum(1 for reader in readers for _ in reader.by_keys(record_class, [hold.key])), None
    matched = len(match.people) + len(match.places)
    if not hold.class_name:
        return matched, None
    total = _size(sifting, hold.class_name)
    return (total if match.classes else matched), total


def _size(sifting: Sifting, class_name: str) -> int:
    record_class = sifting.inputs.schedule.get(class_name)
    return sum(count_columns(reader, record_class, (), 0)[0] for reader in sifting.of_class(class_name))


def _records_of(sifting: Sifting, case_number: str) -> int:
    """How many records bear a case number, as it is written or, if none does, in another spelling."""
    written = other = 0
    for record_class in sifting.inputs.schedule.classes:
        for reader in sifting.of_class(record_class.name) if record_class.subject else ():
            written += sum(1 for _ in reader.of_subjects(record_class, [case_number]))
    wanted = same_case(case_number)
    for record_class in sifting.inputs.schedule.classes if not written else ():
        for reader in sifting.of_class(record_class.name) if record_class.subject else ():
            other += sum(1 for one in subjects(reader, record_class) if same_case(one) == wanted)
    return written or other


def sort_begun(project: Project, begun: Iterable[Begun], fenced: Sequence[str]) -> tuple[list[Begun], list[Begun]]:
    """Sort what has begun into what has gone and what is in doubt; what the fence stopped is neither.

    To be called once the fences are up: no transaction of a fenced store is open any more. Raises StoreUnavailable,
    BadInput.
    """
    gone, doubt = list[Begun](), list[Begun]()
    stores = stores_of(project)
    places: dict[tuple[str, str], list[Begun]] = {}
    for one in begun:
        told = one.action == "destroy" and one.store in stores and stores[one.store].kind != MANUAL
        if told:
            places.setdefault((one.store, one.class_name), []).append(one)
        else:
            doubt.append(one)
    for (alias, class_name), rows in places.items():
        there = _there(project, stores, stores[alias], class_name, [row.key for row in rows])
        gone += [row for row in rows if row.key not in there]
        doubt += [row for row in rows if row.key in there and alias not in fenced]
    return gone, doubt


def _there(
    project: Project, stores: Mapping[str, RecordStore], store: RecordStore, class_name: str, keys: Sequence[str]
) -> Collection[str]:
    """Those of the keys that the store still has."""
    look = versions_in(store, stores, project.schedule)
    with store.reader() as connection:
        return look(connection, class_name, keys)
