"""Counts what a process does to the world, one event after another, and kills it with SIGKILL at the one asked for.

Events: before and after each SQL statement; before each COMMIT, after the server has been sent it but before it has
answered (where there is a server), and after it was carried out but before our code learns so; before and after each
change of the file system.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pymysql
from pymysql.constants import COMMAND
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

FILE_CALLS = ("replace", "rename", "unlink", "link", "mkdir", "rmdir", "fsync")


class Killer:
    """One for a process: `arm` it after the fork. Its hooks count from the start and do no harm unarmed."""

    def __init__(self) -> None:
        self.at = 0
        self.count = 0
        self.kinds: list[str] = []
        event.listen(Engine, "before_cursor_execute", lambda one, *_: self._statement("before", one))
        event.listen(Engine, "after_cursor_execute", lambda one, *_: self._statement("after", one))
        self._commit: Callable[[Any, Any], None] = DefaultDialect.do_commit
        DefaultDialect.do_commit = lambda dialect, given: self._committing(dialect, given)  # type: ignore[method-assign]
        for name in FILE_CALLS:
            setattr(os, name, self._around(name, getattr(os, name)))

    def arm(self, at: int) -> None:
        """Count anew, and kill at event `at` (0: never)."""
        self.at, self.count = at, 0
        self.kinds.clear()

    def hit(self, kind: str) -> None:
        """One event."""
        self.count += 1
        self.kinds.append(kind)
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _statement(self, when: str, connection: Connection) -> None:
        if connection.engine.url.database is not None:  # a snapshot in memory dies with its process, unseen
            self.hit(f"{when} a statement")

    def _around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def killed_or_called(*given: Any, **named: Any) -> Any:
            self.hit(f"before {name}")
            done = call(*given, **named)
            self.hit(f"after {name}")
            return done

        return killed_or_called

    def _committing(self, dialect: Any, given: Any) -> None:
        self.hit("before a commit")
        raw = given.driver_connection
        if isinstance(raw, psycopg.Connection | pymysql.Connection):
            if self.count + 1 == self.at:
                _send_commit(raw)
            self.hit("in a commit")
        self._commit(dialect, given)
        self.hit("after a commit")


def _send_commit(raw: Any) -> None:
    """Send COMMIT and wait for no answer: the server may carry it out before, while or after we are gone."""
    if isinstance(raw, psycopg.Connection):
        raw.pgconn.send_query(b"COMMIT")
        raw.pgconn.flush()
    else:
        send: Callable[[int, str], None] = raw._execute_command
        send(COMMAND.COM_QUERY, "COMMIT")
