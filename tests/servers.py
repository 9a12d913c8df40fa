"""Private database servers for tests: loopback, throw-away, without fsync; each ends with its `with` block."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPERUSER = "winnow"


class NotInstalledError(Exception):
    """The server is not on this machine."""


@contextmanager
def postgres_server(durable: bool = False) -> Iterator[str]:
    """Start a PostgreSQL server and yield the URL of its first database; `durable` is as slow as a real one.

    Raises NotInstalledError.
    """
    binaries = _postgres_binaries()
    if binaries is None:
        raise NotInstalledError(
            "no initdb on PATH or in /usr/lib/postgresql/*/bin: install the PostgreSQL server to run this test"
        )
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="winnow-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    data, port = folder / "data", _free_port()
    log = folder / "log"
    initdb = ["--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C"]
    _run([str(binaries / "initdb"), *initdb, f"--pgdata={data}"], user)
    options = f"-p {port} -k {folder} -h 127.0.0.1"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    control = [str(binaries / "pg_ctl"), f"--pgdata={data}", "--wait"]
    try:
        _run([*control, f"--log={log}", f"--options={options}", "start"], user)
        yield f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "--mode=immediate", "stop"], user, check=False)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mariadb_server() -> Iterator[str]:
    """Start a MariaDB server and yield its URL up to the name of a database. Raises NotInstalledError."""
    install, server = (
        shutil.which("mariadb-install-db"),
        shutil.which("mariadbd", path=os.environ["PATH"] + ":/usr/sbin"),
    )
    if install is None or server is None:
        raise NotInstalledError(
            "no mariadb-install-db and mariadbd on PATH: install the MariaDB server to run this test"
        )
    folder = Path(tempfile.mkdtemp(prefix="winnow-mariadb-", dir=_memory()))
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
        f"--tmpdir={folder}",  # a server that starts clears all temporary tables out of that folder
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


def _memory() -> str | None:
    """A folder in memory with room for a server, where there is one: every CREATE TABLE syncs several files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**31
    return str(memory) if roomy else None


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
    raise NotInstalledError("running as root with no unprivileged account to run PostgreSQL under")


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if running.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("MariaDB did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str], user: str | None, *, check: bool = True) -> None:
    # The server inherits our output otherwise, and keeps pytest waiting for its end.
    subprocess.run(command, user=user, cwd="/", check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
