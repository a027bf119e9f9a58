"""A web server on loopback that answers as it is told, and keeps what it was asked."""

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Outside:
    """What it answers to each path, and each request that came: method, path, Host, agent."""

    port: int = 0
    # path: status, or status and where to go on.
    answers: dict[str, int | tuple[int, str]] = field(default_factory=dict)
    # Statuses for HEAD alone, where they differ.
    to_head: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    # Names that were asked for in TLS.
    names: list[str | None] = field(default_factory=list)
    # Called in the place of an answer.
    instead: Callable[[BaseHTTPRequestHandler], None] | None = None

    def url(self, path: str, host: str = "so.example.vn") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def running_web(certificate: Path | None = None) -> Iterator[Outside]:
    """Run one; with a certificate (and its key, in one file) over TLS."""
    outside = Outside()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            outside.asked.append(
                (self.command, self.path, self.headers["Host"], self.headers["User-Agent"])
            )
            outside.ranges.append(self.headers.get("Range", ""))
            if outside.instead is not None:
                outside.instead(self)
                return
            answer = outside.answers.get(self.path, 404)
            if self.command == "HEAD":
                answer = outside.to_head.get(self.path, answer)
            status, location = answer if isinstance(answer, tuple) else (answer, "")
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_POST = _answer  # noqa: N815 - the standard library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    outside.port = server.server_port
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: outside.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield outside
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(path: Path, host: str) -> Path:
    """A self-signed certificate for the host, with its key, made by the openssl program."""
    key = path.with_suffix(".key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={host}"),
            *("-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + key.read_text())
    return path
