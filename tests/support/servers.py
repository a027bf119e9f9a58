"""Real servers for tests: each on its own data, on loopback, gone with the session."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from psycopg import sql

START_TIMEOUT_S = 60


def find_program(*names: str) -> str | None:
    """Answer the path of the first of `names` that is installed, or None."""
    for name in names:
        if path := shutil.which(name):
            return path
    return None


def find_initdb() -> str | None:
    """Answer PostgreSQL's initdb; Debian keeps it off PATH, one folder for each version."""
    if path := shutil.which("initdb"):
        return path
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return str(debian[-1]) if debian else None


def find_redis() -> str | None:
    return find_program("redis-server", "valkey-server")


def find_browser() -> str | None:
    return find_program("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing_programs() -> list[str]:
    """Name what this machine lacks of what the tests run on, for a person."""
    found = {"PostgreSQL": find_initdb(), "Redis": find_redis(), "Chromium": find_browser()}
    return [name for name, path in found.items() if path is None]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Postgres:
    """A running PostgreSQL; databases in it are made and dropped by name."""

    def __init__(self, port: int, role: str) -> None:
        self.port = port
        self.role = role

    def url(self, database: str) -> str:
        """Answer the address of a database, in SQLAlchemy's form."""
        return f"postgresql+psycopg://{self.role}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` if one is given, and answer its address."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(database)

    def drop(self, database: str) -> None:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(database)))

    def _execute(self, statement: sql.Composable) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=self.role, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(kept: Path | None = None) -> Iterator[Postgres]:
    """Run a new PostgreSQL cluster, as the user postgres if we are root (it refuses root).

    One that is kept lies in the folder `kept`, and is there again the next time.
    """
    initdb = find_initdb()
    if initdb is None:
        raise RuntimeError("PostgreSQL is not installed here.")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    role = "postgres" if is_root else getpass.getuser()
    as_user = ["runuser", "-u", role, "--"] if is_root else []
    if kept is None:
        folder = Path(tempfile.mkdtemp(prefix="tests-postgres-"))
    else:
        folder = kept.resolve()
        folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    port = free_port()
    try:
        if is_root:
            shutil.chown(folder, role, role)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        if not data.exists():
            _run([*as_user, initdb, "-D", str(data), "-U", role, *options])
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            # A socket's path may be 107 bytes long, a kept folder's longer.
            "unix_socket_directories": folder if kept is None else "",
            # Nothing here outlives the tests, so nothing has to reach the disk.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "max_connections": 60,
        }
        arguments = " ".join(f"-c {name}={value}" for name, value in settings.items())
        pg_ctl = [*as_user, str(Path(initdb).resolve().parent / "pg_ctl"), "-D", str(data)]
        log = str(folder / "log")
        _run([*pg_ctl, "-l", log, "-o", arguments, "-w", "-t", str(START_TIMEOUT_S), "start"])
        try:
            yield Postgres(port, role)
        finally:
            _run([*pg_ctl, "-m", "immediate" if kept is None else "fast", "stop"])
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_redis() -> Iterator[str]:
    """Run a new Redis without persistence and yield its address."""
    program = find_redis()
    if program is None:
        raise RuntimeError("Redis is not installed here.")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tests-redis-") as folder:
        options = {"--port": str(port), "--bind": "127.0.0.1", "--save": "", "--appendonly": "no"}
        process = subprocess.Popen(
            [program, *(part for option in options.items() for part in option), "--dir", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for_redis(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


def _wait_for_redis(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with redis.Redis(host="127.0.0.1", port=port) as connection:
        while True:
            try:
                connection.ping()
                return
            except redis.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def _run(command: list[str]) -> None:
    """Run a command and show what it printed if it fails.

    The output goes to a file, not a pipe: a server that the command starts inherits it, and a
    pipe would stay open for as long as that server lives.
    """
    with tempfile.TemporaryFile() as output:
        code = subprocess.call(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/"
        )
        if code:
            output.seek(0)
            raise RuntimeError(f"{command}: {output.read().decode(errors='replace')}")
