"""Compile conditions and terms to SQLAlchemy: each rule becomes SELECTs that its own store runs.

A SELECT of candidates returns a superset of what is due: sargable ranges over the trigger columns, whose
cut-off dates are computed here and not per row. A second SELECT finds what cannot be dated. `judge` decides
every row of both, so a date that a database would compare by accident (`''`, `12/01/2026`, 1700000000)
can never make a record due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import and_, case, exists, false, func, literal, not_, or_, select, true

from rules.schedule.calendar import add, birthday, latest_start, year_end
from rules.schedule.judge import clocks
from rules.schedule.language import (
    LAST_CONTACT,
    After,
    Birthday,
    Condition,
    FieldRef,
    Forever,
    Longest,
    Period,
    Term,
    Until,
    WithHead,
)
from rules.schedule.questions import Expression, NotInStoreError, Questions, Source, as_text, flag
from rules.schedule.sql_functions import exact_text
from rules.schedule.values import RecordClass, Role, Rule, Schedule
from rules.schedule.working_days import last_start
from rules.schedule.yardstick import UNREADABLE

__all__ = ["Compiler", "Expression", "NotInStoreError", "Source", "as_text", "cutoff", "flag", "own", "triggers_of"]


@dataclass(frozen=True)
class Compiler:
    """Compiles for one store: `sources` are its classes; queries and events look among `asked` before them."""

    schedule: Schedule
    sources: Mapping[str, Source]
    asked: Mapping[str, Source] = field(default_factory=dict)

    def source(self, class_name: str) -> Source:
        """The source of a class. Raises NotInStoreError."""
        if class_name not in self.sources:
            raise NotInStoreError(class_name)
        return self.sources[class_name]

    def condition(self, condition: Condition, here: Source, *, cautious: bool = False) -> Expression:
        """The condition as SQL in three-valued logic. Raises NotInStoreError.

        `cautious`: a query is unknown, not empty, where an enclosing record lacks the field that joins the two.
        """
        try:
            return Questions(self._alias, self.schedule.zone, (here,), cautious).ask(condition)
        except KeyError as missing:
            raise NotInStoreError(str(missing.args[0])) from None

    def _alias(self, class_name: str) -> Source:
        source = self.asked.get(class_name) or self.source(class_name)
        alias = source.table.alias()
        columns = {
            # A field that the store declares absent is a bare NULL, of no table.
            name: alias.c[column.key] if column.key is not None and column.key in alias.c else column
            for name, column in source.columns.items()
        }
        return Source(alias, columns, source.native_dates)

    def _absent(self, class_name: str, ref: FieldRef) -> Expression:
        if ref.of:
            return self.event(class_name, ref).is_(None)
        return self.source(class_name).columns[ref.name].is_(None)

    def event(self, class_name: str, ref: FieldRef) -> Expression:
        """The latest date of a field in another class for the same subject: NULL when there is none.

        A date among them that cannot be read makes the whole event unreadable. Raises NotInStoreError.
        """
        here, other = self.source(class_name), self._alias(ref.of)
        mine, theirs = self.schedule.get(class_name).subject, self.schedule.get(ref.of).subject
        assert mine is not None  # the parser sees to both
        assert theirs is not None
        try:
            person, self_ = as_text(other.columns[theirs]), here.filled(mine)
            same = and_(person == self_, exact_text(person) == exact_text(self_))
            text = as_text(other.columns[ref.name])
        except KeyError as missing:
            raise NotInStoreError(str(missing.args[0])) from None
        dirty = and_(same, other.columns[ref.name].is_not(None), not_(other.readable(ref.name)))
        found = select(literal(1)).select_from(other.table).where(dirty)
        latest = select(func.max(text)).select_from(other.table).where(same).scalar_subquery()
        # Whose events a record without a subject has, nobody knows.
        return case((or_(here.text(mine).is_(None), exists(found)), literal(UNREADABLE)), else_=latest)

    def flags(self, rule: Rule) -> Iterator[tuple[str, Expression]]:
        """Yield (flag name, 1 / 0 / NULL) for the rule's conditions, as `judge` expects them."""
        here = self.source(rule.class_name)
        parts = {"applies_to": rule.applies_to, "only_if": rule.only_if, "unless": rule.unless}
        for name, part in parts.items():
            if part is not None:
                yield f"{rule.id}.{name}", flag(self.condition(part, here, cautious=name != "applies_to"))

    def applies(self, rule: Rule) -> Expression:
        """The rule's `applies_to`, or true."""
        return self.condition(rule.applies_to, self.source(rule.class_name)) if rule.applies_to else true()

    def in_range(self, term: Term, here: Source, as_of: date) -> Expression:
        """A sargable superset of the records whose `term` has run out on `as_of` (readable dates only)."""
        if isinstance(term, WithHead):
            return true()
        if isinstance(term, Until | Forever):
            return true() if isinstance(term, Until) and term.day <= as_of else false()
        if isinstance(term, Longest):
            return and_(*(self.in_range(part, here, as_of) for part in term.terms))
        if isinstance(term, Birthday):
            return self._up_to(here, term.of, cutoff(self.schedule, term, as_of), optional=False)
        names = [(ref.name, ref.optional) for ref in term.triggers if own(ref)]
        last = cutoff(self.schedule, term, as_of)
        return and_(true(), *(self._up_to(here, name, last, optional=optional) for name, optional in names))

    def recent_contact(self, record_class: RecordClass, as_of: date) -> Expression:
        """Whether a contact field of the record itself shows that it can't be dormant; never NULL, may miss some."""
        here, period = self.source(record_class.name), record_class.dormant or Period()
        guess = add(as_of, Period(-period.years, -period.months, -period.weeks, -period.days))
        last = latest_start(lambda start: add(start, period), as_of, guess) or date.min
        awake = min(last, date.max - timedelta(days=3)) + timedelta(days=3)
        later = [
            and_(here.readable(name), here.columns[name] > (awake if name in here.native_dates else awake.isoformat()))
            for name in record_class.with_role(Role.CONTACT)
        ]
        return func.coalesce(or_(false(), *later), false())

    def _up_to(self, here: Source, name: str, last: date | None, *, optional: bool) -> Expression:
        if last is None:
            return false()
        column = here.columns[name]
        # An instant may be written in an offset that is a day and a half ahead of the schedule's zone, at most.
        end = min(last, date.max - timedelta(days=3)) + timedelta(days=3)
        within = column < (end if name in here.native_dates else end.isoformat())
        return or_(within, column.is_(None)) if optional else within

    def undatable(self, rule: Rule) -> Expression:
        """Records to which `rule` applies and one of whose triggers is missing or unreadable."""
        return and_(self.applies(rule), self.undated(rule.class_name, rule.keep))

    def undated(self, class_name: str, term: Term) -> Expression:
        """Records of a class for which nobody can tell when `term` runs out."""
        here = self.source(class_name)
        bad = [
            and_(here.columns[name].is_not(None), not_(here.readable(name))) if optional else not_(here.readable(name))
            for name, optional in triggers_of(term)
        ]
        # A clock whose triggers are all optional and all absent has no start either.
        bad += [
            and_(*(self._absent(class_name, ref) for ref in part.triggers))
            for part in clocks(term)
            if all(ref.optional and ref.name != LAST_CONTACT for ref in part.triggers)
        ]
        for ref in (ref for part in clocks(term) for ref in part.triggers if ref.of):
            event = self.event(class_name, ref)
            bad.append(event == UNREADABLE if ref.optional else func.coalesce(event, UNREADABLE) == UNREADABLE)
        bad += [self._beyond_holidays(here, part) for part in clocks(term) if part.working is not None]
        return or_(false(), *bad)

    def _beyond_holidays(self, here: Source, clock: After) -> Expression:
        """Whether working days would be counted outside the years whose bank holidays are declared; perhaps more."""
        assert clock.working is not None
        declared = clock.working.holidays
        last = last_start(clock.working, declared.last)
        if last is None:
            return true()
        name, margin = clock.triggers[0].name, timedelta(days=2)
        first, last = declared.first + margin, last - margin
        native, column = name in here.native_dates, here.columns[name]
        return or_(column < (first if native else first.isoformat()), column > (last if native else last.isoformat()))


