"""The verb `restore-check`: what came back from a backup, recognised with the DPO's key, proposed to go again.

No list of destroyed records is kept. Each record that is in the stores now is committed to under each run key, and
the commitment looked up among those of what the run destroyed; page by page, so memory does not grow with the stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from connectors import keys
from connectors.ledger import holds, log, proposals, releases, runs, sifts
from connectors.ledger.base import writing
from connectors.ledger.returned import gone_classes, gone_under, outcome_leaf
from connectors.ledger.runs import PlannedRow
from connectors.stores.reading import StoreReader
from operations.destroying.context import MANUAL
from operations.people import Signatory, sign_in
from operations.project import Project
from operations.restores import Looked, look, restore_leaf, said_of
from operations.sifting.found import due_finding
from operations.sifting.session import Progress, Sifting, SiftInputs, open_sifting, silent
from operations.stores import stores_of
from rules.errors import BadInput, CheckSaidNo, Problem
from rules.evidence.commitment import commit
from rules.evidence.leaf import Leaf, decode
from rules.evidence.restores import LOG
from rules.review.authority import DESTROYED_BY, RESTORED, record_id
from rules.review.values import Finding, Record
from rules.schedule.values import RecordClass

LIVING = "records of this person that had not been destroyed"


@dataclass(frozen=True)
class Returned:
    """One record that had been destroyed and is in a store again. `ordinal` is its number in the new proposal."""

    ordinal: int
    store: str
    class_name: str
    key: str
    subject: str | None
    rule: str
    run: str
    kind: str


@dataclass(frozen=True)
class Checked:
    """What a look through all stores found. `proposal` is empty when nothing came back.

    `looked` and `back` count the records of each store. `unknown` are runs whose key can't be opened here, so that
    what they destroyed can't be recognised; `without_rule` counts, by rule, what came back under a rule that the
    schedule no longer has: nobody proposes that, people look at it themselves.
    """

    proposal: str
    looked: Mapping[str, int]
    back: Mapping[str, int]
    unknown: tuple[str, ...]
    without_rule: Mapping[str, int]


@dataclass
class _Check:
    """One check under way. `run_keys` are open; of the `closed` runs nothing is known but commitments."""

    project: Project
    sifting: Sifting
    run_keys: Mapping[str, bytes]
    closed: frozenset[str]
    progress: Progress
    looked: dict[str, int] = field(default_factory=dict)
    back: dict[str, int] = field(default_factory=dict)
    without_rule: dict[str, int] = field(default_factory=dict)
    sift: int = 0


def restore_check(
    project: Project, officer: str, passphrase: str, log_is_lost: bool = False, progress: Progress = silent
) -> Checked:
    """Look through every store for what was destroyed, and propose that it goes again by the rule it went by.

    The proposal is decided and approved like any other, by two people. Afterwards destruction may go on. Raises
    CheckSaidNo for a ledger that is older than its stores, unless `log_is_lost` says that there is no newer copy:
    then the log goes on from here, and checkpoints kept of its lost part will no longer fit it. Raises Refused for
    who is no DPO, BadInput for a wrong passphrase or a store that is not prepared, StoreUnavailable.
    """
    signatory = sign_in(project, officer, passphrase, "restore-check")
    looked = look(project)
    if any(sign.store == LOG for sign in looked.signs) and not log_is_lost:
        raise CheckSaidNo(said_of(looked.signs))
    run_keys, unknown = open_run_keys(project, signatory, passphrase)
    unknown += sorted({run for marks in looked.marks_of.values() for run in marks} - set(run_keys) - set(unknown))
    fenced = _raise_fences(project)
    today = project.today()
    inputs = SiftInputs(
        project.schedule.on(today), stores_of(project), today, tuple(holds.all_holds(project.ledger)), progress=progress
    )
    closed = frozenset(run.id for run in runs.runs(project.ledger, [runs.CLOSED]))
    with ExitStack() as stack:
        check = _Check(project, open_sifting(inputs, stack), run_keys, closed, progress)
        for (store, class_name), its_runs in sorted(gone_classes(project.ledger).items()):
            reader = check.sifting.readers.get(store)
            if reader is not None and class_name in reader.sources:
                _look_through(check, reader, class_name, [run for run in its_runs if run in run_keys])
    proposal = _propose(check)
    _tell_log(project, looked, signatory, check, fenced)
    return Checked(proposal, check.looked, check.back, tuple(unknown), check.without_rule)


def open_run_keys(project: Project, signatory: Signatory, passphrase: str) -> tuple[dict[str, bytes], list[str]]:
    """The key of every run that is sealed to this officer, and the runs whose key is not, or is destroyed."""
    slug = signatory.person.slug
    opened = keys.sealing_opener(project.keys, slug, passphrase)
    found, unknown = {}, []
    for run in runs.runs(project.ledger):
        try:
            found[run.id] = opened(run.sealed_keys[slug])
        except (KeyError, BadInput):
            unknown.append(run.id)
    return found, unknown


def returned(project: Project, proposal_id: str) -> Iterator[Returned]:
    """Yield what a check proposed, record by record: for the DPO's eyes, never kept anywhere else."""
    proposal = proposals.get(project.ledger, proposal_id)
    if proposal is None:
        return
    for stored in sifts.iterate(project.ledger, proposal.sift):
        one = stored.finding
        run = one.facts.get(DESTROYED_BY, "")
        kind = one.kind.value
        yield Returned(stored.ordinal, one.store, one.class_name, one.key, one.subject, one.rule, run, kind)


