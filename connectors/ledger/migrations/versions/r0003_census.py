"""The last count of every store's records, with which a run's books begin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connectors.ledger.kinds import BIG, BYTES, NAME, TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "census",
        sa.Column("store", NAME, nullable=False),
        sa.Column("class_name", NAME, nullable=False),
        sa.Column("run", sa.String(length=80), nullable=False),
        sa.Column("taken_at", TEXT, nullable=False),
        sa.Column("log_size", BIG, nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("removed", BIG, nullable=False),
        sa.Column("digests", BYTES, nullable=True),
        sa.PrimaryKeyConstraint("store", "class_name", "run", name=op.f("pk_census")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("census")
