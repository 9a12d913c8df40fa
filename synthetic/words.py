"""What the invented staff wrote: short notes, summaries and letters that name people, schools and telephone numbers.

The ordinary texts hold none of the words that make a reader stop; the texts in `GRAVE` each hold one.
"""

from __future__ import annotations

import random
import re

from synthetic.people import Person

KIN = (
    ("mother", "Maureen"),
    ("father", "Derek"),
    ("brother", "Sunil"),
    ("grandmother", "Halina"),
    ("sister", "Blessing"),
    ("partner", "Trevor"),
    ("aunt", "Noreen"),
    ("daughter", "Ikram"),
    ("cousin", "Josie"),
    ("mother", "Parminder"),
)
SCHOOLS = (
    "Brackenfield Academy",
    "St Oswin's High School",
    "Millbrook Sixth Form College",
    "Harrowgate Lane Primary",
    "Castle Dyke Community School",
    "Northbank College",
)
PLACES = (
    "the Lidl on the ring road",
    "Moorside surgery",
    "the bus depot",
    "the allotments",
    "the library",
    "ward 7",
)

NOTES = (
    "{given} came ten minutes late and had not slept. Talked about {relative} {kin} and the move from {place}. "
    "Breathing exercise helped. Ring {phone} only after six.",
    "Second part of the session on work. {given} said the shifts at {place} leave no time for {kin}. "
    "Scored mood four out of ten, last week three.",
    "{given} brought a letter from {school} about {kin}. We read it together and wrote down two questions to ask.",
    "Quiet session. {given} {family} spoke of the funeral and of {relative} {kin}, who still lives near {place}. "
    "Tearful, settled by the end.",
    "Talked through the row with {relative} {kin}. {given} tried the pause we practised and it held twice. "
    "New number {phone}.",
    "{given} missed the bus again; we used the half hour on sleep. {kin} is looking after the little one on Thursdays.",
)
SUMMARIES = (
    "{given} {family} attended with low mood after a bereavement. Worked on sleep, routine and contact with "
    "{relative} {kin}. Client described feeling steadier and agreed to keep the diary.",
    "Focus on worry about work at {place}. {given} named three situations and rehearsed one. "
    "{relative} {kin} is supportive.",
    "Review of goals. {given} reported better concentration at {school} and asked to meet fortnightly.",
    "Discussed arguments at home with {relative} {kin}. {given} said they feel heard. No change to the plan.",
    "Careers interview. {given} {family} is interested in nursing and in the apprenticeship at Northbank College. "
    "Contact by text on {phone}.",
)
ACTIONS = (
    "Keep the sleep diary; bring it next time.",
    "{given} to ring {school} about the timetable.",
    "Counsellor to send the leaflet; {given} to ask {kin} to come on the 4th.",
    "None agreed.",
)
ADDITIONAL = (
    "Agreed with {given} that {relative} {kin} may collect appointment letters.",
    "Decision to move from weekly to fortnightly, with reasons given by {given} {family}.",
    "Supervisor supports a further six sessions for {given}; reviewed with the rota at {place}.",
    "{given} agreed to a referral to the family service; number {phone} passed on with agreement.",
)
REASONS = (
    "{given} asked that the service for families be told of the new address",
    "Agreed with {given} so that {school} can arrange support for {kin}",
    "Concern for the safety of {kin}, a child in the household, shared with the duty team",
    "Request by the doctor at Moorside surgery, with the agreement of {given} {family}",
)
COMPLAINTS = (
    "{given} {family} is unhappy that two appointments were moved at short notice. Rang from {phone}.",
    "{given} felt that the counsellor spoke about {relative} {kin} in the waiting room.",
    "Letter addressed to {given} {family} went to the old flat, where {kin} opened it.",
)
COMMENTS = (
    "I liked that somebody listened. Thank you from {given}.",
    "The room was cold but my counsellor was kind. {kin} noticed a difference at home.",
    "It would help to have evening appointments, I work at {place}.",
    "I am the only night porter at Northbank College, so I could not come before noon.",
    "Ten out of ten. You may ring me on {phone}. {given} {family}",
)
LETTERS = (
    "Dear {given}, thank you for coming on Tuesday. As we agreed I have written to {school} about {kin}. "
    "Please ring {phone} if you cannot come next time.",
    "Dear {given} {family}, this letter confirms six further appointments at our rooms near {place}. "
    "Your {relative} {kin} is welcome to wait in the lobby.",
    "Dear {given}, we have not heard from you since the spring. If you would like another appointment, "
    "please write to us or ring {phone}.",
)
GRAVE = {
    "suicide": "{given} spoke of suicide during the first winter and of a plan; safety plan made with {kin}.",
    "abuse": "{given} disclosed abuse in childhood by a neighbour near {place}; asked that {kin} should not be told.",
    "solicitor": "{given} {family} said: I am going to my solicitor about this. Wants the file kept.",
    "violence": "{given} described violence from a former partner; moved to {place}; do not ring {phone}.",
    "allegation": "{given} made an allegation against a former volunteer, passed to the manager the same day.",
}
GRAVE_WORDS = re.compile(
    r"suicid|abus|violen|allegation|alleg|solicitor|self-harm|assault|murder|kill|hurt|threat|claim|sue\b|rape|court|"
    r"police|overdos|stab|weapon|legal action|compensation|tribunal|safeguard",
    re.IGNORECASE,
)


def write(rng: random.Random, templates: tuple[str, ...], who: Person, phone: str) -> str:
    """Return one text about a person, drawn from the templates."""
    return fill(rng, rng.choice(templates), who, phone)


def fill(rng: random.Random, template: str, who: Person, phone: str) -> str:
    """Fill a template with the person's name and invented relatives, schools, places."""
    relative, kin = rng.choice(KIN)
    return template.format(
        given=who.given,
        family=who.family,
        phone=phone,
        relative=relative,
        kin=kin,
        school=rng.choice(SCHOOLS),
        place=rng.choice(PLACES),
    )
