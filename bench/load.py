"""A small load generator: one thread, many kept-open connections, bounded in time.

Each connection has one request on its way at a time. It needs no program of its own (wrk would be
another thing to install), and is quick enough not to be what is measured: several times the base.
"""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

RECEIVE_BYTES = 65_536
# A server that says nothing for so long has failed.
SILENCE_S = 10.0


@dataclass
class Round:
    """What one round of load met: seconds, how long each answer took, what failed."""

    took_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.took_s if self.took_s else 0.0

    def fail(self, reason: str) -> None:
        self.failures[reason] = self.failures.get(reason, 0) + 1


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
        self.received += data
        if self.wanted_bytes is None:
            head, separator, _ = self.received.partition(b"\r\n\r\n")
            if not separator:
                return False
            length = [
                line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
            ]
            if not length:
                raise ConnectionError("an answer without Content-Length")
            self.wanted_bytes = len(head) + 4 + int(length[0].split(b":")[1])
            self.closes = b"\r\nconnection: close" in head.lower()
            self.status = int(head[9:12])
        return len(self.received) >= self.wanted_bytes


def requests(method: str, path: str, headers: dict[str, str], *, distinct: bool) -> Iterator[bytes]:
    """Yield requests without end; `distinct` gives each the name of another browser."""
    common = {"Host": "127.0.0.1", "Connection": "keep-alive", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in common.items())
    length = "Content-Length: 0\r\n" if method == "POST" else ""
    start = f"{method} {path} HTTP/1.1\r\n{lines}{length}"
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
    plain = f"{start}User-Agent: {agent}\r\n\r\n".encode()
    number = time.time_ns()
    while True:
        number += 1
        yield f"{start}User-Agent: {agent} {number}\r\n\r\n".encode() if distinct else plain


def run_round(
    port: int, wanted: Iterator[bytes], *, connections: int, seconds: float, status: int = 200
) -> Round:
    """Load the server for so many seconds, and count only answers with the wanted status."""
    result = Round()
    opened = [_Connection(port) for _ in range(connections)]
    started = time.perf_counter()
    end = started + seconds
    with selectors.DefaultSelector() as selector:
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(wanted))
        while time.perf_counter() < end:
            ready = selector.select(timeout=SILENCE_S)
            if not ready:
                result.fail("no answer")
                break
            for key, _ in ready:
                connection = key.data
                try:
                    whole = connection.receive()
                except (OSError, ValueError) as error:
                    result.fail(str(error))
                    _reconnect(selector, connection)
                    connection.send(next(wanted))
                    continue
                if not whole:
                    continue
                if connection.status == status:
                    result.latencies_s.append(time.perf_counter() - connection.sent_at)
                else:
                    result.fail(f"status {connection.status}")
                if connection.closes:
                    _reconnect(selector, connection)
                connection.send(next(wanted))
        result.took_s = time.perf_counter() - started
        for connection in opened:
            connection.socket.close()
    return result


def _reconnect(selector: selectors.BaseSelector, connection: _Connection) -> None:
    selector.unregister(connection.socket)
    connection.socket.close()
    connection.connect()
    selector.register(connection.socket, selectors.EVENT_READ, connection)
