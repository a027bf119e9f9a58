"""The server itself: what it answers from its loop is what its threads would answer."""

import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import serving
from app import make_server
from blueprints.caching import CachedPages
from extensions import db
from models import Publication
from tests.support.factories import make_publication, make_section
from tests.support.fixtures import AppFactory

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

REQUESTS = 5_000
SEED = 20170630
PATIENCE_S = 30


@contextmanager
def running(app: Flask) -> Iterator[int]:
    """The application behind its own server, on a port of its own."""
    server = make_server(app)
    is_over = threading.Event()

    def serve() -> None:
        with serving.turning(server) as turn:
            while not is_over.is_set():
                turn(0.1)

    thread = threading.Thread(target=serve)
    thread.start()
    yield int(server.effective_port)
    is_over.set()
    thread.join()
    app.extensions["pages"].remaker.stop()
    server.task_dispatcher.shutdown()
    for channel in [server, *server.active_channels.values()]:
        channel.will_close = True
    server.asyncore.close_all(server._map)
    server.trigger.close()


@pytest.fixture
def addresses(app_factory: AppFactory) -> list[str]:
    app = app_factory()
    with app.app_context():
        section = make_section(name="Tin hoạt động")
        start = datetime.now(UTC) - timedelta(hours=50)
        for number in range(15):
            make_publication(
                title=f"Bài số {number}",
                section=section,
                published_at=start + timedelta(hours=number),
            )
        post = make_publication(title="Ngày hội khoa học", section=section)
        gone = make_publication(state="withdrawn", title="Bài đã gỡ", section=section)
        db.session.commit()
        return [
            "/",
            "/?utm_source=thu",
            f"/chuyen-muc/{section.slug}",
            f"/chuyen-muc/{section.slug}?trang=2",
            f"/chuyen-muc/{section.slug}?trang=2&x=%E1%BB%8D",
            f"/bai-viet/{post.slug}-{post.id}",
            f"/bai-viet/khac-{post.id}",
            f"/bai-viet/{gone.slug}-{gone.id}",
            "/thong-bao",
            "/rss.xml",
            "/sitemap.xml",
            "/robots.txt",
            "/dang-nhap?tiep=/",
            "/khong-co",
            "//",
            "//thong-bao",
            "/%2e%2e/",
            "/thong-bao%20",
            "http://khac.example/thong-bao",
            "*",
        ]


class Asking:
    """Generates requests: most as browsers send them, some as nobody should."""

    def __init__(self, addresses: list[str], tags: list[str]) -> None:
        self.random = random.Random(SEED)
        self.addresses = addresses
        self.tags = tags

    def one(self, *, last: bool) -> bytes:
        choose = self.random.choice
        method = choose(["GET"] * 8 + ["HEAD"] * 3 + ["POST", "PUT", "OPTIONS", "get", "XYZ"])
        lines = [
            f"{method} {choose(self.addresses)} HTTP/1.1",
            f"Host: {choose(['a', 'b:81', ''])}",
        ]
        for name, values in {
            "Accept-Encoding": ["br", "gzip", "gzip, br;q=0.1", "identity", "*", ";;q=", "BR"],
            "If-None-Match": [*self.tags, "*", 'W/"x"', "khong-phai", f'{self.tags[0]}, "x"'],
            "HX-Request": ["true", "false"],
            "HX-Boosted": ["true"],
            "HX-History-Restore-Request": ["true"],
            "Cookie": ["phien=gia", "a=b; c"],
            "Range": ["bytes=0-10"],
            "If-Modified-Since": ["Mon, 01 Jan 2035 00:00:00 GMT"],
            # Not “100-continue”: waitress itself waits for ever if nobody waits for its answer.
            "Expect": ["khac"],
            "Connection": ["keep-alive", "upgrade"],
            "X-Forwarded-Proto": ["https"],
            "Ten_gach": ["1"],
        }.items():
            if self.random.random() < 0.22:
                lines.append(f"{choose([name, name.lower(), name.upper()])}: {choose(values)}")
        body = b""
        if self.random.random() < 0.08:
            body = choose([b"", b"q=1", b"x" * 300])
            lines.append(f"Content-Length: {len(body)}")
        if self.random.random() < 0.02:
            lines.append(choose(["Hong", ": x", "A: b\r\n c", "Content-Length: -1", "\x00: 1"]))
            last = True
        if last:
            lines = [line for line in lines if not line.lower().startswith("connection:")]
            lines.append("Connection: close")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def conversation(self) -> list[bytes]:
        count = self.random.choice([1, 1, 2, 3, 6])
        return [self.one(last=number == count - 1) for number in range(count)]


