"""The web form's export: a CSV with a byte-order mark, dates in three styles, blank rows and a total line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from synthetic.answer import Expected
from synthetic.bundle import Day
from synthetic.dates import DAY, add_months, months_ago
from synthetic.words import GRAVE, fill
from synthetic.world import World

COLUMNS = ("enquiry_id", "name", "email", "received", "handled_on", "message")
RULE = "enquiry"
# Spelled here, because strftime would ask the machine's locale.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MESSAGES = (
    "Do you offer appointments after six? My name is {given} and you can ring {phone}.",
    "I am asking for my {relative} {kin}, who is at {school}.",
    "What does it cost? {given} {family}",
    "Could somebody from careers talk to us at {school}?",
)

Row = tuple[str, ...]


def spelled(day: Day, style: int) -> str:
    """Return a date in one of the three styles that the form has used over the years."""
    if not isinstance(day, date):
        return str(day or "")
    if style == 0:
        return day.isoformat()
    return f"{day:%d/%m/%Y}" if style == 1 else f"{day.day} {MONTHS[day.month - 1]} {day.year}"


class Enquiries:
    """Yields the rows one by one, and keeps what a sift must find in them."""

    def __init__(self, world: World, ordinary: int) -> None:
        """Plan the planted situations and `ordinary` further enquiries."""
        self.world = world
        self.ordinary = ordinary
        self.expected: list[Expected] = []
        self._rng = world.rng("enquiries")

    def rows(self) -> Iterator[Row]:
        """Yield every row of the export below its header, blank rows and the total line too."""
        yield from self._planted()
        for number in range(self.ordinary):
            yield self._row("ordinary: enquiry", self.world.as_of - self._rng.randrange(3, 330) * DAY)
            if number % 17 == 5:
                yield ("",) * 6 if number % 2 else ()
        yield ("Total", "", "", "", "123")

    def _planted(self) -> Iterator[Row]:
        today = self.world.as_of
        for copy in range(6):
            yield self._past("enquiry handled over a year ago", months_ago(today, 12) - (40 + copy) * DAY, copy % 3)
        yield ()
        yield self._past("enquiry handled over a year ago", date(today.year - 2, 1, 12), 1)
        grave = "suicide"
        yield self._past("enquiry handled over a year ago", months_ago(today, 12) - 90 * DAY, 0, grave)
        for style in range(3):
            yield self._past("enquiry handled a year ago today", months_ago(today, 12), style)
            yield self._row("enquiry handled a year ago tomorrow: nothing yet", months_ago(today, 12) + DAY, style)
        yield ("",) * 6
        for text in ("", "", "n/k", "0000-00-00", "31/02/2020", "1700000000"):
            row = self._row("enquiry without a readable date", text)
            self._expect("undatable", row[0], None, "enquiry without a readable date")
            yield row
        yield from self._twice(today - 800 * DAY)

    def _twice(self, handled: date) -> Iterator[Row]:
        situation = "two enquiries with one number: neither is due"
        first = self._row(situation, handled)
        yield first
        yield (first[0], *self._row(situation, handled - 30 * DAY, number=False)[1:])
        name = "one record per key"
        self.expected.append(Expected("quality", "enquiries", "enquiry", name, name, None, 2, situation))

    def _past(self, situation: str, handled: date, style: int, grave: str | None = None) -> Row:
        row = self._row(situation, handled, style, grave)
        self._expect("past_retention", row[0], add_months(handled, 12), situation)
        if grave is not None:
            self.world.read_first.append(("enquiries", "enquiry", row[0]))
        return row

    def _expect(self, kind: str, key: str, due_on: date | None, situation: str) -> None:
        self.expected.append(Expected(kind, "enquiries", "enquiry", key, RULE, due_on, None, situation))

    def _row(
        self, situation: str, handled: Day, style: int | None = None, grave: str | None = None, *, number: bool = True
    ) -> Row:
        world, rng = self.world, self._rng
        world.situations[situation] += 1
        key = f"ENQ{world.number('enquiry'):05d}" if number else ""
        turn = 2 * 10**9 + world.number("enquirer")
        who = world.person(turn, household=turn)
        received = (handled if isinstance(handled, date) else world.as_of - 600 * DAY) - 2 * DAY
        phone = f"07700 900{rng.randrange(1000):03d}"
        message = fill(rng, GRAVE[grave] if grave else rng.choice(MESSAGES), who, phone)
        chosen = rng.randrange(3) if style is None else style
        return (
            key,
            who.full,
            str(world.mark(f"{who.given.split()[0].lower()}{turn % 10**6}@example.org", "C")),
            spelled(received, rng.randrange(3)),
            spelled(handled, chosen),
            str(world.mark(message)),
        )


def write_enquiries(enquiries: Enquiries, path: Path) -> None:
    """Write the export with a byte-order mark and Windows line ends."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(enquiries.rows())
