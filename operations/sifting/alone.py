"""Content with a clock of its own (session notes, test results): judged record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.ledger import sifts
from connectors.ledger.base import Ledger
from operations.sifting.found import breach, due_finding, undatable
from operations.sifting.session import Sifting
from rules.review.values import Finding, Record
from rules.schedule.files import judge_alone
from rules.schedule.judge import State, Verdict
from rules.schedule.values import RecordClass

_REMEMBERED = 100_000  # verdicts; days and flags repeat, so few records are the first of their kind


def alone(sifting: Sifting, record_class: RecordClass, ledger: Ledger, sift_id: int) -> Iterator[list[Finding]]:
    """Content with its own clock, less the records that go (or stay) with their file."""
    verdict_of = Verdicts(sifting, record_class)
    for reader in sifting.of_class(record_class.name):
        for pages in (reader.candidates, reader.undatable):
            for page in pages(record_class, sifting.inputs.as_of):
                verdicts = [(record, verdict_of(record)) for record in page]
                wanted = [pair for pair in verdicts if pair[1].state is not State.NOT_DUE]
                keys = [record.key for record, _ in wanted]
                settled = sifts.with_finding(ledger, sift_id, reader.alias, record_class.name, keys)
                fresh = [(record, verdict) for record, verdict in wanted if record.key not in settled]
                yield list(alone_findings(sifting, record_class, fresh))


class Verdicts:
    """The verdicts of one class: records with the same dates and flags get the same one, judged once."""

    def __init__(self, sifting: Sifting, record_class: RecordClass) -> None:
        self._bench, self._class = sifting.bench, record_class
        self._known: dict[tuple[object, ...], Verdict] = {}

    def __call__(self, record: Record) -> Verdict:
        """What `judge_alone` says of the record."""
        alike = (*record.dates.values(), *record.flags.values())
        verdict = self._known.get(alike)
        if verdict is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            verdict = self._known[alike] = judge_alone(self._bench, self._class, record)
        return verdict


def alone_findings(
    sifting: Sifting, record_class: RecordClass, judged: Iterable[tuple[Record, Verdict]]
) -> Iterator[Finding]:
    """The findings of records judged by their own clock."""
    by_rule = {rule.id: rule for rule in record_class.rules}
    # What a file's other records would say (a complaint, a hold) can't be asked where its number is in doubt.
    judged = [pair for pair in judged if pair[1].state is not State.DUE or not sifting.doubtful(pair[0])]
    due = [record for record, verdict in judged if verdict.state is State.DUE]
    topics = sifting.topics(due)
    for record, verdict in judged:
        rule = by_rule[verdict.rule]
        if verdict.state is State.BREACH:
            yield breach(record, rule.id, rule.otherwise)
        elif verdict.state is State.UNDATABLE:
            yield undatable(record, rule)
        else:
            said = topics.get(record.place, ()) if topics else ()
            yield due_finding(sifting, record, rule, verdict.due_on, said, {})
