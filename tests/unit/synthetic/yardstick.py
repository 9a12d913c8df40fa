"""A plain second reading of the charity's rules, straight from its stores, to find slips in the planted key.

It shares nothing with the generator nor with the product: everything is read into memory and judged in plain Python.
"""

from __future__ import annotations

import calendar
import csv
import re
import sqlite3
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

Finding = tuple[str, str, str, str, str, date | None, int | None]
Row = dict[str, Any]

TABLES = {
    "client": ("clients", "case_number"),
    "referral": ("referrals", "referral_id"),
    "session": ("sessions", "session_id"),
    "session_note": ("session_notes", "note_id"),
    "case_record": ("case_records", "record_id"),
    "additional_record": ("additional_records", "record_id"),
    "consent": ("consents", "consent_id"),
    "disclosure": ("disclosures", "disclosure_id"),
    "complaint": ("complaints", "complaint_id"),
    "test_result": ("test_results", "result_id"),
    "feedback": ("feedback", "feedback_id"),
}
PURPOSES = {
    "progress_work",
    "supervisor_support",
    "significant_agreement",
    "referral_agreement",
    "decisions_and_reasons",
}


def parse(value: Any, forms: tuple[str, ...] = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    for form in forms:
        try:
            return datetime.strptime(str(value), form).date()
        except ValueError:
            continue
    return None


def plus(day: date, years: int = 0, months: int = 0) -> date:
    total = day.month - 1 + months + 12 * years
    year, month = day.year + total // 12, total % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def turns(born: date, age: int) -> date:
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


class Yardstick:
    """Judges one generated charity as of a day."""

    def __init__(self, database: Path, folder: Path, as_of: date, held: set[str]) -> None:
        self.as_of, self.folder = as_of, folder
        connection = sqlite3.connect(database)
        connection.row_factory = sqlite3.Row
        self.rows: dict[str, list[Row]] = {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
            for name, (table, _) in TABLES.items()
        }
        connection.close()
        self.found: list[Finding] = []
        self.taken: set[tuple[str, str, str]] = set()
        self.of: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for name, rows in self.rows.items():
            for row in rows:
                if row["case_number"]:
                    self.of[row["case_number"]][name].append(row)
        self.clients = {row["case_number"]: row for row in self.rows["client"]}
        self.held = held
        self.records = {row["record_id"]: row for row in self.rows["case_record"]}
        self.documents: dict[str, list[tuple[str, date]]] = defaultdict(list)
        self.shelves: dict[str, dict[str, list[str]]] = {"paper": defaultdict(list), "hosted": defaultdict(list)}

    def judge(self) -> list[Finding]:
        self._read_folder()
        for client in self.rows["client"]:
            self._file(client)
        self._notes()
        self._separate()
        self._controls()
        self._quality()
        self._people()
        self._enquiries()
        return self.found

    def _add(self, kind: str, store: str, name: str, key: str, rule: str, due: date | None = None) -> None:
        self.found.append((kind, store, name, key, rule, due, None))
        if kind in ("past_retention", "held", "undatable"):
            self.taken.add((store, name, key))

    def _past(self, name: str, key: str, rule: str, due: date, case: str | None) -> None:
        if due <= self.as_of and ("casework", name, key) not in self.taken:
            self._add("held" if self._is_held(case) else "past_retention", "casework", name, key, rule, due)

    def _is_held(self, case: str | None) -> bool:
        return case is not None and (case in self.held or self.clients[case]["linked_case"] in self.held)

    def _read_folder(self) -> None:
        root = self.folder / "documents"
        for path in sorted(root.rglob("*.*")):
            key = path.relative_to(root).as_posix()
            match = re.fullmatch(r"([A-Z0-9]+)_([a-z]+)_(\d{4}-\d\d-\d\d)\.(docx|pdf|txt|eml)", path.name)
            if match and match[1] in self.clients:
                self.documents[match[1]].append((key, date.fromisoformat(match[3])))
            else:
                self._add("unclaimed", "documents", "", key, "unclaimed")
        for store, cases in self.shelves.items():
            with (self.folder / f"{store}.csv").open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    cases[row["case_number"]].append(row["item_id"])
        self._add("unclaimed", "casework", "", "clients.legacy_ref", "unclaimed")
        self._add("unclaimed", "casework", "", "tmp_import_2019", "unclaimed")

    def _contacts(self, client: Row) -> list[date]:
        case = client["case_number"]
        days = [parse(row["ended_at"]) for row in self.of[case]["session"]]
        days += [day for _, day in self.documents[case]]
        days += [parse(client["last_contact_on"]), parse(client["closed_on"])]
        return [day for day in days if day]

    def _file(self, client: Row) -> None:
        case = client["case_number"]
        if client["status"] == "open":
            forgotten = plus(max(self._contacts(client)), months=18)
            if forgotten <= self.as_of:
                self._add("dormant", "casework", "client", case, "dormant", forgotten)
            return
        due = self._head(client)
        if due is None:
            self._add("undatable", "casework", "client", case, self._rule(client))
        elif due <= self.as_of:
            self._whole(client, due)

    def _head(self, client: Row) -> date | None:
        closed, born = parse(client["closed_on"]), parse(client["date_of_birth"])
        services = {client["service"], client["second_service"]}
        if closed is None or (client["last_contact_on"] is not None and not parse(client["last_contact_on"])):
            return None
        last = max(self._contacts(client))
        due = []
        if services & {"counselling", "mentoring"} and born is None:
            return None
        if "counselling" in services and born:
            seventeen = turns(born, 17) <= closed < turns(born, 18)
            due += [plus(last, 7), turns(born, 26 if seventeen else 25)]
        if "mentoring" in services and born:
            due += [plus(last, 6), turns(born, 21)]
        if "careers" in services:
            due.append(plus(date(last.year + (last.month > 8), 8, 31), 6))
        return max(due)

    @staticmethod
    def _rule(client: Row) -> str:
        services = {client["service"], client["second_service"]}
        return next(f"{name}-file" for name in ("counselling", "careers", "mentoring") if name in services)

    def _whole(self, client: Row, due: date) -> None:
        case, blocked, rule = client["case_number"], False, self._rule(client)
        for name, row, ends in self._members(case):
            if ends == "blocked":
                blocked = True
            elif ends is None:
                blocked = True
                self._add("undatable", "casework", name, row[TABLES[name][1]], _member_rule(name, row))
            else:
                due = max(due, ends)
        if blocked or due > self.as_of:
            return
        kind = "held" if self._is_held(case) else "past_retention"
        for name, rows in self.of[case].items():
            for row in rows:
                self._add(kind, "casework", name, row[TABLES[name][1]], rule, due)
        for key, _ in self.documents[case]:
            self._add(kind, "documents", "document", key, rule, due)
        for store, cases in self.shelves.items():
            for key in cases[case]:
                self._add(kind, store, store, key, rule, due)

    def _members(self, case: str) -> list[tuple[str, Row, Any]]:
        result: list[tuple[str, Row, Any]] = []
        for row in self.of[case]["consent"]:
            days = [parse(row["signed_on"])] + ([parse(row["withdrawn_on"])] if row["withdrawn_on"] else [])
            result.append(("consent", row, None if None in days else plus(max(filter(None, days)), 6)))
        for row in self.of[case]["disclosure"]:
            day, child = parse(row["disclosed_at"]), parse(row["child_dob"])
            ends = plus(day, 6) if day else None
            if row["safeguarding"] and ends:
                ends = max(turns(child, 25), ends) if child else None
            result.append(("disclosure", row, ends))
        for row in self.of[case]["complaint"]:
            day = parse(row["outcome_on"])
            result.append(("complaint", row, "blocked" if row["status"] == "open" else day and plus(day, 6)))
        for row in self.of[case]["session_note"]:
            if row["disposition"] in ("to_summarise", "summarised") and not self._summarised(row):
                result.append(("session_note", row, "blocked"))
        return result

    def _summarised(self, note: Row) -> bool:
        record = self.records.get(note["summary_id"])
        return bool(record and parse(record["dated_on"]) and record["author_id"])

    def _notes(self) -> None:
        for row in self.rows["session_note"]:
            key, case, ended = row["note_id"], row["case_number"], parse(row["session_ended"])
            resting = self.of[case]["disclosure"] or [
                each for each in self.of[case]["complaint"] if each["status"] == "open"
            ]
            if row["disposition"] == "retained":
                if not row["required_reason"]:
                    self._add("control_breach", "casework", "session_note", key, "note-kept-without-reason")
                continue
            required = row["disposition"] != "not_required"
            rule, days = ("notes-after-summary", 7) if required else ("notes-not-required", 2)
            if ended is None:
                self._add("undatable", "casework", "session_note", key, rule)
            elif required and not self._summarised(row):
                if ended + timedelta(days=days) < self.as_of:
                    self._add("control_breach", "casework", "session_note", key, rule)
            elif not resting:
                self._past("session_note", key, rule, ended + timedelta(days=days), case)

    def _separate(self) -> None:
        for row in self.rows["referral"]:
            if row["outcome"] not in ("no_show", "declined", "waiting") or row["concern"]:
                continue
            key, day = row["referral_id"], parse(row["outcome_on"])
            if day is None:
                self._add("undatable", "casework", "referral", key, "referral-not-taken-up")
            else:
                self._past("referral", key, "referral-not-taken-up", plus(day, 1), row["case_number"])
        for row in self.rows["test_result"]:
            key, day = row["result_id"], parse(row["taken_on"])
            if day is None:
                self._add("undatable", "casework", "test_result", key, "test-results")
            else:
                last = max(day, parse(row["feedback_on"]) or day)
                self._past("test_result", key, "test-results", plus(last, months=18), row["case_number"])
        for row in self.rows["feedback"]:
            day = parse(row["received_on"])
            if row["case_number"] and day:
                self._past("feedback", row["feedback_id"], "feedback-identifiable", plus(day, 1), row["case_number"])

    def _controls(self) -> None:
        for row in self.rows["additional_record"]:
            if row["purpose_code"] not in PURPOSES:
                rule = "additional-record-purpose"
                self._add("control_breach", "casework", "additional_record", row["record_id"], rule)
        needed = ("items", "recipient", "reason", "reasoning_ref", "authoriser_id", "disclosed_at", "recorded_at")
        for row in self.rows["disclosure"]:
            if not all(row[column] for column in needed):
                self._add("control_breach", "casework", "disclosure", row["disclosure_id"], "disclosure-incomplete")

    def _quality(self) -> None:
        clients, records = self.rows["client"], self.rows["case_record"]
        births = [day for day in (parse(row["date_of_birth"]) for row in clients) if day]
        dated = [parse(row["dated_on"]) for row in records]
        people = Counter(self._folded(row) for row in clients)
        counts = {
            ("client", "date_of_birth plausible"): sum(d < date(1900, 1, 1) or d > self.as_of for d in births),
            ("client", "one person, one case number"): sum(n for n in people.values() if n > 1),
            ("client", "one case number for each person"): sum(n for n in people.values() if n > 1),
            ("case_record", "author present"): sum(not row["author_id"] for row in records),
            ("case_record", "dated_on readable"): sum(day is None for day in dated),
            ("case_record", "not dated in the future"): sum(day is not None and day > self.as_of for day in dated),
            ("additional_record", "author present"): sum(
                not row["author_id"] for row in self.rows["additional_record"]
            ),
        }
        for (name, expectation), count in counts.items():
            if count:
                self.found.append(("quality", "casework", name, expectation, expectation, None, count))
        for column in ("religion", "ni_number"):
            count = sum(bool(row[column]) for row in clients)
            self.found.append(("beyond_minimum", "casework", "client", f"clients.{column}", "no-purpose", None, count))

    @staticmethod
    def _folded(row: Row) -> tuple[str, str, str]:
        return row["given_name"].casefold(), row["family_name"].casefold(), str(row["date_of_birth"])

    def _people(self) -> None:
        forms = ("%Y-%m-%d", "%d/%m/%Y")
        book = openpyxl.load_workbook(self.folder / "people.xlsx")
        sheets: dict[str, list[Row]] = {}
        for sheet in book.worksheets:
            header, *rows = sheet.iter_rows(values_only=True)
            sheets[sheet.title] = [dict(zip(map(str, header), row, strict=True)) for row in rows]
        due_people: dict[str, date] = {}
        for row in sheets["Volunteers"]:
            ended = parse(row["ended_on"], forms)
            if row["ended_on"] and ended is None:
                self._add("undatable", "people", "volunteer", row["person_id"], "volunteer-file")
            elif ended and plus(ended, 6) <= self.as_of:
                due_people[row["person_id"]] = plus(ended, 6)
                self._add("past_retention", "people", "volunteer", row["person_id"], "volunteer-file", plus(ended, 6))
        for name, sheet_name, key in (
            ("dbs_check", "DBS", "check_id"),
            ("acceptance", "Acceptances", "acceptance_id"),
        ):
            for row in sheets[sheet_name]:
                due = due_people.get(row["person_id"])
                if due:
                    self._add("past_retention", "people", name, row[key], "volunteer-file", due)
                elif name == "dbs_check" and row["content_held"] == "Y" and not row["dbs_consulted_on"]:
                    self._content(row[key], parse(row["decision_on"], forms))

    def _content(self, key: str, decided: date | None) -> None:
        if decided is None:
            self._add("undatable", "people", "dbs_check", key, "dbs-content")
        elif plus(decided, months=6) <= self.as_of:
            self._add("past_retention", "people", "dbs_check", key, "dbs-content", plus(decided, months=6))

    def _enquiries(self) -> None:
        with (self.folder / "enquiries.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(row)][1:-1]
        times = Counter(row[0] for row in rows)
        if twice := sum(count for count in times.values() if count > 1):
            name = "one record per key"
            self.found.append(("quality", "enquiries", "enquiry", name, name, None, twice))
        for row in rows:
            handled = parse(row[4], ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"))
            if times[row[0]] > 1:
                continue
            if handled is None:
                self._add("undatable", "enquiries", "enquiry", row[0], "enquiry")
            elif plus(handled, 1) <= self.as_of:
                self._add("past_retention", "enquiries", "enquiry", row[0], "enquiry", plus(handled, 1))


def _member_rule(name: str, row: Row) -> str:
    if name == "disclosure":
        return "safeguarding-child" if row["safeguarding"] else "disclosure-register"
    return {"consent": "consent-evidence", "complaint": "complaint-closed"}[name]
