"""The ledger's tables come from its migrations, and from nothing else."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from connectors.ledger import log
from connectors.ledger.base import Ledger, open_ledger
from connectors.ledger.migrate import configuration
from connectors.ledger.tables import metadata
from rules.errors import BadInput, StoreUnavailable

ONLY_MARIADB = {"settled", "uq_finding_settled", "ix_finding_place"}


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(ledger: Ledger) -> None:
    def compared(_: object, name: str | None, *__: object) -> bool:
        return ledger.engine.dialect.name != "mariadb" or name not in ONLY_MARIADB

    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": compared})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_every_constraint_has_a_name_so_that_a_batch_migration_can_drop_it(ledger: Ledger) -> None:
    found = inspect(ledger.engine)
    for table in metadata.tables:
        if ledger.engine.dialect.name != "mariadb":  # where a primary key has no other name than that
            assert found.get_pk_constraint(table)["name"] == f"pk_{table}"
        assert all(str(key["name"]).startswith(f"fk_{table}_") for key in found.get_foreign_keys(table))


def test_a_ledger_can_be_taken_back_to_nothing_and_forward_again(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
        command.upgrade(config, "head")
    assert log.read_head(ledger).size == 0


def _open(url: str) -> int:
    return log.read_head(open_ledger(url)).size


def test_four_processes_may_open_a_new_ledger_at_once(every_engine_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_open, [every_engine_url] * 4)) == [0, 0, 0, 0]


def test_a_missing_ledger_file_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_ledger("sqlite:///mistyped.db", create=False, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_said_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("CANARY-93 " * 500)
    with pytest.raises(StoreUnavailable) as caught:
        open_ledger("sqlite:///ledger.db", folder=tmp_path)
    assert "CANARY" not in str(caught.value)
    with pytest.raises(BadInput):
        open_ledger("oracle://u:p@h/db")
