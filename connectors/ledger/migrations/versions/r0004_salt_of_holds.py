"""The salt of what each hold covers, so that the log can say it without naming anybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    with op.batch_alter_table("hold") as batch:
        batch.add_column(sa.Column("salt", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("hold") as batch:
        batch.drop_column("salt")
