"""Proposals (a sift's findings, frozen and hashed) and the decisions that people took about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from connectors.ledger.base import Source, chunks, reading, writing
from connectors.ledger.sifts import StoredFinding, get_sift, iterate
from connectors.ledger.tables import decision, finding, proposal, statement
from rules.errors import BadInput, Refused
from rules.evidence.commitment import KEY_SIZE, blinded_digest
from rules.review.authority import LETS_GO, Decision, proposal_head, proposal_line
from rules.review.values import Choice

_PAGE = 5_000
Look = Callable[[StoredFinding], None]


@dataclass(frozen=True)
class Proposal:
    """The findings of one sift, frozen. `hash` covers all of them in order; `salt` (hexadecimal) blinds it.

    Without the salt nobody can test guesses against the hash, which stands in the log for ever; it is forgotten when
    the run is closed.
    """

    id: str
    sift: int
    hash: str
    salt: str | None
    count: int
    as_of: date
    schedule_digest: str
    created_at: str


@dataclass(frozen=True)
class StoredDecision:
    """A decision, who took it and in which signed statement."""

    decision: Decision
    person: str
    statement: int


def freeze(source: Source, sift_id: int, created_at: str, random: Callable[[int], bytes]) -> Proposal:
    """Freeze a finished sift as a proposal; the same sift gives the same proposal again.

    `random` returns that many random bytes. Raises BadInput for a sift that is not there or not finished.
    """
    known = for_sift(source, sift_id)
    if known is not None:
        return known
    sift = get_sift(source, sift_id)
    if sift is None or sift.finished_at is None:
        raise BadInput(f"sift {sift_id} has not been finished, so it can't be proposed")
    salt = random(KEY_SIZE)
    count, digest = _digest(source, sift_id, sift.as_of, sift.schedule_digest, salt)
    frozen = Proposal(
        id=f"proposal-{sift.as_of.isoformat()}-{sift_id}",
        sift=sift_id,
        hash=digest,
        salt=salt.hex(),
        count=count,
        as_of=sift.as_of,
        schedule_digest=sift.schedule_digest,
        created_at=created_at,
    )
    with writing(source) as connection:
        connection.execute(insert(proposal).values(asdict(frozen)))
    return frozen


def unchanged(source: Source, frozen: Proposal, look: Look = lambda _: None) -> bool:
    """Say whether the findings are still those that were frozen. False once the salt is forgotten.

    `look` is shown each of them, in order, as it goes into the digest.
    """
    if frozen.salt is None:
        return False
    salt = bytes.fromhex(frozen.salt)
    found = _digest(source, frozen.sift, frozen.as_of, frozen.schedule_digest, salt, look)
    return (frozen.count, frozen.hash) == found


def line_tag(salt: bytes, stored: StoredFinding) -> str:
    """Return what stands for one finding under a proposal's hash: its line, blinded, or the tag left in its place."""
    return stored.line_tag or blinded_digest(salt, proposal_line(stored.ordinal, stored.finding)).hex()


def _digest(
    source: Source, sift_id: int, as_of: date, schedule_digest: str, salt: bytes, look: Look = lambda _: None
) -> tuple[int, str]:
    digest, count = sha256(proposal_head(as_of, schedule_digest)), 0
    for stored in iterate(source, sift_id):
        digest.update(bytes.fromhex(line_tag(salt, stored)))
        look(stored)
        count += 1
    return count, blinded_digest(salt, digest.digest()).hex()


def get(source: Source, proposal_id: str) -> Proposal | None:
    """Return the proposal with this id, or None."""
    with reading(source) as connection:
        row = connection.execute(select(proposal).where(proposal.c.id == proposal_id)).first()
    return None if row is None else Proposal(**row._asdict())


def by_hash(source: Source, proposal_hash: str) -> Proposal | None:
    """Return the proposal with this hash, or None."""
    with reading(source) as connection:
        row = connection.execute(select(proposal).where(proposal.c.hash == proposal_hash)).first()
    return None if row is None else Proposal(**row._asdict())


def for_sift(source: Source, sift_id: int) -> Proposal | None:
    """Return the proposal made of this sift, or None."""
    with reading(source) as connection:
        row = connection.execute(select(proposal).where(proposal.c.sift == sift_id)).first()
    return None if row is None else Proposal(**row._asdict())


def latest(source: Source) -> Proposal | None:
    """Return the proposal of the newest sift, or None."""
    with reading(source) as connection:
        row = connection.execute(select(proposal).order_by(proposal.c.sift.desc()).limit(1)).first()
    return None if row is None else Proposal(**row._asdict())


def closed_reviews(source: Source) -> list[str]:
    """Return the ids of the proposals whose review a closed run has ended."""
    with reading(source) as connection:
        return list(connection.scalars(select(proposal.c.id).where(proposal.c.salt.is_(None)).order_by(proposal.c.id)))


