"""Connections to MariaDB and MySQL that make ready for TLS once in a process.

Where a URL says nothing of certificates the driver uses TLS if the server offers it, and checks none; yet it reads all
certificates of the machine for every connection, which takes several times as long as connecting.
"""

from __future__ import annotations

from ssl import SSLContext
from typing import Any

from pymysql.connections import Connection

_made: list[SSLContext] = []  # one at most


class _Prepared(Connection):  # type: ignore[misc]  # the driver has no types
    def _create_ssl_ctx(self, sslp: dict[str, Any]) -> SSLContext:
        made: SSLContext = _made[0] if _made and not sslp else super()._create_ssl_ctx(sslp)
        if not sslp:
            _made[:] = [made]
        return made


def connect(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> object:
    """Connect with these arguments of the driver; to be called by SQLAlchemy in place of its own way."""
    return _Prepared(*positional, **named)
