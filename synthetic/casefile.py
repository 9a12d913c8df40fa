"""One client's file: its head, and a method for each kind of record that can be put into it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from synthetic.answer import Hold
from synthetic.bundle import Bundle, Day, Document, iso
from synthetic.people import ETHNICITIES, RELIGIONS, SOURCES, STAFF, Person, contact, ni_number, pick
from synthetic.words import (
    ACTIONS,
    ADDITIONAL,
    COMMENTS,
    COMPLAINTS,
    GRAVE,
    LETTERS,
    NOTES,
    REASONS,
    SUMMARIES,
    fill,
    write,
)
from synthetic.world import World

FOLDERS = {"letter": "letters", "form": "forms", "note": "notes"}
OWN_WORKER = "own worker"
OUTCOMES = (("improved", 45), ("no_change", 20), ("declined", 10), ("referred_on", 15))


def at(day: Day, hour: int = 10) -> str | int | None:
    """Return a day as a timestamp in working hours; dirt stays dirt."""
    return f"{day.isoformat()} {hour:02d}:50:00" if isinstance(day, date) else day


class Case(Bundle):
    """A client with a file. Call `head` once; then add records; then say what is expected."""

    def __init__(self, world: World, situation: str, who: Person, number: str | None = None) -> None:
        """Open a file for a person under the next case number."""
        super().__init__(world, situation)
        self.number = number or world.key("client")
        self.who = who
        self.rng = world.rng(situation, self.number)
        self.contact = contact(self.rng, who)
        self.worker = self.rng.choice(STAFF)

    def text(self, templates: tuple[str, ...], grave: str | None = None) -> str:
        """Write a text about this client, a grave one where asked."""
        if grave is not None:
            return fill(self.rng, GRAVE[grave], self.who, self.contact.phone)
        return write(self.rng, templates, self.who, self.contact.phone)

    def head(
        self,
        *,
        born: Day,
        opened: date,
        closed: Day,
        contact_on: Day,
        status: str = "closed",
        service: str = "counselling",
        **more: Any,
    ) -> None:
        """Put the client's own row in place; `more` overrides any other column."""
        rng, reach = self.rng, self.contact
        row = {
            "case_number": self.number,
            "given_name": self.who.given,
            "family_name": self.who.family,
            "known_as": self.who.given[:3] if rng.random() < 0.1 else None,
            "date_of_birth": iso(born),
            "date_of_death": None,
            "status": status,
            "opened_on": iso(opened),
            "closed_on": iso(closed),
            "last_contact_on": iso(contact_on),
            "service": service,
            "second_service": None,
            "outcome": pick(rng, OUTCOMES) if status == "closed" else None,
            "gender": self.who.gender,
            "ethnicity": pick(rng, ETHNICITIES),
            "referral_source": pick(rng, SOURCES),
            "area": reach.area,
            "counsellor_id": self.worker,
            "lawful_basis": "legitimate interests" if rng.random() < 0.8 else "consent",
            "restricted": 0,
            "case_study": 0,
            "email": reach.email,
            "phone": reach.phone,
            "address": reach.address,
            "postcode": reach.postcode,
            "religion": rng.choice(RELIGIONS) if rng.random() < 0.15 else rng.choice(("", None)),
            "ni_number": ni_number(rng) if rng.random() < 0.08 else None,
            "linked_case": None,
            "legacy_ref": f"OLD/{rng.randrange(10**6):06d}" if rng.random() < 0.2 else None,
        }
        row.update({column: iso(value) for column, value in more.items()})
        for column in ("religion", "ni_number"):
            self.world.filled[column] += 1 if row[column] else 0
        self.add("client", row)

    def session(self, on: date) -> str:
        """Add a session held on a day."""
        start, end = f"{on.isoformat()} 10:00:00", at(on)
        row = {"session_id": self.world.key("session"), "case_number": self.number, "worker_id": self.worker}
        return self.add("session", {**row, "started_at": start, "ended_at": end})

    def summary(
        self, on: Day, *, author: str | None = OWN_WORKER, grave: str | None = None, kind: str = "summary"
    ) -> str:
        """Add a case record by the client's worker, or by nobody."""
        made = on if isinstance(on, date) else self.world.as_of - timedelta(days=30)
        row = {
            "record_id": self.world.key("case_record"),
            "case_number": self.number,
            "kind": kind,
            "dated_on": iso(on),
            "created_at": at(min(made, self.world.as_of), 16),
            "author_id": self.worker if author == OWN_WORKER else author,
            "others_present": self.rng.choice((None, None, "Interpreter", "Student on placement")),
            "action_points": self.text(ACTIONS),
            "text": self.text(SUMMARIES, grave),
        }
        return self.add("case_record", row, grave)

    def note(
        self,
        on: date,
        disposition: str,
        *,
        summary: str | None = None,
        reason: str | None = None,
        ended: Day = date.max,
        grave: str | None = None,
    ) -> str:
        """Add a session on a day with a note of it; `ended` overrides the date that the note itself carries."""
        row = {
            "note_id": self.world.key("session_note"),
            "session_id": self.session(on),
            "case_number": self.number,
            "session_ended": at(on) if ended == date.max else at(ended),
            "disposition": disposition,
            "required_reason": reason,
            "summary_id": summary,
            "author_id": self.worker,
            "body": self.text(NOTES, grave),
        }
        return self.add("session_note", row, grave)

    def additional(self, on: date, purpose: str | None = "progress_work", *, author: str | None = OWN_WORKER) -> str:
        """Add an additional record made for one of the purposes that the policy knows, or for another."""
        row = {
            "record_id": self.world.key("additional_record"),
            "case_number": self.number,
            "purpose_code": purpose,
            "dated_on": iso(on),
            "author_id": self.worker if author == OWN_WORKER else author,
            "text": self.text(ADDITIONAL),
        }
        return self.add("additional_record", row)

    def consent(self, signed: Day, *, withdrawn: Day = None, recipients: str = "Moorside surgery") -> str:
        """Add a consent to share, perhaps withdrawn later."""
        row = {
            "consent_id": self.world.key("consent"),
            "case_number": self.number,
            "why": "so that the family doctor knows about the appointments",
            "extent": "dates of attendance and the closing letter",
            "recipients": recipients,
            "consequence_give": "the doctor can plan with us",
            "consequence_withhold": "none; the service goes on as before",
            "form": self.rng.choice(("written", "written", "verbal")),
            "signed_on": iso(signed),
            "withdrawn_on": iso(withdrawn),
            "expires_on": None,
        }
        return self.add("consent", row)

    def disclosure(
        self, on: Day, *, child: Day = None, safeguarding: bool = False, grave: str | None = None, **more: Any
    ) -> str:
        """Add an entry of the disclosure register; `more` overrides any column, to leave it incomplete."""
        row = {
            "disclosure_id": self.world.key("disclosure"),
            "case_number": self.number,
            "items": "name, address, dates of attendance",
            "recipient": "duty team" if safeguarding else "Moorside surgery",
            "reason": self.text(REASONS, grave),
            "reasoning_ref": f"register {self.number[1:]}, page {self.rng.randrange(1, 90)}",
            "basis_code": "risk_of_harm" if safeguarding else "consent",
            "safeguarding": int(safeguarding),
            "child_dob": iso(child),
            "authoriser_id": self.rng.choice(STAFF),
            "disclosed_at": at(on, 11),
            "recorded_at": at(on, 15) if isinstance(on, date) else at(self.world.as_of, 9),
            "passed_to_manager_at": at(on, 17) if isinstance(on, date) else None,
        }
        return self.add("disclosure", {**row, **more}, grave)

    def complaint(self, received: date, outcome: Day, *, status: str = "closed", grave: str | None = None) -> str:
        """Add a complaint; an open one has no outcome."""
        row = {
            "complaint_id": self.world.key("complaint"),
            "case_number": self.number,
            "received_on": iso(received),
            "status": status,
            "outcome_on": iso(outcome),
            "details": self.text(COMPLAINTS, grave),
        }
        return self.add("complaint", row, grave)

    def result(self, taken: Day, *, feedback_on: Day = None) -> str:
        """Add the result of a questionnaire, with its raw answers."""
        row = {
            "result_id": self.world.key("test_result"),
            "case_number": self.number,
            "instrument": self.rng.choice(("CORE-10", "MBTI Step I", "ability battery")),
            "taken_on": iso(taken),
            "feedback_on": iso(feedback_on),
            "raw_answers": ",".join(str(self.rng.randrange(5)) for _ in range(10)),
            "score": self.rng.randrange(41),
        }
        return self.add("test_result", row)

    def feedback(self, received: date, *, chosen: bool = False, grave: str | None = None) -> str:
        """Add feedback that names its case, whatever was chosen."""
        row = feedback_row(self, self.number, received, chosen, self.text(COMMENTS, grave))
        return self.add("feedback", row, grave)

    def referral(self, received: date, outcome: str = "taken_up", outcome_on: Day = None) -> str:
        """Add the referral that brought the client, or an earlier one that came to nothing."""
        row = {
            "referral_id": self.world.key("referral"),
            "case_number": self.number,
            "person_name": self.who.full,
            "person_dob": self.rows["client"][0]["date_of_birth"],
            "source": self.rows["client"][0]["referral_source"],
            "received_on": iso(received),
            "outcome": outcome,
            "outcome_on": iso(outcome_on or received + timedelta(days=14)),
            "concern": 0,
        }
        return self.add("referral", row)

    def document(self, kind: str, on: date, form: str, *, grave: str | None = None) -> str:
        """Add a file to the documents folder, named by case number, kind and date."""
        path = f"{FOLDERS[kind]}/{self.number}_{kind}_{on.isoformat()}.{form}"
        self.documents.append(Document(path, f"{kind} {on.isoformat()}", self.text(LETTERS, grave), on))
        if grave is not None:
            self.grave.add(("document", path))
        return path

    def paper(self, box: int, *, out_since: date | None = None, holder: str | None = None) -> str:
        """Add a folder in a cabinet, perhaps taken out by its holder."""
        row = {
            "item_id": f"PAP{self.world.number('paper'):05d}",
            "case_number": self.number,
            "what": f"Handwritten file of {self.who.full}",
            "box": f"Box {box}",
            "shelf": f"Cabinet {box % 4 + 1}",
            "holder": holder or self.worker,
            "out_since": iso(out_since) or "",
        }
        return self.add("paper", row)

    def hosted(self) -> str:
        """Add an entry of the hosted system that no program can reach."""
        row = {
            "item_id": f"HOS{self.world.number('hosted'):05d}",
            "case_number": self.number,
            "system": "TalkOnline",
            "screen": f"Clients > {self.who.full} > Messages",
            "holder": self.worker,
        }
        return self.add("hosted", row)

    @property
    def file_rule(self) -> str:
        """The rule that keeps this file longest: seven years beat six, a year's end beats the bare six years."""
        head = self.rows["client"][0]
        services = {head["service"], head["second_service"]}
        longest = next(service for service in ("counselling", "careers", "mentoring") if service in services)
        return f"{longest}-file"

    def due(self, on: date, kind: str = "past_retention") -> None:
        """Expect the whole file, head and every member planted so far, with one due date."""
        for name, key in self.keys():
            self.expect(kind, name, key, self.file_rule, on)

    def hold(self, kind: str, label: str) -> None:
        """Ask the caller to place a hold on this case."""
        self.world.holds.append(Hold(kind, self.number, label))


def feedback_row(bundle: Bundle, case: str | None, received: date, chosen: bool, comment: str) -> dict[str, Any]:
    """Return a row of feedback, with or without a case number."""
    number = bundle.world.key("feedback")
    return {
        "feedback_id": number,
        "case_number": case,
        "received_on": iso(received),
        "anonymity_offered": 1,
        "anonymity_chosen": int(chosen),
        "score": int(number[1:]) % 6,
        "comment": comment,
    }
