"""The last count of every store's records, with which a run's books begin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# BIGINT would not be SQLite's row id.
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "census",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=False),
        sa.Column("run", sa.String(length=80), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=False),
        sa.Column("log_size", _BIG, nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("count", _BIG, nullable=False),
        sa.Column("removed", _BIG, nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("store", "class_name", "run", name=op.f("pk_census")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("census")
