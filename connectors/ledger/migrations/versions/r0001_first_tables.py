"""The first tables: everything that the ledger of version 0.1 holds."""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

from connectors.ledger.kinds import BIG, BYTES, NAME, RUN, TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SETTLES = sa.text("kind IN ('past_retention', 'held', 'undatable')")
# MariaDB has no index over some of the rows, and none over text of any length.
_SETTLED = f"""
    ALTER TABLE finding ADD COLUMN settled BINARY(32) AS (
        IF({_SETTLES}, UNHEX(SHA2(CONCAT_WS(CHAR(0), store, class_name, `key`), 256)), NULL)
    ) STORED INVISIBLE
"""


def upgrade() -> None:
    """Apply this revision."""
    _sifts()
    _people()
    _proposals()
    _runs()
    _log()
    _published()


def downgrade() -> None:
    """Take this revision back."""
    for table in (
        "fence",
        "extract_source",
        "extract",
        "release",
        "checkpoint",
        "head",
        "leaf",
        "outcome",
        "planned",
        "run",
        "decision",
        "proposal",
        "hold_reason",
        "hold",
        "adoption",
        "statement",
        "person",
        "finding",
        "sift",
    ):
        op.drop_table(table)


def _sifts() -> None:
    op.create_table(
        "sift",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("schedule_digest", sa.String(length=64), nullable=False),
        sa.Column("schedule_version", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("finished_at", TEXT, nullable=True),
        sa.Column("facts", TEXT, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sift")),
    )
    op.create_table(
        "finding",
        sa.Column("sift", sa.Integer(), nullable=False),
        sa.Column("ordinal", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("store", NAME, nullable=False),
        sa.Column("class_name", NAME, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("count", BIG, nullable=True),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("read_first", TEXT, nullable=False),
        sa.Column("line_tag", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["sift"], ["sift.id"], name=op.f("fk_finding_sift_sift")),
        sa.PrimaryKeyConstraint("sift", "ordinal", name=op.f("pk_finding")),
    )
    columns = ["sift", "store", "class_name", "key"]
    if op.get_bind().dialect.name == "mariadb":
        op.execute(_SETTLED)
        op.create_index("uq_finding_settled", "finding", ["sift", "settled"], unique=True)
        op.create_index("ix_finding_place", "finding", [*columns[1:], "sift"], mariadb_length={"key": 200})
        return
    op.create_index(
        "uq_finding_settled", "finding", columns, unique=True, sqlite_where=_SETTLES, postgresql_where=_SETTLES
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("public_key", TEXT, nullable=False),
        sa.Column("sealing_key", TEXT, nullable=True),
        sa.Column("staff_ids", TEXT, nullable=False),
        sa.Column("case_numbers", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_person")),
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", NAME, nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("signed", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("leaf", BIG, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.slug"], name=op.f("fk_statement_person_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    op.create_index("ix_statement_about_kind", "statement", ["about", "kind"], unique=False)
    op.create_table(
        "adoption",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("schedule_digest", sa.String(length=64), nullable=False),
        sa.Column("schedule_version", TEXT, nullable=False),
        sa.Column("minute_date", sa.Date(), nullable=False),
        sa.Column("people", TEXT, nullable=False),
        sa.Column("accepted", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adoption")),
    )
    op.create_index(op.f("ix_adoption_schedule_digest"), "adoption", ["schedule_digest"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("authority", TEXT, nullable=False),
        sa.Column("placed_by", TEXT, nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("released_by", TEXT, nullable=True),
        sa.Column("release_authority", TEXT, nullable=True),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("store", TEXT, nullable=True),
        sa.Column("class_name", TEXT, nullable=True),
        sa.Column("key", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_table(
        "hold_reason",
        sa.Column("hold", sa.String(length=80), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["hold"], ["hold.id"], name=op.f("fk_hold_reason_hold_hold")),
        sa.PrimaryKeyConstraint("hold", name=op.f("pk_hold_reason")),
    )


def _proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("sift", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("count", BIG, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("schedule_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["sift"], ["sift.id"], name=op.f("fk_proposal_sift_sift")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_sift"), "proposal", ["sift"], unique=False)
    op.create_table(
        "decision",
        sa.Column("statement", sa.Integer(), nullable=False),
        sa.Column("ordinal", BIG, autoincrement=False, nullable=False),
        sa.Column("proposal", sa.String(length=80), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("read_by_officer", sa.Boolean(), nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["proposal"], ["proposal.id"], name=op.f("fk_decision_proposal_proposal")),
        sa.ForeignKeyConstraint(["statement"], ["statement.id"], name=op.f("fk_decision_statement_statement")),
        sa.PrimaryKeyConstraint("statement", "ordinal", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_proposal_ordinal", "decision", ["proposal", "ordinal"], unique=False)


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("proposal", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("schedule_digest", sa.String(length=64), nullable=False),
        sa.Column("approved_by", TEXT, nullable=False),
        sa.Column("approved_at", TEXT, nullable=False),
        sa.Column("cooling_off_until", TEXT, nullable=False),
        sa.Column("commitments_root", sa.String(length=64), nullable=False),
        sa.Column("sealed_key", TEXT, nullable=False),
        sa.Column("approval_leaf", BIG, nullable=False),
        sa.Column("owner", TEXT, server_default="", nullable=False),
        sa.Column("lease_until", TEXT, server_default="", nullable=False),
        sa.Column("closed_at", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["proposal"], ["proposal.id"], name=op.f("fk_run_proposal_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_proposal"), "run", ["proposal"], unique=False)
    op.create_table(
        "planned",
        sa.Column("run", sa.String(length=80), nullable=False),
        sa.Column("ordinal", BIG, autoincrement=False, nullable=False),
        sa.Column("store", NAME, nullable=False),
        sa.Column("class_name", NAME, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("version_tag", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=10), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_planned_run_run")),
        sa.PrimaryKeyConstraint("run", "ordinal", name=op.f("pk_planned")),
    )
    op.create_index("ix_planned_place", "planned", ["store", "class_name", "key"], mariadb_length={"key": 200})
    op.create_index("ix_planned_run_batch", "planned", ["run", "batch"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("run", RUN, nullable=False),
        sa.Column("ordinal", BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("grade", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("leaf", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "ordinal"], ["planned.run", "planned.ordinal"], name=op.f("fk_outcome_run_ordinal_planned")
        ),
        sa.PrimaryKeyConstraint("run", "ordinal", name=op.f("pk_outcome")),
    )


def _log() -> None:
    op.create_table(
        "leaf",
        sa.Column("idx", BIG, autoincrement=False, nullable=False),
        sa.Column("bytes", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_leaf")),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("compact_range", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", BIG, autoincrement=False, nullable=False),
        sa.Column("compact_range", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    empty = sha256(b"").hexdigest()
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(head)) == 0:  # unless this is a second attempt
        op.bulk_insert(head, [{"id": 1, "size": 0, "root": empty, "compact_range": "0"}])


def _published() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("published_at", TEXT, nullable=False),
        sa.Column("cells", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_table(
        "extract",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("destroy_on", sa.Date(), nullable=False),
        sa.Column("destroyed_at", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extract")),
    )
    op.create_table(
        "extract_source",
        sa.Column("extract", sa.String(length=80), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["extract"], ["extract.id"], name=op.f("fk_extract_source_extract_extract")),
        sa.PrimaryKeyConstraint("extract", "commitment", name=op.f("pk_extract_source")),
    )
    op.create_table(
        "fence",
        sa.Column("store", NAME, nullable=False),
        sa.Column("epoch", BIG, nullable=False),
        sa.Column("bumped_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_fence")),
    )
