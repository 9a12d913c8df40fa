"""Holds by query, how far each hold reaches, and what people did about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from connectors.ledger.kinds import BIG, TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS: Mapping[str, Any] = {"condition": TEXT, "reach": BIG, "reach_of": BIG, "reached_on": sa.Date()}


def upgrade() -> None:
    """Apply this revision."""
    with op.batch_alter_table("hold") as batch:
        for name, kind in _COLUMNS.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    op.create_table(
        "hold_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("hold", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("authority", TEXT, nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["hold"], ["hold.id"], name=op.f("fk_hold_event_hold_hold")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_event")),
    )
    op.create_index(op.f("ix_hold_event_hold"), "hold_event", ["hold"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("hold_event")
    with op.batch_alter_table("hold") as batch:
        for name in _COLUMNS:
            batch.drop_column(name)
