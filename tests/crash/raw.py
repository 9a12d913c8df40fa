"""Databases read, saved and restored by raw drivers: nothing of the product is used here."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql

Row = tuple[Any, ...]


class Database:
    """One database at an address: `sqlite:///<path>`, `postgresql+psycopg://…` or `mariadb+pymysql://…`.

    A server's connection stays open, for the thousands of looks at it; children that inherit it never use it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.kind = url.partition(":")[0].partition("+")[0]
        self._server: Any = self._connect() if self.kind != "sqlite" else None
        self._tables: tuple[str, ...] = ()

    def _connect(self) -> Any:
        parts = urlsplit(self.url)
        if self.kind == "postgresql":
            return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True, application_name="checker")
        return pymysql.connect(
            host=parts.hostname,
            port=parts.port or 0,
            user=parts.username,
            db=parts.path[1:],
            autocommit=True,
            sql_mode="ANSI_QUOTES",  # names are quoted as the others quote them
        )

    def rows(self, query: str) -> list[Row]:
        """All rows of a query."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                return connection.execute(query).fetchall()
        with self._server.cursor() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def do(self, statement: str) -> None:
        """Carry out a statement that answers nothing."""
        with self._server.cursor() as cursor:
            cursor.execute(statement)

    def settle(self) -> None:
        """Wait until the server has noticed that the clients which were killed are gone."""
        others = {
            "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE()"
            " AND id <> CONNECTION_ID()",
        }
        until = time.monotonic() + 30
        while self.kind != "sqlite" and self.rows(others[self.kind]) != [(0,)]:
            assert time.monotonic() < until, "the server still serves a client that was killed"
            time.sleep(0.002)

    def save(self) -> None:
        """Keep a copy of every table beside it; files are not ours to copy."""
        if self.kind == "sqlite":
            return
        with self._server.cursor() as cursor:
            own = "current_schema()" if self.kind == "postgresql" else "DATABASE()"
            found = f"SELECT table_name FROM information_schema.tables WHERE table_schema = {own}"
            cursor.execute(found)
            self._tables = tuple(sorted(str(row[0]) for row in cursor.fetchall()))
            for name in self._tables:
                cursor.execute(f'CREATE TABLE saved_{name} AS SELECT * FROM "{name}"')

    def restore(self) -> None:
        """Bring every table back to what was saved."""
        if self.kind == "sqlite":
            return
        self.settle()
        if self.kind == "postgresql":
            steps = [
                "SET session_replication_role = replica",
                "TRUNCATE " + ", ".join(f'"{name}"' for name in self._tables),
            ]
        else:
            steps = ["SET foreign_key_checks = 0", *(f'DELETE FROM "{name}"' for name in self._tables)]
        steps += [f'INSERT INTO "{name}" SELECT * FROM saved_{name}' for name in self._tables]
        if self.kind == "postgresql":
            self._server.execute("; ".join(steps))
            return
        with self._server.cursor() as cursor:
            for step in steps:
                cursor.execute(step)


@dataclass
class Saved:
    """A world as it was: a folder copied, and the databases of servers."""

    folder: Path
    copy: Path
    databases: tuple[Database, ...]

    def save(self) -> None:
        """Keep the present state."""
        shutil.copytree(self.folder, self.copy)
        for one in self.databases:
            one.save()

    def restore(self) -> None:
        """Go back to it."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder)
        for one in self.databases:
            one.restore()
