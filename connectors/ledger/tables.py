"""The ledger's tables: findings, people, holds, proposals, decisions, runs, the log, what was published.

Constraints have names by convention, because a batch migration on SQLite can only drop what has a name.
Dates are DATE columns, instants are ISO 8601 text in UTC, small structures are canonical JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# BIGINT would not be SQLite's row id, and only that counts up by itself there.
_Big = BigInteger().with_variant(Integer, "sqlite")

sift = Table(
    "sift",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", Date, nullable=False),
    Column("schedule_digest", String(64), nullable=False),
    Column("schedule_version", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("facts", Text, nullable=False, server_default="{}"),
)

finding = Table(
    "finding",
    metadata,
    Column("sift", ForeignKey("sift.id"), primary_key=True),
    Column("ordinal", _Big, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("store", Text, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("subject", Text),
    Column("due_on", Date),
    Column("count", _Big),
    Column("action", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("read_first", Text, nullable=False),
    # Once the record is gone: what stands for the forgotten line under the hash of a proposal still in use.
    Column("line_tag", String(64)),
)

# A record is in one finding at most that says what becomes of it.
SETTLES = text("kind IN ('past_retention', 'held', 'undatable')")
Index(
    "uq_finding_settled",
    finding.c.sift,
    finding.c.store,
    finding.c.class_name,
    finding.c.key,
    unique=True,
    sqlite_where=SETTLES,
    postgresql_where=SETTLES,
)

person = Table(
    "person",
    metadata,
    Column("slug", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sealing_key", Text),
    Column("staff_ids", Text, nullable=False),
    Column("case_numbers", Text, nullable=False),
    Column("added_at", Text, nullable=False),
)

statement = Table(
    "statement",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("about", Text, nullable=False),
    Column("person", ForeignKey("person.slug"), nullable=False),
    Column("signed", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("leaf", _Big),
)
Index("ix_statement_about_kind", statement.c.about, statement.c.kind)

adoption = Table(
    "adoption",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("schedule_digest", String(64), nullable=False, index=True),
    Column("schedule_version", Text, nullable=False),
    Column("minute_date", Date, nullable=False),
    Column("people", Text, nullable=False),
    Column("accepted", Text, nullable=False),
    Column("at", Text, nullable=False),
)

hold = Table(
    "hold",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("authority", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("review_on", Date),
    Column("released_on", Date),
    Column("released_by", Text),
    Column("release_authority", Text),
    Column("subject", Text),
    Column("name", Text),
    Column("store", Text),
    Column("class_name", Text),
    Column("key", Text),
    Column("condition", Text),
    Column("salt", String(64)),  # of the digest by which the log knows what it covers
    # How far it reached when somebody last looked: people, or records of its class, out of how many.
    Column("reach", _Big),
    Column("reach_of", _Big),
    Column("reached_on", Date),
)

hold_event = Table(
    "hold_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("hold", ForeignKey("hold.id"), nullable=False, index=True),
    Column("event", String(20), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("review_on", Date),
)

# Apart from the hold, so that nothing which reads holds can show a reason that would tip somebody off.
hold_reason = Table(
    "hold_reason",
    metadata,
    Column("hold", ForeignKey("hold.id"), primary_key=True),
    Column("reason", Text, nullable=False),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("sift", ForeignKey("sift.id"), nullable=False, index=True),
    Column("hash", String(64), nullable=False),
    Column("salt", String(64)),
    Column("count", _Big, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("schedule_digest", String(64), nullable=False),
    Column("created_at", Text, nullable=False),
)

decision = Table(
    "decision",
    metadata,
    Column("statement", ForeignKey("statement.id"), primary_key=True),
    Column("ordinal", _Big, primary_key=True, autoincrement=False),
    Column("proposal", ForeignKey("proposal.id"), nullable=False),
    Column("choice", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", Text, nullable=False),
    Column("until", Date),
    Column("read_by_officer", Boolean, nullable=False),
    Column("person", Text, nullable=False),
    Column("superseded", Boolean, nullable=False),
)
Index("ix_decision_proposal_ordinal", decision.c.proposal, decision.c.ordinal)

run = Table(
    "run",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("proposal", ForeignKey("proposal.id"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("schedule_digest", String(64), nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("approved_at", Text, nullable=False),
    Column("cooling_off_until", Text, nullable=False),
    Column("commitments_root", String(64), nullable=False),
    Column("sealed_key", Text, nullable=False),
    Column("approval_leaf", _Big, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", Text, nullable=False, server_default=""),
    Column("closed_at", Text),
)

planned = Table(
    "planned",
    metadata,
    Column("run", ForeignKey("run.id"), primary_key=True),
    Column("ordinal", _Big, primary_key=True, autoincrement=False),
    Column("store", Text, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("subject", Text),
    Column("rule", Text, nullable=False),
    Column("due_on", Date),
    Column("version", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("tag", String(64), nullable=False),
    Column("version_tag", String(64), nullable=False),
    Column("course", String(10), nullable=False),
    Column("batch", Integer),
    Column("state", String(20), nullable=False),
)
Index("ix_planned_run_batch", planned.c.run, planned.c.batch)
Index("ix_planned_place", planned.c.store, planned.c.class_name, planned.c.key)

outcome = Table(
    "outcome",
    metadata,
    Column("run", Text, primary_key=True),
    Column("ordinal", _Big, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("grade", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("leaf", _Big),
    ForeignKeyConstraint(["run", "ordinal"], ["planned.run", "planned.ordinal"]),
)

leaf = Table(
    "leaf",
    metadata,
    Column("idx", _Big, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", _Big, nullable=False),
    Column("root", String(64), nullable=False),
    Column("compact_range", Text, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", _Big, primary_key=True, autoincrement=False),
    Column("compact_range", Text, nullable=False),
    Column("note", Text, nullable=False),
)

release = Table(
    "release",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("published_at", Text, nullable=False),
    Column("cells", Text, nullable=False),
)

extract = Table(
    "extract",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("destroy_on", Date, nullable=False),
    Column("destroyed_at", Text),
)

extract_source = Table(
    "extract_source",
    metadata,
    Column("extract", ForeignKey("extract.id"), primary_key=True),
    Column("commitment", String(64), primary_key=True),
)

fence = Table(
    "fence",
    metadata,
    Column("store", Text, primary_key=True),
    Column("epoch", _Big, nullable=False),
    Column("bumped_at", Text, nullable=False),
)

census = Table(
    "census",
    metadata,
    Column("store", Text, primary_key=True),
    Column("class_name", Text, primary_key=True),
    Column("run", String(80), primary_key=True),
    Column("taken_at", Text, nullable=False),
    Column("log_size", _Big, nullable=False),
    Column("salt", String(64), nullable=False),
    Column("count", _Big, nullable=False),
    Column("removed", _Big, nullable=False),
    Column("digests", LargeBinary),
)
