"""Which controls carry out which clauses of the source policies, and by what: resolved against the packs.

Pure: the texts of the data files, the parsed packs and a test for modules are handed in. A name that leads nowhere is a
mistake, not a gap: a control that calls itself enforced is carried out by something that exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.errors import BadInput
from rules.located import Located, Reading, read_yaml, suggest
from rules.schedule.values import Schedule

FEATURES = "features"


class Status(StrEnum):
    """How far a control or clause is carried out; strongest first."""

    ENFORCED = "enforced"
    EVIDENCED = "evidenced"
    ATTESTED = "attested"
    PLANNED = "planned"
    NONE = "none"
    UNCOVERED = "uncovered"


ORDER = list(Status)
RUNS = (Status.ENFORCED, Status.EVIDENCED)
_OF_CONTROL = (*RUNS, Status.ATTESTED, Status.PLANNED)
_OF_CLAUSE = (Status.ATTESTED, Status.NONE)


@dataclass(frozen=True)
class Control:
    """One checkable demand. `by` gives names of each pack (and of `FEATURES`); `needs` what is missing."""

    id: str
    title: str
    status: Status
    by: Mapping[str, tuple[str, ...]]
    needs: str
    place: Located


@dataclass(frozen=True)
class Clause:
    """One clause of a policy; `declared` is its status where no control carries it out, with the reason.

    `lines` are those of the source text, where the policy is cited by line.
    """

    id: str
    says: str
    controls: tuple[str, ...]
    declared: Status | None
    because: str
    lines: str
    place: Located


@dataclass(frozen=True)
class Policy:
    """A source policy, its pack, and its clauses. `headings` are lines of the text that are no clause."""

    id: str
    name: str
    pack: str
    clauses: tuple[Clause, ...]
    headings: tuple[str, ...]
    place: Located


@dataclass(frozen=True)
class ClauseCovered:
    """One line of the answer: a clause, its status, and its controls as (id, status, title)."""

    policy: str
    clause: str
    says: str
    status: Status
    controls: tuple[tuple[str, Status, str], ...]
    because: str


@dataclass(frozen=True)
class Coverage:
    """Every clause with its status, every control, and their totals by status."""

    clauses: tuple[ClauseCovered, ...]
    controls: tuple[Control, ...]

    @property
    def uncovered(self) -> tuple[ClauseCovered, ...]:
        """The clauses that nothing carries out and nobody excused."""
        return tuple(item for item in self.clauses if item.status is Status.UNCOVERED)

    def clause_totals(self, policy: str = "") -> dict[str, int]:
        """How many clauses have each status, in one policy or in all."""
        return _totals(item.status for item in self.clauses if policy in ("", item.policy))

    def control_totals(self) -> dict[str, int]:
        """How many controls have each status."""
        return _totals(item.status for item in self.controls)


def _totals(found: Iterator[Status]) -> dict[str, int]:
    counted = Counter(found)
    return {status.value: counted[status] for status in ORDER if counted[status]}


def read_controls(text: str, file: str) -> tuple[tuple[Control, ...], Reading]:
    """Read the file of controls; mistakes are collected in the Reading."""
    top, reading = read_yaml(text, file)
    reading.known(top, ("controls",))
    found = []
    for name, at in reading.need(top, "controls").mapping.items():
        reading.known(at, ("title", "status", "by", "needs"))
        by = at.mapping.get("by")
        refs = {pack: tuple(item.text for item in refs.items) for pack, refs in (by.mapping if by else {}).items()}
        needs = at.mapping["needs"].text if "needs" in at.mapping else ""
        status = _status(at, _OF_CONTROL, reading)
        found.append(Control(name, reading.need_text(at, "title").text, status, refs, needs, at))
    return tuple(found), reading


def read_policies(text: str, file: str) -> tuple[tuple[Policy, ...], Reading]:
    """Read the file of clauses; mistakes are collected in the Reading."""
    top, reading = read_yaml(text, file)
    reading.known(top, ("policies",))
    found = []
    for name, at in reading.need(top, "policies").mapping.items():
        reading.known(at, ("name", "pack", "headings", "clauses"))
        entries = reading.need(at, "clauses").mapping
        clauses = tuple(_clause(clause, entry, reading) for clause, entry in entries.items())
        headings = tuple(item.text for item in at.mapping["headings"].items) if "headings" in at.mapping else ()
        title, pack = reading.need_text(at, "name").text, reading.need_text(at, "pack").text
        found.append(Policy(name, title, pack, clauses, headings, at))
    return tuple(found), reading


def _clause(name: str, at: Located, reading: Reading) -> Clause:
    reading.known(at, ("says", "controls", "status", "because", "lines"))
    declared = _status(at, _OF_CLAUSE, reading) if "status" in at.mapping else None
    because = reading.need_text(at, "because").text if declared is not None else ""
    controls = tuple(item.text for item in at.mapping["controls"].items) if "controls" in at.mapping else ()
    lines = at.mapping["lines"].text if "lines" in at.mapping else name
    return Clause(name, reading.need_text(at, "says").text, controls, declared, because, lines, at)


def _status(at: Located, allowed: tuple[Status, ...], reading: Reading) -> Status:
    found = reading.need_text(at, "status")
    words = [status.value for status in allowed]
    if found.text and found.text not in words:
        reading.wrong(found, f"unknown status {found.text!r}", f"Write {suggest(found.text, words)}")
    return Status(found.text) if found.text in words else Status.PLANNED


def names_in(schedule: Schedule) -> frozenset[str]:
    """What may carry a control out: ids of rules, controls and automatic holds, quality checks as `class/words`."""
    found: set[str] = set()
    for record_class in schedule.classes:
        found |= {rule.id for rule in record_class.rules} | {control.id for control in record_class.controls}
        found |= {hold.id for hold in record_class.holds}
        found |= {f"{record_class.name}/{check.id}" for check in record_class.expectations}
    return frozenset(found)


def cover(
    clauses: tuple[str, str],
    controls: tuple[str, str],
    packs: Mapping[str, Schedule],
    module_exists: Callable[[str], bool],
) -> Coverage:
    """Resolve the two files, each as (text, file name). Raises BadInput with every mistake of both."""
    policies, reading_policies = read_policies(*clauses)
    known, reading_controls = read_controls(*controls)
    for control in known:
        _check_control(control, packs, module_exists, reading_controls)
    by_id = {control.id: control for control in known}
    for policy in policies:
        _check_policy(policy, by_id, packs, reading_policies)
    problems = [*reading_policies.problems, *reading_controls.problems]
    if problems:
        raise BadInput(problems)
    rows = tuple(_covered(policy, clause, by_id) for policy in policies for clause in policy.clauses)
    return Coverage(rows, known)


def _check_control(
    control: Control, packs: Mapping[str, Schedule], module_exists: Callable[[str], bool], reading: Reading
) -> None:
    if control.status in RUNS and not any(control.by.values()):
        reading.wrong(control.place, f"{control.id} is {control.status} by nothing", "Name what does it under `by`")
    if control.status is Status.PLANNED and not control.needs:
        reading.wrong(control.place, f"{control.id} is planned", "Say under `needs` what is missing")
    if control.status not in RUNS and control.by:
        reading.wrong(control.place, f"{control.id} is {control.status} and names what carries it out", "Choose one")
    for pack, names in control.by.items():
        if pack == FEATURES:
            for name in names:
                if not module_exists(name):
                    reading.wrong(control.place, f"there is no module {name}")
        elif pack not in packs:
            reading.wrong(control.place, f"there is no pack {pack!r}", f"Write {suggest(pack, packs)}")
        else:
            known = names_in(packs[pack])
            for name in names:
                if name not in known:
                    close = suggest(name, known) if len(known) < 20 else "the id of a rule, control or hold"
                    reading.wrong(control.place, f"{pack} has no {name!r}", f"Write {close}")


def _check_policy(
    policy: Policy, by_id: Mapping[str, Control], packs: Mapping[str, Schedule], reading: Reading
) -> None:
    if policy.pack not in packs:
        reading.wrong(policy.place, f"there is no pack {policy.pack!r}", f"Write {suggest(policy.pack, packs)}")
    for clause in policy.clauses:
        for name in clause.controls:
            control = by_id.get(name)
            if control is None:
                reading.wrong(clause.place, f"unknown control {name!r}", f"Write {suggest(name, by_id)}")
            elif control.status in RUNS and not (control.by.get(policy.pack) or control.by.get(FEATURES)):
                what = f"{name} is carried out in other packs, and not in {policy.pack}"
                reading.wrong(clause.place, what, "Carry it out there, or say what is planned")


def _covered(policy: Policy, clause: Clause, by_id: Mapping[str, Control]) -> ClauseCovered:
    controls = tuple((name, by_id[name].status, by_id[name].title) for name in clause.controls)
    status = clause.declared or min((one for _, one, _ in controls), key=ORDER.index, default=Status.UNCOVERED)
    return ClauseCovered(policy.id, clause.id, clause.says, status, controls, clause.because)