def _raise_fences(project: Project) -> dict[str, int]:
    """Raise the fence of every store, so that the ledger and the stores agree again. Raises BadInput, unprepared."""
    stores = {alias: store for alias, store in stores_of(project).items() if store.kind != MANUAL}
    problems: list[Problem] = []
    for store in stores.values():
        try:
            store.epoch()
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return {alias: store.bump() for alias, store in stores.items()}


def _look_through(check: _Check, reader: StoreReader, class_name: str, its_runs: Sequence[str]) -> None:
    schedule = check.sifting.inputs.schedule
    record_class = schedule.get(class_name)
    for page in reader.key_pages(record_class):
        check.looked[reader.alias] = check.looked.get(reader.alias, 0) + len(page)
        check.progress("restore-check", sum(check.looked.values()))
        rows: dict[str, tuple[str, PlannedRow]] = {}
        for run in its_runs:  # a record that was destroyed twice is told by the last run
            rows.update({key: (run, row) for key, row in _recognised(check, reader.alias, class_name, run, page)})
        if rows:
            _keep(check, reader, record_class, rows)


def _recognised(
    check: _Check, store: str, class_name: str, run: str, page: Sequence[str]
) -> Iterator[tuple[str, PlannedRow]]:
    """Yield (key, what the run did) of those records of a page that a run took away, if the log says so as well."""
    run_key = check.run_keys[run]
    names = {commit(run_key, store, record_id(class_name, key)).hex(): key for key in page}
    wanted = list(names) if run in check.closed else [*names, *page]
    for row in gone_under(check.project.ledger, run, store, class_name, wanted):
        key = names.get(row.commitment)
        if key is not None and _in_log(check.project, run, row):
            yield key, row


def _in_log(project: Project, run: str, row: PlannedRow) -> bool:
    index = outcome_leaf(project.ledger, run, row.ordinal)
    leaves = (
        [decode(data) for _, data in log.read_leaves(project.ledger, index, index + 1)] if index is not None else []
    )
    gone = ("destroyed", "unlinked")
    return any(leaf["commitment"] == row.commitment and leaf.get("outcome") in gone for leaf in leaves)


def _keep(
    check: _Check, reader: StoreReader, record_class: RecordClass, rows: Mapping[str, tuple[str, PlannedRow]]
) -> None:
    """Keep a finding for each record of a page that came back."""
    records = list(reader.by_keys(record_class, sorted(rows)))
    topics, living = check.sifting.topics(records), _living(check, record_class, records)
    found = []
    for record in records:
        run, row = rows[record.key]
        said = (*topics.get(record.place, ()), *([LIVING] if record.subject in living else []))
        one = _finding(check, record, run, row, said)
        check.back[record.store] = check.back.get(record.store, 0) + 1
        if one is None:
            check.without_rule[row.rule] = check.without_rule.get(row.rule, 0) + 1
        else:
            found.append(one)
    if found:
        ledger, schedule = check.project.ledger, check.sifting.inputs.schedule
        if not check.sift:
            day, at = check.sifting.inputs.as_of, check.project.now()
            check.sift = sifts.new_sift(ledger, day, schedule.digest, schedule.version, at, RESTORED)
        sifts.add_findings(ledger, check.sift, found)


def _living(check: _Check, record_class: RecordClass, records: Sequence[Record]) -> set[str]:
    """Those people of a page who also have records that no run had destroyed: they may have come back themselves."""
    schedule = check.sifting.inputs.schedule
    subjects = sorted({record.subject for record in records if record.subject})
    head = record_class.part_of or record_class.name
    found: set[str] = set()
    for one in (schedule.get(head), *schedule.members(head)):
        for reader in check.sifting.of_class(one.name):
            present = list(reader.of_subjects(one, subjects))
            left = {record.key: record.subject or "" for record in present}
            for run in check.run_keys:
                for key, _ in _recognised(check, reader.alias, one.name, run, list(left)):
                    left.pop(key, None)
            found.update(left.values())
    return found


def _finding(check: _Check, record: Record, run: str, row: PlannedRow, topics: Sequence[str]) -> Finding | None:
    """The old rule over the record as it is now, held where it or its person is held; None without such a rule."""
    schedule = check.sifting.inputs.schedule
    try:
        rule = schedule.rule(row.rule)
    except KeyError:
        return None
    if schedule.get(rule.class_name).part_of:  # content with a clock of its own goes from living files too
        topics = [topic for topic in topics if topic != LIVING]
    head = Record("", rule.class_name, record.subject or record.key, record.subject, {}, {})
    kinds = check.sifting.holds.over(head)
    facts = {DESTROYED_BY: run}
    made = due_finding(check.sifting, record, rule, row.due_on, topics, facts, kinds, row.action)
    return replace(made, reason="it came back from a backup")


def _propose(check: _Check) -> str:
    if not check.sift:
        return ""
    project = check.project
    sifts.finish_sift(project.ledger, check.sift, project.now(), dict(check.back))
    return proposals.freeze(project.ledger, check.sift, project.now(), project.random).id


def _tell_log(project: Project, looked: Looked, signatory: Signatory, check: _Check, fenced: Mapping[str, int]) -> None:
    """Log the restores not told of yet, then that each store was looked through; from here destruction may go on."""
    told: list[Leaf] = [restore_leaf(sign) for sign in looked.fresh]
    places = [*sorted(set(check.sifting.readers)), *([LOG] if any(one.store == LOG for one in looked.signs) else [])]
    for place in places:
        counts = {"looked": check.looked.get(place, 0), "back": check.back.get(place, 0)}
        told.append({"type": "restore-checked", "store": place, "officer": signatory.person.name, **counts})
    at = project.now()
    with writing(project.ledger) as connection:
        for alias, epoch in fenced.items():
            releases.set_epoch(connection, alias, epoch, at)
        log.record(connection, told, at)
    project.sign_log()
