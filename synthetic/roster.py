"""The people of the house: staff, volunteers, DBS checks and signed policies, and the workbook that holds them."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from synthetic.answer import Expected
from synthetic.bundle import Day
from synthetic.dates import DAY, add_months, add_years, months_ago, years_ago
from synthetic.names import HOUSEHOLDS
from synthetic.people import STAFF
from synthetic.world import World

SHEETS: dict[str, tuple[str, ...]] = {
    "Volunteers": ("person_id", "name", "role", "started_on", "ended_on", "email"),
    "DBS": (
        "check_id",
        "person_id",
        "level",
        "certificate_no",
        "issue_date",
        "decision_on",
        "content_held",
        "dbs_consulted_on",
        "content",
    ),
    "Acceptances": ("acceptance_id", "person_id", "policy", "version", "signed_on"),
}
FILE_RULE = "volunteer-file"
CONTENT_RULE = "dbs-content"
UNKNOWN = ("n/k", "31/02/2020", "0000-00-00", "1700000000")
_MADE = datetime(2020, 1, 1)  # written into the workbook's properties, so that equal input gives equal bytes


@dataclass
class Roster:
    """The rows of the workbook's three sheets, and what a sift must find in them."""

    world: World
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    expected: list[Expected] = field(default_factory=list)
    situation: str = ""

    def scene(self, situation: str) -> None:
        """Name the situation that the next rows belong to."""
        self.situation = situation
        self.world.situations[situation] += 1

    def expect(self, kind: str, record_class: str, key: str, rule: str, due_on: date | None = None) -> None:
        """Write down one finding that the sift must make."""
        self.expected.append(Expected(kind, "people", record_class, key, rule, due_on, None, self.situation))

    def person(self, ended: Day = None, *, role: str = "volunteer") -> str:
        """Add a person and return the id; the staff come first, so that their ids are known beforehand."""
        number = self.world.number("person_id")
        key = f"P{number:04d}"
        who = self.world.person(10**9 + number, household=number)
        started = (ended if isinstance(ended, date) else self.world.as_of) - (500 + number) * DAY
        mail = f"{who.given.split()[0].lower()}.{HOUSEHOLDS[number % len(HOUSEHOLDS)].lower()}@winnowing.example.org"
        name = who.full
        self.rows["Volunteers"].append((key, name, role, started, ended, self.world.mark(mail, "C")))
        return key

    def check(self, person: str, decision: Day, *, held: bool = True, consulted: Day = None, issue: Day = None) -> str:
        """Add a DBS check, with its content still held or not."""
        key = f"DBS{self.world.number('check'):05d}"
        issued = issue or (decision if isinstance(decision, date) else self.world.as_of - 400 * DAY) - 12 * DAY
        number = self.world.mark(f"00{self.world.number('certificate') + 1000000000}", "C")
        content = self.world.mark("Nothing recorded; address history as stated on the form") if held else None
        row = (key, person, "enhanced", number, issued, decision, "Y" if held else "N", consulted, content)
        self.rows["DBS"].append(row)
        return key

    def acceptance(self, person: str, signed: date) -> str:
        """Add a signed acceptance of the confidentiality policy."""
        key = f"ACC{self.world.number('acceptance'):05d}"
        self.rows["Acceptances"].append((key, person, "Confidentiality", f"v{signed.year % 5 + 1}", signed))
        return key


def plan_roster(world: World, ordinary: int) -> Roster:
    """Return the staff, every planted situation, and `ordinary` further volunteers."""
    roster = Roster(world)
    roster.scene("staff")
    for _ in STAFF:
        person = roster.person(role="staff")
        roster.check(person, world.as_of - 700 * DAY, held=False)
        roster.acceptance(person, world.as_of - 200 * DAY)
    _ended(roster)
    _not_ended(roster)
    _contents(roster)
    _unreadable_decisions(roster)
    _ordinary(roster, ordinary)
    return roster


def _ended(roster: Roster) -> None:
    today = roster.world.as_of
    for copy, ended in enumerate((years_ago(today, 6) - 300 * DAY, years_ago(today, 8), years_ago(today, 6))):
        roster.scene("volunteer ended six years ago or more: due with checks and acceptances")
        person = roster.person(ended)
        due = add_years(ended, 6)
        roster.expect("past_retention", "volunteer", person, FILE_RULE, due)
        # One has content that should have gone long before: it goes with the file, in one finding.
        check = roster.check(person, ended - 400 * DAY, held=copy == 0)
        roster.expect("past_retention", "dbs_check", check, FILE_RULE, due)
        for number in range(copy + 1):
            signed = roster.acceptance(person, ended - (300 - number) * DAY)
            roster.expect("past_retention", "acceptance", signed, FILE_RULE, due)


