"""The first tables: everything that the ledger of version 0.1 holds."""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# BIGINT would not be SQLite's row id.
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SETTLES = sa.text("kind IN ('past_retention', 'held', 'undatable')")


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
        sa.Column("schedule_version", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sift")),
    )
    op.create_table(
        "finding",
        sa.Column("sift", sa.Integer(), nullable=False),
        sa.Column("ordinal", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("count", _BIG, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("read_first", sa.Text(), nullable=False),
        sa.Column("line_tag", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["sift"], ["sift.id"], name=op.f("fk_finding_sift_sift")),
        sa.PrimaryKeyConstraint("sift", "ordinal", name=op.f("pk_finding")),
    )
    op.create_index(
        "uq_finding_settled",
        "finding",
        ["sift", "store", "class_name", "key"],
        unique=True,
        sqlite_where=_SETTLES,
        postgresql_where=_SETTLES,
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sealing_key", sa.Text(), nullable=True),
        sa.Column("staff_ids", sa.Text(), nullable=False),
        sa.Column("case_numbers", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_person")),
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("leaf", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.slug"], name=op.f("fk_statement_person_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    op.create_index("ix_statement_about_kind", "statement", ["about", "kind"], unique=False)
    op.create_table(
        "adoption",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("schedule_digest", sa.String(length=64), nullable=False),
        sa.Column("schedule_version", sa.Text(), nullable=False),
        sa.Column("minute_date", sa.Date(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adoption")),
    )
    op.create_index(op.f("ix_adoption_schedule_digest"), "adoption", ["schedule_digest"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("release_authority", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column("class_name", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_table(
        "hold_reason",
        sa.Column("hold", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
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
        sa.Column("count", _BIG, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("schedule_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sift"], ["sift.id"], name=op.f("fk_proposal_sift_sift")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_sift"), "proposal", ["sift"], unique=False)
    op.create_table(
        "decision",
        sa.Column("statement", sa.Integer(), nullable=False),
        sa.Column("ordinal", _BIG, autoincrement=False, nullable=False),
        sa.Column("proposal", sa.String(length=80), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("read_by_officer", sa.Boolean(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
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
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.Text(), nullable=False),
        sa.Column("cooling_off_until", sa.Text(), nullable=False),
        sa.Column("commitments_root", sa.String(length=64), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("approval_leaf", _BIG, nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["proposal"], ["proposal.id"], name=op.f("fk_run_proposal_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_proposal"), "run", ["proposal"], unique=False)
    op.create_table(
        "planned",
        sa.Column("run", sa.String(length=80), nullable=False),
        sa.Column("ordinal", _BIG, autoincrement=False, nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
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
    op.create_index("ix_planned_place", "planned", ["store", "class_name", "key"], unique=False)
    op.create_index("ix_planned_run_batch", "planned", ["run", "batch"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("ordinal", _BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("leaf", _BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "ordinal"], ["planned.run", "planned.ordinal"], name=op.f("fk_outcome_run_ordinal_planned")
        ),
        sa.PrimaryKeyConstraint("run", "ordinal", name=op.f("pk_outcome")),
    )


def _log() -> None:
    op.create_table(
        "leaf",
        sa.Column("idx", _BIG, autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_leaf")),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("compact_range", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", _BIG, autoincrement=False, nullable=False),
        sa.Column("compact_range", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    empty = sha256(b"").hexdigest()
    op.bulk_insert(head, [{"id": 1, "size": 0, "root": empty, "compact_range": "0"}])


def _published() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("published_at", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_table(
        "extract",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("destroy_on", sa.Date(), nullable=False),
        sa.Column("destroyed_at", sa.Text(), nullable=True),
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
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("epoch", _BIG, nullable=False),
        sa.Column("bumped_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_fence")),
    )