def own(ref: FieldRef) -> bool:
    """Whether a trigger lies in the record itself."""
    return not ref.of and ref.name != LAST_CONTACT


def triggers_of(term: Term) -> tuple[tuple[str, bool], ...]:
    """The (field, optional) triggers of a term that lie in the record itself, each once."""
    found: dict[str, bool] = {}
    for part in term.terms if isinstance(term, Longest) else (term,):
        if isinstance(part, Longest):
            nested = triggers_of(part)
        elif isinstance(part, Birthday):
            nested = tuple((name, False) for name in (part.of, part.at) if name)
        elif isinstance(part, After):
            nested = tuple((ref.name, ref.optional) for ref in part.triggers if own(ref))
        else:
            nested = ()
        for name, optional in nested:
            found[name] = found.get(name, True) and optional
    return tuple(found.items())


def cutoff(schedule: Schedule, term: After | Birthday, as_of: date) -> date | None:
    """The latest trigger date whose term has run out on `as_of` (for a birthday, by its younger age); exact."""
    if isinstance(term, Birthday):
        age = min(term.age, term.older_age or term.age)
        return latest_start(lambda born: birthday(born, age), as_of, add(as_of, Period(years=-age)))
    if term.working is not None:
        return last_start(term.working, as_of)
    period = term.period
    guess = add(as_of, Period(-period.years, -period.months, -period.weeks, -period.days))
    if not term.rounding:
        return latest_start(lambda start: add(start, period), as_of, guess)
    month, day = next((m, d) for name, m, d in schedule.year_ends if name == term.rounding)
    return latest_start(lambda start: add(year_end(start, month, day), period), as_of, guess)
