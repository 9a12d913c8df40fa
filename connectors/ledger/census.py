"""The last count of every store's records, class by class: what the books of a run begin with.

Beside the count stands a short keyed digest of each key, so that a row which went is told from one that came. The
digests of what a run destroyed go when it is closed; those of living records say nothing that their store does not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update

from connectors.ledger.base import Source, reading, writing
from connectors.ledger.tables import census, planned

DIGEST_SIZE = 8
LAST = ""  # in place of a run: the newest count, whoever made it


@dataclass(frozen=True)
class Census:
    """One count: `digests` is None where there were too many to keep; `removed` are those that runs destroyed since.

    `salt` (hexadecimal) keys the digests; `log_size` is the size of the log when the records were counted.
    """

    store: str
    class_name: str
    taken_at: str
    log_size: int
    salt: str
    count: int
    digests: frozenset[bytes] | None
    removed: int = 0

    @property
    def whole(self) -> bool:
        """Whether there are as many digests as were counted, less those that have gone."""
        return self.digests is None or len(self.digests) + self.removed == self.count


def begin(source: Source, run_id: str, first: Census) -> None:
    """Let a run's books begin with the last count of a class; with `first` where there is none.

    Doing it twice changes nothing.
    """
    with writing(source) as connection:
        if find(connection, first.store, first.class_name, run_id) is None:
            last = find(connection, first.store, first.class_name)
            if last is None:
                keep(connection, first)
            connection.execute(insert(census).values(_values(last or first, run_id)))


def keep(source: Source, newest: Census) -> None:
    """Make a count the last one of its class."""
    with writing(source) as connection:
        connection.execute(delete(census).where(_place(newest.store, newest.class_name), census.c.run == LAST))
        connection.execute(insert(census).values(_values(newest, LAST)))


def find(source: Source, store: str, class_name: str, run_id: str = LAST) -> Census | None:
    """Return the count with which a run's books began, or the last one of all; None where there is none."""
    query = select(census).where(_place(store, class_name), census.c.run == run_id)
    with reading(source) as connection:
        row = connection.execute(query).first()
    return None if row is None else _census(row)


def places(source: Source, run_id: str = LAST) -> list[tuple[str, str]]:
    """Return the (store, class) pairs that are counted, in order."""
    query = select(census.c.store, census.c.class_name).where(census.c.run == run_id)
    with reading(source) as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(census.c.store, census.c.class_name))]


def oldest(source: Source) -> int:
    """Return the size of the log at the oldest count, 0 without any."""
    with reading(source) as connection:
        return int(connection.scalar(select(func.min(census.c.log_size))) or 0)


def destroyed_keys(source: Source, store: str, class_name: str) -> dict[str, set[str]]:
    """Return, by run, the keys of a class whose rows went and are not yet forgotten."""
    query = select(planned.c.run, planned.c.key).where(
        planned.c.store == store,
        planned.c.class_name == class_name,
        planned.c.state == "done",
        planned.c.action.in_(("destroy", "unlink")),
        planned.c.key != planned.c.commitment,
    )
    found: dict[str, set[str]] = {}
    with reading(source) as connection:
        for run, key in connection.execute(query):
            found.setdefault(run, set()).add(key)
    return found


def end(source: Source, run_id: str, place: tuple[str, str], newest: Census | None, gone: Collection[bytes]) -> None:
    """End a run's books of a class: its own count goes, and the digests of what it destroyed go from all others.

    `newest` is the count from now on; None where the store could not be read.
    """
    over = (run_id, LAST) if newest else (run_id,)
    with writing(source) as connection:
        connection.execute(delete(census).where(_place(*place), census.c.run.in_(over)))
        for row in connection.execute(select(census).where(_place(*place))).all():
            one = _census(row)
            if one.digests is not None and one.digests & set(gone):
                left = one.digests - set(gone)
                values = {"digests": _packed(left), "removed": one.removed + len(one.digests) - len(left)}
                mine = update(census).where(_place(one.store, one.class_name), census.c.run == row.run)
                connection.execute(mine.values(values))
        if newest:
            connection.execute(insert(census).values(_values(newest, LAST)))


def _place(store: str, class_name: str) -> ColumnElement[bool]:
    return (census.c.store == store) & (census.c.class_name == class_name)


def _values(one: Census, run_id: str) -> dict[str, object]:
    return {**one.__dict__, "digests": _packed(one.digests), "run": run_id}


def _packed(digests: frozenset[bytes] | None) -> bytes | None:
    return None if digests is None else b"".join(sorted(digests))


def _census(row: Row[tuple[object, ...]]) -> Census:
    values = row._asdict()
    packed = values.pop("digests")
    del values["run"]
    cut = range(0, len(packed or b""), DIGEST_SIZE)
    digests = None if packed is None else frozenset(bytes(packed[at : at + DIGEST_SIZE]) for at in cut)
    return Census(**values, digests=digests)
