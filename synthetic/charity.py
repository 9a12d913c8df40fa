"""The invented charity: a counselling, mentoring and careers service, its stores, and the key to what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, insert

from synthetic.answer import AnswerKey, Expected
from synthetic.bulk import ordinary
from synthetic.bundle import Bundle, Document
from synthetic.dates import DAY
from synthetic.documents import write_document
from synthetic.enquiries import Enquiries, write_enquiries
from synthetic.roster import plan_roster, write_roster
from synthetic.scenes import Situation
from synthetic.scenes_clock import CLOCK
from synthetic.scenes_content import CONTENT
from synthetic.scenes_members import MEMBERS
from synthetic.scenes_people import PEOPLE
from synthetic.scenes_referrals import REFERRALS
from synthetic.sink import Sink
from synthetic.tables import LEFTOVER, METADATA
from synthetic.world import World

# Files that no record class can claim: their names do not say whose they are.
UNCLAIMED_FILES = (
    "scan0003.pdf",
    "letters/Notes from Tuesday.docx",
    "letters/C000001 letter.txt",
    "old/Fwd re client.eml",
)


def situations() -> list[Situation]:
    """Return every planted situation, in the order in which they are planted."""
    return [each for part in (CLOCK, PEOPLE, MEMBERS, CONTENT, REFERRALS) for each in part.situations]


def generate(
    engine: Engine,
    folder: Path,
    seed: int,
    as_of: date,
    clients: int = 400,
    progress: Callable[[int], None] | None = None,
    canary: str | None = None,
) -> AnswerKey:
    """Create the charity's stores: tables and rows through the engine, all other stores and the key in the folder.

    Every situation is planted whatever the number of clients; everyday clients make up that number. `progress` is told
    the number of clients made so far. With a `canary`, every name, contact and free text carries a token that begins
    with it; keys and findings stay the same. The same seed, day and number give the same rows and the same key.
    The tables must not exist yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    METADATA.create_all(engine)
    world = World(seed, as_of, canary)
    with Sink(engine, folder) as sink:
        for bundle in _bundles(world, clients):
            before = sink.clients // 1000
            sink.take(bundle)
            if progress is not None and sink.clients // 1000 > before:
                progress(sink.clients)
        _other_stores(world, folder, sink, clients)
        _leftovers(world, engine, folder, sink)
        sink.expect(list(_counts(world)))
    if progress is not None:
        progress(sink.clients)
    key = AnswerKey(
        lines=folder / "answer_key.jsonl",
        as_of=as_of,
        seed=seed,
        clients=sink.clients,
        situations=dict(world.situations),
        counts=dict(sink.key.counts),
        holds_to_place=tuple(world.holds),
        read_first=tuple(world.read_first),
    )
    key.write(folder / "answer_key.json")
    return key


def _bundles(world: World, clients: int) -> Iterator[Bundle]:
    made = 0
    for situation in situations():
        for bundle in situation.play(world):
            made += len(bundle.rows.get("client", ()))
            yield bundle
    for ordinal in range(clients - made):
        yield from ordinary(world, ordinal)


def _other_stores(world: World, folder: Path, sink: Sink, clients: int) -> None:
    """Write the workbook and the web form's export; both stay small beside a large database."""
    roster = plan_roster(world, min(clients // 20, 2000))
    write_roster(roster, folder / "people.xlsx")
    sink.expect(roster.expected)
    enquiries = Enquiries(world, min(clients // 5, 5000))
    write_enquiries(enquiries, folder / "enquiries.csv")
    sink.expect(enquiries.expected)


def _leftovers(world: World, engine: Engine, folder: Path, sink: Sink) -> None:
    """Plant what no class claims: a table, a column (planted with the clients), and files with unhelpful names."""
    rows = [{"id": number, "payload": world.mark(f"row {number} of the old system")} for number in range(1, 8)]
    with engine.begin() as connection:
        connection.execute(insert(LEFTOVER), rows)
    for key in ("clients.legacy_ref", "tmp_import_2019"):
        sink.expect([_unclaimed("casework", key)])
    for path in UNCLAIMED_FILES:
        text = str(world.mark("To whom it may concern, please see the other sheet."))
        write_document(folder / "documents", Document(path, "untitled", text, world.as_of - 900 * DAY))
        sink.expect([_unclaimed("documents", path)])


def _unclaimed(store: str, key: str) -> Expected:
    return Expected("unclaimed", store, "", key, "unclaimed", None, None, "claimed by no class")


def _counts(world: World) -> Iterator[Expected]:
    """Yield the findings that count records instead of naming them."""
    for (record_class, name), count in sorted(world.faults.items()):
        yield Expected("quality", "casework", record_class, name, name, None, count, "faults of quality")
    for column, count in sorted(world.filled.items()):
        if count:
            key = f"clients.{column}"
            yield Expected("beyond_minimum", "casework", "client", key, "no-purpose", None, count, "no purpose")
