"""Sifts and their findings: written in batches as they come, read in pages in their own order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, insert, select, update

from connectors.engines import among
from connectors.ledger.base import Source, chunks, reading, to_json, writing
from connectors.ledger.bulk import insert_rows
from connectors.ledger.tables import SETTLES, finding, sift
from rules.review.values import Finding, Kind

SETTLING = (Kind.PAST_RETENTION, Kind.HELD, Kind.UNDATABLE)
_BATCH = 5_000


@dataclass(frozen=True)
class Sift:
    """One evaluation of a schedule over all stores. `facts` are counts that the sift noted at its end.

    `scope` is empty for the whole schedule; a sift of some classes only (daily notes) names itself here, so that it
    does not make a review of the whole stale.
    """

    id: int
    as_of: date
    schedule_digest: str
    schedule_version: str
    scope: str
    started_at: str
    finished_at: str | None
    facts: Mapping[str, int]


class StoredFinding(NamedTuple):
    """A finding with its place in the order of its sift, counted from 1.

    `line_tag` is empty, or stands for what was forgotten of it after its record had gone.
    """

    ordinal: int
    finding: Finding
    line_tag: str = ""


@dataclass(frozen=True)
class Count:
    """How many findings share a kind, store, class, rule and action, and between which dates they fell due."""

    kind: Kind
    store: str
    class_name: str
    rule: str
    action: str
    n: int
    earliest: date | None
    latest: date | None


def new_sift(
    source: Source, as_of: date, schedule_digest: str, schedule_version: str, started_at: str, scope: str = ""
) -> int:
    """Begin a sift and return its id. `started_at` is an ISO 8601 instant in UTC; `scope` as in `Sift`."""
    with writing(source) as connection:
        values = {
            "as_of": as_of,
            "schedule_digest": schedule_digest,
            "schedule_version": schedule_version,
            "scope": scope,
            "started_at": started_at,
            "facts": "{}",
        }
        return int(connection.execute(insert(sift).values(values).returning(sift.c.id)).scalar_one())


def add_findings(source: Source, sift_id: int, findings: Iterable[Finding]) -> int:
    """Store the findings after those that the sift already has; return how many. Memory does not grow with them.

    Each batch is a transaction of its own, and none is open while `findings` is asked for more.
    """
    added = 0
    for batch in chunks(findings, _BATCH):
        with writing(source) as connection:
            last = connection.scalar(select(func.max(finding.c.ordinal)).where(finding.c.sift == sift_id)) or 0
            as_text = connection.dialect.name == "sqlite"
            insert_rows(connection, finding, _COLUMNS, list(_to_rows(sift_id, last + 1, batch, as_text)))
        added += len(batch)
        del batch
    return added


def with_finding(source: Source, sift_id: int, store: str, class_name: str, keys: Sequence[str]) -> set[str]:
    """Return which of `keys` already have a finding that settles them (past retention, held or undatable)."""
    found: set[str] = set()
    with reading(source) as connection:
        for chunk in chunks(keys):
            query = select(finding.c.key).where(
                finding.c.sift == sift_id,
                finding.c.store == store,
                finding.c.class_name == class_name,
                among(finding.c.key, chunk, connection.dialect.name),
                SETTLES,  # word for word as the index has it, or a partial index does not serve
            )
            found.update(connection.scalars(query))
    return found


def finish_sift(source: Source, sift_id: int, finished_at: str, facts: Mapping[str, int]) -> None:
    """Mark the sift as complete, with counts worth keeping. Only a finished sift can be proposed."""
    with writing(source) as connection:
        connection.execute(
            update(sift).where(sift.c.id == sift_id).values(finished_at=finished_at, facts=to_json(dict(facts)))
        )


def get_sift(source: Source, sift_id: int) -> Sift | None:
    """Return the sift with this id, or None."""
    return _one_sift(source, select(sift).where(sift.c.id == sift_id))


def latest_sift(source: Source, scope: str = "") -> Sift | None:
    """Return the newest finished sift of this scope, or None when there is none."""
    finished = select(sift).where(sift.c.finished_at.is_not(None), sift.c.scope == scope)
    return _one_sift(source, finished.order_by(sift.c.id.desc()).limit(1))


def findings(
    source: Source, sift_id: int, kinds: Sequence[Kind] = (), rule: str = "", after: int = 0, limit: int = 1000
) -> list[StoredFinding]:
    """Return at most `limit` findings whose ordinal is above `after`, in order; all kinds and rules when none named."""
    query = select(finding).where(finding.c.sift == sift_id, finding.c.ordinal > after)
    if kinds:
        query = query.where(finding.c.kind.in_(list(kinds)))
    if rule:
        query = query.where(finding.c.rule == rule)
    with reading(source) as connection:
        return [from_row(row) for row in connection.execute(query.order_by(finding.c.ordinal).limit(limit))]


def iterate(source: Source, sift_id: int, kinds: Sequence[Kind] = (), rule: str = "") -> Iterator[StoredFinding]:
    """Yield the findings in order, page by page: no cursor stays open between two pages."""
    after = 0
    while page := findings(source, sift_id, kinds, rule, after, limit=_BATCH):
        yield from page
        after = page[-1].ordinal
        del page  # before the next is read


def by_ordinal(source: Source, sift_id: int, ordinals: Iterable[int]) -> dict[int, Finding]:
    """Return the findings with these ordinals; an ordinal that the sift does not have is absent."""
    found: dict[int, Finding] = {}
    with reading(source) as connection:
        for chunk in chunks(ordinals):
            rows = connection.execute(select(finding).where(finding.c.sift == sift_id, finding.c.ordinal.in_(chunk)))
            found.update({row.ordinal: from_row(row).finding for row in rows})
    return found


def counts(source: Source, sift_id: int) -> list[Count]:
    """Return the number of findings for each kind, store, class, rule and action, in that order."""
    group = (finding.c.kind, finding.c.store, finding.c.class_name, finding.c.rule, finding.c.action)
    figures = (func.count(), func.min(finding.c.due_on), func.max(finding.c.due_on))
    query = select(*group, *figures).where(finding.c.sift == sift_id).group_by(*group).order_by(*group)
    with reading(source) as connection:
        return [Count(Kind(row[0]), *row[1:]) for row in connection.execute(query)]


def _one_sift(source: Source, query: Select[Any]) -> Sift | None:
    with reading(source) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    values = row._asdict()
    return Sift(**{**values, "facts": json.loads(values["facts"])})


_COLUMNS = (
    "sift",
    "ordinal",
    "kind",
    "store",
    "class_name",
    "key",
    "rule",
    "subject",
    "due_on",
    "count",
    "action",
    "version",
    "reason",
    "facts",
    "read_first",
)


_KINDS = {kind: kind.value for kind in Kind}  # the attribute of an enumeration is slow to reach
_KIND_OF = {kind.value: kind for kind in Kind}


def _to_rows(sift_id: int, first: int, batch: Iterable[Finding], as_text: bool) -> Iterator[tuple[object, ...]]:
    facts: Mapping[str, str] = {}
    facts_text = "{}"
    for ordinal, item in enumerate(batch, start=first):
        if item.facts is not facts:  # the records of one file share theirs
            facts, facts_text = item.facts, to_json(dict(item.facts)) if item.facts else "{}"
        yield (
            sift_id,
            ordinal,
            _KINDS[item.kind],
            item.store,
            item.class_name,
            item.key,
            item.rule,
            item.subject,
            item.due_on.isoformat() if as_text and item.due_on is not None else item.due_on,
            item.count,
            item.action,
            item.version,
            item.reason,
            facts_text,
            to_json(list(item.read_first)) if item.read_first else "[]",
        )


def from_row(row: Row[Any]) -> StoredFinding:
    """Read a row of the whole table `finding`, which may be longer."""
    values: tuple[Any, ...] = row[: len(_COLUMNS) + 1]
    (_, ordinal, kind, store, class_name, key, rule, subject, due_on, count, *others) = values
    action, version, reason, facts, read_first, line_tag = others
    # A frozen dataclass is filled field by field, at the cost of all the rest of reading a row.
    finding = object.__new__(Finding)
    finding.__dict__.update(
        kind=_KIND_OF[kind],
        store=store,
        class_name=class_name,
        key=key,
        rule=rule,
        subject=subject,
        due_on=due_on,
        count=count,
        action=action,
        version=version,
        reason=reason,
        facts={} if facts == "{}" else json.loads(facts),
        read_first=() if read_first == "[]" else tuple(json.loads(read_first)),
    )
    return StoredFinding(ordinal, finding, line_tag or "")
