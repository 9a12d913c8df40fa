"""The kinds of columns of the ledger's tables, each as wide as any engine needs it.

MariaDB alone asks for more than SQLite and PostgreSQL do: its TEXT and BLOB end at 64 kB, and what is part of a key has
a length. The variants are for it, so that the other two need no migration.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT, VARCHAR

# BIGINT would not be SQLite's row id, and only that counts up by itself there.
BIG = BigInteger().with_variant(Integer, "sqlite")
TEXT = Text().with_variant(LONGTEXT(), "mariadb")
BYTES = LargeBinary().with_variant(LONGBLOB(), "mariadb")
# Names of stores and classes, and what a statement is about: parts of keys, which InnoDB holds to 3,072 bytes.
NAME = Text().with_variant(VARCHAR(255), "mariadb")
RUN = Text().with_variant(VARCHAR(80), "mariadb")
