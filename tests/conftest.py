"""Databases for tests: a private PostgreSQL for the session, and a fresh database of each engine for a test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from connectors.engines import engine

SUPERUSER = "winnow"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a private PostgreSQL server (loopback, throw-away, no fsync); skips where none is installed."""
    binaries = _postgres_binaries()
    if binaries is None:
        _without("no initdb on PATH or in /usr/lib/postgresql/*/bin: install the PostgreSQL server to run this test")
        return
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="winnow-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data, port = folder / "data", _free_port()
    log = folder / "log"
    initdb = ["--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C"]
    _run([str(binaries / "initdb"), *initdb, f"--pgdata={data}"], user)
    options = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    control = [str(binaries / "pg_ctl"), f"--pgdata={data}", "--wait"]
    try:
        _run([*control, f"--log={log}", f"--options={options}", "start"], user)
        yield f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "--mode=immediate", "stop"], user, check=False)
        shutil.rmtree(folder, ignore_errors=True)


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
    install, server = (
        shutil.which("mariadb-install-db"),
        shutil.which("mariadbd", path=os.environ["PATH"] + ":/usr/sbin"),
    )
    if install is None or server is None:
        _without("no mariadb-install-db and mariadbd on PATH: install the MariaDB server to run this test")
    assert install is not None
    assert server is not None
    folder = Path(tempfile.mkdtemp(prefix="winnow-mariadb-"))
    user = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    place = ["--no-defaults", f"--datadir={folder / 'data'}", f"--user={user}"]
    _run([install, *place, "--auth-root-authentication-method=normal", "--skip-test-db"], None)
    port = _free_port()
    reach = [
        f"--socket={folder / 'socket'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--pid-file={folder / 'pid'}",
    ]
    running = subprocess.Popen(
        [server, *place, *reach, "--innodb-flush-log-at-trx-commit=0"],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, running)
        yield f"mariadb+pymysql://root@127.0.0.1:{port}/"
    finally:
        running.kill()
        running.wait()
        shutil.rmtree(folder, ignore_errors=True)


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
    """URL of an empty database in each engine that a store may be kept in."""
    if request.param == "sqlite":
        file = tmp_path / "every.db"
        file.touch()
        return f"sqlite:///{file}"
    return str(request.getfixturevalue("fresh_postgres" if request.param == "postgresql" else "fresh_mariadb"))


def _postgres_binaries() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


def _unprivileged() -> str | None:
    """The account to run the server under: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    _without("running as root with no unprivileged account to run PostgreSQL under")
    return None


def _without(reason: str) -> None:
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)  # continuous integration may not skip these
    pytest.skip(reason)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if running.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail("MariaDB did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str], user: str | None, *, check: bool = True) -> None:
    # The server inherits our output otherwise, and keeps pytest waiting for its end.
    subprocess.run(command, user=user, cwd="/", check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
