"""Whole files: a head with its members from every store, judged together, found together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from operations.sifting.found import REVIEW, due_finding, undatable
from operations.sifting.identity import PERHAPS_TWICE
from operations.sifting.session import Place, Sifting
from rules.review.values import PERHAPS_ALSO, Finding, Record
from rules.schedule.calendar import age_on, parse_date
from rules.schedule.files import FileVerdict, judge_fields, judge_file, judge_head
from rules.schedule.judge import Contact, State, follows_head
from rules.schedule.values import RecordClass, Role, Rule


@dataclass(frozen=True)
class File:
    """A due head, its verdict, and the members found in every store. `others` are further heads of the same person."""

    head: Record
    verdict: FileVerdict
    contact: Contact
    members: tuple[Record, ...] = ()
    others: tuple[Record, ...] = ()

    @property
    def heads(self) -> tuple[Record, ...]:
        """Every head of the file."""
        return (self.head, *self.others)

    @property
    def records(self) -> tuple[Record, ...]:
        """Everything that goes together."""
        return (*self.heads, *self.members)


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
        topics = self.sifting.topics(record for file in due for record in file.records)
        return found + [item for file in due for item in self._due(file, topics)]

    def files(self, heads: Sequence[Record]) -> list[File]:
        """The judged files of the heads whose own rules have run out or cannot be dated."""
        run_out = [file for file in self._judged(heads) if file.verdict.state is not State.NOT_DUE]
        due = [file.head for file in run_out if file.verdict.state is State.DUE]
        sure = {head.place for head in due if self._is_sure(head)}
        together_only = sure & {file.head.place for file in run_out if self._whole_file(file)}
        subjects = [head.subject for head in due if head.subject and head.place in together_only]
        members, together = self._members(subjects), self._together(subjects)
        found = [file for file in run_out if file.verdict.state is State.UNDATABLE]
        for file in run_out:
            if file.head.place in together_only:
                found += self._whole(file, together.get(file.head.subject or "", [file]), members)
            elif file.head.place in sure:
                found.append(file)  # a rule about fields concerns this record alone
        return found

    def _whole_file(self, file: File) -> bool:
        """Whether a due rule lets the whole file go, and not only something within its head."""
        return file.verdict.state is State.DUE and self._rule(file.verdict.rule).then.takes_row

    def _judged(self, heads: Sequence[Record]) -> list[File]:
        """Each head by its own rules."""
        contacts = self.sifting.contacts(self.head_class, [head.subject for head in heads if head.subject])
        bench = self.sifting.bench
        with_contact = [(head, contacts.get(head.subject or "", Contact())) for head in heads]
        return [File(head, judge_head(bench, self.head_class, head, last), last) for head, last in with_contact]

    def _is_sure(self, head: Record) -> bool:
        """Whether it is certain what belongs to this head's file: it has a case number, spelt in one way everywhere."""
        joined = self.head_class.subject is None or bool((head.subject or "").strip())
        return joined and not self.sifting.doubtful(head)

    def _together(self, subjects: Sequence[str]) -> dict[str, list[File]]:
        """All heads of each person, judged, where a person can have several: they make one file."""
        readers = self.sifting.of_class(self.head_class.name)
        if len(readers) == 1 and self.head_class.key == self.head_class.subject:
            return {}
        heads = [head for reader in readers for head in reader.of_subjects(self.head_class, subjects)]
        found: dict[str, list[File]] = {}
        for file in sorted(self._judged(heads), key=lambda one: one.head.place):
            found.setdefault(file.head.subject or "", []).append(file)
        return found

    def _whole(self, file: File, together: Sequence[File], members: Mapping[str, Sequence[Record]]) -> Iterator[File]:
        """The whole file, told once with its first head; where a record keeps it, what is due within this head."""
        verdict = FileVerdict(State.NOT_DUE)
        if all(map(self._whole_file, together)):
            last = max(together, key=lambda one: one.verdict.due_on or date.min)
            mine = tuple(members.get(file.head.subject or "", ()))
            verdict = judge_file(self.sifting.bench, self.sifting.inputs.schedule, last.verdict, mine)
            if file.head.place == together[0].head.place:
                yield File(file.head, verdict, file.contact, mine, tuple(one.head for one in together[1:]))
        if verdict.state is not State.DUE:
            fields = judge_fields(self.sifting.bench, self.head_class, file.head, file.contact)
            yield File(file.head, fields, file.contact)

    def _members(self, subjects: Sequence[str]) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record_class in self.sifting.inputs.schedule.members(self.head_class.name):
            for reader in self.sifting.of_class(record_class.name):
                for record in reader.of_subjects(record_class, subjects):
                    found.setdefault(record.subject or "", []).append(record)
        return found

    def _due(self, file: File, topics: Mapping[Place, tuple[str, ...]]) -> Iterator[Finding]:
        records = file.records
        rule = self._rule(file.verdict.rule)
        holds = sorted({kind for record in records for kind in self.sifting.holds.over(record)})
        facts = self._facts(file)
        other = self.sifting.other_number(file.head)
        if other is not None:
            facts[PERHAPS_ALSO] = other
        for record in records:
            said = topics.get(record.place, ())
            if other is not None:  # of every record: no decision on a group may cover a part of the file
                said = (*said, PERHAPS_TWICE)
            if record is file.head:
                said = (*said, *self._read_first(file, topics))
            elif self._reviewed(record) and rule.then.kind != "review":
                said = (*said, REVIEW)
            yield due_finding(
                self.sifting, record, rule, file.verdict.due_on, said, facts, holds, action=rule.then.carried_out
            )

    def _reviewed(self, member: Record) -> bool:
        """Whether a rule of the member's own orders a review, whatever the file's rule says."""
        rules = self.sifting.inputs.schedule.get(member.class_name).rules
        applying = (rule for rule in rules if member.flags.get(f"{rule.id}.applies_to", True) is True)
        return any(rule.then.kind == "review" for rule in applying)

    def _read_first(self, file: File, topics: Mapping[Place, tuple[str, ...]]) -> Iterator[str]:
        """Why a named person reads the whole file first: a death, a register entry, a risk in any member."""
        if any(head.dates.get(name) for head in file.heads for name in self.head_class.with_role(Role.DEATH)):
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
