"""The servers under measurement: each a process of its own, on loopback, ended with the bench."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.base import BODY
from bench.corpus import Corpus

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 30
THREADS = 4


@dataclass(frozen=True)
class Server:
    """A running server, and what starting it took until it answered."""

    port: int
    pid: int
    started_s: float

    def processes(self) -> list[int]:
        """Itself and what it has started, where the platform tells."""
        return [self.pid, *children(self.pid)]

    def cpu_s(self) -> float:
        """Seconds of processor that all of them have taken, 0 where nobody tells."""
        ticks = 0
        for pid in self.processes():
            fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if fields else 0
        return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0

    def memory_mb(self) -> list[tuple[float, float]]:
        """For each process what it has in memory, and that with what is shared divided."""
        found = []
        for pid in self.processes():
            lines = dict(
                line.split(":", 1)
                for line in _read(f"/proc/{pid}/smaps_rollup").splitlines()
                if ":" in line
            )
            if "Rss" in lines and "Pss" in lines:
                rss, pss = (int(lines[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
                found.append((round(rss, 1), round(pss, 1)))
        return found


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""


def children(pid: int) -> list[int]:
    """What a process has started, and what that has."""
    found = [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]
    return found + [grandchild for child in found for grandchild in children(child)]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], *, port: int, probe: str, environ: dict[str, str]
) -> Iterator[Server]:
    """Run a server, wait until it answers the probe, and end it whatever happens."""
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(process, port=port, probe=probe, log=log)
            yield Server(port, process.pid, time.monotonic() - started)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(process: subprocess.Popen[bytes], *, port: int, probe: str, log: IO[bytes]) -> None:
    """Return once a server answers. Raises RuntimeError with what it printed if it does not."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(port, probe):
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            printed = log.read().decode(errors="replace")
            raise RuntimeError(f"{process.args!r} did not start:\n{printed}")
        time.sleep(0.05)


def answers(port: int, path: str) -> bool:
    """Whether there is somebody who serves it."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
            return True
    except (OSError, http.client.HTTPException):
        return False


@contextmanager
def base(*, core: int | None = None) -> Iterator[Server]:
    """The bare application, on any core or on one."""
    port = free_port()
    arguments = [str(port), str(THREADS), *([] if core is None else [str(core)])]
    command = [sys.executable, "-m", "bench.base", *arguments]
    with running(command, port=port, probe="/", environ={}) as server:
        yield server


_NGINX = """
daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi; default_type text/html;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


@contextmanager
def nginx() -> Iterator[Server | None]:
    """nginx with the base's page as a file: the limit of the machine. None if it isn't there."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as folder:
        # Its workers are of another user.
        Path(folder).chmod(0o755)
        files = Path(folder) / "files"
        files.mkdir()
        (files / "index.html").write_bytes(BODY)
        settings = Path(folder) / "nginx.conf"
        settings.write_text(_NGINX.format(folder=folder, port=port), "utf-8")
        with running([program, "-c", str(settings)], port=port, probe="/", environ={}) as server:
            yield server


@contextmanager
def site(corpus: Corpus, **settings: str) -> Iterator[Server]:
    """A corpus as `python app.py` serves it."""
    port = free_port()
    environ = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "THREADS": str(THREADS),
        "REDIS_URL": "",
        "MEDIA_URL": "",
        "SITE_URL": "",
        # What it does by itself would be measured with the rest.
        "WORKER": "off",
        **corpus.environ,
        **settings,
    }
    command = [sys.executable, "app.py"]
    with running(command, port=port, probe="/healthz", environ=environ) as server:
        yield server
