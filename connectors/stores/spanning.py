"""A reader of one store whose rules ask about records of other stores as well.

A page of records at a time: the store says which may be meant (a superset, by what it can answer itself); their keys,
dates and answers, and those of the records asked about, are brought together in a private database, and a reader of
that database, with the same compiler as any other, decides. Texts are asked where they lie. Memory is that of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, or_, true

from connectors.stores.base import ClassSource
from connectors.stores.bridge import Bridge, is_among
from connectors.stores.reading import CHUNK, StoreReader
from rules.review.values import Record
from rules.schedule.compile import NotInStoreError, flag
from rules.schedule.judge import clocks, follows_head
from rules.schedule.language import Condition, Every, Not, Some, Term
from rules.schedule.spanning import asks_of, span, texts_brought
from rules.schedule.values import AutomaticHold, Control, RecordClass, Rule, Schedule

Look = Callable[[StoreReader, RecordClass], Iterator[list[Record]]]


class SpanningReader(StoreReader):
    """Reads one store; `readers` are those of all stores, this one included, and `scratch` is where they meet."""

    def __init__(
        self,
        alias: str,
        connection: Connection,
        sources: Mapping[str, ClassSource],
        schedule: Schedule,
        zone: tzinfo,
        readers: Mapping[str, StoreReader],
        scratch: Connection,
    ) -> None:
        super().__init__(alias, connection, sources, schedule, zone)
        self._made_of = (alias, connection, sources, schedule, zone)
        self._schedule, self._readers, self._scratch = schedule, readers, scratch
        self._bridges: dict[RecordClass, Bridge | None] = {}
        self._plains: dict[RecordClass, StoreReader] = {}

    def candidates(self, record_class: RecordClass, as_of: date) -> Iterator[list[Record]]:
        """Pages of a superset of the records that a rule with its own clock makes due."""
        wanted = _only(record_class, rules=record_class.rules)
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).candidates(wanted, as_of)
        where = or_(false(), *(self._may_be_due(rule, as_of) for rule in _clocks(wanted)))
        return _through(bridge, where, lambda reader, cut: reader.candidates(cut, as_of))

    def undatable(self, record_class: RecordClass, as_of: date) -> Iterator[list[Record]]:
        """Pages of the records that a rule applies to and cannot date, less those among the candidates."""
        wanted = _only(record_class, rules=record_class.rules)
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).undatable(wanted, as_of)
        where = or_(false(), *map(self._may_lack_a_date, _clocks(wanted)))
        return _through(bridge, where, lambda reader, cut: reader.undatable(cut, as_of))

    def statement(self, record_class: RecordClass, rule: Rule, as_of: date) -> str:
        """The SELECTs of a rule's candidates: what each store is asked, and what decides over what was brought."""
        wanted = _only(record_class, rules=(rule,))
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).statement(wanted, rule, as_of)
        return bridge.statement(self._may_be_due(rule, as_of), as_of)

    def open_files(self, record_class: RecordClass, as_of: date) -> Iterator[list[Record]]:
        """Pages of the heads that are open by the class's `open_when`."""
        assert record_class.open_when is not None
        wanted = _only(record_class, open_when=record_class.open_when)
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).open_files(wanted, as_of)
        where = self._may_be(wanted.name, record_class.open_when)
        return _through(bridge, where, lambda reader, cut: reader.open_files(cut, as_of))

    def unruled(self, record_class: RecordClass) -> int:
        """How many heads are neither open nor under any rule: nothing would ever be said about them."""
        wanted = _only(record_class, rules=record_class.rules, open_when=record_class.open_when)
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).unruled(wanted)
        return sum(bridge.reader.unruled(bridge.record_class) for _ in bridge.pages(true()))

    def matching(self, record_class: RecordClass, condition: Condition) -> Iterator[list[Record]]:
        """Pages of the records for which a condition is true."""
        wanted = _about(record_class, condition)
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).matching(wanted, condition)
        where = self._may_be(wanted.name, condition)
        return _through(bridge, where, lambda reader, cut: reader.matching(cut, cut.holds[0].when))

    def not_excluded(self, record_class: RecordClass, condition: Condition) -> Iterator[list[Record]]:
        """Pages of the records for which a condition is true, or of which nobody can tell."""
        wanted = _about(record_class, condition)
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).not_excluded(wanted, condition)
        where = self._may_not_be_false(wanted.name, condition)
        return _through(bridge, where, lambda reader, cut: reader.not_excluded(cut, cut.holds[0].when))

    def any_not_excluded(self, record_class: RecordClass, condition: Condition, keys: Sequence[str]) -> bool:
        """Whether a condition is true of one of these records, or nobody can tell."""
        wanted = _about(record_class, condition)
        try:
            bridge = self._bridge(wanted)
            if bridge is None:
                return self._plain(wanted).any_not_excluded(wanted, condition, keys)
            cut = bridge.record_class
            found = self._brought(bridge, wanted.key, keys)
            return any(bridge.reader.any_not_excluded(cut, cut.holds[0].when, page) for page in found)
        except NotInStoreError:
            return True

    def flagged(self, record_class: RecordClass, control: Control, as_of: date) -> Iterator[list[Record]]:
        """Pages of the records for which a control's condition is true, and perhaps its time over."""
        wanted = _only(record_class, controls=(control,))
        bridge = self._bridge(wanted)
        if bridge is None:
            return self._plain(wanted).flagged(wanted, control, as_of)
        where = self._may_be(wanted.name, control.flag_when)
        if control.after is not None:
            over = self.compiler.in_range(control.after, self.sources[wanted.name], as_of)
            where = and_(where, or_(over, self._may_be_undated(wanted.name, control.after)))
        return _through(bridge, where, lambda reader, cut: reader.flagged(cut, cut.controls[0], as_of))

    def of_subjects(self, record_class: RecordClass, subjects: Sequence[str]) -> Iterator[Record]:
        """All records of these subjects."""
        wanted = _only(record_class, rules=record_class.rules)
        bridge = self._bridge(wanted)
        if bridge is None:
            yield from self._plain(wanted).of_subjects(wanted, subjects)
        elif wanted.subject is not None:
            yield from self._of(bridge, wanted.subject, subjects)

    def by_keys(self, record_class: RecordClass, keys: Sequence[str]) -> Iterator[Record]:
        """The records with these keys, those that are still there."""
        wanted = _only(record_class, rules=record_class.rules)
        bridge = self._bridge(wanted)
        if bridge is None:
            yield from self._plain(wanted).by_keys(wanted, keys)
        else:
            yield from self._of(bridge, wanted.key, keys)

    def _of(self, bridge: Bridge, field: str, values: Sequence[str]) -> Iterator[Record]:
        for keys in self._brought(bridge, field, values):
            found = list(bridge.reader.by_keys(bridge.record_class, keys))
            yield from (record._replace(beyond=bridge.beyond) for record in found)

    def _brought(self, bridge: Bridge, field: str, values: Sequence[str]) -> Iterator[list[str]]:
        """Bring the records that have one of these values in a field, a page at a time; yield their keys."""
        column = self.sources[bridge.record_class.name].columns[field]
        for start in range(0, len(values), CHUNK):
            yield from bridge.pages(is_among(column, values[start : start + CHUNK]))

    def _bridge(self, record_class: RecordClass) -> Bridge | None:
        """Where the records of a class meet those it asks about in other stores; None if it asks about none.

        Raises NotInStoreError for a text by which stores would have to be joined.
        """
        if record_class not in self._bridges:
            cut = span(record_class, self._elsewhere())
            for class_name, field in texts_brought(cut, self._schedule) if cut is not None else ():
                raise NotInStoreError(f"{class_name}.{field}")  # a text does not leave its store
            number = len(self._bridges)
            self._bridges[record_class] = (
                None if cut is None else Bridge(self, cut, self._readers, self._scratch, self._schedule, number)
            )
        return self._bridges[record_class]

    def _plain(self, record_class: RecordClass) -> StoreReader:
        """A reader of this store alone for a class whose conditions it can answer."""
        return self._plains.setdefault(record_class, StoreReader(*self._made_of))

    def _elsewhere(self) -> frozenset[str]:
        """The classes that another store holds, alone or beside this one."""
        return frozenset(name for alias, one in self._readers.items() if alias != self.alias for name in one.sources)

    def _may_be_due(self, rule: Rule, as_of: date) -> ColumnElement[Any]:
        return and_(self._may_apply(rule), self.compiler.in_range(rule.keep, self.sources[rule.class_name], as_of))

    def _may_lack_a_date(self, rule: Rule) -> ColumnElement[Any]:
        return and_(self._may_apply(rule), self._may_be_undated(rule.class_name, rule.keep))

    def _may_be_undated(self, class_name: str, term: Term) -> ColumnElement[Any]:
        events = any(ref.of for part in clocks(term) for ref in part.triggers)
        return true() if events else self.compiler.undated(class_name, term)

    def _may_apply(self, rule: Rule) -> ColumnElement[Any]:
        return true() if rule.applies_to is None else self._may_be(rule.class_name, rule.applies_to)

    def _may_be(self, class_name: str, condition: Condition, *, true_: bool = True) -> ColumnElement[Any]:
        """Whether, for all that this store knows, the condition may be true (or false)."""
        if not asks_of(condition, self._elsewhere()):
            known = self.compiler.condition(condition, self.sources[class_name])
            return known if true_ else not_(known)
        if isinstance(condition, Not):
            return self._may_be(class_name, condition.inner, true_=not true_)
        if isinstance(condition, Every | Some):
            parts = [self._may_be(class_name, part, true_=true_) for part in condition.parts]
            return and_(*parts) if isinstance(condition, Every) is true_ else or_(*parts)
        return true()

    def _may_not_be_false(self, class_name: str, condition: Condition) -> ColumnElement[Any]:
        """Whether, for all that this store knows, the condition may be true or unknown."""
        if not asks_of(condition, self._elsewhere()):
            answer = flag(self.compiler.condition(condition, self.sources[class_name]))
            return func.coalesce(answer, 1) == 1
        if isinstance(condition, Every | Some):
            parts = [self._may_not_be_false(class_name, part) for part in condition.parts]
            return and_(*parts) if isinstance(condition, Every) else or_(*parts)
        return true()


def _through(bridge: Bridge, where: ColumnElement[Any], look: Look) -> Iterator[list[Record]]:
    """Pages of what `look` finds among the records for which `where` holds."""
    for _ in bridge.pages(where):
        # Taken whole before anything else is brought to where it was read.
        found = list(look(bridge.reader, bridge.record_class))
        yield from ([record._replace(beyond=bridge.beyond) for record in page] for page in found)


def _only(record_class: RecordClass, **kept: Any) -> RecordClass:
    """The class with these of its rules, controls, holds and states: what else it asks is not looked up."""
    nothing: dict[str, Any] = {"rules": (), "controls": (), "holds": (), "open_when": None}
    return replace(record_class, **{**nothing, **kept})


def _about(record_class: RecordClass, condition: Condition) -> RecordClass:
    """The class with nothing to ask but this condition, as the one of its holds."""
    return _only(record_class, holds=(AutomaticHold("", record_class.name, "", condition),))


def _clocks(record_class: RecordClass) -> list[Rule]:
    return [rule for rule in record_class.rules if not follows_head(rule.keep)]