def partly_forgotten(source: Source) -> list[str]:
    """Return the ids of the proposals still under review of which a line was forgotten: a run destroyed its record."""
    forgotten = select(finding.c.sift).where(finding.c.line_tag.is_not(None))
    open_ones = select(proposal.c.id).where(proposal.c.salt.is_not(None), proposal.c.sift.in_(forgotten))
    with reading(source) as connection:
        return list(connection.scalars(open_ones.order_by(proposal.c.id)))


def add_decisions(
    source: Source, statement_id: int, proposal_id: str, person: str, decisions: Iterable[Decision]
) -> None:
    """Store the decisions of one signed statement; each takes the place of an earlier one on the same finding.

    The earlier one is kept, because somebody's signature covers it. Raises Refused when a statement decides twice.
    """
    with writing(source) as connection:
        for chunk in chunks(decisions):
            ordinals = [one.ordinal for one in chunk]
            if len(set(ordinals)) != len(ordinals):
                raise Refused("one statement can't decide twice about one finding")
            earlier = update(decision).where(decision.c.proposal == proposal_id, decision.c.ordinal.in_(ordinals))
            connection.execute(earlier.values(superseded=True))
            fixed = {"statement": statement_id, "proposal": proposal_id, "person": person, "superseded": False}
            connection.execute(
                insert(decision), [{**asdict(one), **fixed, "choice": one.choice.value} for one in chunk]
            )


def decisions_of(source: Source, statement_id: int) -> list[Decision]:
    """Return everything that one statement decided, superseded or not, in the order of the findings."""
    query = select(decision).where(decision.c.statement == statement_id).order_by(decision.c.ordinal)
    with reading(source) as connection:
        return [_stored(row).decision for row in connection.execute(query)]


def standing(source: Source, proposal_id: str, after: int = 0, limit: int = _PAGE) -> list[StoredDecision]:
    """Return at most `limit` decisions in force about findings above `after`, in the order of the findings."""
    query = select(decision).where(
        decision.c.proposal == proposal_id, decision.c.superseded.is_(False), decision.c.ordinal > after
    )
    with reading(source) as connection:
        return [_stored(row) for row in connection.execute(query.order_by(decision.c.ordinal).limit(limit))]


def iterate_standing(source: Source, proposal_id: str) -> Iterator[StoredDecision]:
    """Yield every decision in force, in the order of the findings, page by page."""
    after = 0
    while page := standing(source, proposal_id, after):
        yield from page
        after = page[-1].decision.ordinal


def letting_go(source: Source, proposal_id: str) -> dict[int, tuple[int, str]]:
    """Return, by finding, the statement whose decision in force lets its record go, and the reason that it gives."""
    query = select(decision.c.ordinal, decision.c.statement, decision.c.reason).where(
        decision.c.proposal == proposal_id,
        decision.c.superseded.is_(False),
        decision.c.choice.in_([choice.value for choice in LETS_GO]),
    )
    with reading(source) as connection:
        return {ordinal: (said, reason) for ordinal, said, reason in connection.execute(query).all()}


def last_in_force(source: Source, proposal_id: str) -> bool:
    """Say whether no decision is in force about whose finding a later statement decided, by their places in the log."""
    later, said, then = decision.alias(), statement, statement.alias()
    overruled = (
        select(decision.c.ordinal)
        .join(said, said.c.id == decision.c.statement)
        .join(later, (later.c.proposal == decision.c.proposal) & (later.c.ordinal == decision.c.ordinal))
        .join(then, then.c.id == later.c.statement)
        .where(decision.c.proposal == proposal_id, decision.c.superseded.is_(False), then.c.leaf > said.c.leaf)
    )
    with reading(source) as connection:
        return connection.execute(overruled.limit(1)).first() is None


def standing_by_statement(source: Source, proposal_id: str, choices: Collection[Choice]) -> dict[int, int]:
    """Return, for each statement that still has decisions of these kinds in force, how many."""
    query = select(decision.c.statement, func.count()).where(
        decision.c.proposal == proposal_id,
        decision.c.superseded.is_(False),
        decision.c.choice.in_([choice.value for choice in choices]),
    )
    with reading(source) as connection:
        return {int(row[0]): int(row[1]) for row in connection.execute(query.group_by(decision.c.statement))}


def _stored(row: Row[Any]) -> StoredDecision:
    values: tuple[Any, ...] = row[:]
    statement_id, ordinal, _, choice, reason, note, until, read_by_officer, person, _ = values
    taken = Decision(ordinal, _CHOICE_OF[choice], reason, note, until, read_by_officer)
    return StoredDecision(taken, person, statement_id)


_CHOICE_OF = {choice.value: choice for choice in Choice}
