"""How a situation is declared, and the small helpers that most situations share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from synthetic.bundle import Bundle, Day
from synthetic.casefile import Case
from synthetic.dates import DAY, add_years
from synthetic.people import Person
from synthetic.world import World

# What stands in date columns of real exports: nothing, a database's zero, an impossible day, another order, a clock.
UNREADABLE = ("", "0000-00-00", "31/02/2020", "12/01/2026", "1700000000")
FORMS = ("docx", "pdf", "txt", "eml")


@dataclass
class Cast:
    """The people of one copy of a situation."""

    world: World
    situation: str
    copy: int
    bundles: list[Bundle] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Return the day as of which the sift will run."""
        return self.world.as_of

    def person(self, household: int | None = None) -> Person:
        """Return somebody new, of a household where its number is given."""
        return self.world.person(self.world.number("turn"), household)

    def case(self, who: Person | None = None) -> Case:
        """Open a new file, for somebody new unless a person is given."""
        case = Case(self.world, self.situation, who or self.person())
        self.bundles.append(case)
        return case

    def loose(self) -> Bundle:
        """Return a bundle without a client."""
        bundle = Bundle(self.world, self.situation)
        self.bundles.append(bundle)
        return bundle

    def born_adult(self, by: date) -> date:
        """Return a date of birth that makes somebody plainly grown up by a day."""
        years = 27 + self.world.number("adult") * 7 % 40
        return add_years(by, -years) - (years * 5 + self.copy) * DAY

    def closed(self, closed: Day, *, who: Person | None = None, **more: Any) -> Case:
        """Open a new file of an adult, closed on a day that was also the last contact; `more` overrides columns."""
        case = self.case(who)
        day = closed if isinstance(closed, date) else add_years(self.today, -9)
        columns = {"born": self.born_adult(day), "contact_on": day, "opened": day - 300 * DAY, **more}
        case.head(closed=closed, **columns)
        return case

    def open(self, last: date | None = None, *, who: Person | None = None, **more: Any) -> Case:
        """Open a new file of an adult who is still a client, in contact ten days ago unless another day is given."""
        case = self.case(who)
        day = last or self.today - 10 * DAY
        columns = {"born": self.born_adult(day), "contact_on": day, "opened": day - 200 * DAY, "closed": None, **more}
        case.head(status="open", **columns)
        return case


def furnish(case: Case, closed: date, copy: int = 0, grave: str | None = None) -> None:
    """Fill a file with a record of every kind that only follows it, all dated before it was closed."""
    case.referral(closed - 320 * DAY)
    case.session(closed - 90 * DAY)
    summary = case.summary(closed - 60 * DAY, grave=grave if copy % 2 else None)
    case.note(closed - 60 * DAY, "summarised", summary=summary, grave=None if copy % 2 else grave)
    case.additional(closed - 50 * DAY)
    case.consent(closed - 290 * DAY)
    case.document("letter", closed - 40 * DAY, FORMS[copy % 4])
    if copy % 2 == 0:
        case.paper(copy + 1, out_since=closed if copy % 4 == 0 else None)
    else:
        case.hosted()


Build = Callable[[Cast], None]


@dataclass(frozen=True)
class Situation:
    """A named planting, made `copies` times; what it expects is written in its builder."""

    name: str
    copies: int
    build: Build

    def play(self, world: World) -> Iterator[Bundle]:
        """Yield the bundles of every copy."""
        for copy in range(self.copies):
            cast = Cast(world, self.name, copy)
            self.build(cast)
            world.situations[self.name] += 1
            yield from cast.bundles


class Repertoire:
    """The situations of one subject, in the order in which they are declared."""

    def __init__(self) -> None:
        """Start empty."""
        self.situations: list[Situation] = []

    def plant(self, name: str, copies: int = 2) -> Callable[[Build], Build]:
        """Declare the function below as a situation."""

        def keep(build: Build) -> Build:
            self.situations.append(Situation(name, copies, build))
            return build

        return keep
