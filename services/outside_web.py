"""Asking a machine outside whether an address answers, without being sent where nobody should go.

Whoever writes a text chooses the address, so it is hostile: it may name the machines of our own
network, redirect to them, or name a host whose address changes between the check and the
connection. So each hop is taken apart anew, every address of the host is checked, and the
connection is made to the very address that was. The name stays what TLS verifies.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, quote, urljoin, urlsplit

# Of one request; and of everything for one address, whatever its server drips.
TIMEOUT_S = 8.0
DEADLINE_S = 20.0
MAX_REDIRECTS = 5
MAX_URL_CHARACTERS = 4_000
PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a GET asks for where HEAD is not understood. Nothing of it is read in either case.
FIRST_BYTES = "bytes=0-1023"
# Answers to HEAD that say nothing of the page: many a server knows only GET.
_HEAD_REFUSED = frozenset({400, 403, 404, 405, 406, 410, 500, 501, 502, 503})

# What is_global lets through, or did in some Python, and leads inside after all: addresses that
# carry an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo), and the old site-local ones.
_NOT_OUTSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24"),
        *("198.18.0.0/15", "224.0.0.0/3"),
        *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23"),
        *("2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
# What an address may hold as it is; % is there since it is quoted already.
_SAFE = "%/:?@!$&'()*+,;=~-._"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Iterable[str]]
Read = Callable[[HTTPResponse], None]
_CHUNK_BYTES = 1 << 16


class Unasked(Exception):
    """The address is none that may be asked; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the last status, or 0 and why none came. ``is_refused``: it was not asked,
    since it leads where the site does not go; that says nothing of whether it works."""

    status: int
    error: str = ""
    is_refused: bool = False


def is_outside(address: Address) -> bool:
    """Whether the address belongs to the Internet at large, and to no network of ours."""
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    is_special = any(
        address in network for network in _NOT_OUTSIDE if network.version == address.version
    )
    return address.is_global and not address.is_multicast and not is_special


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host, as the machine's own resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Web:
    """How addresses outside are asked. Everything but ``agent`` is as it is for tests alone,
    which have their servers on this machine; no configuration reaches it."""

    agent: str
    admits: Callable[[Address], bool] = is_outside
    resolve: Resolve = addresses_of
    ports: frozenset[int] = frozenset(PORTS.values())
    context: ssl.SSLContext | None = None
    deadline_s: float = DEADLINE_S
    # Called with the host before each request, for manners.
    before: Callable[[str], None] = lambda _host: None

    def ask(self, url: str) -> Answer:
        """The status that the address ends at, after redirects. Never raises."""

        def asked() -> Answer:
            answer = self._follow(url, "HEAD")
            if answer.status in _HEAD_REFUSED:
                answer = self._follow(url, "GET")
            return answer

        return self._told(asked)

    def fetch(self, url: str, *, max_bytes: int) -> tuple[Answer, bytes]:
        """What is at the address, after redirects, if the answer is 200; never more than
        ``max_bytes``: what is larger is refused whole. Never raises."""
        kept = bytearray()

        def read(answer: HTTPResponse) -> None:
            if answer.status != 200:
                return
            while chunk := answer.read(_CHUNK_BYTES):
                kept.extend(chunk)
                if len(kept) > max_bytes:
                    raise Unasked(f"Tệp lớn quá {max_bytes // 1_000_000} MB.")
            if answer.length:
                raise HTTPException("the answer ended before its end")

        answer = self._told(lambda: self._follow(url, "GET", read))
        return answer, bytes(kept) if answer.status == 200 else b""

    def _told(self, ask: Callable[[], Answer]) -> Answer:
        """The answer, or why there is none."""
        try:
            return ask()
        except Unasked as refusal:
            return Answer(0, str(refusal), is_refused=True)
        except ssl.SSLCertVerificationError:
            return Answer(0, "Chứng chỉ bảo mật của trang không hợp lệ.")
        except socket.gaierror:
            return Answer(0, "Không tìm thấy máy chủ có tên này.")
        except TimeoutError:
            return Answer(0, "Máy chủ không trả lời kịp.")
        except (OSError, HTTPException, ValueError):
            return Answer(0, "Không kết nối được với máy chủ.")

    def _follow(self, url: str, method: str, read: Read | None = None) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            status, location = self._request(url, method, read)
            if status not in REDIRECTS or not location:
                return Answer(status)
            url = urljoin(url, location)
        return Answer(0, f"Địa chỉ chuyển hướng quá {MAX_REDIRECTS} lần.")

    def _request(self, url: str, method: str, read: Read | None) -> tuple[int, str]:
        """One request: its status, and where it sends us on."""
        parts, host, port = self._taken_apart(url)
        self.before(host)
        address = self._checked_address(host, port)
        connection = Pinned(host, port, address, timeout=TIMEOUT_S)
        with connection.for_at_most(self.deadline_s, scheme=parts.scheme, context=self.context):
            headers = self._headers("GET" if read is None and method == "GET" else "HEAD")
            connection.request(method, _target(parts), headers=headers)
            answer = connection.getresponse()
            if read is not None:
                read(answer)
            return answer.status, _location(answer.getheader("Location") or "")

    def _headers(self, method: str) -> dict[str, str]:
        headers = {"User-Agent": self.agent, "Accept": "*/*", "Connection": "close"}
        return headers | ({"Range": FIRST_BYTES} if method == "GET" else {})

    def _taken_apart(self, url: str) -> tuple[SplitResult, str, int]:
        if len(url) > MAX_URL_CHARACTERS or any(ord(sign) <= 32 for sign in url):
            raise Unasked("Địa chỉ quá dài hoặc có ký tự lạ.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            host = host if ":" in host else host.encode("idna").decode("ascii")
        except (ValueError, UnicodeError):
            raise Unasked("Địa chỉ viết sai.") from None
        if parts.scheme not in PORTS or not host or "@" in parts.netloc:
            raise Unasked("Chỉ kiểm tra địa chỉ http và https.")
        port = PORTS[parts.scheme] if port is None else port
        if port not in self.ports:
            raise Unasked("Chỉ kiểm tra cổng 80 và 443.")
        return parts, host, port

    def _checked_address(self, host: str, port: int) -> str:
        found = list(dict.fromkeys(self.resolve(host, port)))
        admitted = [address for address in found if self._is_admitted(address)]
        if found and not admitted:
            raise Unasked("Địa chỉ dẫn vào mạng nội bộ nên không kiểm tra được.")
        if not admitted:
            raise socket.gaierror
        return admitted[0]

    def _is_admitted(self, address: str) -> bool:
        try:
            return self.admits(ipaddress.ip_address(address))
        except ValueError:
            return False


class Pinned(HTTPConnection):
    """A connection to the one address that was checked, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, *, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self.address = address
        self.context: ssl.SSLContext | None = None
        self.is_abandoned = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.context is not None:
            # The handshake comes after, so that it too can be broken off.
            secured = self.context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = secured
            secured.do_handshake()

    @contextmanager
    def for_at_most(
        self, deadline_s: float, *, scheme: str, context: ssl.SSLContext | None = None
    ) -> Iterator[None]:
        """Speak by this scheme, no longer than so many seconds in all: then TimeoutError."""
        self.default_port = PORTS[scheme]
        if scheme == "https":
            self.context = context or ssl.create_default_context()
        # A server that sends a byte now and then keeps every timeout of the socket from passing.
        watch = threading.Timer(deadline_s, self.abandon)
        watch.daemon = True
        watch.start()
        try:
            with closing(self):
                yield
        except (OSError, HTTPException, ValueError):
            if self.is_abandoned:
                raise TimeoutError from None
            raise
        finally:
            watch.cancel()

    def abandon(self) -> None:
        """Break off whatever another thread is waiting for."""
        self.is_abandoned = True
        sock = self.sock
        if sock is not None:
            with suppress(OSError):
                # Not the method of an SSL socket, which takes its state from under the other.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _target(parts: SplitResult) -> str:
    """What the server is asked for: path and query, as they may stand in a request."""
    path = quote(parts.path or "/", safe=_SAFE)
    return f"{path}?{quote(parts.query, safe=_SAFE)}" if parts.query else path


def _location(header: str) -> str:
    """An address out of a header, whose bytes may be any."""
    return quote(header.strip().encode("latin-1"), safe=_SAFE + "#[]")