def talk(port: int, sent: list[bytes], *, in_pieces: int) -> bytes:
    """Everything that the server says to these requests, until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        data = b"".join(sent)
        for start in range(0, len(data), in_pieces):
            try:
                connection.sendall(data[start : start + in_pieces])
            except OSError:
                break  # it has closed on something broken
        said = b""
        try:
            while piece := connection.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
    said = re.sub(rb"\r\nDate: [^\r]*", b"", said)
    # What belongs to one session or one moment only.
    said = re.sub(rb"Set-Cookie: [^\r]*", b"Set-Cookie", said)
    return re.sub(rb'name="csrf_token" value="[^"]*"', b"", said)


def etags(port: int, addresses: list[str]) -> list[str]:
    found = []
    for address in addresses:
        for encoding in ("br", "gzip", "identity"):
            request = (
                f"GET {address} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {encoding}\r\n"
                "Connection: close\r\n\r\n"
            ).encode()
            found += re.findall(rb'Etag: ("[^"]+")', talk(port, [request], in_pieces=10_000))
    return sorted({tag.decode() for tag in found})


def count_hits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the loop had the answer."""
    hits = [0]
    kept: Callable[..., Any] = CachedPages.kept

    def counting(self: CachedPages, *args: Any, **kwargs: Any) -> Any:
        answer = kept(self, *args, **kwargs)
        hits[0] += answer is not None
        return answer

    monkeypatch.setattr(CachedPages, "kept", counting)
    return hits


def test_the_loop_answers_byte_for_byte_as_the_threads_do(
    app_factory: AppFactory, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = count_hits(monkeypatch)
    options = {"HOST": "127.0.0.1", "PORT": 0, "SITE_URL": "http://localhost"}
    fast, slow = (app_factory(PAGE_CACHE_MB=8, **options) for _ in range(2))
    # The second one has the same pages, and its loop never knows of them.
    monkeypatch.setattr(slow.extensions["pages"].freshness, "known", lambda: None)
    with running(fast) as fast_port, running(slow) as slow_port:
        asking = Asking(addresses, etags(fast_port, addresses))
        asked = 0
        while asked < REQUESTS:
            sent = asking.conversation()
            asked += len(sent)
            pieces = asking.random.choice([100_000, 100_000, 37])
            assert talk(fast_port, sent, in_pieces=pieces) == talk(
                slow_port, sent, in_pieces=pieces
            ), sent
    assert hits[0] > REQUESTS // 10


def test_a_server_makes_changed_pages_anew_before_anybody_asks(
    app_factory: AppFactory, addresses: list[str]
) -> None:
    app = app_factory(PAGE_CACHE_MB=8, HOST="127.0.0.1", PORT=0, SITE_URL="http://localhost")
    pages: CachedPages = app.extensions["pages"]
    path = next(one for one in addresses if "ngay-hoi" in one)
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()

    def wait_for(is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not is_so() and time.monotonic() < until:
            time.sleep(0.02)
        assert is_so()

    with running(app) as port:
        talk(port, [request], in_pieces=10_000)
        key = pages.key_of(path)
        assert key is not None
        assert pages.remaker is not None
        remaker, held = pages.remaker, pages.cache.find_quietly(key)
        wait_for(lambda: remaker.seen is not None)
        with app.app_context():
            post = db.session.scalars(
                select(Publication).where(Publication.title == "Ngày hội khoa học")
            ).one()
            post.title = "Ngày hội vừa đổi tên"
            db.session.commit()
        wait_for(lambda: pages.cache.find_quietly(key) is not held)
        page = pages.cache.find_quietly(key)
    assert page is not None
    assert "Ngày hội vừa đổi tên" in page.bodies[""].body.decode()


def test_a_connection_is_kept_after_a_304(app_factory: AppFactory, addresses: list[str]) -> None:
    app = app_factory(PAGE_CACHE_MB=8, HOST="127.0.0.1", PORT=0)
    with running(app) as port:
        tag = etags(port, ["/"])[0]
        same = f"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: {tag}\r\n\r\n".encode()
        last = b"GET /robots.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        said = talk(port, [same] * 3 + [last], in_pieces=10_000)
    assert said.count(b"HTTP/1.1 304") == 3
    assert said.count(b"HTTP/1.1 200") == 1
    assert said.count(b"Connection: close") == 1


HOME = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HOME_AND_CLOSE = HOME.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def test_a_reader_who_takes_the_answers_slowly_gets_all_and_holds_up_nobody(
    app_factory: AppFactory, addresses: list[str]
) -> None:
    app = app_factory(PAGE_CACHE_MB=8, HOST="127.0.0.1", PORT=0)
    with running(app) as port, socket.socket() as slow:
        body = talk(port, [HOME_AND_CLOSE], in_pieces=10_000).partition(b"\r\n\r\n")[2]
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(PATIENCE_S)
        slow.connect(("127.0.0.1", port))
        slow.sendall(HOME * 40)
        for _ in range(20):
            assert b"HTTP/1.1 200" in talk(port, [HOME_AND_CLOSE], in_pieces=10_000)
        answers = b""
        while answers.count(body) < 40:
            piece = slow.recv(3000)
            assert piece
            answers += piece
    assert answers.count(b"HTTP/1.1 200 OK") == 40


def test_a_change_is_in_the_next_answer(app_factory: AppFactory, addresses: list[str]) -> None:
    app = app_factory(PAGE_CACHE_MB=8, HOST="127.0.0.1", PORT=0)
    with running(app) as port, app.app_context():
        newest = db.session.scalars(
            select(Publication).where(Publication.title == "Bài số 14")
        ).one()
        for number in range(20):
            talk(port, [HOME_AND_CLOSE], in_pieces=10_000)
            newest.title = f"Tên mới thứ {number}"
            db.session.commit()
            said = talk(port, [HOME_AND_CLOSE], in_pieces=10_000).decode("utf-8")
            assert f"Tên mới thứ {number}" in said
