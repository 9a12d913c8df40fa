"""Count the records of a class, and take a short keyed digest of every key: enough to tell what came and what went."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from sqlalchemy import func, select

from connectors.stores.base import RecordStore
from rules.schedule.values import Schedule

DIGEST_SIZE = 8
MOST = 1_000_000  # above this only the count is kept: the digests of a million keys take 8 MB, and while read 200
_AT_ONCE = 10_000


def digest_of_key(key: str, salt: str) -> bytes:
    """Return a keyed digest of one key; `salt` is 32 bytes in hexadecimal."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=DIGEST_SIZE, key=bytes.fromhex(salt)).digest()


def digests_of(keys: Iterable[str], salt: str) -> frozenset[bytes]:
    """Return the keyed digests of these keys."""
    return frozenset(digest_of_key(key, salt) for key in keys)


def count_class(
    store: RecordStore, schedule: Schedule, class_name: str, salt: str, most: int = MOST
) -> tuple[int, frozenset[bytes] | None]:
    """Count the records of a class with a key of their own, read with the reading credential in one snapshot.

    The digests are None for more than `most` records. Raises StoreUnavailable, BadInput.
    """
    source = store.sources()[class_name]
    key = source.columns[schedule.get(class_name).key]
    with store.reader() as connection:
        count = int(connection.execute(select(func.count()).select_from(source.table)).scalar_one())
        if count > most:
            return count, None
        streamed = connection.execution_options(yield_per=_AT_ONCE).scalars(select(key))
        digests = digests_of((str(one) for one in streamed if one is not None), salt)
    return len(digests), digests
