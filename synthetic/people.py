"""Invented people: who a client is, where they live, and the categories that statistics count.

Telephone numbers lie in the ranges kept for drama, National Insurance numbers begin with the unused QQ, postcodes
end in letters that no postcode has, and mail goes to example.org.
"""

from __future__ import annotations

import math
import random
import unicodedata
from dataclasses import dataclass

from synthetic.names import FAMILY, GIVEN_MEN, GIVEN_WOMEN, HOUSEHOLDS

GIVEN = GIVEN_WOMEN + GIVEN_MEN
PAIRS = len(GIVEN) * len(FAMILY)
RESERVED = 1000  # pairs of names kept for the fixed situations, so that the bulk never shares a name with them

AREAS: tuple[tuple[str, str], ...] = (
    ("Camden", "NW1"),
    ("Croydon", "CR0"),
    ("Hackney", "E8"),
    ("Lewisham", "SE13"),
    ("Newham", "E6"),
    ("Salford", "M6"),
    ("Oldham", "OL1"),
    ("Rochdale", "OL16"),
    ("Leeds", "LS9"),
    ("Sheffield", "S2"),
    ("Bristol", "BS5"),
    ("Cardiff", "CF24"),
    ("Coventry", "CV1"),
    ("Leicester", "LE2"),
    ("Sunderland", "SR1"),
    ("Norwich", "NR3"),
)
STREETS = (
    "Albert Terrace",
    "Almond Close",
    "Bankside",
    "Beech Grove",
    "Canal Walk",
    "Chapel Lane",
    "Clarence Street",
    "Dale View",
    "Elm Avenue",
    "Foundry Row",
    "Gladstone Road",
    "Harbour Street",
    "Hawthorn Drive",
    "Jubilee Crescent",
    "Kingfisher Way",
    "Larch Road",
    "Mafeking Street",
    "Mill Bank",
    "Nelson Square",
    "Orchard Rise",
    "Primrose Hill Court",
    "Quarry Lane",
    "Railway Cottages",
    "Sandringham Road",
    "Station Approach",
    "Thornhill Gardens",
    "Union Street",
    "Victoria Mews",
    "Weavers Yard",
    "Windmill Lane",
)
ETHNICITIES: tuple[tuple[str, int], ...] = (
    ("White British", 46),
    ("White other", 9),
    ("Asian or Asian British", 17),
    ("Black or Black British", 14),
    ("Mixed or multiple", 6),
    ("Arab", 2),
    ("Gypsy, Roma or Traveller", 1),
    ("Not stated", 5),
)
SOURCES: tuple[tuple[str, int], ...] = (
    ("GP", 28),
    ("self", 30),
    ("school or college", 14),
    ("social services", 8),
    ("employer", 5),
    ("Jobcentre", 7),
    ("other charity", 8),
)
RELIGIONS = ("Christian", "Muslim", "Hindu", "Sikh", "Jewish", "Buddhist", "none")
STAFF = tuple(f"P{number:04d}" for number in range(1, 13))


@dataclass(frozen=True)
class Person:
    """One invented person; `turn` numbers the people, and a pair of names comes back only after `PAIRS` turns."""

    given: str
    family: str
    gender: str
    turn: int

    @property
    def full(self) -> str:
        """Return given and family name."""
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Contact:
    """How to reach a person; all of it is unallocated."""

    email: str
    phone: str
    address: str
    area: str
    postcode: str


def pick(rng: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    """Draw one label by its weight."""
    return rng.choices([label for label, _ in weighted], [weight for _, weight in weighted])[0]


def person(turn: int, seed: int, household: int | None = None) -> Person:
    """Return the person numbered `turn`: pairs of names come in a shuffled order that depends on the seed.

    Members of a household have its family name, which nobody outside it has.
    """
    step = PAIRS * 618 // 1000 + 2 * (seed % 1000)
    while math.gcd(step, PAIRS) != 1:
        step += 1
    pair = (turn * step + seed % PAIRS) % PAIRS
    given = GIVEN[pair % len(GIVEN)]
    usual = "woman" if given in _WOMEN else "man"
    gender = {7: "non-binary", 23: "not stated"}.get(turn % 41, usual)
    family = FAMILY[pair // len(GIVEN)] if household is None else HOUSEHOLDS[household % len(HOUSEHOLDS)]
    return Person(given, family, gender, turn)


def bulk_turn(ordinal: int) -> int:
    """Return the turn of the bulk's `ordinal`th person; turns `PAIRS` apart have the same pair of names."""
    free = PAIRS - RESERVED
    return RESERVED + ordinal % free + ordinal // free * PAIRS


def contact(rng: random.Random, who: Person) -> Contact:
    """Return an invented address, telephone number and mailbox."""
    area, district = rng.choice(AREAS)
    phone = f"07700 900{rng.randrange(1000):03d}" if rng.random() < 0.7 else f"020 7946 0{rng.randrange(1000):03d}"
    local = _plain(f"{who.given}.{who.family}").lower().replace(" ", "")
    return Contact(
        email=f"{local}{who.turn}@example.org",
        phone=phone,
        address=f"{rng.randrange(1, 180)} {rng.choice(STREETS)}",
        area=area,
        # No inward code ends in C, I, K, M, O or V.
        postcode=f"{district} {rng.randrange(10)}{rng.choice('CIKMOV')}{rng.choice('CIKMOV')}",
    )


def ni_number(rng: random.Random) -> str:
    """Return a National Insurance number with the prefix QQ, which is never issued."""
    digits = f"{rng.randrange(1_000_000):06d}"
    return f"QQ {digits[:2]} {digits[2:4]} {digits[4:]} {rng.choice('ABCD')}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


_WOMEN = frozenset(GIVEN_WOMEN)
