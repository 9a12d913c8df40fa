"""Migrations of the ledger, run by program: there is no alembic.ini to find or to forget."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from rules.errors import StoreUnavailable

# One number for every process that migrates the same ledger on a server; nothing else uses advisory locks.
_LOCK = 6962_9162
_PATIENCE = 600  # seconds


def configuration() -> Config:
    """Return Alembic's settings for the ledger's revisions."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the ledger's tables to `revision`. Safe when several processes start at once.

    It is one transaction; on MariaDB, which has none for tables, what a kill cut short is finished by the next call.
    """
    config = configuration()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        _alone(connection)
        if revision == "head" and MigrationContext.configure(connection).get_current_revision() == newest:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _alone(connection: Connection) -> None:
    """Keep other processes from migrating the same ledger until the connection's end. SQLite holds its lock already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    if connection.dialect.name == "mariadb":
        # With the name of the database, because such locks are the whole server's.
        lock = f"SELECT GET_LOCK(CONCAT('winnow-{_LOCK}-', MD5(DATABASE())), {_PATIENCE})"
        if connection.exec_driver_sql(lock).scalar() != 1:
            raise StoreUnavailable("another process has been bringing the ledger up to date for ten minutes")
