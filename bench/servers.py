"""The servers under measurement: each a process of its own, on loopback, ended with the bench."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 180
THREADS = 4


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: list[str], *, port: int, probe: str, environ: dict[str, str]) -> Iterator[int]:
    """Run a server, wait until it answers the probe, and end it whatever happens."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not _answers(port, probe):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    printed = log.read().decode(errors="replace")
                    raise RuntimeError(f"{' '.join(command)} did not start:\n{printed}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def base() -> Iterator[int]:
    """The bare application."""
    port = free_port()
    with running(["-m", "bench.base", str(port), str(THREADS)], port=port, probe="/", environ={}):
        yield port


@contextmanager
def site(instance: Path, *, posts: int) -> Iterator[int]:
    """The site as `python app.py` serves it, with demonstration content and `posts` more."""
    with _site(instance, posts=posts) as (port, _):
        yield port


@contextmanager
def desk_site(instance: Path, *, posts: int, people: int) -> Iterator[tuple[int, str]]:
    """The same with so many people and texts in every state; and a chief editor's cookie."""
    with _site(instance, posts=posts) as (port, environ):
        made = subprocess.run(
            [sys.executable, "-m", "bench.desk", str(people)],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        yield port, made.stdout.strip()


@contextmanager
def _site(instance: Path, *, posts: int) -> Iterator[tuple[int, dict[str, str]]]:
    port = free_port()
    # One address sends all the load here, which the limit on one address would rightly refuse.
    instance.mkdir(parents=True)
    (instance / "config.py").write_text("RATELIMIT_ENABLED = False\n", "utf-8")
    environ = {
        "INSTANCE_PATH": str(instance),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "THREADS": str(THREADS),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "MEDIA_URL": "",
        "SITE_URL": "",
        # What it does by itself would be measured with the rest.
        "WORKER": "off",
    }
    with running(["app.py"], port=port, probe="/healthz", environ=environ):
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "demo", "--publications", str(posts)],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        yield port, environ
