"""The ledger's tables: findings, people, holds, proposals, decisions, runs, the log, what was published.

Constraints have names by convention, because a batch migration on SQLite can only drop what has a name.
Dates are DATE columns, instants are ISO 8601 text in UTC, small structures are canonical JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    text,
)

from connectors.ledger.kinds import BIG, BYTES, NAME, RUN, TEXT

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

sift = Table(
    "sift",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", Date, nullable=False),
    Column("schedule_digest", String(64), nullable=False),
    Column("schedule_version", TEXT, nullable=False),
    Column("scope", TEXT, nullable=False),
    Column("started_at", TEXT, nullable=False),
    Column("finished_at", TEXT),
    Column("facts", TEXT, nullable=False, server_default="{}"),
)

finding = Table(
    "finding",
    metadata,
    Column("sift", ForeignKey("sift.id"), primary_key=True),
    Column("ordinal", BIG, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("store", NAME, nullable=False),
    Column("class_name", NAME, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("rule", TEXT, nullable=False),
    Column("subject", TEXT),
    Column("due_on", Date),
    Column("count", BIG),
    Column("action", TEXT, nullable=False),
    Column("version", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("facts", TEXT, nullable=False),
    Column("read_first", TEXT, nullable=False),
    # Once the record is gone: what stands for the forgotten line under the hash of a proposal still in use.
    Column("line_tag", String(64)),
)

# A record is in one finding at most that says what becomes of it. MariaDB has no such index; its first revision makes
# one over a hidden column instead, which is NULL for the other kinds.
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
    Column("name", TEXT, nullable=False),
    Column("role", String(20), nullable=False),
    Column("public_key", TEXT, nullable=False),
    Column("sealing_key", TEXT),
    Column("staff_ids", TEXT, nullable=False),
    Column("case_numbers", TEXT, nullable=False),
    Column("added_at", TEXT, nullable=False),
)

statement = Table(
    "statement",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("about", NAME, nullable=False),
    Column("person", ForeignKey("person.slug"), nullable=False),
    Column("signed", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("leaf", BIG),
)
Index("ix_statement_about_kind", statement.c.about, statement.c.kind)

adoption = Table(
    "adoption",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("schedule_digest", String(64), nullable=False, index=True),
    Column("schedule_version", TEXT, nullable=False),
    Column("minute_date", Date, nullable=False),
    Column("people", TEXT, nullable=False),
    Column("accepted", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
)

hold = Table(
    "hold",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("authority", TEXT, nullable=False),
    Column("placed_by", TEXT, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("review_on", Date),
    Column("released_on", Date),
    Column("released_by", TEXT),
    Column("release_authority", TEXT),
    Column("subject", TEXT),
    Column("name", TEXT),
    Column("store", TEXT),
    Column("class_name", TEXT),
    Column("key", TEXT),
    Column("condition", TEXT),
    Column("salt", String(64)),  # of the digest by which the log knows what it covers
    # How far it reached when somebody last looked: people, or records of its class, out of how many.
    Column("reach", BIG),
    Column("reach_of", BIG),
    Column("reached_on", Date),
)

hold_event = Table(
    "hold_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("hold", ForeignKey("hold.id"), nullable=False, index=True),
    Column("event", String(20), nullable=False),
    Column("person", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("authority", TEXT, nullable=False),
    Column("review_on", Date),
)

# Apart from the hold, so that nothing which reads holds can show a reason that would tip somebody off.
hold_reason = Table(
    "hold_reason",
    metadata,
    Column("hold", ForeignKey("hold.id"), primary_key=True),
    Column("reason", TEXT, nullable=False),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("sift", ForeignKey("sift.id"), nullable=False, index=True),
    Column("hash", String(64), nullable=False),
    Column("salt", String(64)),
    Column("count", BIG, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("schedule_digest", String(64), nullable=False),
    Column("created_at", TEXT, nullable=False),
)

decision = Table(
    "decision",
    metadata,
    Column("statement", ForeignKey("statement.id"), primary_key=True),
    Column("ordinal", BIG, primary_key=True, autoincrement=False),
    Column("proposal", ForeignKey("proposal.id"), nullable=False),
    Column("choice", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", TEXT, nullable=False),
    Column("until", Date),
    Column("read_by_officer", Boolean, nullable=False),
    Column("person", TEXT, nullable=False),
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
    Column("approved_by", TEXT, nullable=False),
    Column("approved_at", TEXT, nullable=False),
    Column("cooling_off_until", TEXT, nullable=False),
    Column("commitments_root", String(64), nullable=False),
    Column("sealed_key", TEXT, nullable=False),
    Column("approval_leaf", BIG, nullable=False),
    Column("owner", TEXT, nullable=False, server_default=""),
    Column("lease_until", TEXT, nullable=False, server_default=""),
    Column("closed_at", TEXT),
)

planned = Table(
    "planned",
    metadata,
    Column("run", ForeignKey("run.id"), primary_key=True),
    Column("ordinal", BIG, primary_key=True, autoincrement=False),
    Column("store", NAME, nullable=False),
    Column("class_name", NAME, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("subject", TEXT),
    Column("rule", TEXT, nullable=False),
    Column("due_on", Date),
    Column("version", TEXT, nullable=False),
    Column("action", TEXT, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("tag", String(64), nullable=False),
    Column("version_tag", String(64), nullable=False),
    Column("course", String(10), nullable=False),
    Column("batch", Integer),
    Column("state", String(20), nullable=False),
)
Index("ix_planned_run_batch", planned.c.run, planned.c.batch)
Index("ix_planned_place", planned.c.store, planned.c.class_name, planned.c.key, mariadb_length={"key": 200})

outcome = Table(
    "outcome",
    metadata,
    Column("run", RUN, primary_key=True),
    Column("ordinal", BIG, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("grade", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("leaf", BIG),
    ForeignKeyConstraint(["run", "ordinal"], ["planned.run", "planned.ordinal"]),
)

leaf = Table(
    "leaf",
    metadata,
    Column("idx", BIG, primary_key=True, autoincrement=False),
    Column("bytes", BYTES, nullable=False),
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BIG, nullable=False),
    Column("root", String(64), nullable=False),
    Column("compact_range", TEXT, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BIG, primary_key=True, autoincrement=False),
    Column("compact_range", TEXT, nullable=False),
    Column("note", TEXT, nullable=False),
)

release = Table(
    "release",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("published_at", TEXT, nullable=False),
    Column("cells", TEXT, nullable=False),
)

extract = Table(
    "extract",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("purpose", TEXT, nullable=False),
    Column("place", TEXT, nullable=False),
    Column("made_at", TEXT, nullable=False),
    Column("destroy_on", Date, nullable=False),
    Column("destroyed_at", TEXT),
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
    Column("store", NAME, primary_key=True),
    Column("epoch", BIG, nullable=False),
    Column("bumped_at", TEXT, nullable=False),
)

census = Table(
    "census",
    metadata,
    Column("store", NAME, primary_key=True),
    Column("class_name", NAME, primary_key=True),
    Column("run", String(80), primary_key=True),
    Column("taken_at", TEXT, nullable=False),
    Column("log_size", BIG, nullable=False),
    Column("salt", String(64), nullable=False),
    Column("count", BIG, nullable=False),
    Column("removed", BIG, nullable=False),
    Column("digests", BYTES),
)