def _not_ended(roster: Roster) -> None:
    today = roster.world.as_of
    for ended in (years_ago(today, 6) + DAY, today - 100 * DAY, today - 1500 * DAY):
        roster.scene("volunteer ended less than six years ago: nothing yet")
        person = roster.person(ended)
        roster.check(person, ended - 300 * DAY, held=False)
        roster.acceptance(person, ended - 200 * DAY)
    for text in UNKNOWN:
        roster.scene("volunteer whose end cannot be read")
        person = roster.person(text)
        roster.acceptance(person, today - 2000 * DAY)
        roster.expect("undatable", "volunteer", person, FILE_RULE)


def _contents(roster: Roster) -> None:
    today = roster.world.as_of
    for decision in (months_ago(today, 6) - 31 * DAY, today - 900 * DAY, months_ago(today, 6)):
        roster.scene("DBS content six months after the decision or more")
        check = roster.check(roster.person(), decision)
        roster.expect("past_retention", "dbs_check", check, CONTENT_RULE, add_months(decision, 6))
    for year in (today.year - 2, today.year - 3):
        decision = date(year, 8, 31)
        roster.scene("DBS decision of 31 August: due on the last day of February")
        check = roster.check(roster.person(), decision)
        roster.expect("past_retention", "dbs_check", check, CONTENT_RULE, add_months(decision, 6))
    for copy in range(2):
        roster.scene("DBS content, six months tomorrow: nothing yet")
        roster.check(roster.person(), months_ago(today, 6) + (1 + copy) * DAY)
        roster.scene("DBS decision much later than the certificate: nothing yet")
        roster.check(roster.person(), today - (90 + copy) * DAY, issue=today - 800 * DAY)
        roster.scene("DBS consulted about keeping longer: nothing")
        roster.check(roster.person(), today - (400 + copy) * DAY, consulted=today - 250 * DAY)
        roster.scene("DBS content already gone: nothing")
        roster.check(roster.person(), today - (1400 + copy) * DAY, held=False)
    roster.scene("DBS check repeated: the older content is past, the newer is not")
    person = roster.person()
    older = roster.check(person, today - 1100 * DAY)
    roster.expect("past_retention", "dbs_check", older, CONTENT_RULE, add_months(today - 1100 * DAY, 6))
    roster.check(person, today - 20 * DAY)
    roster.scene("volunteer ended lately, DBS content past its six months")
    check = roster.check(roster.person(today - 50 * DAY), today - 700 * DAY)
    roster.expect("past_retention", "dbs_check", check, CONTENT_RULE, add_months(today - 700 * DAY, 6))


def _unreadable_decisions(roster: Roster) -> None:
    for text in (None, None, "pending", "31/02/2020", "0000-00-00"):
        roster.scene("DBS content held, decision missing or unreadable")
        check = roster.check(roster.person(), text)
        roster.expect("undatable", "dbs_check", check, CONTENT_RULE)
    roster.scene("DBS decision missing, content gone: nothing")
    roster.check(roster.person(), None, held=False)


def _ordinary(roster: Roster, count: int) -> None:
    today = roster.world.as_of
    for number in range(count):
        roster.scene("ordinary: volunteer")
        rng = roster.world.rng("volunteer", number)
        person = roster.person(today - rng.randrange(5, 2000) * DAY if rng.random() < 0.4 else None)
        roster.check(person, today - rng.randrange(200, 1500) * DAY, held=False)
        roster.acceptance(person, today - rng.randrange(30, 700) * DAY)


def write_roster(roster: Roster, path: Path) -> None:
    """Write the workbook: most dates as date cells, some as text, as people type them."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    rng = random.Random(roster.world.seed)
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": "Volunteers and staff", "created": _MADE})
        dated = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, columns in SHEETS.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, columns)
            for line, row in enumerate(roster.rows[name], start=1):
                for column, value in enumerate(row):
                    _cell(sheet, line, column, value, dated, rng)


def _cell(sheet: Any, line: int, column: int, value: Any, dated: Any, rng: random.Random) -> None:
    if isinstance(value, date):
        chance = rng.random()
        if chance < 0.8:
            sheet.write_datetime(line, column, datetime(value.year, value.month, value.day), dated)
        else:
            sheet.write_string(line, column, value.isoformat() if chance < 0.9 else f"{value:%d/%m/%Y}")
    elif value is not None:
        sheet.write_string(line, column, value)
