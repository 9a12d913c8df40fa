"""Whole files: a head with its members from every store, judged together, found together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.stores.reading import StoreReader
from operations.sifting.found import due_finding, undatable
from operations.sifting.session import Place, Sifting
from rules.review.values import Finding, Record
from rules.schedule.calendar import age_on, parse_date
from rules.schedule.files import FileVerdict, judge_file, judge_head
from rules.schedule.judge import Contact, State, follows_head
from rules.schedule.values import RecordClass, Role, Rule


@dataclass(frozen=True)
class File:
    """A due head, its verdict, and the members found in every store."""

    head: Record
    verdict: FileVerdict
    contact: Contact
    members: tuple[Record, ...]


@dataclass(frozen=True)
class FileSift:
    """Judges the files of one head class."""

    sifting: Sifting
    head_class: RecordClass

    def findings(self) -> Iterator[list[Finding]]:
        """Pages of findings: past retention, held and undatable."""
        as_of = self.sifting.inputs.as_of
        for reader in self.sifting.of_class(self.head_class.name):
            if self.head_class.rules:
                for page in reader.candidates(self.head_class, as_of):
                    yield self.judge_page(page)
                for page in reader.undatable(self.head_class, as_of):
                    yield self.judge_page(page)

    def judge_page(self, heads: Sequence[Record]) -> list[Finding]:
        """The findings of the files that these heads carry."""
        files = self.files(heads)
        found = [undatable(record, self._rule(rule)) for file in files for record, rule in file.verdict.undatable]
        due = [file for file in files if file.verdict.state is State.DUE]
        topics = self.sifting.topics(record for file in due for record in (file.head, *file.members))
        return found + [item for file in due for item in self._due(file, topics)]

    def files(self, heads: Sequence[Record]) -> list[File]:
        """The judged files of the heads whose own rules have run out or cannot be dated."""
        contacts = self.sifting.contacts(self.head_class, [head.subject for head in heads if head.subject])
        run_out: list[tuple[Record, FileVerdict, Contact]] = []
        for head in heads:
            contact = contacts.get(head.subject or "", Contact())
            verdict = judge_head(self.sifting.bench, self.head_class, head, contact)
            if verdict.state is not State.NOT_DUE:
                run_out.append((head, verdict, contact))
        members = self._members([head.subject for head, v, _ in run_out if head.subject and v.state is State.DUE])
        return [
            self._file(head, verdict, contact, members.get(head.subject or "", ()))
            for head, verdict, contact in run_out
        ]

    def _file(self, head: Record, verdict: FileVerdict, contact: Contact, members: Sequence[Record]) -> File:
        if verdict.state is State.DUE:
            verdict = judge_file(self.sifting.bench, self.sifting.inputs.schedule, verdict, members)
        return File(head, verdict, contact, tuple(members))

    def _members(self, subjects: Sequence[str]) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record_class in self.sifting.inputs.schedule.members(self.head_class.name):
            for reader in self.sifting.of_class(record_class.name):
                for record in reader.of_subjects(record_class, subjects):
                    found.setdefault(record.subject or "", []).append(record)
        return found

    def _due(self, file: File, topics: Mapping[Place, tuple[str, ...]]) -> Iterator[Finding]:
        records = (file.head, *file.members)
        rule = self._rule(file.verdict.rule)
        holds = sorted({kind for record in records for kind in self.sifting.holds.over(record)})
        facts = self._facts(file)
        for record in records:
            said = topics.get(record.place, ())
            if record is file.head:
                said = (*said, *self._read_first(file, topics))
            yield due_finding(
                self.sifting, record, rule, file.verdict.due_on, said, facts, holds, action=rule.then.carried_out
            )

    def _read_first(self, file: File, topics: Mapping[Place, tuple[str, ...]]) -> Iterator[str]:
        """Why a named person reads the whole file first: a death, a register entry, a risk in any member."""
        if any(file.head.dates.get(name) for name in self.head_class.with_role(Role.DEATH)):
            yield "death recorded"
        schedule = self.sifting.inputs.schedule
        for name in sorted({member.class_name for member in file.members}):
            record_class = schedule.get(name)
            extends = any(follows_head(rule.keep) for rule in record_class.rules)
            if extends and record_class.with_role(Role.FREE_TEXT):
                yield f"{name} on file"
        yield from sorted({topic for member in file.members for topic in topics.get(member.place, ())})

    def _facts(self, file: File) -> dict[str, str]:
        """Dates that the reviewer sees: triggers, last contact and age at close; nothing unreadable."""
        zone = self.sifting.bench.zone
        dated = {name: parse_date(text, zone) for name, text in file.head.dates.items()}
        facts = {name: day.isoformat() for name, day in dated.items() if day is not None}
        if file.contact.latest is not None:
            facts["last contact"] = file.contact.latest.isoformat()
        births = [dated.get(name) for name in self.head_class.with_role(Role.BIRTHDAY)]
        closes = [dated.get(name) for name in self.head_class.with_role(Role.TRIGGER)]
        if births and closes and births[0] is not None and closes[0] is not None:
            facts["age at close"] = str(age_on(births[0], closes[0]))
        return {name: text for name, text in facts.items() if name not in self.head_class.with_role(Role.BIRTHDAY)}

    def _rule(self, rule_id: str) -> Rule:
        return self.sifting.inputs.schedule.rule(rule_id)


def still_due(sifting: Sifting, head_class: RecordClass, reader: StoreReader, subjects: Sequence[str]) -> set[Place]:
    """The records of these subjects' files that are due and not held now: judged again before a run destroys."""
    heads = list(reader.of_subjects(head_class, subjects))
    found = FileSift(sifting, head_class).judge_page(heads)
    return {(item.store, item.class_name, item.key) for item in found if item.kind == "past_retention"}
