"""What Alembic runs for the ledger: on the connection it is handed, in that connection's transaction."""

from __future__ import annotations

from alembic import context

from connectors.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
