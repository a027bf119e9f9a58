"""Load on loopback, bounded in time: wrk where it is installed, else this file's own generator.

The own one is one thread with many kept-open connections, each with one request on its way at a
time. It carries some 25,000 small answers a second on one core; wrk costs less, and leaves more of
a small machine to the server. Both ask the same requests in the same order.
"""

import itertools
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Round, summed

RECEIVE_BYTES = 262_144
# A server that says nothing for so long has failed.
SILENCE_S = 10.0
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
# What a browser says that it takes; the base is asked alike.
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, br"}
# Each round is of other browsers than the one before it, in this run and the last.
_started = itertools.count(time.time_ns() // 1_000, 1_000_000)


@dataclass(frozen=True)
class Asked:
    """Requests without end: the paths in turn, each from another browser if `distinct`."""

    paths: Sequence[str]
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=lambda: dict(BROWSER))
    distinct: bool = False
    # Answers with another one have failed.
    status: int = 200

    def requests(self) -> Iterator[bytes]:
        """The bytes of one after the other."""
        common = {"Host": "127.0.0.1", "Connection": "keep-alive", **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in common.items())
        length = "Content-Length: 0\r\n" if self.method == "POST" else ""
        number = next(_started)
        if len(self.paths) == 1 and not self.distinct:
            whole = f"{self.method} {self.paths[0]} HTTP/1.1\r\n{lines}{length}"
            yield from itertools.repeat(f"{whole}User-Agent: {AGENT}\r\n\r\n".encode())
        for path in itertools.cycle(self.paths):
            number += 1
            agent = f"{AGENT} {number}" if self.distinct else AGENT
            start = f"{self.method} {path} HTTP/1.1\r\n{lines}{length}"
            yield f"{start}User-Agent: {agent}\r\n\r\n".encode()


def run_round(port: int, asked: Asked, *, connections: int, seconds: float) -> Round:
    """Load the server for so many seconds."""
    if shutil.which("wrk") and asked.status == 200:
        return _run_wrk(port, asked, connections=connections, seconds=seconds)
    return run_own(port, asked, connections=connections, seconds=seconds)


def together(*loads: Callable[[], Round]) -> list[Round]:
    """Several loads at the same time; with the own generator they share one core."""
    with ThreadPoolExecutor(len(loads)) as pool:
        return [found.result() for found in [pool.submit(load) for load in loads]]


# ---------------------------------------------------------------- wrk
_SCRIPT = """
local paths, number = {{}}, {number}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local headers = {{ {headers} }}
headers["User-Agent"] = "{agent}"
request = function()
  number = number + 1
  {distinct}
  return wrk.format("{method}", paths[number % #paths + 1], headers)
end
"""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def script(asked: Asked, paths: Path, *, number: int) -> str:
    """What wrk is told to ask, in Lua; `paths` is a file with one on each line."""
    headers = dict(asked.headers)
    if asked.method == "POST":
        headers["Content-Length"] = "0"
    return _SCRIPT.format(
        paths=paths,
        number=number,
        headers=", ".join(f"[{_quoted(k)}] = {_quoted(v)}" for k, v in headers.items()),
        agent=AGENT,
        distinct=f'headers["User-Agent"] = "{AGENT} " .. string.format("%d", number)'
        if asked.distinct
        else "",
        method=asked.method,
    )


def _run_wrk(port: int, asked: Asked, *, connections: int, seconds: float) -> Round:
    whole_seconds = max(1, round(seconds))
    address = f"http://127.0.0.1:{port}"
    options = ["-t1", f"-c{connections}", f"-d{whole_seconds}s", "--latency"]
    with tempfile.TemporaryDirectory(prefix="bench-wrk-") as folder:
        if len(asked.paths) == 1 and asked.method == "GET" and not asked.distinct:
            for name_, value in {**asked.headers, "User-Agent": AGENT}.items():
                options += ["-H", f"{name_}: {value}"]
            address += asked.paths[0]
        else:
            paths, program = Path(folder) / "paths", Path(folder) / "ask.lua"
            paths.write_text("\n".join(asked.paths) + "\n", "utf-8")
            number = next(_started) if asked.distinct else 0
            program.write_text(script(asked, paths, number=number), "utf-8")
            options += ["-s", str(program)]
        ran = subprocess.run(
            ["wrk", *options, address],
            capture_output=True,
            text=True,
            timeout=whole_seconds + 30,
        )
    if ran.returncode:
        raise RuntimeError(f"wrk: {ran.stderr or ran.stdout}")
    return read_wrk(ran.stdout)


_UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def read_wrk(printed: str) -> Round:
    """The figures in what wrk prints."""

    def latency(share: str) -> float:
        found = re.search(rf"^\s+{share}%\s+([\d.]+)(us|ms|s|m)$", printed, re.MULTILINE)
        return float(found[1]) * _UNITS_MS[found[2]] if found else 0.0

    rate = re.search(r"^Requests/sec:\s+([\d.]+)$", printed, re.MULTILINE)
    failures = {}
    if wrong := re.search(r"Non-2xx or 3xx responses: (\d+)", printed):
        failures["status"] = int(wrong[1])
    if sockets := re.search(r"Socket errors: (.*)$", printed, re.MULTILINE):
        for part in sockets[1].split(", "):
            reason, count = part.split()
            if int(count):
                failures[reason] = int(count)
    return Round(float(rate[1]) if rate else 0.0, latency("50"), latency("99"), failures)


# ---------------------------------------------------------------- our own
class _Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=SILENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.wanted_bytes: int | None = None

    def send(self, request: bytes) -> None:
        self.received = b""
        self.wanted_bytes = None
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come, and say whether the answer is whole. Raises OSError when closed."""
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("closed before the answer was whole")
        self.received = self.received + data if self.received else data
        if self.wanted_bytes is None:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.received[: end + 2].lower()
            at = head.find(b"\r\ncontent-length:")
            if at < 0:
                raise ConnectionError("an answer without Content-Length")
            length = head[at + 17 : head.find(b"\r\n", at + 17)]
            self.wanted_bytes = end + 4 + int(length)
            self.closes = b"\r\nconnection: close" in head
            self.status = int(head[9:12])
        return len(self.received) >= self.wanted_bytes


def run_own(port: int, asked: Asked, *, connections: int, seconds: float) -> Round:
    """The same by Python alone."""
    latencies: list[float] = []
    failures: dict[str, int] = {}
    wanted = asked.requests()
    opened = [_Connection(port) for _ in range(connections)]

    def fail(reason: str) -> None:
        failures[reason] = failures.get(reason, 0) + 1

    started = time.perf_counter()
    end = started + seconds
    with selectors.DefaultSelector() as selector:
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(wanted))
        while time.perf_counter() < end:
            ready = selector.select(timeout=SILENCE_S)
            if not ready:
                fail("no answer")
                break
            for key, _ in ready:
                connection = key.data
                try:
                    whole = connection.receive()
                except (OSError, ValueError) as error:
                    fail(str(error))
                    _reconnect(selector, connection)
                    connection.send(next(wanted))
                    continue
                if not whole:
                    continue
                if connection.status == asked.status:
                    latencies.append(time.perf_counter() - connection.sent_at)
                else:
                    fail(f"status {connection.status}")
                if connection.closes:
                    _reconnect(selector, connection)
                connection.send(next(wanted))
        took_s = time.perf_counter() - started
        for connection in opened:
            connection.socket.close()
    return summed(latencies, took_s=took_s, failures=failures)


def _reconnect(selector: selectors.BaseSelector, connection: _Connection) -> None:
    selector.unregister(connection.socket)
    connection.socket.close()
    connection.connect()
    selector.register(connection.socket, selectors.EVENT_READ, connection)


def name() -> str:
    """Which of the two is used here."""
    return "wrk" if shutil.which("wrk") else f"Python {sys.version_info.major}"
