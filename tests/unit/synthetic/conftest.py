"""One invented charity for the reading tests, and the means to make others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, inspect, text

from synthetic.answer import AnswerKey
from synthetic.charity import generate

TODAY = date(2026, 11, 21)


@dataclass(frozen=True)
class Charity:
    """Where a generated charity lies, and its key."""

    folder: Path
    database: Path
    key: AnswerKey

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of one table."""
        return [dict(row) for row in self.query(f"SELECT * FROM {table}")]

    def query(self, statement: str) -> list[Any]:
        """Return the rows of one statement."""
        engine = create_engine(f"sqlite:///{self.database}")
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement)).mappings())
        finally:
            engine.dispose()

    def tables(self) -> list[str]:
        """Return the names of the tables."""
        engine = create_engine(f"sqlite:///{self.database}")
        names = inspect(engine).get_table_names()
        engine.dispose()
        return sorted(names)


def make(folder: Path, **options: Any) -> Charity:
    """Generate a charity on SQLite with foreign keys enforced."""
    folder.mkdir(parents=True)
    engine = create_engine(f"sqlite:///{folder / 'casework.db'}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    settings = {"seed": 7, "as_of": TODAY, "clients": 330, **options}
    key = generate(engine, folder / "stores", **settings)
    engine.dispose()
    return Charity(folder / "stores", folder / "casework.db", key)


@pytest.fixture(scope="package")
def charity(tmp_path_factory: pytest.TempPathFactory) -> Charity:
    return make(tmp_path_factory.mktemp("charity") / "it")


@pytest.fixture
def another(tmp_path: Path) -> Callable[..., Charity]:
    numbers = iter(range(100))
    return lambda **options: make(tmp_path / f"charity{next(numbers)}", **options)
