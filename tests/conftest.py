"""Databases for tests: a private PostgreSQL for the session, and a fresh database of each engine for a test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from connectors.engines import engine
from tests.servers import NotInstalledError, mariadb_server, postgres_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a private PostgreSQL server (loopback, throw-away, no fsync); skips where none is installed."""
    with _server(postgres_server()) as url:
        yield url


@pytest.fixture
def fresh_postgres(postgres_url: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of the test's own."""
    name = f"t{uuid.uuid4().hex}"
    server = postgres_url.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield postgres_url.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """URL of a private MariaDB server (loopback, throw-away); skips where none is installed."""
    with _server(mariadb_server()) as url:
        yield url


@pytest.fixture
def fresh_mariadb(mariadb_url: str) -> Iterator[str]:
    """URL of an empty MariaDB database of the test's own."""
    name = f"t{uuid.uuid4().hex}"
    with engine(mariadb_url + "mysql").begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield mariadb_url + name
    with engine(mariadb_url + "mysql").begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once in SQLite and once in PostgreSQL."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("fresh_postgres"))
    file = tmp_path / "any.db"
    file.touch()
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres), "mariadb"])
def every_engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database in each engine that a store or the ledger may be kept in."""
    if request.param == "sqlite":
        file = tmp_path / "every.db"
        file.touch()
        return f"sqlite:///{file}"
    return str(request.getfixturevalue("fresh_postgres" if request.param == "postgresql" else "fresh_mariadb"))


@contextmanager
def _server(server: AbstractContextManager[str]) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(server)
        except NotInstalledError as missing:
            if os.environ.get("CI", "").lower() == "true":
                pytest.fail(str(missing))  # continuous integration may not skip these
            pytest.skip(str(missing))
        yield url
