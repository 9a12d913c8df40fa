"""Migrations of the ledger, run by program: there is no alembic.ini to find or to forget."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

# One number for every process that migrates the same PostgreSQL ledger; nothing else uses advisory locks.
_LOCK = 6962_9162


def configuration() -> Config:
    """Return Alembic's settings for the ledger's revisions."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the ledger's tables to `revision` in one transaction. Safe when several processes start at once."""
    config = configuration()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        # SQLite's write lock is held already: the engine begins with it.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if revision == "head" and MigrationContext.configure(connection).get_current_revision() == newest:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
